import MartletCore

/// In training, puts a rectangle of another image of the batch into each; with `augment(_:labels:masks:)` labels are mixed by
/// its size.
///
/// Source: [`keras.layers.CutMix`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/); S. Yun et al.,
/// *CutMix: regularization strategy to train strong classifiers with localizable features*, 2019.
public final class CutMix: RandomImageLayer, ConfigurableLayer, Described {
    /// The parameter of the beta distribution from which an image's own part is drawn, of 0...1: a number, for up to it, or a
    /// range.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(CutMix()) { $0("factor", \.factor, RandomFactor.requirement(0, 1)) }

    override var movesBoxes: Bool { false }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let count = images.shape[0]
        let alpha = draw([], in: factor.range(from: 0), random) + 1e-6
        let side = (1 - beta([count], alpha, random)).squareRoot().reshaped([count, 1])
        let rectangles = ImageRectangles.draw(images.shape, sides: .concatenate([side, side], axis: 1)) {
            draw([count], in: 0..<1, random)
        }
        return [
            "permutation_order": random.permutation(count), "batch_masks": rectangles.mask,
            "mix_weight": 1 - rectangles.part,
        ]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        `where`(
            transformation["batch_masks"]!, images.gathered(at: transformation["permutation_order"]!), images)
    }

    package override func transform(labels: Tensor, by transformation: ImageTransformation) -> Tensor {
        MixUp.mix(labels.dtype.isFloatingPoint ? labels : labels.cast(to: computeDType), by: transformation)
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        transform(masks, by: transformation)
    }

    package static var samples: [LayerSample] {
        [LayerSample("some", CutMix(seed: 1, dtype: .float64), [[3, 4, 2]], bad: [[[nil, 3]]])]
    }
}
