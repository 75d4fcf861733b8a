import MartletCore

extension Dataset where Element == Int {
    /// The numbers `0..<count`. Stops when `count` is negative.
    public static func range(_ count: Int) -> Dataset { range(0..<count) }

    /// The numbers of a range.
    public static func range(_ range: Range<Int>) -> Dataset {
        let indexed = Indexed(count: range.count) { range.lowerBound + $0 }
        return Dataset(source: "range(\(range))", length: .count(range.count), indexed: indexed) { _, _ in
            IndexedReader(indexed, order: nil)
        }
    }
}

extension Dataset {
    /// The elements of an array, or of another collection whose elements can be had in any order.
    public init<Elements: RandomAccessCollection & Sendable>(_ elements: Elements) where Elements.Element == Element {
        let indexed = Indexed(count: elements.count) { elements[elements.index(elements.startIndex, offsetBy: $0)] }
        self.init(source: "elements(\(elements.count))", length: .count(elements.count), indexed: indexed) { _, _ in
            IndexedReader(indexed, order: nil)
        }
    }

    /// The elements of any sequence that gives the same ones whenever it is read.
    public init<Elements: Sequence & Sendable>(_ elements: Elements) where Elements.Element == Element {
        self.init(source: "sequence", length: .unknown) { _, _ in
            var iterator = elements.makeIterator()
            return ClosureReader { _ in iterator.next() }
        }
    }

    /// The elements that a closure gives, one call after the other until it returns nil.
    ///
    /// ```swift
    /// let lines = Dataset.fromGenerator {
    ///     let file = try openLog()                  // anew for each reading
    ///     return { try file.readLine() }
    /// }
    /// ```
    /// - Parameters:
    ///   - length: the number of elements, if it is known.
    ///   - start: called at the start of each reading; returns the closure that gives the elements. It must give the same ones
    ///     each time, or positions and several readings do not fit each other. An error ends the reading.
    public static func fromGenerator(
        length: DatasetLength = .unknown, _ start: @escaping @Sendable () throws -> () throws -> Element?
    ) -> Dataset {
        Dataset(source: "fromGenerator", length: length) { _, place in
            var next: (() throws -> Element?)?
            do { next = try start() } catch { throw place.error(error, element: 0) }
            var count = 0
            return ClosureReader { _ in
                do {
                    guard let element = try next?() else {
                        next = nil
                        return nil
                    }
                    count += 1
                    return element
                } catch {
                    next = nil
                    throw place.error(error, element: count)
                }
            }
        }
    }
}
