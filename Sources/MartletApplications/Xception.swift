import Martlet

extension Applications {
    /// Xception. F. Chollet, *Xception: deep learning with depthwise separable convolutions*, 2016.
    public static let xception = Application("xception", size: 299, leastSize: 71, .symmetric) { input, top in
        var x = Conv2D(32, kernelSize: 3, strides: 2, useBias: false, name: "block1_conv1")(input)
        x = BatchNormalization(name: "block1_conv1_bn")(x).rectified("block1_conv1_act")
        x = Conv2D(64, kernelSize: 3, useBias: false, name: "block1_conv2")(x)
        x = BatchNormalization(name: "block1_conv2_bn")(x).rectified("block1_conv2_act")
        for (block, filters) in [(2, [128, 128]), (3, [256, 256]), (4, [728, 728])] { x = halved(x, filters, block) }
        for block in 5..<13 {
            let shortcut = x
            for part in 1...3 { x = separated(x.rectified("block\(block)_sepconv\(part)_act"), 728, block, part) }
            x = Add()([x, shortcut])
        }
        x = halved(x, [728, 1024], 13)
        for (part, filters) in [(1, 1536), (2, 2048)] {
            x = separated(x, filters, 14, part).rectified("block14_sepconv\(part)_act")
        }
        return top.isIncluded ? top(x) : top.pooled(x, (nil, nil))
    }

    private static func separated(_ x: SymbolicTensor, _ filters: Int, _ block: Int, _ part: Int) -> SymbolicTensor {
        let name = "block\(block)_sepconv\(part)"
        return BatchNormalization(name: name + "_bn")(
            SeparableConv2D(filters, kernelSize: 3, padding: .same, useBias: false, name: name)(x))
    }

    /// Two separable convolutions and a pooling, beside a convolution with stride 2.
    private static func halved(_ input: SymbolicTensor, _ filters: [Int], _ block: Int) -> SymbolicTensor {
        var shortcut = Conv2D(filters[1], kernelSize: 1, strides: 2, padding: .same, useBias: false)(input)
        shortcut = BatchNormalization()(shortcut)
        // The first one follows an activation already.
        var x = separated(block == 2 ? input : input.rectified("block\(block)_sepconv1_act"), filters[0], block, 1)
        x = separated(x.rectified("block\(block)_sepconv2_act"), filters[1], block, 2)
        x = MaxPooling2D(poolSize: 3, strides: 2, padding: .same, name: "block\(block)_pool")(x)
        return Add()([x, shortcut])
    }
}
