import MartletCore

/// In training, mixes each image with means of itself changed in several chains of changes.
///
/// Source: [`keras.layers.AugMix`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/); D. Hendrycks et al.,
/// *AugMix: a simple data processing method to improve robustness and uncertainty*, 2019.
public final class AugMix: ColorLayer, ConfigurableLayer, Described {
    /// How many chains there are.
    public private(set) var chainCount: Int
    /// How many changes a chain has at most.
    public private(set) var chainDepth: Int
    /// The strength of the changes, of 0...1: a number, for up to it, or a range.
    public private(set) var factor: RandomFactor
    /// The parameter of the distributions from which the weights of chains and of the image are drawn.
    public private(set) var alpha: Double
    /// Whether brightness, contrast, sharpness and less colour are among the changes.
    public private(set) var usesAllOps: Bool
    /// How values between pixels are made: `.bilinear` or `.nearest`.
    public private(set) var interpolation: Interpolation
    private var parts: ImageLayerList!

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        valueRange: ClosedRange<Double> = 0...255, chainCount: Int = 3, chainDepth: Int = 3, factor: RandomFactor = 0.3,
        alpha: Double = 1, usesAllOps: Bool = true, interpolation: Interpolation = .bilinear, seed: Int? = nil,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.chainCount = chainCount
        self.chainDepth = chainDepth
        self.factor = factor
        self.alpha = alpha
        self.usesAllOps = usesAllOps
        self.interpolation = interpolation
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
        if Context.current.hasFailed { return }
        parts = .augmentations(
            self.factor, interpolation: self.interpolation, valueRange: self.valueRange, hasColors: self.usesAllOps,
            dtype: policySource)
    }

    public static let arguments = colorTable(AugMix()) {
        let isCount = Requirement<Int>("an integer in 1...100") { (1...100).contains($0) }
        $0("num_chains", \.chainCount, name: "chainCount", isCount)
        $0("chain_depth", \.chainDepth, isCount)
        $0("factor", \.factor, RandomFactor.strictRequirement(0, 1))
        $0("alpha", \.alpha, .positive)
        $0("all_ops", \.usesAllOps, name: "usesAllOps")
        $0("interpolation", \.interpolation, .oneOf([.nearest, .bilinear]))
    }

    override var channelCounts: [Int]? { usesAllOps ? [1, 3] : nil }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let alpha = Tensor(alpha).cast(to: images.dtype)
        var all: ImageTransformation = [
            "chain_mixing_weights": logGamma([chainCount], alpha, random).softmax(),
            "weight_sample": beta([1], alpha, random).reshaped(to: []),
            "choices": random.integers([chainCount, chainDepth], in: 0..<parts.layers.count + 1),
        ]
        for chain in 0..<chainCount {
            for depth in 0..<chainDepth {
                all.merge(parts.draw(for: images, from: random, prefix: "\(chain)/\(depth)/")) { $1 }
            }
        }
        return all
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let (choices, weights) = (transformation["choices"]!, transformation["chain_mixing_weights"]!.cast(to: images.dtype))
        var sum = Tensor.zeros(like: images)
        for chain in 0..<chainCount {
            let changed = (0..<chainDepth).reduce(images) { images, depth in
                parts.transform(
                    images, choosing: choices[chain, depth], by: transformation, prefix: "\(chain)/\(depth)/")
            }
            sum = sum + changed * weights[chain]
        }
        let weight = transformation["weight_sample"]!.cast(to: images.dtype)
        return cut(weight * images + (1 - weight) * sum)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "two chains",
                AugMix(
                    valueRange: -9...9, chainCount: 2, chainDepth: 2, usesAllOps: false, seed: 1, dtype: .float64),
                [[4, 3, 2]], bad: [[[nil, 3]]])
        ]
    }
}
