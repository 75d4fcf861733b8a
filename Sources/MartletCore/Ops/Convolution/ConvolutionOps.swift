extension OpRegistry {
    /// Convolution and pooling, with their gradients.
    static let convolutions: [any Op.Type] = [
        Convolution.self, ConvolutionInputGradient.self, ConvolutionKernelGradient.self,
        MaxPool.self, MaxPoolGradient.self, AveragePool.self, AveragePoolGradient.self,
    ]
}
