extension OpRegistry {
    /// Softmax, its logarithm and cross-entropy, with their gradients.
    static let normalizations: [any Op.Type] = [
        Softmax.self, SoftmaxGradient.self, LogSoftmax.self, LogSoftmaxGradient.self,
        SparseSoftmaxCrossEntropy.self, SparseSoftmaxCrossEntropyGradient.self,
    ]
}
