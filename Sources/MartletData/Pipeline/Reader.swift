import MartletCore

/// Reads the elements of one stage, in order, from one thread at a time.
package class Reader<Element: Sendable> {
    /// Appends the next `count` elements, fewer only at the end.
    ///
    /// An error comes in the place of an element: those before it have been appended, and the next call goes on behind it. What
    /// cannot go on is at its end then.
    func read(_ count: Int, into elements: inout [Element]) throws { fatalError("A reader reads.") }

    /// Passes over the next `count` elements and returns how many there were. Stages that know how leave them unmade.
    func skip(_ count: Int) throws -> Int {
        var (skipped, dropped) = (0, [Element]())
        while skipped < count {
            dropped.removeAll(keepingCapacity: true)
            let step = min(64, count - skipped)
            try read(step, into: &dropped)
            skipped += dropped.count
            if dropped.count < step { break }
        }
        return skipped
    }

    /// Whether `gather` works.
    var gathers: Bool { false }

    /// The next `count` elements, fewer at the end, as one element that holds them along a first axis, and how many they are;
    /// nil at the end.
    func gather(_ count: Int) throws -> (element: Element, count: Int)? { nil }
}

/// The reader of a stage's input for a stage that takes one element at a time. Nothing that was read is lost at an error.
struct Inlet<Element: Sendable> {
    let reader: Reader<Element>
    private var elements: [Element] = []
    private var position = 0
    private var failure: (any Error)?
    private var isAtEnd = false

    init(_ reader: Reader<Element>) { self.reader = reader }

    /// The next element. Asks for `ahead` at a time, which must not be more than the stage is sure to use.
    mutating func next(ahead: Int = 1) throws -> Element? {
        while true {
            if position < elements.count {
                defer { position += 1 }
                return elements[position]
            }
            if let error = failure {
                failure = nil
                throw error
            }
            if isAtEnd { return nil }
            elements.removeAll(keepingCapacity: true)
            position = 0
            do {
                try reader.read(ahead, into: &elements)
                isAtEnd = elements.count < ahead
            } catch {
                failure = error
            }
        }
    }

    mutating func skip(_ count: Int) throws -> Int {
        let buffered = min(count, elements.count - position)
        position += buffered
        guard buffered < count, failure == nil, !isAtEnd else { return buffered }
        return buffered + (try reader.skip(count - buffered))
    }
}

/// A reader whose next element comes from a closure; for stages without more to say.
final class ClosureReader<Element: Sendable>: Reader<Element> {
    private let next: (_ wanted: Int) throws -> Element?
    private let skipping: ((Int) throws -> Int)?

    /// - Parameters:
    ///   - skip: passes over elements; nil reads them.
    ///   - next: gives an element, nil at the end and ever after. It is told how many are wanted.
    init(skip: ((Int) throws -> Int)? = nil, next: @escaping (_ wanted: Int) throws -> Element?) {
        self.next = next
        skipping = skip
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        for left in stride(from: count, to: 0, by: -1) {
            guard let element = try next(left) else { return }
            elements.append(element)
        }
    }

    override func skip(_ count: Int) throws -> Int {
        guard count > 0 else { return 0 }
        return try skipping?(count) ?? super.skip(count)
    }
}

extension Inlet {
    /// Holds an inlet for closures.
    final class Shared {
        var inlet: Inlet
        init(_ reader: Reader<Element>) { inlet = Inlet(reader) }
    }
}
