extension TensorSpec {
    /// `float32 [4, 8]`, as Swift code says it.
    package var text: String { "\(dtype) \(shape.dimensions)" }
}

extension Tensor: CustomDebugStringConvertible {
    /// Shape, dtype and elements; of a tensor of a function that is being compiled, which has no elements, the first two.
    public var debugDescription: String { symbol == nil ? "Tensor(\(spec.text), \(self))" : "Tensor(\(spec.text), symbolic)" }
}

extension Variable: CustomStringConvertible, CustomDebugStringConvertible {
    /// Path, shape, dtype, and the value.
    public var description: String { "Variable(\"\(path)\", \(spec.text), \(heldValue))" }

    /// Path, shape and dtype.
    public var debugDescription: String { "Variable(\"\(path)\", \(spec.text)\(isTrainable ? "" : ", not trainable"))" }
}
