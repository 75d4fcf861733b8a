import Foundation
import Martlet

extension Applications {
    /// MobileNet V2. M. Sandler et al., *MobileNetV2: inverted residuals and linear bottlenecks*, 2018.
    public static let mobileNetV2 = scaledMobileNetV2(alpha: 1)

    /// MobileNet V2 with all numbers of channels multiplied by `alpha`: 0.35, 0.5, 0.75, 1, 1.3 and 1.4 in the paper.
    public static func scaledMobileNetV2(alpha: Double) -> Application {
        Application("mobilenetv2_\(String(format: "%.2f", alpha))_224", .symmetric) { input, top in
            // Filters, blocks, the stride of the first one.
            let stages = [(16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)]
            var x = Conv2D(
                roundedChannels(32 * alpha), kernelSize: 3, strides: 2, padding: .same, useBias: false, name: "Conv1")(input)
            x = clipped(x, "bn_Conv1", "Conv1_relu")
            var number = 0
            for (filters, count, stride) in stages {
                for block in 0..<count {
                    x = inverted(
                        x, roundedChannels((Double(filters) * alpha).rounded(.down)), stride: block == 0 ? stride : 1, number)
                    number += 1
                }
            }
            let last = alpha > 1 ? roundedChannels(1280 * alpha) : 1280
            x = Conv2D(last, kernelSize: 1, useBias: false, name: "Conv_1")(x)
            return top(clipped(x, "Conv_1_bn", "out_relu"), pools: (nil, nil))
        }
    }

    private static func scaled(_ x: SymbolicTensor, _ name: String) -> SymbolicTensor {
        BatchNormalization(momentum: 0.999, epsilon: 1e-3, name: name)(x)
    }

    private static func clipped(_ x: SymbolicTensor, _ normalization: String, _ activation: String) -> SymbolicTensor {
        ReLU(maxValue: 6, name: activation)(scaled(x, normalization))
    }

    /// To six times the channels, a convolution of each, and back to few channels.
    private static func inverted(_ input: SymbolicTensor, _ filters: Int, stride: Int, _ number: Int) -> SymbolicTensor {
        let name = number == 0 ? "expanded_conv_" : "block_\(number)_"
        var x = input
        if number > 0 {
            x = Conv2D(6 * input.channels, kernelSize: 1, padding: .same, useBias: false, name: name + "expand")(x)
            x = clipped(x, name + "expand_BN", name + "expand_relu")
        }
        if stride == 2 { x = x.paddedForStride2(kernel: 3, name: name + "pad") }
        x = DepthwiseConv2D(
            kernelSize: 3, strides: stride, padding: stride == 1 ? .same : .valid, useBias: false, name: name + "depthwise")(x)
        x = clipped(x, name + "depthwise_BN", name + "depthwise_relu")
        x = Conv2D(filters, kernelSize: 1, padding: .same, useBias: false, name: name + "project")(x)
        x = scaled(x, name + "project_BN")
        return stride == 1 && input.channels == filters ? Add(name: name + "add")([input, x]) : x
    }

    /// MobileNet V3, large. A. Howard et al., *Searching for MobileNetV3*, 2019.
    public static let mobileNetV3Large = mobileNetV3(
        "MobileNetV3Large", last: 1280,
        [
            Block(1, 16, 3, 1), Block(4, 24, 3, 2), Block(3, 24, 3, 1), Block(3, 40, 5, 2, squeezes: true),
            Block(3, 40, 5, 1, squeezes: true), Block(3, 40, 5, 1, squeezes: true), Block(6, 80, 3, 2, isHard: true),
            Block(2.5, 80, 3, 1, isHard: true), Block(2.3, 80, 3, 1, isHard: true), Block(2.3, 80, 3, 1, isHard: true),
            Block(6, 112, 3, 1, squeezes: true, isHard: true), Block(6, 112, 3, 1, squeezes: true, isHard: true),
            Block(6, 160, 5, 2, squeezes: true, isHard: true), Block(6, 160, 5, 1, squeezes: true, isHard: true),
            Block(6, 160, 5, 1, squeezes: true, isHard: true),
        ])
    /// MobileNet V3, small.
    public static let mobileNetV3Small = mobileNetV3(
        "MobileNetV3Small", last: 1024,
        [
            Block(1, 16, 3, 2, squeezes: true), Block(72.0 / 16, 24, 3, 2), Block(88.0 / 24, 24, 3, 1),
            Block(4, 40, 5, 2, squeezes: true, isHard: true), Block(6, 40, 5, 1, squeezes: true, isHard: true),
            Block(6, 40, 5, 1, squeezes: true, isHard: true), Block(3, 48, 5, 1, squeezes: true, isHard: true),
            Block(3, 48, 5, 1, squeezes: true, isHard: true), Block(6, 96, 5, 2, squeezes: true, isHard: true),
            Block(6, 96, 5, 1, squeezes: true, isHard: true), Block(6, 96, 5, 1, squeezes: true, isHard: true),
        ])

