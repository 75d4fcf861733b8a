import MartletCore

/// A rectifier: x above `threshold`, at most `maxValue`; below, `negativeSlope * (x - threshold)`.
///
/// Source: [`keras.layers.ReLU`](https://keras.io/api/layers/activation_layers/relu/).
public final class ReLU: ActivationLayer, ConfigurableLayer, Described {
    /// Where the output is cut; nil for nowhere.
    public private(set) var maxValue: Double?
    /// The slope below the threshold.
    public private(set) var negativeSlope: Double
    /// Up to which the slope is the negative one.
    public private(set) var threshold: Double

    /// Makes a layer. The properties describe the arguments.
    public init(
        maxValue: Double? = nil, negativeSlope: Double = 0, threshold: Double = 0, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.maxValue = maxValue
        self.negativeSlope = negativeSlope
        self.threshold = threshold
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: ReLU()) {
        $0("max_value", \.maxValue)
        $0("negative_slope", \.negativeSlope)
        $0("threshold", \.threshold)
        // The function checks them.
        $0.check { _ = $0.function }
    }

    override var function: ActivationFunction {
        .relu(negativeSlope: negativeSlope, maxValue: maxValue, threshold: threshold)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("plain", ReLU(dtype: .float64), [[3]]),
            LayerSample("all", ReLU(maxValue: 0.6, negativeSlope: 0.1, threshold: 0.2, dtype: .float64), [[2, 3]]),
        ]
    }
}

/// A rectifier with a slope below 0.
///
/// Source: [`keras.layers.LeakyReLU`](https://keras.io/api/layers/activation_layers/leaky_relu/).
public final class LeakyReLU: ActivationLayer, ConfigurableLayer, Described {
    /// The slope below 0. Unlike the activation's, Keras's default is 0.3.
    public private(set) var negativeSlope: Double

    /// Makes a layer.
    public init(negativeSlope: Double = 0.3, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.negativeSlope = negativeSlope
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: LeakyReLU()) { $0("negative_slope", \.negativeSlope) }

    override var function: ActivationFunction { .leakyReLU(negativeSlope: negativeSlope) }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", LeakyReLU(dtype: .float64), [[3]]),
            LayerSample("slope", LeakyReLU(negativeSlope: 0.1, dtype: .float64), [[2, 3]]),
        ]
    }
}

/// x above 0, `alpha * (e^x - 1)` below.
///
/// Source: [`keras.layers.ELU`](https://keras.io/api/layers/activation_layers/elu/).
public final class ELU: ActivationLayer, ConfigurableLayer, Described {
    /// The output far below 0, negated.
    public private(set) var alpha: Double

    /// Makes a layer.
    public init(alpha: Double = 1, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.alpha = alpha
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: ELU()) { $0("alpha", \.alpha) }

    override var function: ActivationFunction { .elu(alpha: alpha) }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", ELU(dtype: .float64), [[3]]),
            LayerSample("alpha", ELU(alpha: 0.5, dtype: .float64), [[2, 3]]),
        ]
    }
}

/// What layers share that apply a rectifier.
public class ActivationLayer: Layer {
    /// What is applied.
    var function: ActivationFunction { stop(className, "Override function.") }

    public override var supportsMasking: Bool { true }

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor { function(x) }

    public final override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }
}
