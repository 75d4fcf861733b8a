import MartletCore

extension Dataset {
    /// The elements for which `isIncluded` is true.
    public func filter(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) -> Dataset {
        then("filter", stage.length == .infinite ? .infinite : .unknown) { opening, place, stage in
            let shared = Inlet<Element>.Shared(try stage.open(opening))
            let notebook = opening.notebook(place.number)
            // Elements taken, elements given; now and then a note of both, so that a position need not be filtered for anew.
            var (index, given, notes) = (0, 0, Notes())
            func next(_ wanted: Int) throws -> Element? {
                while let element = try shared.inlet.next(ahead: wanted) {
                    index += 1
                    do {
                        guard try isIncluded(element) else { continue }
                    } catch {
                        throw place.error(error, element: index - 1, element)
                    }
                    given += 1
                    if let notebook, given % 64 == 0 {
                        notes.add(given, index)
                        opening.run.note(notes.numbers, notebook)
                    }
                    return element
                }
                return nil
            }
            return ClosureReader { count in
                let target = given + count
                if given == 0, index == 0, let notebook, let numbers = opening.run.fact(notebook),
                    let known = Notes.last(upTo: target, of: numbers)
                {
                    (given, index, notes) = (known.reached, try shared.inlet.skip(known.taken), known.notes)
                }
                while given < target, try next(target - given) != nil {}
                return count - (target - given)
            } next: { try next($0) }
        }
    }

    /// The first `count` elements. Stops when `count` is negative.
    public func take(_ count: Int) -> Dataset {
        require(count >= 0, "take", "Expected a number of at least 0. Received: \(count).")
        let count = Swift.max(0, count)
        let length: DatasetLength = .smallest([.count(count), stage.length])
        let indexed = stage.indexed.map { source in
            Indexed(count: Swift.min(count, source.count), element: source.element, gather: source.gather)
        }
        return then("take(\(count))", length, indexed: indexed) { opening, _, stage in
            TakeReader(try stage.open(opening), count)
        }
    }

    /// The elements behind the first `count`. Stops when `count` is negative.
    public func skip(_ count: Int) -> Dataset {
        require(count >= 0, "skip", "Expected a number of at least 0. Received: \(count).")
        let count = Swift.max(0, count)
        let indexed = stage.indexed.map { source in
            source.picking(count: Swift.max(0, source.count - count)) { $0 + count }
        }
        return then("skip(\(count))", stage.length.map { Swift.max(0, $0 - count) }, indexed: indexed) { opening, _, stage in
            let reader = try stage.open(opening)
            _ = try reader.skip(count)
            return reader
        }
    }

    /// Every `count`-th element, from number `index` on: one of `count` parts that have all elements together, for several
    /// processes. Put it before shuffles. Stops when `index` is not below `count`.
    public func shard(_ index: Int, of count: Int) -> Dataset {
        require(
            count > 0 && (0..<count).contains(index), "shard", "Expected a part in 0..<\(count). Received: \(index).")
        let (index, count) = (Swift.max(0, index), Swift.max(1, count))
        func size(_ total: Int) -> Int { Swift.max(0, total - index).dividedUp(by: count) }
        let indexed = stage.indexed.map { source in source.picking(count: size(source.count)) { index + $0 * count } }
        return then("shard(\(index), of: \(count))", stage.length.map(size), indexed: indexed) { opening, _, stage in
            let shared = Inlet<Element>.Shared(try stage.open(opening))
            var before = index
            return ClosureReader { wanted in
                let passed = try shared.inlet.skip(before + 1 + (wanted - 1) * count)
                defer { before = count - 1 }
                return passed > before ? (passed - before - 1) / count + 1 : 0
            } next: { _ in
                _ = try shared.inlet.skip(before)
                before = count - 1
                return try shared.inlet.next()
            }
        }
    }

    /// The elements with their numbers, from `start` on.
    public func enumerate(from start: Int = 0) -> Dataset<(Int, Element)> {
        let indexed = stage.indexed.map { source in
            Indexed(count: source.count) { (start + $0, try source.element($0)) }
        }
        return then("enumerate", stage.length, indexed: indexed) { opening, _, stage in
            let shared = Inlet<Element>.Shared(try stage.open(opening))
            var index = start
            return ClosureReader { count in
                let skipped = try shared.inlet.skip(count)
                index += skipped
                return skipped
            } next: { wanted in
                guard let element = try shared.inlet.next(ahead: wanted) else { return nil }
                index += 1
                return (index - 1, element)
            }
        }
    }
}

extension Indexed {
    /// The elements at the places that `place` names.
    func picking(count: Int, _ place: @escaping @Sendable (Int) -> Int) -> Indexed {
        let many = gather.map { gather in { @Sendable (places: [Int]) in try gather(places.map(place)) } }
        return Indexed(count: count, element: { [element] in try element(place($0)) }, gather: many)
    }
}

/// Ends after so many elements.
private final class TakeReader<Element: Sendable>: Reader<Element> {
    private let upstream: Reader<Element>
    private var left: Int

    init(_ upstream: Reader<Element>, _ count: Int) {
        self.upstream = upstream
        left = count
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        let before = elements.count
        defer { left -= elements.count - before }
        if left > 0 { try upstream.read(Swift.min(count, left), into: &elements) }
    }

    override func skip(_ count: Int) throws -> Int {
        let skipped = left > 0 ? try upstream.skip(Swift.min(count, left)) : 0
        left -= skipped
        return skipped
    }
}
