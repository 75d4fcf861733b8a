import MartletCore
import MartletFormats

/// Draws a weight whose variance is `scale / n`, where n is a number of inputs or outputs of a unit.
///
/// Source: [`keras.initializers.VarianceScaling`](https://keras.io/api/layers/initializers/#variancescaling-class).
public struct VarianceScaling: Initializer, Described {
    /// What n counts.
    public enum Mode: String, Sendable, CaseIterable {
        /// The inputs of a unit.
        case fanIn = "fan_in"
        /// The outputs of a unit.
        case fanOut = "fan_out"
        /// The mean of both.
        case fanAverage = "fan_avg"
    }

    /// How values are spread.
    public enum Distribution: String, Sendable, CaseIterable {
        /// A normal distribution cut at two standard deviations, widened so that the variance is right after the cut.
        case truncatedNormal = "truncated_normal"
        /// A normal distribution.
        case untruncatedNormal = "untruncated_normal"
        /// Evenly around zero.
        case uniform
    }

    /// The variance times n.
    public private(set) var scale: Double
    /// What n counts.
    public private(set) var mode: Mode
    /// How values are spread.
    public private(set) var distribution: Distribution
    /// The stream's seed; nil draws anew at every call.
    public private(set) var seed: Int?

    /// Makes an initializer.
    public init(
        scale: Double = 1, mode: Mode = .fanIn, distribution: Distribution = .truncatedNormal, seed: Int? = nil
    ) {
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        checkArguments()
    }

    public static let arguments = Arguments(default: VarianceScaling()) {
        $0("scale", \.scale, .positive)
        $0("mode", \.mode)
        $0("distribution", \.distribution, as: .distribution)
        $0("seed", \.seed)
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        let fans = Self.fans(of: shape)
        let count: Double =
            switch mode {
            case .fanIn: Double(fans.inputs)
            case .fanOut: Double(fans.outputs)
            case .fanAverage: Double(fans.inputs + fans.outputs) / 2
            }
        let variance = scale / max(1, count)
        let generator = RandomGenerator(seed: seed)
        switch distribution {
        case .truncatedNormal:
            return generator.truncatedNormal(
                shape, standardDeviation: variance.squareRoot() / Self.deviationOfTruncatedNormal, dtype: dtype)
        case .untruncatedNormal:
            return generator.normal(shape, standardDeviation: variance.squareRoot(), dtype: dtype)
        case .uniform:
            let limit = (3 * variance).squareRoot()
            return generator.uniform(shape, in: -limit..<limit, dtype: dtype)
        }
    }

    /// The standard deviation of the standard normal distribution cut at two.
    private static let deviationOfTruncatedNormal = 0.87962566103423978

    /// The inputs and outputs of a unit of a weight: rows and columns of a matrix; of a convolution's kernel
    /// [window..., channels, filters] the channels and filters, each times the size of the window.
    package static func fans(of shape: Shape) -> (inputs: Int, outputs: Int) {
        switch shape.rank {
        case 0: return (1, 1)
        case 1: return (shape[0], shape[0])
        default:
            let window = shape.dimensions.dropLast(2).reduce(1, *)
            return (shape[-2] * window, shape[-1] * window)
        }
    }
}

extension VarianceScaling.Mode: ArgumentValue {}

extension ArgumentForm<VarianceScaling.Distribution> {
    /// `normal` is Keras's older name for the truncated normal distribution.
    fileprivate static let distribution = ArgumentForm(
        read: { config, key in
            try config.optional(key) == "normal" ? .truncatedNormal : config.option(key, default: .truncatedNormal)
        }, write: { .string($0.rawValue) })
}

extension Initializer where Self == VarianceScaling {
    /// A variance of `scale / n`.
    public static func varianceScaling(
        scale: Double = 1, mode: VarianceScaling.Mode = .fanIn,
        distribution: VarianceScaling.Distribution = .truncatedNormal, seed: Int? = nil
    ) -> VarianceScaling { VarianceScaling(scale: scale, mode: mode, distribution: distribution, seed: seed) }
}

/// An initializer that is variance scaling with fixed arguments, known under a name of its own.
public protocol NamedVarianceScaling: Initializer, Configurable {
    /// The scale of the variance.
    static var scale: Double { get }
    /// What the variance is divided by.
    static var mode: VarianceScaling.Mode { get }
    /// How values are spread.
    static var distribution: VarianceScaling.Distribution { get }
    /// The stream's seed; nil draws anew at every call.
    var seed: Int? { get }
    /// Makes an initializer.
    init(seed: Int?)
}

extension NamedVarianceScaling {
    public init(config: Configuration) throws { try self.init(seed: config.optional("seed")) }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        VarianceScaling(scale: Self.scale, mode: Self.mode, distribution: Self.distribution, seed: seed)
            .makeTensor(shape: shape, dtype: dtype)
    }

    public var config: [String: JSONValue] { ["seed": .optional(seed)] }
}
