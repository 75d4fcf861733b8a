import MartletCore

/// Evenly within `sqrt(6 / inputs)` of zero.
///
/// Source: [`keras.initializers.HeUniform`](https://keras.io/api/layers/initializers/#heuniform-class);
/// K. He et al., *Delving deep into rectifiers*, 2015.
public struct HeUniform: NamedVarianceScaling {
    public static let scale = 2.0
    public static let mode = VarianceScaling.Mode.fanIn
    public static let distribution = VarianceScaling.Distribution.uniform

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == HeUniform {
    /// Evenly within `sqrt(6 / inputs)` of zero.
    public static var heUniform: HeUniform { HeUniform() }
    /// The same from the stream of a seed.
    public static func heUniform(seed: Int?) -> HeUniform { HeUniform(seed: seed) }
}