    private struct Block {
        let expansion: Double, filters: Int, kernel: Int, stride: Int, squeezes: Bool, isHard: Bool

        init(
            _ expansion: Double, _ filters: Int, _ kernel: Int, _ stride: Int, squeezes: Bool = false, isHard: Bool = false
        ) {
            (self.expansion, self.filters, self.kernel, self.stride) = (expansion, filters, kernel, stride)
            (self.squeezes, self.isHard) = (squeezes, isHard)
        }

        func activation(_ x: SymbolicTensor) -> SymbolicTensor { isHard ? Activation(.hardSwish)(x) : ReLU()(x) }
    }

    private static func mobileNetV3(_ name: String, last: Int, _ blocks: [Block]) -> Application {
        Application(name, takesAnySize: true, .none) { input, top in
            var x = Rescaling(1 / 127.5, offset: -1)(input)
            x = Conv2D(16, kernelSize: 3, strides: 2, padding: .same, useBias: false, name: "conv")(x)
            x = Activation(.hardSwish)(scaled(x, "conv_bn"))
            for (number, block) in blocks.enumerated() { x = expanded(x, block, number) }
            x = Conv2D(
                roundedChannels(Double(6 * x.channels)), kernelSize: 1, padding: .same, useBias: false, name: "conv_1")(x)
            x = Activation(.hardSwish)(scaled(x, "conv_1_bn"))
            guard top.isIncluded else { return top.pooled(x) }
            x = GlobalAveragePooling2D(keepDims: true)(x)
            x = Activation(.hardSwish)(Conv2D(last, kernelSize: 1, padding: .same, name: "conv_2")(x))
            x = Conv2D(top.classes, kernelSize: 1, padding: .same, name: "logits")(Dropout(0.2)(x))
            return Activation(top.activation, name: "predictions")(Flatten()(x))
        }
    }

    private static func expanded(_ input: SymbolicTensor, _ block: Block, _ number: Int) -> SymbolicTensor {
        let name = number == 0 ? "expanded_conv_" : "expanded_conv_\(number)_"
        let width = roundedChannels(Double(input.channels) * block.expansion)
        var x = input
        if number > 0 {
            x = Conv2D(width, kernelSize: 1, padding: .same, useBias: false, name: name + "expand")(x)
            x = block.activation(scaled(x, name + "expand_bn"))
        }
        if block.stride == 2 { x = x.paddedForStride2(kernel: block.kernel, name: name + "depthwise_pad") }
        x = DepthwiseConv2D(
            kernelSize: block.kernel, strides: block.stride, padding: block.stride == 1 ? .same : .valid, useBias: false,
            name: name + "depthwise")(x)
        x = block.activation(scaled(x, name + "depthwise_bn"))
        if block.squeezes {
            let part = name + "squeeze_excite_"
            var gate = GlobalAveragePooling2D(keepDims: true, name: part + "avg_pool")(x)
            gate = Conv2D(roundedChannels(Double(width) / 4), kernelSize: 1, padding: .same, name: part + "conv")(gate)
            gate = Conv2D(width, kernelSize: 1, padding: .same, name: part + "conv_1")(ReLU(name: part + "relu")(gate))
            x = Multiply(name: part + "mul")([x, ReLU(maxValue: 6)(gate + 3) * (1.0 / 6)])
        }
        x = Conv2D(block.filters, kernelSize: 1, padding: .same, useBias: false, name: name + "project")(x)
        x = scaled(x, name + "project_bn")
        return block.stride == 1 && input.channels == block.filters ? Add(name: name + "add")([input, x]) : x
    }
}
