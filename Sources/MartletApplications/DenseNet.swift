import Martlet

extension Applications {
    /// DenseNet of 121 layers. G. Huang et al., *Densely connected convolutional networks*, 2016.
    public static let denseNet121 = denseNet("densenet121", [6, 12, 24, 16])
    /// DenseNet of 169 layers.
    public static let denseNet169 = denseNet("densenet169", [6, 12, 32, 32])
    /// DenseNet of 201 layers.
    public static let denseNet201 = denseNet("densenet201", [6, 12, 48, 32])

    private static func denseNet(_ name: String, _ blocks: [Int]) -> Application {
        Application(name, .standardized) { input, top in
            var x = Conv2D(64, kernelSize: 7, strides: 2, useBias: false, name: "conv1_conv")(ZeroPadding2D(3)(input))
            x = normalized(x, "conv1_bn").rectified("conv1_relu")
            x = MaxPooling2D(poolSize: 3, strides: 2, name: "pool1")(ZeroPadding2D(1)(x))
            for (stage, count) in blocks.enumerated() {
                for block in 1...count { x = grown(x, by: 32, "conv\(stage + 2)_block\(block)") }
                guard stage < blocks.count - 1 else { break }
                let pool = "pool\(stage + 2)"
                x = normalized(x, pool + "_bn").rectified(pool + "_relu")
                x = Conv2D(x.channels / 2, kernelSize: 1, useBias: false, name: pool + "_conv")(x)
                x = AveragePooling2D(poolSize: 2, strides: 2, name: pool + "_pool")(x)
            }
            return top(normalized(x, "bn").rectified("relu"))
        }
    }

    /// A few channels more, computed from all before.
    private static func grown(_ input: SymbolicTensor, by channels: Int, _ name: String) -> SymbolicTensor {
        var x = normalized(input, name + "_0_bn").rectified(name + "_0_relu")
        x = Conv2D(4 * channels, kernelSize: 1, useBias: false, name: name + "_1_conv")(x)
        x = normalized(x, name + "_1_bn").rectified(name + "_1_relu")
        x = Conv2D(channels, kernelSize: 3, padding: .same, useBias: false, name: name + "_2_conv")(x)
        return Concatenate(name: name + "_concat")([input, x])
    }
}
