import MartletCore

/// Fills a weight with one number.
///
/// Source: [`keras.initializers.Constant`](https://keras.io/api/layers/initializers/#constant-class).
public struct Constant: Initializer, Described {
    /// The number.
    public private(set) var value: Double

    /// Makes an initializer.
    public init(_ value: Double = 0) { self.value = value }

    public static let arguments = Arguments(default: Constant()) { $0("value", \.value) }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor { .full(shape, value, dtype: dtype) }
}

extension Initializer where Self == Constant {
    /// One number everywhere.
    public static func constant(_ value: Double) -> Constant { Constant(value) }
}
