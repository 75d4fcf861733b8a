import MartletCore
import MartletFormats

/// How `BatchNormalization` corrects the statistics of a batch towards their moving averages in training, so that training
/// and inference see more of the same.
///
/// What a batch is normalized to becomes `x * r + d`, with `r = σ / σ̄` and `d = (μ - μ̄) / σ̄`, of the batch's mean μ and
/// deviation σ and their moving averages; r and d are taken as constants by gradients.
///
/// Source: S. Ioffe, [*Batch renormalization*, 2017](https://arxiv.org/abs/1702.03275).
public struct BatchRenormalization: Sendable {
    /// The largest r; nil is without bound.
    public let rMax: Double?
    /// The smallest r; nil is without bound.
    public let rMin: Double?
    /// The largest magnitude of d; nil is without bound.
    public let dMax: Double?
    /// How much of the moving averages that correct each batch leaves.
    public let momentum: Double

    /// Makes the settings.
    public init(rMax: Double? = nil, rMin: Double? = nil, dMax: Double? = nil, momentum: Double = 0.99) {
        Argument.check(
            (rMin ?? -.infinity) <= (rMax ?? .infinity), "BatchNormalization", "renorm_clipping",
            expected: "an rmax of at least rmin", received: "rmax \(rMax ?? .infinity), rmin \(rMin ?? 0)")
        Argument.check(
            (dMax ?? 0) >= 0, "BatchNormalization", "renorm_clipping", expected: "a dmax of at least 0",
            received: dMax ?? 0)
        (self.rMax, self.rMin, self.dMax, self.momentum) = (rMax, rMin, dMax, momentum)
    }

    /// Nil where the layer's configuration asks for none.
    init?(_ config: Configuration) throws {
        guard try config.value("renorm", default: false) else { return nil }
        let bounds: JSONObject = try config.optional("renorm_clipping") ?? [:]
        let clipping = Configuration(className: config.className, .object(bounds))
        try self.init(
            rMax: clipping.optional("rmax"), rMin: clipping.optional("rmin"), dMax: clipping.optional("dmax"),
            momentum: config.value("renorm_momentum", default: 0.99))
    }

    var clipping: JSONValue {
        let bounds = [("rmax", rMax), ("rmin", rMin), ("dmax", dMax)].compactMap { key, bound in bound.map { (key, $0) } }
        return .object(bounds.reduce(into: JSONObject()) { $0[$1.0] = .double($1.1) })
    }

    /// The averages that follow the batches.
    struct Averages {
        /// The deviations behind the variances that inference uses.
        let movingDeviation: Variable
        /// The means that correct.
        let mean: Variable
        /// The deviations that correct.
        let deviation: Variable
    }

    /// r and d for the statistics of a batch.
    func correction(mean: Tensor, deviation: Tensor, averages: Averages, epsilon: Double) -> (r: Tensor, d: Tensor) {
        let known = maximum(averages.deviation.value, epsilon.squareRoot())
        let r = (deviation / known).clipped(min: rMin, max: rMax)
        let d = ((mean - averages.mean.value) / known).clipped(min: dMax.map { -$0 }, max: dMax)
        return (r.stopGradient(), d.stopGradient())
    }
}

/// The square roots of what another initializer gives.
struct SquareRootInitializer: Initializer {
    let variance: any Initializer

    func makeTensor(shape: Shape, dtype: DType) -> Tensor { variance.makeTensor(shape: shape, dtype: dtype).squareRoot() }
}
