import Martlet

extension Applications {
    /// ResNet of 50 layers. K. He et al., *Deep residual learning for image recognition*, 2015.
    public static let resNet50 = resNet("resnet50", [3, 4, 6, 3])
    /// ResNet of 101 layers.
    public static let resNet101 = resNet("resnet101", [3, 4, 23, 3])
    /// ResNet of 152 layers.
    public static let resNet152 = resNet("resnet152", [3, 8, 36, 3])
    /// ResNet V2 of 50 layers. K. He et al., *Identity mappings in deep residual networks*, 2016.
    public static let resNet50V2 = resNetV2("resnet50v2", [3, 4, 6, 3])
    /// ResNet V2 of 101 layers.
    public static let resNet101V2 = resNetV2("resnet101v2", [3, 4, 23, 3])
    /// ResNet V2 of 152 layers.
    public static let resNet152V2 = resNetV2("resnet152v2", [3, 8, 36, 3])

    /// ResNet of 18 layers, as torchvision has it; `keras.applications` has none. Its `state_dict` loads with
    /// ``torchvisionModule(of:)``, and `preprocess` is what torchvision does to pixels.
    public static let resNet18 = basicResNet("resnet18", [2, 2, 2, 2])
    /// ResNet of 34 layers, as ``resNet18``.
    public static let resNet34 = basicResNet("resnet34", [3, 4, 6, 3])

    /// What torchvision calls the module of a layer of ``resNet18`` and ``resNet34``: `layer2.0.downsample.1` for
    /// `layer2_0_downsample_1`, `fc` for `predictions`.
    @Sendable public static func torchvisionModule(of layer: String) -> String {
        layer == "predictions" ? "fc" : layer.replacing("_", with: ".")
    }

    /// Blocks of two 3x3 convolutions without biases.
    /// - Parameter width: the channels of the first stage.
    package static func basicResNet(_ name: String, _ blocks: [Int], width: Int = 64) -> Application {
        Application(name, .standardized) { input, top in
            var x = torchConvolution(input, width, 7, stride: 2, "conv1")
            x = torchNormalized(x, "bn1").rectified("relu")
            // Behind the activation zeros are no larger than what is there.
            x = ZeroPadding2D(1, name: "maxpool_pad")(x)
            x = MaxPooling2D(poolSize: 3, strides: 2, name: "maxpool")(x)
            for (stage, count) in blocks.enumerated() {
                for block in 0..<count {
                    x = basic(
                        x, width << stage, stride: block == 0 && stage > 0 ? 2 : 1, "layer\(stage + 1)_\(block)")
                }
            }
            return top(x)
        }
    }

    private static func basic(_ input: SymbolicTensor, _ filters: Int, stride: Int, _ name: String) -> SymbolicTensor {
        var shortcut = input
        if stride > 1 || input.channels != filters {
            shortcut = torchConvolution(input, filters, 1, stride: stride, name + "_downsample_0")
            shortcut = torchNormalized(shortcut, name + "_downsample_1")
        }
        var x = torchConvolution(input, filters, 3, stride: stride, name + "_conv1")
        x = torchNormalized(x, name + "_bn1").rectified(name + "_relu1")
        x = torchNormalized(torchConvolution(x, filters, 3, stride: 1, name + "_conv2"), name + "_bn2")
        return Add(name: name + "_add")([x, shortcut]).rectified(name + "_relu2")
    }

    /// A convolution with as much padding on each side, which is not what `same` is for strides.
    private static func torchConvolution(
        _ x: SymbolicTensor, _ filters: Int, _ size: Int, stride: Int, _ name: String
    ) -> SymbolicTensor {
        let padded = size > 1 ? ZeroPadding2D(SpatialEdges([(size / 2, size / 2), (size / 2, size / 2)]), name: name + "_pad")(x) : x
        return Conv2D(
            filters, kernelSize: size, strides: stride, useBias: false,
            kernelInitializer: .varianceScaling(scale: 2, mode: .fanOut, distribution: .untruncatedNormal), name: name)(padded)
    }

    private static func torchNormalized(_ x: SymbolicTensor, _ name: String) -> SymbolicTensor {
        BatchNormalization(momentum: 0.9, epsilon: 1e-5, name: name)(x)
    }

