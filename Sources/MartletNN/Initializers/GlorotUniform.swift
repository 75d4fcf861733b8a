import MartletCore

/// Evenly within `sqrt(6 / (inputs + outputs))` of zero: Keras's default for kernels.
///
/// Source: [`keras.initializers.GlorotUniform`](https://keras.io/api/layers/initializers/#glorotuniform-class);
/// X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.
public struct GlorotUniform: NamedVarianceScaling {
    public static let scale = 1.0
    public static let mode = VarianceScaling.Mode.fanAverage
    public static let distribution = VarianceScaling.Distribution.uniform

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == GlorotUniform {
    /// Evenly within `sqrt(6 / (inputs + outputs))` of zero: Keras's default for kernels.
    public static var glorotUniform: GlorotUniform { GlorotUniform() }
    /// The same from the stream of a seed.
    public static func glorotUniform(seed: Int?) -> GlorotUniform { GlorotUniform(seed: seed) }
}
