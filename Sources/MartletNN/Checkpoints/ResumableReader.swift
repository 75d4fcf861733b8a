import Foundation
import MartletCore
import MartletData

/// Data whose place a `Checkpoint` keeps.
public protocol ResumableData: AnyObject {
    /// The place behind the last element that was taken.
    func encodedPosition() throws -> Data
    /// Goes to a place.
    /// - Throws: `MartletError` when there is no such place; then the data stays where it is.
    func go(toEncoded position: Data) throws
}

/// Reads a `Dataset` again and again, for a loop that goes on from a `Checkpoint`.
///
/// ```swift
/// let data = train.resumable()
/// while let batch = try data.next() { step(batch) }    // one reading
/// while let batch = try data.next() { step(batch) }    // the next one, in another order where it is shuffled
/// ```
public final class ResumableReader<Element: Sendable>: ResumableData {
    private let dataset: Dataset<Element>
    private var iterator: DatasetIterator<Element>?
    /// The place behind the last element, also after the end of a reading; nil at the beginning.
    private var place: DatasetPosition?

    init(_ dataset: Dataset<Element>) { self.dataset = dataset }

    /// The next element; nil at the end of a reading, after which the next reading begins.
    /// - Throws: the error of the pipeline.
    public func next() throws -> Element? {
        var iterator = iterator ?? dataset.makeIterator()
        let element = try iterator.nextElement()
        place = iterator.checkpoint
        // After the end of a reading a place in it remains: what goes on there ends it once more.
        self.iterator = element == nil ? nil : iterator
        return element
    }

    /// The place behind the last element that was taken.
    public var position: DatasetPosition { place ?? DatasetPosition(startOf: 0, of: dataset) }

    public func encodedPosition() throws -> Data {
        try JSONEncoder().encode(Place(position: place, isAtEnd: place != nil && iterator == nil))
    }

    public func go(toEncoded position: Data) throws {
        guard let saved = try? JSONDecoder().decode(Place.self, from: position) else {
            throw MartletError("Expected a place in data. The checkpoint holds something else.", at: "\(dataset)")
        }
        // At the end of a reading, this lets the next one have the number after it.
        let there = try saved.position.map(dataset.makeIterator(at:))
        (iterator, place) = (saved.isAtEnd ? nil : there, saved.position)
    }
}

private struct Place: Codable {
    let position: DatasetPosition?
    let isAtEnd: Bool
}

extension Dataset {
    /// A reader whose place a `Checkpoint` keeps.
    public func resumable() -> ResumableReader<Element> { ResumableReader(self) }
}
