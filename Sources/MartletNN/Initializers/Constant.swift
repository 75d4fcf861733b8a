import MartletCore
import MartletFormats

/// Fills a weight with one number.
///
/// Source: [`keras.initializers.Constant`](https://keras.io/api/layers/initializers/#constant-class).
public struct Constant: Initializer, Configurable {
    /// The number.
    public let value: Double

    /// Makes an initializer.
    public init(_ value: Double = 0) { self.value = value }

    public init(config: Configuration) throws { try self.init(config.value("value", default: 0)) }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor { .full(shape, value, dtype: dtype) }
    public var config: [String: JSONValue] { ["value": .double(value)] }
}

extension Initializer where Self == Constant {
    /// One number everywhere.
    public static func constant(_ value: Double) -> Constant { Constant(value) }
}
