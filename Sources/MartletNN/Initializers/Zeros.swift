import MartletCore

/// Fills a weight with zeros.
///
/// Source: [`keras.initializers.Zeros`](https://keras.io/api/layers/initializers/#zeros-class).
public struct Zeros: Initializer, Configurable {
    /// Makes an initializer.
    public init() {}

    public init(config: Configuration) { self.init() }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor { .zeros(shape, dtype: dtype) }
}

extension Initializer where Self == Zeros {
    /// Zeros everywhere.
    public static var zeros: Zeros { Zeros() }
}
