import MartletCore
import MartletFormats

/// A projection of a weight onto the values that it may have, applied after every update.
///
/// Source: [Keras's constraints](https://keras.io/api/layers/constraints/).
public protocol Constraint: Sendable {
    /// The nearest permitted value.
    func callAsFunction(_ weight: Tensor) -> Tensor
    /// Keras's class name: `NonNeg`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}
