import MartletCore

/// In training, mixes each image with another one of the batch; with `augment(_:labels:masks:)` their labels too.
///
/// Source: [`keras.layers.MixUp`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/); H. Zhang et al.,
/// *mixup: beyond empirical risk minimization*, 2017.
public final class MixUp: RandomImageLayer, ConfigurableLayer, Described {
    /// The parameter of the beta distribution from which an image's own part is drawn: from near 0, for hardly any mixing.
    public private(set) var alpha: Double

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ alpha: Double = 0.2, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.alpha = alpha
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(MixUp()) { $0("alpha", \.alpha, .positive) }

    override var movesBoxes: Bool { false }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let count = images.shape[0]
        return [
            "permutation_order": random.permutation(count),
            "mix_weight": beta([count], Tensor(alpha).cast(to: images.dtype), random),
        ]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.mix(images, by: transformation)
    }

    package override func transform(labels: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.mix(labels.dtype.isFloatingPoint ? labels : labels.cast(to: computeDType), by: transformation)
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.mix(masks, by: transformation)
    }

    /// Tensors of the batch mixed with those that the permutation names.
    static func mix(_ x: Tensor, by transformation: ImageTransformation) -> Tensor {
        let ones = [Int](repeating: 1, count: max(0, x.rank - 1))
        let weight = transformation["mix_weight"]!.cast(to: x.dtype).reshaped([-1] + ones)
        return weight * x + (1 - weight) * x.gathered(at: transformation["permutation_order"]!)
    }

    package static var samples: [LayerSample] {
        [LayerSample("some", MixUp(0.6, seed: 1, dtype: .float64), [[2, 3, 2]], bad: [[[nil, 3]]])]
    }
}
