import MartletCore
import MartletFormats

/// Gives a new weight its first value.
///
/// An initializer without a seed draws from a stream of its own, which `setRandomSeed` makes repeatable. With a seed it
/// gives the same values at every call, as in Keras.
///
/// Source: [Keras's initializers](https://keras.io/api/layers/initializers/).
public protocol Initializer: Sendable {
    /// A tensor of first values.
    func makeTensor(shape: Shape, dtype: DType) -> Tensor
    /// Keras's class name: `GlorotUniform`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}
