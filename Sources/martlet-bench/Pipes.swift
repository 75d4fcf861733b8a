import Foundation
import Martlet
import MartletFormats
import MartletImages

/// An input pipeline to time, on the files of the peers' runner.
enum Pipe: String, CaseIterable {
    case fashion = "pipe_fashion_b32"
    case augmented = "pipe_fashion_augment_b32"
    case records = "pipe_tfrecord_b128"
    case photos = "pipe_jpeg_b32"

    /// With the fields of the peers' runner.
    struct Report: Encodable {
        var peer = "martlet"
        var workload: String
        var workers: Int
        var epochs: Int
        var samples_per_s = 0.0
        var samples_per_s_first = 0.0
        var first_batch_s = 0.0
        var first_batch_s_min = 0.0
        var other_cores = 0.0
        var start_rss_mib = 0
        var peak_rss_mib = 0
        var peak_rss_worker_mib = 0
        var mean = 0.0
        var label_sum = 0
    }

    private var samples: Int {
        switch self {
        case .fashion, .augmented: 60_000
        case .records: 100_000
        case .photos: 1_000
        }
    }

    /// The pipeline over the files in `folder`. What is loaded here is not timed.
    func dataset(_ folder: String) throws -> Dataset<(Tensor, Tensor)> {
        if self == .records {
            return Dataset.tfRecords(folder + "/examples.tfrecord").map { record in
                let example = try Example(serialized: record)
                return (try example.tensor("x"), try example.tensor("y", shape: []))
            }.shuffle(bufferSize: 10_000).batch(128).prefetch(2)
        }
        if self == .photos { return try photos(folder + "/jpeg") }
        let images = try IDX.read(folder + "/images.idx3-ubyte")
        let labels = try IDX.read(folder + "/labels.idx1-ubyte").cast(to: .int64)
        let scaled = Dataset.fromTensorSlices(images, labels).shuffle(bufferSize: .all).map { image, label in
            (image.cast(to: .float32).expandingDims(at: -1) / 255, label)
        }
        guard self == .augmented else { return scaled.batch(32).prefetch(2) }
        return scaled.randomMap { sample, random in
            let (image, label) = sample
            let flipped = Bool.random(using: &random) ? image.reversed(axes: [1]) : image
            let (top, left) = (Int.random(in: 0...4, using: &random), Int.random(in: 0...4, using: &random))
            let padded = flipped.padded([(2, 2), (2, 2), (0, 0)])
            return (padded[top..<top + 28, left..<left + 28], label)
        }.batch(32).prefetch(2)
    }

    /// JPEG files in order, decoded, brought to another size, some of them flipped.
    private func photos(_ folder: String) throws -> Dataset<(Tensor, Tensor)> {
        let labels = try Dataset.textLines(folder + "/labels.txt").array().map { line in
            guard let label = Int64(line) else {
                throw MartletError("Expected a number in each line. Received: \"\(line)\".", at: folder + "/labels.txt")
            }
            return label
        }
        let files = labels.enumerated().map { (String(format: "\(folder)/%04d.jpg", $0), $1) }
        return Dataset(files).randomMap { file, random in
            let image = try decodeImage(FileIO.read(file.0), colorMode: .rgb, name: file.0, size: (96, 96)) / 255
            return (Bool.random(using: &random) ? image.reversed(axes: [1]) : image, Tensor([file.1], shape: []))
        }.batch(32).prefetch(2)
    }

    /// Reads epochs, measuring each stage.
    func profile(folder: String, workers: Int, epochs: Int) throws -> Profile {
        let dataset = try dataset(folder).threads(workers - 1)
        return try Profiler.profile { for _ in 0..<epochs { try dataset.forEach { _, _ in } } }
    }

    /// Times epochs.
    /// - Parameter workers: the threads that make elements, the one that reads included.
    func report(folder: String, workers: Int, epochs: Int) throws -> Report {
        let dataset = try dataset(folder).threads(workers - 1)
        var report = Report(workload: rawValue, workers: workers, epochs: epochs)
        func memory() -> Int { Int(Settings.peakMemory / 1_048_576) }
        report.start_rss_mib = memory()
        let others = OtherProcesses()
        var times: [(first: Double, all: Double)] = []
        for _ in 0..<epochs {
            let start = Clock.now
            var (first, count) = (Double?.none, 0)
            try dataset.forEach { _, y in
                first = first ?? Clock.now - start
                count += y.shape[0]
            }
            times.append((first ?? 0, Clock.now - start))
            guard count == samples else {
                throw MartletError("Expected \(samples) samples. Received: \(count).", at: folder)
            }
        }
        report.other_cores = others.cores
        report.peak_rss_mib = memory()
        report.samples_per_s = (Double(samples) / (times.map(\.all).min() ?? .nan)).rounded(to: 1)
        report.samples_per_s_first = (Double(samples) / times[0].all).rounded(to: 1)
        report.first_batch_s = times[0].first.rounded(to: 4)
        report.first_batch_s_min = (times.map(\.first).min() ?? .nan).rounded(to: 4)
        var sum = 0.0
        try dataset.forEach { x, y in
            sum += x.mean().item() * Double(y.shape[0])
            report.label_sum += y.sum().item(as: Int.self)
        }
        report.mean = (sum / Double(samples)).rounded(to: 4)
        return report
    }
}
