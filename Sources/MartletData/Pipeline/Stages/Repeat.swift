import MartletCore

extension Dataset {
    /// The elements several times, each time as another reading: shuffles have another order and random maps other numbers.
    /// - Parameter count: nil repeats without end. Stops when it is negative.
    public func `repeat`(_ count: Int? = nil) -> Dataset {
        require(count ?? 0 >= 0, "repeat", "Expected a number of at least 0. Received: \(count ?? 0).")
        let length: DatasetLength =
            if let count { count == 0 ? .count(0) : stage.length.map { $0 * count } }
            else { stage.length == .count(0) ? .count(0) : stage.length == .unknown ? .unknown : .infinite }
        return then(count.map { "repeat(\($0))" } ?? "repeat", length) { opening, place, stage in
            RepeatReader(opening, place.number, stage, count)
        }
    }
}

private final class RepeatReader<Element: Sendable>: Reader<Element> {
    private let opening: Opening
    private let stage: Stage<Element>
    private let count: Int?
    private let notebook: Int?
    private var reader: Reader<Element>?
    private var pass = 0
    private var start = 0
    private var position = 0
    /// Where passes began, and which.
    private var starts = Notes()

    init(_ opening: Opening, _ number: Int, _ stage: Stage<Element>, _ count: Int?) {
        (self.opening, self.stage, self.count) = (opening, stage, count)
        notebook = opening.notebook(number)
    }

    private var isAtEnd: Bool { count.map { pass >= $0 } ?? false }

    private func opened() throws -> Reader<Element> {
        if let reader { return reader }
        var inner = opening
        // What reads ahead belongs to one pass.
        inner.takesNotes = false
        inner.epoch = count.map { opening.epoch * $0 + pass } ?? opening.epoch << 32 + pass
        let opened = try stage.open(inner)
        reader = opened
        return opened
    }

    /// Goes to the next pass; false when there is none, or when this one was empty and so would be all.
    /// - Parameter made: the elements of the pass that `position` does not count yet.
    private func advance(made: Int = 0) -> Bool {
        guard position + made > start else { return false }
        reader = nil
        pass += 1
        start = position + made
        starts.add(start, pass)
        if let notebook { opening.run.note(starts.numbers, notebook) }
        return !isAtEnd
    }

    private var isOver = false

    override func read(_ count: Int, into elements: inout [Element]) throws {
        let end = elements.count + count
        while !isOver, !isAtEnd, elements.count < end {
            let (before, wanted) = (elements.count, end - elements.count)
            defer { position += elements.count - before }
            try opened().read(wanted, into: &elements)
            if elements.count < end { isOver = !advance(made: elements.count - before) }
        }
    }

    override func skip(_ count: Int) throws -> Int {
        let target = position + count
        if position == 0, let notebook, let numbers = opening.run.fact(notebook),
            let known = Notes.last(upTo: target, of: numbers)
        {
            (start, position, pass, starts) = (known.reached, known.reached, known.taken, known.notes)
        }
        if reader == nil, position == start, let length = stage.length.count, length > 0 {
            let passes = min((target - position) / length, (self.count ?? .max) - pass)
            pass += passes
            position += passes * length
            start = position
        }
        while !isOver, !isAtEnd, position < target {
            let skipped = try opened().skip(target - position)
            position += skipped
            if position < target { isOver = !advance() }
        }
        return count - (target - position)
    }
}
