import Foundation
import MartletCore
import Synchronization

/// The number of elements of a `Dataset`.
public enum DatasetLength: Sendable, Hashable {
    /// So many.
    case count(Int)
    /// As many as turn up: it is known after a reading.
    case unknown
    /// It never ends.
    case infinite

    /// The number, nil when it is unknown or infinite.
    public var count: Int? { if case .count(let count) = self { count } else { nil } }

    func map(_ transform: (Int) -> Int) -> DatasetLength { count.map { .count(transform($0)) } ?? self }

    static func smallest(_ lengths: [DatasetLength]) -> DatasetLength {
        if lengths.contains(.unknown) { return .unknown }
        return lengths.compactMap(\.count).min().map { .count($0) } ?? .infinite
    }

    static func sum(_ lengths: [DatasetLength]) -> DatasetLength {
        if lengths.contains(.infinite) { return .infinite }
        return lengths.contains(.unknown) ? .unknown : .count(lengths.compactMap(\.count).reduce(0, +))
    }
}

/// Elements that can be had in any order.
struct Indexed<Element: Sendable>: Sendable {
    let count: Int
    let element: @Sendable (Int) throws -> Element
    /// Elements as one that holds them along a first axis.
    var gather: (@Sendable ([Int]) throws -> Element)?
}

/// What a `Dataset` consists of: how to open a reader, and what is known without one.
final class Stage<Element: Sendable>: Sendable {
    /// The stages from the sources to this one, `range(10) → batch(3)`.
    let path: String
    /// The number of stages up to this one: its place in keys of random numbers and in positions.
    let number: Int
    let length: DatasetLength
    let open: @Sendable (Opening) throws -> Reader<Element>
    let indexed: Indexed<Element>?
    /// Counts the readings. The first random stage of a pipeline counts anew, and what is made of it counts on: so
    /// `for x in shuffled.batch(32)` has another order each time, also where the batches are described anew.
    let readings: Readings
    let isRandom: Bool
    let threads: Int?
    /// What the elements are made of, for caches in files: the stages, and digests, sizes and times of the sources' data.
    let identity: @Sendable () throws -> String

    init(
        path: String, number: Int, length: DatasetLength, indexed: Indexed<Element>? = nil,
        readings: Readings = Readings(), isRandom: Bool = false, threads: Int? = nil,
        identity: @escaping @Sendable () throws -> String,
        open: @escaping @Sendable (Opening) throws -> Reader<Element>
    ) {
        (self.path, self.number, self.length, self.indexed) = (path, number, length, indexed)
        (self.readings, self.isRandom, self.threads) = (readings, isRandom, threads)
        self.identity = identity
        self.open = { opening in
            let reader = try open(opening)
            // A stage that was made of another with the same `open` is measured once.
            guard let times = opening.run.times, opening.branch == 0, !(reader is TimedReader<Element>) else { return reader }
            let name = String(path.split(separator: "→").last ?? "").trimmingCharacters(in: .whitespaces)
            return TimedReader(reader, times, number, name)
        }
    }
}

/// How many readings have begun.
final class Readings: Sendable {
    private let count = Atomic<Int>(0)

    /// The number of a new reading.
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// Goes on behind a reading, unless the count is further.
    func goOn(after reading: Int) { count.max(reading + 1, ordering: .relaxed) }
}

/// An element that knows where in which file it comes from, so that errors can tell.
package protocol Located: Sendable {
    /// The file, and the line or record.
    var location: String { get }
}

/// Says where an error happened.
struct Place: Sendable {
    let stage: String
    let number: Int
    let path: String

    /// The error of a closure for an element.
    func error(_ cause: any Error, element: Int, _ value: Any? = nil) -> any Error {
        if cause is CancellationError { return cause }
        var text = (value as? String).map { " (\"\($0.prefix(200))\")" } ?? ""
        if let origin = (value as? any Located)?.location, !"\(cause)".contains(origin) { text = " (\(origin))" }
        return MartletError("\(cause)", at: "\(stage), element \(element)\(text) of \(path)")
    }
}
