import MartletCore
import MartletFormats

/// A densely connected layer: `activation(x kernel + bias)` over the last axis of its input.
///
/// Shapes: [batch, ..., features] gives [batch, ..., units]. Weights: `kernel` [features, units], `bias` [units].
///
/// Source: [`keras.layers.Dense`](https://keras.io/api/layers/core_layers/dense/).
public final class Dense: Layer, ConfigurableLayer {
    /// The size of the output's last axis.
    public let units: Int
    /// What is applied to the output.
    public let activation: ActivationFunction
    /// Whether a bias is added.
    public let useBias: Bool
    /// [features, units]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [units]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private let kernelInitializer: any Initializer
    private let biasInitializer: any Initializer
    private let kernelRegularizer: (any Regularizer)?
    private let biasRegularizer: (any Regularizer)?
    private let kernelConstraint: (any Constraint)?
    private let biasConstraint: (any Constraint)?

    /// Makes a layer.
    /// - Parameters:
    ///   - units: the size of the output's last axis, at least 1.
    ///   - activation: what is applied to the output; nothing when nil.
    ///   - activityRegularizer: adds a penalty on the output to the loss.
    public init(
        _ units: Int, activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        Argument.check(units >= 1, "Dense", "units", expected: "a positive integer", received: units)
        self.units = units
        self.activation = activation ?? .linear
        self.useBias = useBias
        self.kernelInitializer = kernelInitializer
        self.biasInitializer = biasInitializer
        self.kernelRegularizer = kernelRegularizer
        self.biasRegularizer = biasRegularizer
        self.kernelConstraint = kernelConstraint
        self.biasConstraint = biasConstraint
        super.init(name: name, trainable: trainable, dtype: dtype)
        self.activityRegularizer = activityRegularizer
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("units"), activation: config.activation(), useBias: config.value("use_bias", default: true),
            kernelInitializer: config.initializer("kernel_initializer", default: .glorotUniform),
            biasInitializer: config.initializer("bias_initializer", default: .zeros),
            kernelRegularizer: config.regularizer("kernel_regularizer"),
            biasRegularizer: config.regularizer("bias_regularizer"),
            activityRegularizer: config.regularizer("activity_regularizer"),
            kernelConstraint: config.constraint("kernel_constraint"),
            biasConstraint: config.constraint("bias_constraint"),
            name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        let shape = try outputShapes(for: inputShapes)[0].replacing(-1, by: inputShapes[0][-1])
        let features = try Self.knownSize(shape, axis: -1)
        kernel = addWeight(
            "kernel", shape: [features, units], initializer: kernelInitializer, regularizer: kernelRegularizer,
            constraint: kernelConstraint)
        if useBias {
            bias = addWeight(
                "bias", shape: [units], initializer: biasInitializer, regularizer: biasRegularizer,
                constraint: biasConstraint)
        }
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: dtype)
        return activation.apply { denseLayer(x, kernel.value, bias: bias?.value, activation: $0) }
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

    public override var config: [String: JSONValue] {
        super.config.merging([
            "units": .int(units), "activation": JSONValue(activation), "use_bias": .bool(useBias),
            "kernel_initializer": JSONValue(kernelInitializer), "bias_initializer": JSONValue(biasInitializer),
            "kernel_regularizer": JSONValue(kernelRegularizer), "bias_regularizer": JSONValue(biasRegularizer),
            "activity_regularizer": JSONValue(activityRegularizer),
            "kernel_constraint": JSONValue(kernelConstraint), "bias_constraint": JSONValue(biasConstraint),
        ]) { $1 }
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
