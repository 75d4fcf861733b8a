import MartletCore

/// Truncated normal with a standard deviation of `sqrt(2 / (inputs + outputs))`.
///
/// Source: [`keras.initializers.GlorotNormal`](https://keras.io/api/layers/initializers/#glorotnormal-class);
/// X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.
public struct GlorotNormal: NamedVarianceScaling {
    public static let scale = 1.0
    public static let mode = VarianceScaling.Mode.fanAverage
    public static let distribution = VarianceScaling.Distribution.truncatedNormal

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == GlorotNormal {
    /// Truncated normal with a standard deviation of `sqrt(2 / (inputs + outputs))`.
    public static var glorotNormal: GlorotNormal { GlorotNormal() }
    /// The same from the stream of a seed.
    public static func glorotNormal(seed: Int?) -> GlorotNormal { GlorotNormal(seed: seed) }
}
