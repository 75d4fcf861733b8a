import MartletCore
import MartletFormats

/// The arguments of a layer for low-rank adapters.
struct AdapterOptions {
    var rank: Int?
    var alpha: Double?

    static let arguments = Arguments(default: AdapterOptions()) {
        $0("lora_rank", \.rank, .atLeast(1))
        $0("lora_alpha", \.alpha)
        $0.omitNull("lora_rank", "lora_alpha")
    }
}

/// Low-rank adapters of a weight: in its place stands `weight + scale · a b`, a matrix of few columns times one of few rows.
struct LowRankAdapters {
    let weight, a, b: Variable
    let scale: Double

    /// The weight with what the adapters add.
    var value: Tensor {
        let value = weight.value
        return (value + update(a.value, b.value)).cast(to: value.dtype)
    }
    /// The same, which nothing watches.
    var storedValue: Tensor { (weight.storedValue + update(a.storedValue, b.storedValue)).cast(to: weight.dtype) }

    private func update(_ a: Tensor, _ b: Tensor) -> Tensor {
        let rank = b.shape[0]
        let rows = a.shape.elementCount / max(1, rank)
        return matmul(a.reshaped([rows, rank]), b).reshaped(to: weight.shape) * scale
    }
}

/// A layer whose largest weight can have low-rank adapters (LoRA): few numbers that are trained in its place.
///
/// Source: E. Hu et al., *LoRA: low-rank adaptation of large language models*, 2021.
public protocol AdaptableLayer: Layer {}

/// What adaptable layers say of the weight.
protocol AdapterHost: AdaptableLayer {
    var adapterOptions: AdapterOptions { get set }
    /// The weight, nil until the layer is built.
    var adapted: (weight: Variable?, options: WeightOptions) { get }
}

extension AdaptableLayer {
    /// The rank of the adapters, nil without them.
    public var loraRank: Int? { (self as? any AdapterHost)?.adapterOptions.rank }
    /// What the product of the adapters is multiplied by, times the rank; nil without adapters.
    public var loraAlpha: Double? {
        (self as? any AdapterHost).flatMap { $0.adapterOptions.alpha ?? $0.loraRank.map { Double($0) } }
    }

    /// Freezes the layer's largest weight W and adds adapters that are trained in its place: `W + alpha / rank · a b`. They
    /// change nothing until they are trained. Files hold the sum, as Keras's do; a layer that is read from one begins with
    /// adapters of 0.
    /// - Parameters:
    ///   - rank: the columns of a and the rows of b, at least 1.
    ///   - alpha: the strength; nil is the rank.
    /// - Throws: `MartletError` when the layer is not built, has adapters or has a constraint for the weight.
    public func enableLoRA(rank: Int, alpha: Double? = nil) throws {
        guard let host = self as? any AdapterHost else { return }
        guard rank >= 1 else {
            throw MartletError("Expected a positive integer. Received: \(rank).", at: "\(name).enableLoRA")
        }
        guard let weight = host.adapted.weight else {
            throw MartletError("Expected a layer with weights that can be trained: build it first.", at: "\(name).enableLoRA")
        }
        guard adapters == nil else { throw MartletError("The layer has adapters already.", at: "\(name).enableLoRA") }
        let options = host.adapted.options
        guard options.constraint == nil else {
            throw MartletError(
                "Expected no constraint of \"\(weight.name)\": it does not hold for a sum.", at: "\(name).enableLoRA")
        }
        host.adapterOptions = AdapterOptions(rank: rank, alpha: alpha)
        let (shape, role) = (weight.shape, weight.name)
        let a = addWeight(
            "lora_\(role)_a", shape: Shape(shape.dimensions.dropLast() + [rank]), initializer: .heUniform,
            regularizer: options.regularizer)
        let b = addWeight(
            "lora_\(role)_b", shape: [rank, shape[-1]], initializer: .zeros, regularizer: options.regularizer)
        adapters = LowRankAdapters(weight: weight, a: a, b: b, scale: (alpha ?? Double(rank)) / Double(rank))
        setTrained(weight, false)
    }

    /// Adds what the adapters give to the weight, which is trained again, and removes them. Without adapters it does nothing.
    public func mergeLoRA() {
        guard let host = self as? any AdapterHost, let adapters else { return }
        adapters.weight.assign(adapters.storedValue)
        removeWeights([adapters.a, adapters.b])
        self.adapters = nil
        host.adapterOptions = AdapterOptions()
        setTrained(adapters.weight, true)
    }
}
