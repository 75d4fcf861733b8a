import MartletCore

/// Evenly within `sqrt(3 / inputs)` of zero.
///
/// Source: [`keras.initializers.LecunUniform`](https://keras.io/api/layers/initializers/#lecununiform-class);
/// Y. LeCun et al., *Efficient backprop*, 1998.
public struct LecunUniform: NamedVarianceScaling {
    public static let scale = 1.0
    public static let mode = VarianceScaling.Mode.fanIn
    public static let distribution = VarianceScaling.Distribution.uniform

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == LecunUniform {
    /// Evenly within `sqrt(3 / inputs)` of zero.
    public static var lecunUniform: LecunUniform { LecunUniform() }
    /// The same from the stream of a seed.
    public static func lecunUniform(seed: Int?) -> LecunUniform { LecunUniform(seed: seed) }
}
