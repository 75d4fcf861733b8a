import MartletCore

/// A function of a tensor that a layer applies to its output, under Keras's name.
///
/// Source: [Keras's activations](https://keras.io/api/layers/activations/).
public struct Activation: Sendable {
    /// Keras's name: `relu`.
    public let name: String
    private let function: @Sendable (Tensor) -> Tensor

    /// Makes an activation of one's own.
    public init(name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
        self.name = name
        self.function = function
    }

    /// Applies the activation.
    public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}
