import MartletCore
import MartletFormats

/// A layer whose kernel is divided by its largest singular value at each training call, which bounds how fast the
/// layer's output can change.
///
/// The singular value is that of the kernel as a matrix of its last axis, found by power iteration from where the last
/// call ended. As in Keras, the kernel itself becomes the normalized one, and gradients are those of the layer with it.
/// Weights: the kernel, `vector_u` [1, outputs], not trained, and the others of the layer.
///
/// Source:
/// [`keras.layers.SpectralNormalization`](https://keras.io/api/layers/normalization_layers/spectral_normalization/);
/// T. Miyato et al., *Spectral normalization for generative adversarial networks*, 2018.
public final class SpectralNormalization: Layer, ConfigurableLayer {
    /// The layer, which has a kernel or embeddings.
    public let layer: Layer
    /// The number of steps of the power iteration in each call.
    public let powerIterations: Int
    /// Where the power iteration stands; nil until the layer is built.
    public private(set) var vectorU: Variable!

    /// Makes a layer around `layer`, a dense, a convolution or an embedding.
    public init(
        _ layer: Layer, powerIterations: Int = 1, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil
    ) {
        Argument.check(
            (1...1000).contains(powerIterations), "SpectralNormalization", "powerIterations",
            expected: "a positive integer, at most 1000",
            received: powerIterations)
        self.layer = layer
        self.powerIterations = powerIterations
        super.init(name: name, trainable: trainable, dtype: dtype ?? layer.policySource)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.layer("layer"), powerIterations: config.value("power_iterations", default: 1), name: config.name,
            trainable: config.trainable, dtype: config.dtype)
    }

    /// The weight that is normalized.
    private var kernel: Variable? { layer.weights.first { $0.name == "kernel" || $0.name == "embeddings" } }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        try layer.ensureBuilt(for: inputShapes)
        guard let kernel, kernel.shape.rank >= 2 else {
            throw MartletError(
                "Expected a layer with a weight \"kernel\" or \"embeddings\". Received: a \(layer.className) with "
                    + "\(layer.weights.map(\.name)).")
        }
        adoptWeight(kernel)
        vectorU = addWeight(
            "vector_u", shape: [1, kernel.shape[-1]], initializer: .truncatedNormal(standardDeviation: 0.02),
            trainable: false, dtype: kernel.dtype)
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        if context.training { normalizeKernel() }
        let outputs = layer.apply(inputs, training: context.training)
        // As in Keras, which casts the rows of an embedding to integers, too.
        return inputs[0].dtype.isFloatingPoint ? outputs.map { $0.cast(to: inputs[0].dtype) } : outputs
    }

    private func normalizeKernel() {
        guard let kernel else { return }
        let value = kernel.value.stopGradient()
        let matrix = value.reshaped([-1, value.shape[-1]])
        var (u, v) = (vectorU.value, Tensor.zeros([1, matrix.shape[0]], dtype: value.dtype))
        for _ in 0..<powerIterations {
            v = matmul(u, matrix, transposeB: true).l2Normalized(axes: nil, epsilon: 1e-14)
            u = matmul(v, matrix).l2Normalized(axes: nil, epsilon: 1e-14)
        }
        let largest = matmul(matmul(v, matrix), u, transposeB: true).reshaped(to: [])
        // A kernel of zeros stays what it is.
        let isZero = (value .== 0).all()
        kernel.assign(`where`(isZero, value, value / `where`(isZero, 1, largest)))
        vectorU.assign(`where`(isZero, vectorU.value, u))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        try layer.outputShapes(for: inputShapes)
    }

    public override var randomGenerators: [RandomGenerator] { layer.randomGenerators }
    override var castsInputs: Bool { layer.castsInputs }
    public override func outputType(for inputTypes: [DType]) -> DType {
        inputTypes[0].isFloatingPoint ? castType(inputTypes[0]) : layer.outputType(for: inputTypes)
    }
    public override func validate(values: Tensor) throws { try layer.validate(values: values) }

    public override var config: [String: JSONValue] {
        super.config.merging(["layer": JSONValue(layer), "power_iterations": .int(powerIterations)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "dense", SpectralNormalization(Dense(2, activation: .tanh, dtype: .float64), dtype: .float64), [[3]],
                bad: [[[]]], changesWeights: true),
            LayerSample(
                "convolution",
                SpectralNormalization(
                    Conv2D(2, kernelSize: 2, dtype: .float64), powerIterations: 3, dtype: .float64), [[3, 3, 2]],
                bad: [[[nil, 3]]], changesWeights: true),
        ]
    }
}
