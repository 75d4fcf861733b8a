import MartletCore
import MartletFormats

/// Spreads the values of each channel of each image over the whole range; in inference too.
///
/// Source: [`keras.layers.AutoContrast`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class AutoContrast: ImageLayer, ConfigurableLayer, Described {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>

    /// Makes a layer. The properties describe the arguments.
    public init(
        valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.valueRange = valueRange
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(AutoContrast()) { $0("value_range", \.valueRange, as: .valueRange) }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        let bytes = images.rescaled(from: valueRange, to: 0...255)
        let low = bytes.min(axes: [1, 2], keepDims: true)
        let width = bytes.max(axes: [1, 2], keepDims: true) - low
        let isFlat = width .== 0
        let scale = 255 / `where`(isFlat, 1, width)
        let spread = (bytes * scale - low * scale).clipped(min: 0.0, max: 255.0)
        return `where`(isFlat, images, spread.rescaled(from: 0...255, to: valueRange))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("unit values", AutoContrast(valueRange: 0...1, dtype: .float64), [[2, 3, 2]], bad: [[[nil, 3]]]),
            LayerSample("one pixel", AutoContrast(dataFormat: .channelsFirst, dtype: .float64), [[2, 1, 1]]),
        ]
    }
}
