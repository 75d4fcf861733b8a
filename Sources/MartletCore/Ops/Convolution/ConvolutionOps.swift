extension OpRegistry {
    /// Convolution, pooling and resizing, with their gradients.
    static let convolutions: [any Op.Type] = [
        Convolution.self, ConvolutionInputGradient.self, ConvolutionKernelGradient.self,
        MaxPool.self, MaxPoolGradient.self, AveragePool.self, AveragePoolGradient.self,
        Resample.self,
    ]
}
