import Foundation
import Martlet
import MartletCore
import MartletData

/// One sample of a model.
struct Sample: Batchable, Sized {
    let inputs: [Tensor]
    var targets: [Tensor] = []
    let origin: Origin
    /// The columns or features whose numbers are missing.
    var lacking: [String] = []

    static func batch(_ samples: [Sample]) throws -> TracedBatch {
        let batch = Batch(inputs: try [Tensor].batch(samples.map(\.inputs)), targets: try [Tensor].batch(samples.map(\.targets)))
        let lacking = samples.flatMap { sample in sample.lacking.map { (name: $0, origin: sample.origin) } }
        return TracedBatch(batch: batch, origins: samples.map(\.origin), lacking: lacking)
    }

    var heldBytes: Int { (inputs + targets).reduce(0) { $0 + $1.shape.elementCount * $1.dtype.byteCount } }
}

/// Where a sample comes from.
enum Origin: Sendable, CustomStringConvertible {
    /// A line of a table, and the number of the row, counted from 0.
    case row(path: String, line: Int, number: Int)
    /// A record, by its number in its file and in all files.
    case record(path: String, number: Int, index: Int)
    case file(String)
    /// An image of several in a file, counted from 0.
    case image(path: String, number: Int)

    var description: String {
        switch self {
        case .row(let path, let line, _): "\(path):\(line)"
        case .record(let path, let number, _): "\(path), record \(number)"
        case .file(let path): path
        case .image(let path, let number): "\(path), image \(number)"
        }
    }
}

extension Origin {
    /// What a name stands for there, for errors.
    func part(_ name: String) -> String {
        switch self {
        case .row: ", column \"\(name)\""
        case .record: ", feature \"\(name)\""
        case .file, .image: ""
        }
    }
}

/// A batch that knows where its samples come from.
struct TracedBatch: BatchConvertible {
    let batch: Batch
    let origins: [Origin]
    /// The columns or features whose numbers are missing, and where.
    let lacking: [(name: String, origin: Origin)]
}

/// Batches of which is known where the samples of the last one came from, so that an error about a sample names the file and the
/// place in it.
struct TracedBatches: BatchSource {
    let dataset: Dataset<TracedBatch>
    /// The batches of training and of validation have one.
    let trace: Trace
    let missingNumbers: MissingNumbers

    /// What is remembered of the batches that were handed out.
    final class Trace: Sendable {
        private let state: Guarded<(last: [Origin], all: [Origin])> = Guarded(([], []))
        private let keepsAll: Bool

        /// - Parameter keepsAll: whether the origins of all samples are kept.
        init(keepsAll: Bool = false) { self.keepsAll = keepsAll }

        func note(_ origins: [Origin]) {
            state.withLock { [keepsAll] in
                $0.last = origins
                if keepsAll { $0.all += origins }
            }
        }

        var all: [Origin] { state.withLock { $0.all } }

        /// Runs `body`, which reads the batches. Its errors about a sample of a batch say where that is.
        /// - Parameter label: the name of the target.
        func locating<R>(label: String?, _ body: () throws -> R) throws -> R {
            do {
                return try body()
            } catch let error as MartletError {
                let last = state.withLock { $0.last }
                guard let location = error.location, location.hasPrefix("batch "),
                    let match = error.message.firstMatch(of: /in sample ([0-9]+)/), let place = Int(match.1), place < last.count
                else { throw error }
                let target = location.hasSuffix("y") ? label.map(last[place].part) ?? "" : ""
                throw MartletError(error.message, at: "\(last[place])\(target) (\(location))")
            }
        }
    }

    var length: DatasetLength { dataset.length }

    func readBatches() -> () throws -> Batch? { batches(of: dataset.makeIterator()) }

    func readBatches(number: Int) throws -> () throws -> Batch? {
        batches(of: try dataset.makeIterator(at: DatasetPosition(startOf: number, of: dataset)))
    }

    private func batches(of iterator: DatasetIterator<TracedBatch>) -> () throws -> Batch? {
        var iterator = iterator
        return { [trace, missingNumbers] in
            guard let next = try iterator.nextElement() else { return nil }
            trace.note(next.origins)
            missingNumbers.warn(of: next.lacking)
            return next.batch
        }
    }
}

/// Warns of columns and features whose numbers are missing: the model gets NaN there.
final class MissingNumbers: Sendable {
    private let known = Guarded<Set<String>>([])
    /// What was said: trials of a search read one table many times.
    private static let reported = Guarded<Set<String>>([])
    private static let mostNamed = 20

    /// Names each column once, with the first place that lacks a number.
    func warn(of lacking: [(name: String, origin: Origin)]) {
        for (name, origin) in lacking {
            let count = known.withLock { $0.insert(name).inserted ? $0.count : 0 }
            guard count > 0, count <= Self.mostNamed + 1 else { continue }
            let advice = if case .row = origin {
                " --missing skip leaves out such rows, and --missing 0 fills in a number."
            } else {
                ""
            }
            let message = count > Self.mostNamed
                ? "\(origin): further columns lack numbers, too." : "\(origin)\(origin.part(name)): no number, which is NaN for the model.\(advice)"
            if Self.reported.withLock({ $0.insert(message).inserted }) { Settings.warn(message) }
        }
    }
}

/// The rows of a table that are left out because they lack a value.
final class LeftOutRows: Sendable {
    private struct State {
        var (count, seen, lines) = (0, 0, [Int]())
    }
    private let state = Guarded(State())
    private static let mostNamed = 20
    /// What was said: trials of a search read one table many times.
    private static let reported = Guarded<Set<String>>([])

    /// Takes notice of a row, in order. Rows that were seen in an earlier reading do not count again.
    func note(_ row: CSV.Row, isLeftOut: Bool) {
        state.withLock {
            guard row.number >= $0.seen else { return }
            $0.seen = row.number + 1
            guard isLeftOut else { return }
            $0.count += 1
            if $0.lines.count < Self.mostNamed { $0.lines.append(row.line) }
        }
    }

    /// How many there were so far.
    var count: Int { state.withLock { $0.count } }

    /// Says on standard error how many there were, and which.
    func report(_ path: String) {
        let state = state.withLock { $0 }
        guard state.count > 0 else { return }
        let lines = state.lines.map(String.init).joined(separator: ", ") + (state.count > state.lines.count ? ", ..." : "")
        let message =
            "\(state.count) of \(state.seen) rows of \(path) lack a value and were left out, as --missing skip asks: "
                + "\(state.count == 1 ? "line" : "lines") \(lines)."
        if LeftOutRows.reported.withLock({ $0.insert(message).inserted }) { Settings.warn(message) }
    }
}
