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
    fileprivate static func mix(_ x: Tensor, by transformation: ImageTransformation) -> Tensor {
        let ones = [Int](repeating: 1, count: max(0, x.rank - 1))
        let weight = transformation["mix_weight"]!.cast(to: x.dtype).reshaped([-1] + ones)
        return weight * x + (1 - weight) * x.gathered(at: transformation["permutation_order"]!)
    }

    package static var samples: [LayerSample] {
        [LayerSample("some", MixUp(0.6, seed: 1, dtype: .float64), [[2, 3, 2]], bad: [[[nil, 3]]])]
    }
}

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

extension RandomImageLayer {
    /// Numbers of the beta distribution with both parameters `alpha`, a scalar above 0.
    func beta(_ shape: Shape, _ alpha: Tensor, _ random: RandomGenerator) -> Tensor {
        (logGamma(shape, alpha, random) - logGamma(shape, alpha, random)).sigmoid()
    }

    /// Logarithms of numbers of the gamma distribution of shape `alpha`, a scalar above 0, and scale 1: for small ones, the
    /// numbers themselves are too small. By the method of G. Marsaglia and W. Tsang for `alpha + 1` (*A simple method for
    /// generating gamma variables*, 2000), of whose first eight tries one succeeds but for one in 10^10.
    func logGamma(_ shape: Shape, _ alpha: Tensor, _ random: RandomGenerator) -> Tensor {
        let tries = 8
        let drawn: DType = alpha.dtype == .float64 ? .float64 : .float32
        let all = Shape([tries] + shape.dimensions)
        let centre = alpha.cast(to: drawn) + 2.0 / 3
        let x = random.normal(all, dtype: drawn)
        let root = 1 + x / (centre * 9).squareRoot()
        let isPositive = root .> 0
        let cube = `where`(isPositive, root * root * root, 1)
        let bound = x * x * 0.5 + centre - centre * cube + centre * cube.log()
        let isGood = (random.uniform(all, dtype: drawn).log() .< bound).logicalAnd(isPositive)
        var result = centre.log().broadcast(to: shape)
        for number in (0..<tries).reversed() {
            result = `where`(isGood[number], (centre * cube[number]).log(), result)
        }
        return result + (1 - random.uniform(shape, dtype: drawn)).log() / alpha.cast(to: drawn)
    }
}