    private static func resNet(_ name: String, _ blocks: [Int]) -> Application {
        Application(name, .centeredBGR) { input, top in
            var x = ZeroPadding2D(3, name: "conv1_pad")(input)
            x = Conv2D(64, kernelSize: 7, strides: 2, name: "conv1_conv")(x)
            x = normalized(x, "conv1_bn").rectified("conv1_relu")
            x = ZeroPadding2D(1, name: "pool1_pad")(x)
            x = MaxPooling2D(poolSize: 3, strides: 2, name: "pool1_pool")(x)
            for (stage, count) in blocks.enumerated() {
                for block in 1...count {
                    x = residual(
                        x, 64 << stage, stride: block == 1 && stage > 0 ? 2 : 1, hasShortcut: block == 1,
                        "conv\(stage + 2)_block\(block)")
                }
            }
            return top(x)
        }
    }

    private static func resNetV2(_ name: String, _ blocks: [Int]) -> Application {
        Application(name, .symmetric) { input, top in
            var x = ZeroPadding2D(3, name: "conv1_pad")(input)
            x = Conv2D(64, kernelSize: 7, strides: 2, name: "conv1_conv")(x)
            x = ZeroPadding2D(1, name: "pool1_pad")(x)
            x = MaxPooling2D(poolSize: 3, strides: 2, name: "pool1_pool")(x)
            for (stage, count) in blocks.enumerated() {
                for block in 1...count {
                    x = preactivated(
                        x, 64 << stage, stride: block == count && stage < 3 ? 2 : 1, hasShortcut: block == 1,
                        "conv\(stage + 2)_block\(block)")
                }
            }
            return top(normalized(x, "post_bn").rectified("post_relu"))
        }
    }

    static func normalized(_ x: SymbolicTensor, _ name: String) -> SymbolicTensor {
        BatchNormalization(epsilon: 1.001e-5, name: name)(x)
    }

    /// 1x1, 3x3 and 1x1 convolutions beside a shortcut.
    private static func residual(
        _ input: SymbolicTensor, _ filters: Int, stride: Int, hasShortcut: Bool, _ name: String
    ) -> SymbolicTensor {
        var shortcut = input
        if hasShortcut {
            shortcut = Conv2D(4 * filters, kernelSize: 1, strides: stride, name: name + "_0_conv")(input)
            shortcut = normalized(shortcut, name + "_0_bn")
        }
        var x = Conv2D(filters, kernelSize: 1, strides: stride, name: name + "_1_conv")(input)
        x = normalized(x, name + "_1_bn").rectified(name + "_1_relu")
        x = Conv2D(filters, kernelSize: 3, padding: .same, name: name + "_2_conv")(x)
        x = normalized(x, name + "_2_bn").rectified(name + "_2_relu")
        x = normalized(Conv2D(4 * filters, kernelSize: 1, name: name + "_3_conv")(x), name + "_3_bn")
        return Add(name: name + "_add")([shortcut, x]).rectified(name + "_out")
    }

    /// The same with normalization and activation before each convolution.
    private static func preactivated(
        _ input: SymbolicTensor, _ filters: Int, stride: Int, hasShortcut: Bool, _ name: String
    ) -> SymbolicTensor {
        let active = normalized(input, name + "_preact_bn").rectified(name + "_preact_relu")
        let shortcut = hasShortcut
            ? Conv2D(4 * filters, kernelSize: 1, strides: stride, name: name + "_0_conv")(active)
            : stride > 1 ? MaxPooling2D(poolSize: 1, strides: stride)(input) : input
        var x = Conv2D(filters, kernelSize: 1, useBias: false, name: name + "_1_conv")(active)
        x = normalized(x, name + "_1_bn").rectified(name + "_1_relu")
        x = ZeroPadding2D(1, name: name + "_2_pad")(x)
        x = Conv2D(filters, kernelSize: 3, strides: stride, useBias: false, name: name + "_2_conv")(x)
        x = normalized(x, name + "_2_bn").rectified(name + "_2_relu")
        x = Conv2D(4 * filters, kernelSize: 1, name: name + "_3_conv")(x)
        return Add(name: name + "_out")([shortcut, x])
    }
}
