import MartletCore

/// In training, mirrors half of the images.
///
/// Source: [`keras.layers.RandomFlip`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomFlip: RandomImageLayer, ConfigurableLayer, Described {
    /// How images are mirrored.
    public enum Mode: String, CaseIterable, Sendable, ArgumentValue {
        /// Left and right change places.
        case horizontal
        /// Top and bottom change places.
        case vertical
        /// Both, or nothing: as in Keras, half of the images are turned round.
        case horizontalAndVertical = "horizontal_and_vertical"
    }

    /// How images are mirrored.
    public private(set) var mode: Mode

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ mode: Mode = .horizontalAndVertical, seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.mode = mode
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(RandomFlip()) { $0("mode", \.mode) }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["flips": draw([images.shape[0], 1, 1, 1], in: 0..<1, random) .<= 0.5]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let axes = mode == .horizontal ? [2] : mode == .vertical ? [1] : [1, 2]
        return Self.choose(transformation["flips"]!, images.reversed(axes: axes), images)
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        transform(masks, by: transformation)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        let (corners, flips) = (boxes.corners, transformation["flips"]!.reshaped([-1, 1, 1]))
        func mirrored(_ low: Int, _ size: Int) {
            boxes.corners[low] = `where`(flips, Double(size) - corners[low + 2], corners[low])
            boxes.corners[low + 2] = `where`(flips, Double(size) - corners[low], corners[low + 2])
        }
        if mode != .vertical { mirrored(0, images[2]) }
        if mode != .horizontal { mirrored(1, images[1]) }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("both", RandomFlip(seed: 1, dtype: .float64), [[3, 4, 2]], bad: [[[nil, 3]], [[nil, 0, 3, 2]]]),
            LayerSample(
                "horizontal, channels first",
                RandomFlip(.horizontal, seed: 2, dataFormat: .channelsFirst, dtype: .float64), [[2, 3, 4]]),
            LayerSample("vertical", RandomFlip(.vertical, seed: 3, dtype: .float64), [.init([3, 4, 1], classCount: 256)]),
        ]
    }
}
