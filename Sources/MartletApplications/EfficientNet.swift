import Martlet

extension Applications {
    /// EfficientNet B0. M. Tan, Q. Le, *EfficientNet: rethinking model scaling for convolutional neural networks*, 2019.
    ///
    /// Keras multiplies the input by `1 / sqrt(0.229)`, `1 / sqrt(0.224)` and `1 / sqrt(0.225)` more when it loads its own
    /// weights of ImageNet. These models are those that Keras makes with `weights=None`.
    public static let efficientNetB0 = efficientNets[0]
    /// EfficientNet B1.
    public static let efficientNetB1 = efficientNets[1]
    /// EfficientNet B2.
    public static let efficientNetB2 = efficientNets[2]
    /// EfficientNet B3.
    public static let efficientNetB3 = efficientNets[3]
    /// EfficientNet B4.
    public static let efficientNetB4 = efficientNets[4]
    /// EfficientNet B5.
    public static let efficientNetB5 = efficientNets[5]
    /// EfficientNet B6.
    public static let efficientNetB6 = efficientNets[6]
    /// EfficientNet B7.
    public static let efficientNetB7 = efficientNets[7]

    /// Width, depth, size and dropout of each.
    static let efficientNets = [
        (1.0, 1.0, 224, 0.2), (1.0, 1.1, 240, 0.2), (1.1, 1.2, 260, 0.3), (1.2, 1.4, 300, 0.3), (1.4, 1.8, 380, 0.4),
        (1.6, 2.2, 456, 0.4), (1.8, 2.6, 528, 0.5), (2.0, 3.1, 600, 0.5),
    ].enumerated().map { number, part in efficientNet("efficientnetb\(number)", part.0, part.1, size: part.2, dropout: part.3) }

    private static let convolutionInitializer = VarianceScaling(scale: 2, mode: .fanOut, distribution: .truncatedNormal)

    private static func efficientNet(
        _ name: String, _ width: Double, _ depth: Double, size: Int, dropout: Double
    ) -> Application {
        // Kernel, repetitions, filters before and after, expansion, stride.
        let stages = [
            (3, 1, 32, 16, 1, 1), (3, 2, 16, 24, 6, 2), (5, 2, 24, 40, 6, 2), (3, 3, 40, 80, 6, 2), (5, 3, 80, 112, 6, 1),
            (5, 4, 112, 192, 6, 2), (3, 1, 192, 320, 6, 1),
        ]
        @Sendable func filters(_ count: Int) -> Int { roundedChannels(Double(count) * width) }
        @Sendable func repetitions(_ count: Int) -> Int { Int((Double(count) * depth).rounded(.up)) }
        return Application(name, size: size, .none) { input, top in
            var x = Normalization(axes: [3])(Rescaling(1 / 255.0)(input))
            x = x.paddedForStride2(kernel: 3, name: "stem_conv_pad")
            x = convolved(x, filters(32), kernel: 3, stride: 2, padding: .valid, "stem_conv")
            x = active(x, "stem_bn", "stem_activation")
            let blocks = stages.reduce(0) { $0 + repetitions($1.1) }
            var number = 0
            for (stage, (kernel, count, before, after, expansion, stride)) in stages.enumerated() {
                for place in 0..<repetitions(count) {
                    let letter = Character(UnicodeScalar(UInt8(97 + place)))
                    x = block(
                        x, from: filters(place == 0 ? before : after), to: filters(after), kernel: kernel,
                        stride: place == 0 ? stride : 1, expansion: expansion,
                        dropout: 0.2 * Double(number) / Double(blocks), "block\(stage + 1)\(letter)_")
                    number += 1
                }
            }
            x = active(convolved(x, filters(1280), "top_conv"), "top_bn", "top_activation")
            return top(
                x, dropout: Dropout(dropout, name: "top_dropout"),
                initializer: VarianceScaling(scale: 1.0 / 3, mode: .fanOut, distribution: .uniform))
        }
    }

    private static func convolved(
        _ x: SymbolicTensor, _ filters: Int, kernel: Int = 1, stride: Int = 1, padding: Padding = .same,
        activation: ActivationFunction? = nil, useBias: Bool = false, _ name: String
    ) -> SymbolicTensor {
        Conv2D(
            filters, kernelSize: kernel, strides: stride, padding: padding, activation: activation, useBias: useBias,
            kernelInitializer: convolutionInitializer, name: name)(x)
    }

    private static func active(_ x: SymbolicTensor, _ normalization: String, _ activation: String) -> SymbolicTensor {
        Activation(.swish, name: activation)(BatchNormalization(name: normalization)(x))
    }

    private static func block(
        _ input: SymbolicTensor, from before: Int, to after: Int, kernel: Int, stride: Int, expansion: Int, dropout: Double,
        _ name: String
    ) -> SymbolicTensor {
        let filters = before * expansion
        var x = input
        if expansion != 1 {
            x = active(convolved(x, filters, name + "expand_conv"), name + "expand_bn", name + "expand_activation")
        }
        if stride == 2 { x = x.paddedForStride2(kernel: kernel, name: name + "dwconv_pad") }
        x = DepthwiseConv2D(
            kernelSize: kernel, strides: stride, padding: stride == 2 ? .valid : .same, useBias: false,
            depthwiseInitializer: convolutionInitializer, name: name + "dwconv")(x)
        x = active(x, name + "bn", name + "activation")
        var gate = GlobalAveragePooling2D(name: name + "se_squeeze")(x)
        gate = Reshape([1, 1, filters], name: name + "se_reshape")(gate)
        gate = convolved(gate, max(1, before / 4), activation: .swish, useBias: true, name + "se_reduce")
        gate = convolved(gate, filters, activation: .sigmoid, useBias: true, name + "se_expand")
        x = Multiply(name: name + "se_excite")([x, gate])
        x = BatchNormalization(name: name + "project_bn")(convolved(x, after, name + "project_conv"))
        guard stride == 1, before == after else { return x }
        if dropout > 0 { x = Dropout(dropout, noiseShape: [nil, 1, 1, 1], name: name + "drop")(x) }
        return Add(name: name + "add")([x, input])
    }
}
