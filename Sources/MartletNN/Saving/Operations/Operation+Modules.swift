extension Operation {
    /// The module of `keras.src.ops` with the class of an operation. Keras's HDF5 files leave it out, and `.keras` files need it.
    static func module(of kind: String) -> String { "keras.src.ops." + (modules[kind] ?? "numpy") }

    /// Of the classes outside `numpy`.
    private static let modules: [String: String] = [
        "core": ["Cast", "ConvertToTensor", "SaturateCast", "Slice", "StopGradient", "Unstack"],
        "image": [
            "AffineTransform", "CropImages", "ExtractPatches", "GaussianBlur", "HSVToRGB", "PadImages", "PerspectiveTransform",
            "RGBToGrayscale", "RGBToHSV", "Resize", "SobelEdges",
        ],
        "linalg": ["Cholesky", "CholeskyInverse", "Det", "Inv", "Norm", "Qr", "Solve", "SolveTriangular"],
        "math": [
            "CDist", "Erf", "Erfc", "Erfinv", "ExtractSequences", "InTopK", "Logdet", "Logsumexp", "Rsqrt", "SegmentSum", "TopK",
        ],
        "nn": [
            "AdaptiveAveragePool", "AdaptiveMaxPool", "AveragePool", "BinaryCrossentropy", "CategoricalCrossentropy", "Celu", "Conv",
            "ConvTranspose", "DepthToSpace", "DepthwiseConv", "DotProductAttention", "Elu", "Gelu", "Glu", "HardShrink",
            "HardSigmoid", "HardSilu", "HardTanh", "LayerNorm", "LeakyRelu", "LogSigmoid", "LogSoftmax", "MaxPool", "Moments",
            "MultiHot", "Normalize", "OneHot", "PSNR", "RMSNorm", "Relu", "Relu6", "Selu", "SeparableConv", "Sigmoid", "Silu",
            "SoftShrink", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "SparseCategoricalCrossentropy", "SparsePlus",
            "SparseSigmoid", "Sparsemax", "Squareplus", "TanhShrink", "Threshold",
        ],
    ].reduce(into: [:]) { table, entry in
        for name in entry.value { table[name] = entry.key }
    }
}
