import MartletCore

/// Truncated normal with a standard deviation of `sqrt(2 / inputs)`.
///
/// Source: [`keras.initializers.HeNormal`](https://keras.io/api/layers/initializers/#henormal-class);
/// K. He et al., *Delving deep into rectifiers*, 2015.
public struct HeNormal: NamedVarianceScaling {
    public static let scale = 2.0
    public static let mode = VarianceScaling.Mode.fanIn
    public static let distribution = VarianceScaling.Distribution.truncatedNormal

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == HeNormal {
    /// Truncated normal with a standard deviation of `sqrt(2 / inputs)`.
    public static var heNormal: HeNormal { HeNormal() }
    /// The same from the stream of a seed.
    public static func heNormal(seed: Int?) -> HeNormal { HeNormal(seed: seed) }
}
