import MartletCore
import MartletFormats

/// A penalty on a weight, added to the loss.
///
/// Source: [Keras's regularizers](https://keras.io/api/layers/regularizers/).
public protocol Regularizer: Sendable {
    /// The penalty, a scalar, written with differentiable ops.
    func callAsFunction(_ weight: Tensor) -> Tensor
    /// Keras's class name: `L2`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}
