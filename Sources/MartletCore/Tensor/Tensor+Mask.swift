extension Tensor {
    /// Which entries of the tensor count, the others being padding: what Keras keeps as `_keras_mask`. Layers make it
    /// (`Embedding(maskZero: true)`, `Masking`) and hand it on; ops leave it behind. Its shape is that of the tensor's
    /// first axes, [batch, steps] most often; nil where everything counts.
    public var mask: Tensor? { handle.mask }

    /// The same tensor with a mask, or without one.
    public func withMask(_ mask: Tensor?) -> Tensor {
        if handle.mask?.id == mask?.id { return self }
        // A handle of its own: others that hold this tensor keep its mask.
        let result = perform(Reshape(shape: shape), self)
        result.handle.origin = handle.origin
        result.handle.mask = mask
        return result
    }

    /// Sets the mask of a tensor that nobody else has seen yet.
    package func noteMask(_ mask: Tensor) { handle.mask = mask }
}
