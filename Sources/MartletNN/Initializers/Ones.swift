import MartletCore

/// Fills a weight with ones.
///
/// Source: [`keras.initializers.Ones`](https://keras.io/api/layers/initializers/#ones-class).
public struct Ones: Initializer, Configurable {
    /// Makes an initializer.
    public init() {}

    public init(config: Configuration) { self.init() }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor { .ones(shape, dtype: dtype) }
}

extension Initializer where Self == Ones {
    /// Ones everywhere.
    public static var ones: Ones { Ones() }
}
