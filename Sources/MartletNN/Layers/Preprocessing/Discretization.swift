import Foundation
import MartletCore
import MartletFormats

/// The number of the bin that each number falls into: how many boundaries are at most as large.
///
/// The boundaries are given, or `adapt` finds those that divide data into bins of about the same size.
///
/// ```swift
/// let ages = Discretization(numBins: 4)
/// try ages.adapt(Tensor([3.0, 21, 35, 44, 58, 72, 80]))
/// ```
///
/// Shapes: `int` keeps the shape, `oneHot` gives [..., bins], the others [batch, ..., bins], over axis 1. NaN is in the last bin.
///
/// Source: [`keras.layers.Discretization`](https://keras.io/api/layers/preprocessing_layers/numerical/discretization/).
public final class Discretization: Layer, ConfigurableLayer, Described {
    /// The boundaries between bins, ascending; nil until `adapt` has found them.
    public private(set) var binBoundaries: [Double]?
    /// The number of bins that `adapt` makes; nil where boundaries are given.
    public private(set) var numBins: Int?
    /// How exact the quantiles are that `adapt` finds, above 0: 0.01 is 1 %.
    public private(set) var epsilon: Double
    /// What the layer returns; all but `tfIDF`.
    public private(set) var outputMode: OutputMode

    /// Makes a layer. `binBoundaries` or `numBins` must be given; with both it is as `adapt` leaves it. The properties describe
    /// the arguments.
    public init(
        binBoundaries: [Double]? = nil, numBins: Int? = nil, epsilon: Double = 0.01, outputMode: OutputMode = .int,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.binBoundaries = binBoundaries
        self.numBins = numBins
        self.epsilon = epsilon
        self.outputMode = outputMode
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Discretization(numBins: 1)) {
        // What is missing is nil here, not the default's.
        $0.custom("bin_boundaries", read: { $0.binBoundaries = try $1.numbers("bin_boundaries") }) {
            .numbers($0.binBoundaries)
        }
        $0.custom("num_bins", read: { $0.numBins = try $1.optional("num_bins") }) { .optional($0.numBins) }
        $0("epsilon", \.epsilon, .above(0, upTo: 1))
        $0("output_mode", \.outputMode, .oneOf([.int, .oneHot, .multiHot, .count]))
        $0.absent("sparse", "sparse")
        $0.check { layer in
            Argument.check(
                layer.numBins != nil || layer.binBoundaries != nil, layer.className, "binBoundaries",
                expected: "binBoundaries or numBins", received: "neither")
            Argument.check(
                layer.numBins ?? 1 >= 1, layer.className, "numBins", expected: "a positive integer",
                received: layer.numBins ?? 0)
            let bounds = layer.binBoundaries ?? []
            Argument.check(
                zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 }, layer.className, "binBoundaries",
                expected: "boundaries in ascending order", received: bounds)
        }
    }

    // MARK: Adapting

    /// Finds the boundaries in data, of any shape.
    /// - Throws: `MartletError` when there is no data, or boundaries were given.
    public func adapt(_ data: Tensor) throws { try adapt(CollectionOfOne(data)) }

    /// Finds the boundaries in batches of data, in a memory that does not depend on their number.
    /// - Parameter steps: how many batches are read; nil is all of them.
    /// - Throws: `MartletError` when there is no data, or boundaries were given.
    public func adapt(_ batches: some Sequence<Tensor>, steps: Int? = nil) throws {
        guard let numBins else {
            throw MartletError("Expected a layer with numBins. Received: one with given binBoundaries.", at: name)
        }
        var summary = QuantileSummary()
        try batches.forEachBatch(limit: steps) { batch in
            let values: [Float] = try withErrors { batch.cast(to: .float32).scalars() }
            summary = QuantileSummary(of: values, epsilon: epsilon).merged(with: summary, epsilon: epsilon)
        }
        guard !summary.values.isEmpty else { throw MartletError("Expected data to adapt to. Received: no elements.", at: name) }
        binBoundaries = summary.compressed(to: 1 / Double(numBins)).values.dropLast().map { Double($0) }
        function = nil
        version += 1
    }

    // MARK: Calling

    private var function: CustomOp?
    /// Counts the changes of the boundaries, which compiled functions hold.
    private var version = 0 { didSet { Trace.noteSettingsChange() } }
    private var search: CustomOp {
        if let function { return function }
        let bounds = (binBoundaries ?? []).map { Float($0) }
        let made = CustomOp("bins") { inputs in
            if bounds.isEmpty { return [Tensor.zeros(inputs[0].shape, dtype: .int64)] }
            let isBelow = inputs[0].expandingDims(at: -1) .< Tensor(bounds, shape: [bounds.count])
            return [isBelow.logicalNot().cast(to: .int64).sum(axis: -1)]
        } outputs: {
            [TensorSpec($0[0].shape, .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].elements(Int.self)
            for (place, value) in inputs[0].elements(Float.self).enumerated() {
                var (low, high) = (0, bounds.count)
                while low < high {
                    let middle = (low + high) / 2
                    if value < bounds[middle] { high = middle } else { low = middle + 1 }
                }
                target[place] = low
            }
        }
        function = made
        return made
    }

    override var ownTraceSettings: [AnyHashable] { super.ownTraceSettings + [version] }
    override var castsInputs: Bool { false }

    /// Older files keep what `adapt` has seen.
    override var storedNames: Set<String> { ["0"] }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard
            require(
                binBoundaries != nil, className, Caller.words(
                    swift: "Expected bin boundaries: give binBoundaries, or call adapt(_:) first.",
                    keras: "Expected bin boundaries: the layer has none, and was not adapted."))
        else { return .nothing }
        return CategoryEncoder.encode(
            search(x.cast(to: .float32)), outputMode, depth: depth!, dtype: outputType(for: [x.dtype]))
    }

    private var depth: Int? { binBoundaries.map { $0.count + 1 } ?? numBins }

    public override func outputType(for inputTypes: [DType]) -> DType { outputMode == .int ? .int32 : computeDType }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [CategoryEncoder.shape(of: try Self.onlyInput(inputShapes), outputMode, depth: depth)]
    }

    /// As Keras writes it, without `trainable`.
    public override var config: [String: JSONValue] {
        var config = super.config
        config["trainable"] = nil
        return config
    }

    package static var samples: [LayerSample] {
        @Sendable func make(_ mode: OutputMode) -> Discretization {
            Discretization(binBoundaries: [-0.275, 0.11, 0.39], outputMode: mode, dtype: .float64)
        }
        return [
            LayerSample("int", make(.int), [[2, 3]]), LayerSample("one hot", make(.oneHot), [[1]]),
            LayerSample("multi hot", make(.multiHot), [[3]]), LayerSample("count", make(.count), [[3, 2]]),
        ]
    }
}

