import Martlet

extension Applications {
    /// ConvNeXt, tiny. Z. Liu et al., *A ConvNet for the 2020s*, 2022.
    public static let convNeXtTiny = convNeXts[0]
    /// ConvNeXt, small.
    public static let convNeXtSmall = convNeXts[1]
    /// ConvNeXt, base.
    public static let convNeXtBase = convNeXts[2]
    /// ConvNeXt, large.
    public static let convNeXtLarge = convNeXts[3]
    /// ConvNeXt, extra large.
    public static let convNeXtXLarge = convNeXts[4]

    static let convNeXts = [
        ("tiny", 9, 96), ("small", 27, 96), ("base", 27, 128), ("large", 27, 192), ("xlarge", 27, 256),
    ].map { convNeXt("convnext_\($0.0)", [3, 3, $0.1, 3], width: $0.2) }

    private static func convNeXt(_ name: String, _ depths: [Int], width: Int) -> Application {
        Application(name, .none) { input, top in
            let name = top.name
            func squares(_ numbers: [Double]) -> [Double] { numbers.map { $0 * $0 } }
            var x = input
            if input.channels == 3 {
                x = Normalization(
                    mean: Tensor(ImageNet.mean.map { $0 * 255 }).cast(to: .float32),
                    variance: Tensor(squares(ImageNet.deviation.map { $0 * 255 })).cast(to: .float32),
                    name: name + "_prestem_normalization")(x)
            }
            for (stage, depth) in depths.enumerated() {
                x = shrink(stage, width << stage, name)(x)
                for block in 0..<depth { x = self.block(x, width << stage, "\(name)_stage_\(stage)_block_\(block)") }
            }
            guard top.isIncluded else {
                return LayerNormalization(epsilon: 1e-6)(top.pooled(x, (nil, nil)))
            }
            x = GlobalAveragePooling2D(name: name + "_head_gap")(x)
            x = LayerNormalization(epsilon: 1e-6, name: name + "_head_layernorm")(x)
            return Dense(top.classes, activation: top.activation, name: name + "_head_dense")(x)
        }
    }

    /// What makes images smaller before a stage.
    private static func shrink(_ stage: Int, _ filters: Int, _ name: String) -> Sequential {
        guard stage > 0 else {
            return Sequential(
                [
                    Conv2D(filters, kernelSize: 4, strides: 4, name: name + "_stem_conv"),
                    LayerNormalization(epsilon: 1e-6, name: name + "_stem_layernorm"),
                ], name: name + "_stem")
        }
        return Sequential(
            [
                LayerNormalization(epsilon: 1e-6, name: "\(name)_downsampling_layernorm_\(stage - 1)"),
                Conv2D(filters, kernelSize: 2, strides: 2, name: "\(name)_downsampling_conv_\(stage - 1)"),
            ], name: "\(name)_downsampling_block_\(stage - 1)")
    }

    private static func block(_ input: SymbolicTensor, _ filters: Int, _ name: String) -> SymbolicTensor {
        var x = Conv2D(filters, kernelSize: 7, padding: .same, groups: filters, name: name + "_depthwise_conv")(input)
        x = LayerNormalization(epsilon: 1e-6, name: name + "_layernorm")(x)
        x = Activation(.gelu, name: name + "_gelu")(Dense(4 * filters, name: name + "_pointwise_conv_1")(x))
        x = Dense(filters, name: name + "_pointwise_conv_2")(x)
        x = LayerScale(initValues: 1e-6, projectionDim: filters, name: name + "_layer_scale")(x)
        return input + Activation(.linear, name: name + "_identity")(x)
    }
}
