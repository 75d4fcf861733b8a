/// The activations that cross-entropies see through.
package enum LogitsKind: Sendable {
    case softmax, sigmoid
}

/// What a tensor of probabilities was computed from.
package struct LogitsOrigin: Sendable {
    package let kind: LogitsKind
    package let logits: Tensor
}

extension Tensor {
    /// This tensor with the memory that it is the `kind` of `logits`.
    ///
    /// A cross-entropy of probabilities loses what rounding to 0 and 1 loses; one of logits does not. As Keras does on
    /// TensorFlow, the activations note where their output comes from, and the losses go back there.
    package func withLogits(_ logits: Tensor, kind: LogitsKind) -> Tensor {
        handle.origin = LogitsOrigin(kind: kind, logits: logits)
        return self
    }

    /// The logits of which this tensor is the `kind`, nil when it comes from elsewhere.
    package func logits(of kind: LogitsKind) -> Tensor? {
        guard let origin = handle.origin, origin.kind == kind else { return nil }
        return origin.logits
    }
}
