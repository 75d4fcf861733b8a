import MartletCore
import MartletFormats

/// A densely connected layer: `activation(x kernel + bias)` over the last axis of its input.
///
/// Shapes: [batch, ..., features] gives [batch, ..., units]. Weights: `kernel` [features, units], `bias` [units].
///
/// Source: [`keras.layers.Dense`](https://keras.io/api/layers/core_layers/dense/).
public final class Dense: Layer, ConfigurableLayer, Described, AdaptableLayer, AdapterHost, QuantizableLayer {
    /// The size of the output's last axis, at least 1.
    public private(set) var units: Int
    /// What is applied to the output.
    public private(set) var activation: ActivationFunction
    /// Whether a bias is added.
    public private(set) var useBias: Bool
    /// [features, units]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [units]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    /// What the products with a quantized kernel are divided by, [units]; nil for kernels of real numbers.
    public private(set) var kernelScale: Variable?

    private var kernelOptions, biasOptions: WeightOptions
    var quantization: Int8Quantization?
    var adapterOptions: AdapterOptions
    var adapted: (weight: Variable?, options: WeightOptions) { (quantization == nil ? kernel : nil, kernelOptions) }

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ units: Int, activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil,
        loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        self.units = units
        self.activation = activation ?? .linear
        self.useBias = useBias
        kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        biasOptions = WeightOptions(biasInitializer, biasRegularizer, biasConstraint)
        adapterOptions = AdapterOptions(rank: loraRank, alpha: loraAlpha)
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    public static let arguments = Arguments(default: Dense(1)) {
        $0("units", \.units, required: true, .atLeast(1))
        $0("activation", \.activation)
        $0("use_bias", \.useBias)
        $0.weight("kernel", \.kernelOptions)
        $0.include(\.adapterOptions, AdapterOptions.arguments)
        $0.weight("bias", \.biasOptions)
        $0("activity_regularizer", \.activityRegularizer)
        $0.quantization()
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        let shape = try outputShapes(for: inputShapes)[0].replacing(-1, by: inputShapes[0][-1])
        let features = try Self.knownSize(shape, axis: -1)
        if quantization != nil {
            kernel = addWeight("kernel", shape: [features, units], initializer: .zeros, trainable: false)
        } else {
            kernel = addWeight("kernel", shape: [features, units], kernelOptions)
        }
        if useBias { bias = addWeight("bias", shape: [units], biasOptions) }
        if quantization != nil {
            kernelScale = addWeight("kernel_scale", shape: [units], initializer: .ones, trainable: false)
        }
    }

    override var savesInOrder: Bool { quantization != nil || super.savesInOrder }

    func quantizeWeights() { kernelScale = quantize(kernel, axes: [0], scale: "kernel_scale") { $0.reshaped(to: [units]) } }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        if let quantization, let kernelScale {
            let y = quantization.product(x, kernel.value, scale: kernelScale.value)
            return activation(bias.map { y + $0.value } ?? y)
        }
        return activation.apply { denseLayer(x, adapters?.value ?? kernel.value, bias: bias?.value, activation: $0) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 2 else {
            throw MartletError("Expected an input of rank 2 or more, (batch, ..., features). Received: shape \(shape).")
        }
        if let features = kernel?.shape[0], let size = shape[-1], size != features {
            throw MartletError("Expected the input's last axis to have size \(features). Received: shape \(shape).")
        }
        return [shape.replacing(-1, by: units)]
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil]], [[nil, nil]]]
        return [
            LayerSample("linear", Dense(4, dtype: .float64), [[3]], bad: bad),
            LayerSample("relu", Dense(4, activation: .relu, dtype: .float64), [[3]], bad: bad),
            LayerSample("tanh, no bias", Dense(2, activation: .tanh, useBias: false, dtype: .float64), [[3]], bad: bad),
            LayerSample(
                "rank 4, everything given",
                Dense(
                    2, activation: .softmax, kernelInitializer: .heNormal, biasInitializer: .constant(0.1),
                    kernelRegularizer: .l2(0.1), biasRegularizer: .l1(), activityRegularizer: .l1l2(),
                    kernelConstraint: .maxNorm(3), biasConstraint: .nonNeg, dtype: .float64),
                [[2, 3, 2]], bad: bad),
        ]
    }
}
