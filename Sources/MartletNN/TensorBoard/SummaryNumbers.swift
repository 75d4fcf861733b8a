import MartletCore
import MartletFormats

/// The histogram of a tensor, as `tf.summary.histogram` counts.
enum HistogramBuckets {
    /// For each bucket its left edge, its right edge and the number of elements. When all elements are equal, the last bucket has
    /// them; without elements all rows are zeros.
    static func rows(of tensor: Tensor, count: Int) throws -> [Double] {
        guard count >= 1, count <= 1 << 16 else {
            throw MartletError("Expected 1 to 65,536 buckets. Received: \(count).", at: "buckets")
        }
        guard tensor.dtype != .string else {
            throw MartletError("Expected numbers. Received: strings of shape \(tensor.stringShape).", at: "histogram")
        }
        let values = tensor.scalars(as: Double.self)
        var (least, most, total) = (Double.infinity, -Double.infinity, 0)
        for value in values where value.isFinite {
            if value < least { least = value }
            if value > most { most = value }
            total += 1
        }
        var rows = [Double](repeating: 0, count: 3 * count)
        guard total > 0 else { return rows }
        let width = (most - least) / Double(count)
        for bucket in 0..<count {
            rows[3 * bucket] = width == 0 ? most : least + Double(bucket) * width
            rows[3 * bucket + 1] = bucket == count - 1 || width == 0 ? most : least + Double(bucket + 1) * width
        }
        guard most > least, width.isFinite else {
            rows[3 * count - 1] = Double(total)
            return rows
        }
        for value in values where value.isFinite {
            let place = (value - least) / width
            rows[3 * (place < Double(count - 1) ? Int(place) : count - 1) + 2] += 1
        }
        return rows
    }
}

/// The counts of a binary classifier at each threshold, as TensorBoard's plugin for PR curves counts.
enum PrecisionRecall {
    /// True and false positives, true and false negatives, precision and recall, each for all thresholds.
    static func rows(_ labels: Tensor, _ predictions: Tensor, _ weights: Tensor?, _ count: Int) throws -> [Float] {
        guard count >= 2, count <= 1 << 16 else {
            throw MartletError("Expected 2 to 65,536 thresholds. Received: \(count).", at: "thresholds")
        }
        for (name, tensor) in [("predictions", predictions), ("weights", weights ?? labels)] {
            guard tensor.dtype != .string, labels.dtype != .string, tensor.shape == labels.shape else {
                throw MartletError("Expected numbers of the labels' shape, \(labels.shape). Received: \(tensor.spec).", at: name)
            }
        }
        let isTrue = labels.scalars(as: Double.self).map { $0 != 0 }
        let weights = weights?.scalars(as: Double.self)
        var (truePositives, falsePositives) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        let isDouble = predictions.dtype == .float64
        for (index, prediction) in predictions.scalars(as: Double.self).enumerated() {
            guard !prediction.isNaN else { throw MartletError("Expected probabilities. Received: nan.", at: "predictions") }
            let clamped = min(1, max(0, prediction))
            // The product is rounded as TensorFlow rounds it.
            let place = isDouble ? clamped * Double(count - 1) : Double(Float(clamped) * Float(count - 1))
            let bucket = Int(place)
            let weight = weights?[index] ?? 1
            if isTrue[index] { truePositives[bucket] += weight } else { falsePositives[bucket] += weight }
        }
        for bucket in (0..<count - 1).reversed() {
            truePositives[bucket] += truePositives[bucket + 1]
            falsePositives[bucket] += falsePositives[bucket + 1]
        }
        let (positives, negatives) = (truePositives[0], falsePositives[0])
        let least = 1e-7
        let rows: [[Double]] = [
            truePositives, falsePositives, falsePositives.map { negatives - $0 }, truePositives.map { positives - $0 },
            zip(truePositives, falsePositives).map { $0 / max(least, $0 + $1) },
            truePositives.map { $0 / max(least, positives) },
        ]
        return rows.joined().map { Float($0) }
    }
}

/// Images as PNG files, as `tf.summary.image` makes them.
struct SummaryImages {
    let width, height: Int
    let files: [[UInt8]]

    init(_ images: Tensor, limit: Int) throws {
        var shape = images.shape.dimensions
        if shape.count == 2 { shape.append(1) }
        if shape.count == 3 { shape.insert(1, at: 0) }
        guard images.dtype != .string, shape.count == 4, (1...4).contains(shape[3]), shape[1] > 0, shape[2] > 0 else {
            throw MartletError(
                "Expected images of shape (count, height, width, channels), with 1 to 4 channels. Received: \(images.spec).",
                at: "image")
        }
        guard limit >= 0 else { throw MartletError("Expected at least 0. Received: \(limit).", at: "maxOutputs") }
        (height, width) = (shape[1], shape[2])
        let all = images.reshaped(to: Shape(shape))
        files = (0..<min(limit, shape[0])).map { number in
            let image = all[number]
            let scale: Float = image.dtype.isFloatingPoint ? 255.5 : 1
            let values = image.scalars(as: Float.self)
            let pixels = [UInt8](unsafeUninitializedCapacity: values.count) { bytes, count in
                for (place, value) in values.enumerated() {
                    let scaled = value * scale
                    // A number that is none becomes 0.
                    let inside = scaled > 0 ? (scaled < 255 ? scaled : 255) : 0
                    // 2^23 brings the whole part into the lowest bits, without a check of each element.
                    bytes[place] = UInt8(truncatingIfNeeded: (inside.rounded(.down) + 8_388_608).bitPattern)
                }
                count = values.count
            }
            return PNGWriter.encode(pixels, height: shape[1], width: shape[2], channels: shape[3])
        }
    }
}
