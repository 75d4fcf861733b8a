import MartletCore
import MartletFormats

/// In training, makes all values of a channel about as frequent as each other. As in Keras, those of all images of a batch
/// are counted together.
///
/// Source: [`keras.layers.Equalization`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class Equalization: ImageLayer, ConfigurableLayer, Described {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>
    /// Into how many parts the range is cut to count values.
    public private(set) var bins: Int

    /// Makes a layer. The properties describe the arguments.
    public init(
        valueRange: ClosedRange<Double> = 0...255, bins: Int = 256, dataFormat: DataFormat = .channelsLast,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.valueRange = valueRange
        self.bins = bins
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(Equalization()) {
        $0("value_range", \.valueRange, as: .valueRange)
        $0("bins", \.bins, Requirement("an integer in 1...65536") { (1...65536).contains($0) })
    }

    override var trainsByDefault: Bool { true }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        context.training ? equalized(images) : images
    }

    func equalized(_ images: Tensor) -> Tensor {
        let channels = images.shape[3]
        let bytes = images.rescaled(from: valueRange, to: 0...255)
        // The place of each value in its channel's part of one table.
        let offsets = Tensor.range(0..<channels) * bins
        let scaled = (bytes / 255.0 * Double(bins - 1)).clipped(min: 0.0, max: Double(bins - 1))
        let places = scaled.stopGradient().cast(to: .int64) + offsets
        let counts = Tensor.zeros([channels * bins], dtype: .float64)
            .scatteringAdd(at: places.flattened(), .ones([places.elementCount], dtype: .float64))
            .reshaped([channels, bins])
        let sums = counts.cumulativeSum(axis: 1)
        let first = `where`(sums .> 0, sums, Double.infinity).min(axis: 1, keepDims: true)
        let rest = sums[.all, (bins - 1)..<bins] - first
        let table = ((sums - first) * 255 / `where`(rest .== 0, 1, rest)).round().clipped(min: 0.0, max: 255.0)
        let found = table.flattened().cast(to: images.dtype).gathered(at: places)
        let isFlat = (counts .> 0).cast(to: .int64).sum(axis: 1) .<= 1
        return `where`(isFlat, bytes, found).rescaled(from: 0...255, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "bytes", Equalization(dtype: .float64), [.init([3, 4, 2], classCount: 256)], bad: [[[nil, 3]]]),
            LayerSample(
                "few bins", Equalization(valueRange: 0...511, bins: 8, dtype: .float64), [.init([3, 4, 1], classCount: 500)]),
        ]
    }
}