/// Values of data at even distances in their order, with the number of elements that each stands for: from it quantiles are
/// estimated. It computes in the steps and precisions of Keras, so that the boundaries are Keras's.
private struct QuantileSummary {
    var values: [Float] = []
    var weights: [Float] = []

    init() {}

    init(of elements: [Float], epsilon: Double) {
        // NumPy sorts NaN last.
        let sorted = elements.sorted { $1.isNaN ? !$0.isNaN : $0 < $1 }
        let step = max(Double(sorted.count) / (1 / epsilon), 1)
        values = stride(from: Int(step - 1), to: sorted.count, by: Int(step)).map { sorted[$0] }
        weights = [Float](repeating: Float(step), count: values.count)
    }

    func merged(with other: QuantileSummary, epsilon: Double) -> QuantileSummary {
        let all = zip(values + other.values, weights + other.weights).enumerated().sorted { a, b in
            let (x, y) = (a.element.0, b.element.0)
            return x == y || x.isNaN && y.isNaN ? a.offset < b.offset : y.isNaN || x < y
        }
        var result = QuantileSummary()
        result.values = all.map(\.element.0)
        result.weights = all.map(\.element.1)
        return result.compressed(to: epsilon)
    }

    func compressed(to epsilon: Double) -> QuantileSummary {
        guard Double(values.count) * epsilon >= 1 else { return self }
        var sums: [Float] = []
        for weight in weights { sums.append((sums.last ?? 0) + weight) }
        let shares = sums.map { Double($0 / sums.last!) }
        let percents = (0..<Int((1 / epsilon).rounded(.up))).map { epsilon + Double($0) * epsilon }
        let ends = percents.map { Self.interpolated($0, shares, sums) }
        var result = QuantileSummary()
        result.values = percents.map { Float(Self.interpolated($0, shares, values)) }
        result.weights = zip(ends, [0] + ends.dropLast()).map { Float($0 - $1) }
        return result
    }

    /// The piecewise linear function through points.
    private static func interpolated(_ x: Double, _ places: [Double], _ values: [Float]) -> Double {
        guard x < places[places.count - 1] else { return Double(values[values.count - 1]) }
        guard x >= places[0] else { return Double(values[0]) }
        var (low, high) = (0, places.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if x >= places[middle] { low = middle } else { high = middle }
        }
        let slope = (Double(values[low + 1]) - Double(values[low])) / (places[low + 1] - places[low])
        return slope * (x - places[low]) + Double(values[low])
    }
}
