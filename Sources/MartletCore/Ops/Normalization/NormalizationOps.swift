extension OpRegistry {
    /// Softmax, its logarithm and cross-entropy, layer and batch normalization, with their gradients.
    static let normalizations: [any Op.Type] = [
        Softmax.self, SoftmaxGradient.self, LogSoftmax.self, LogSoftmaxGradient.self,
        SparseSoftmaxCrossEntropy.self, SparseSoftmaxCrossEntropyGradient.self,
        LayerNorm.self, LayerNormGradient.self, BatchNorm.self, BatchNormGradient.self,
    ]
}
