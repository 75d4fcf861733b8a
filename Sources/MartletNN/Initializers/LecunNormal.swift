import MartletCore

/// Truncated normal with a standard deviation of `sqrt(1 / inputs)`.
///
/// Source: [`keras.initializers.LecunNormal`](https://keras.io/api/layers/initializers/#lecunnormal-class);
/// Y. LeCun et al., *Efficient backprop*, 1998.
public struct LecunNormal: NamedVarianceScaling {
    public static let scale = 1.0
    public static let mode = VarianceScaling.Mode.fanIn
    public static let distribution = VarianceScaling.Distribution.truncatedNormal

    public let seed: Int?

    /// Makes an initializer.
    public init(seed: Int? = nil) { self.seed = seed }
}

extension Initializer where Self == LecunNormal {
    /// Truncated normal with a standard deviation of `sqrt(1 / inputs)`.
    public static var lecunNormal: LecunNormal { LecunNormal() }
    /// The same from the stream of a seed.
    public static func lecunNormal(seed: Int?) -> LecunNormal { LecunNormal(seed: seed) }
}
