import MartletCore
import MartletFormats

/// Makes the values of each channel about as frequent as each other in every part of an image (CLAHE), without making noise
/// of parts that are nearly flat.
///
/// The image is cut into tiles. The counts of a tile's values in 256 bins are cut off at a limit, what is cut off is spread over
/// all bins, and their running sum says what becomes of a value. Between the middles of tiles it is interpolated. Images whose
/// sizes the tiles do not divide are mirrored at the right and the bottom. The layer does so in training and in inference.
///
/// Source: [`keras.layers.ContrastLimitedAdaptiveHistogramEqualization`](
/// https://keras.io/api/layers/preprocessing_layers/image_augmentation/); K. Zuiderveld, *Contrast limited adaptive histogram
/// equalization*, 1994.
public final class ContrastLimitedAdaptiveHistogramEqualization: ImageLayer, ConfigurableLayer, Described {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>
    /// How many times the mean count a bin may hold; 0 or less is no limit.
    public private(set) var clipLimit: Double
    /// How many tiles lie below and beside each other.
    public private(set) var tileGridSize: [Int]

    /// Makes a layer. The properties describe the arguments.
    public init(
        valueRange: ClosedRange<Double> = 0...255, clipLimit: Double = 4, tileGridSize: [Int] = [8, 8],
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.valueRange = valueRange
        self.clipLimit = clipLimit
        self.tileGridSize = tileGridSize
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(ContrastLimitedAdaptiveHistogramEqualization()) {
        $0("value_range", \.valueRange, as: .valueRange)
        $0("clip_limit", \.clipLimit)
        $0("tile_grid_size", \.tileGridSize, as: .perAxis(2), .positive(axes: 2))
    }

    /// An axis of images: which pixel each place of the tiles shows, and the tiles between whose middles it lies.
    private struct Axis {
        let pixels: [Int]
        /// The tile of each place.
        let tiles: [Int]
        /// The tiles before and after each place, and how near the second is.
        let (before, after): ([Int], [Int])
        let weights: [Double]

        init(size: Int, tileCount: Int) {
            let tile = (size + tileCount - 1) / tileCount
            let places = 0..<tile * tileCount
            pixels = places.map { place in
                let mirrored = place % (2 * size)
                return min(mirrored, 2 * size - 1 - mirrored)
            }
            tiles = places.map { $0 / tile }
            // Keras computes places in float32.
            let middles = places.map { (Float($0) - Float(tile) / 2) / Float(tile) + 1 }
            let lower = middles.map { Int($0.rounded(.down)) }
            before = lower.map { min(max($0 - 1, 0), tileCount - 1) }
            after = lower.map { min(max($0, 0), tileCount - 1) }
            weights = zip(middles, lower).map { Double($0 - Float($1)) }
        }
    }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        let (count, height, width, channels) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
        let (bins, grid) = (256, tileGridSize)
        let (rows, columns) = (Axis(size: height, tileCount: grid[0]), Axis(size: width, tileCount: grid[1]))
        let bytes = images.stopGradient().rescaled(from: valueRange, to: 0...255)
            .gathered(at: Tensor(rows.pixels), axis: 1).gathered(at: Tensor(columns.pixels), axis: 2)
        let pixels = bytes.clipped(min: 0.0, max: 255.0).cast(to: .int64)
        // The place of each pixel's value in one table of all tiles: (image, row, column, channel, bin).
        let batch = Tensor.range(0..<count).reshaped([count, 1, 1, 1])
        let values = Tensor.range(0..<channels) * bins + pixels
        func places(_ row: [Int], _ column: [Int]) -> Tensor {
            let tile = (batch * grid[0] + Tensor(row).reshaped([1, -1, 1, 1])) * grid[1]
            return (tile + Tensor(column).reshaped([1, 1, -1, 1])) * (channels * bins) + values
        }
        let area = Double(rows.pixels.count / grid[0] * (columns.pixels.count / grid[1]))
        var counts = Tensor.zeros([count * grid[0] * grid[1] * channels * bins], dtype: .float64)
            .scatteringAdd(
                at: places(rows.tiles, columns.tiles).flattened(), .ones([pixels.elementCount], dtype: .float64))
            .reshaped([-1, bins])
        if clipLimit > 0 {
            let limited = counts.clipped(max: clipLimit * area / Double(bins))
            counts = limited + (counts - limited).sum(axis: 1, keepDims: true) / Double(bins)
        }
        let sums = counts.cumulativeSum(axis: 1)
        let least = sums.min(axis: 1, keepDims: true)
        let rest = area - least
        let table = ((sums - least) * 255 / `where`(rest .== 0, 1, rest)).clipped(min: 0.0, max: 255.0)
            .flattened().cast(to: images.dtype)
        func between(_ row: [Int]) -> Tensor {
            let weight = Tensor(columns.weights).cast(to: images.dtype).reshaped([1, 1, -1, 1])
            return table.gathered(at: places(row, columns.before)) * (1 - weight)
                + table.gathered(at: places(row, columns.after)) * weight
        }
        let weight = Tensor(rows.weights).cast(to: images.dtype).reshaped([1, -1, 1, 1])
        let equalized = between(rows.before) * (1 - weight) + between(rows.after) * weight
        return equalized[.all, 0..<height, 0..<width].rescaled(from: 0...255, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "tiles that do not divide", ContrastLimitedAdaptiveHistogramEqualization(tileGridSize: [2, 3], dtype: .float64),
                [.init([5, 4, 2], classCount: 256)], bad: [[[nil, 3]]]),
            LayerSample(
                "more tiles than pixels, no limit",
                ContrastLimitedAdaptiveHistogramEqualization(valueRange: 0...511, clipLimit: 0, dtype: .float64),
                [.init([3, 2, 1], classCount: 500)]),
        ]
    }
}
