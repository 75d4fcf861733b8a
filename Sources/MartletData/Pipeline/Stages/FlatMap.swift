import MartletCore

extension Dataset {
    /// The elements of the pipelines that `transform` makes of the elements, one pipeline after the other.
    public func flatMap<Output: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Dataset<Output>
    ) -> Dataset<Output> {
        then("flatMap", .unknown) { opening, place, stage in
            var (inlet, index) = (Inlet(try stage.open(opening)), 0)
            var inner: Inlet<Output>?
            return ClosureReader { wanted in
                while true {
                    if let element = try inner?.next(ahead: wanted) { return element }
                    inner = nil
                    guard let element = try inlet.next() else { return nil }
                    index += 1
                    inner = Inlet(try opening.openPart(index - 1, of: element, place, transform))
                }
            }
        }
    }

    /// The elements of the pipelines that `transform` makes of the elements: some of one, then some of the next, of
    /// `cycleLength` pipelines in turn. One that has ended is replaced by the next. The order depends on the arguments alone.
    ///
    /// ```swift
    /// let records = files.interleave(cycleLength: 4) { TFRecord.records($0) }
    /// ```
    /// - Parameters:
    ///   - cycleLength: how many pipelines are open at a time. Stops when it is below 1.
    ///   - blockLength: how many elements are taken of one in its turn. Stops when it is below 1.
    ///   - parallelism: whether workers read the open pipelines ahead, each on one thread at a time; 1 for none.
    ///   - transform: makes a pipeline of an element, such as the lines of the name of a file.
    public func interleave<Output: Sendable>(
        cycleLength: Int, blockLength: Int = 1, parallelism: Parallelism = .automatic,
        _ transform: @escaping @Sendable (Element) throws -> Dataset<Output>
    ) -> Dataset<Output> {
        require(
            cycleLength >= 1 && blockLength >= 1, "interleave",
            "Expected lengths of at least 1. Received: cycleLength \(cycleLength), blockLength \(blockLength).")
        let (cycleLength, blockLength) = (Swift.max(1, cycleLength), Swift.max(1, blockLength))
        let name = "interleave(cycleLength: \(cycleLength), blockLength: \(blockLength))"
        return then(name, .unknown) { opening, place, stage in
            var (inlet, index, isOut) = (Inlet(try stage.open(opening)), 0, false)
            var cycle = [Inlet<Output>?](repeating: nil, count: cycleLength)
            var (turn, taken) = (0, 0)
            func advance() { (turn, taken) = ((turn + 1) % cycleLength, 0) }
            func open(_ element: Element) throws -> Reader<Output> {
                index += 1
                let number = index - 1
                guard parallelism != 1, opening.run.threads > 0 else {
                    return try opening.openPart(number, of: element, place, transform)
                }
                return try ReadAhead(
                    opening, place, .elements(2 * blockLength, most: Swift.max(16, 4 * blockLength)), .automatic
                ) { try $0.openPart(number, of: element, place, transform) } transform: { $2.elements = $0 }
            }
            return ClosureReader { _ in
                var idle = 0
                while idle <= cycleLength {
                    if cycle[turn] != nil {
                        if let element = try cycle[turn]!.next() {
                            taken += 1
                            if taken == blockLength { advance() }
                            return element
                        }
                        cycle[turn] = nil
                        advance()
                        idle = 0
                    } else if !isOut, let element = try inlet.next() {
                        cycle[turn] = Inlet(try open(element))
                    } else {
                        isOut = true
                        idle += 1
                        advance()
                    }
                }
                return nil
            }
        }
    }
}

extension Opening {
    /// Opens the pipeline that a closure makes of an element.
    fileprivate func openPart<Element, Output: Sendable>(
        _ index: Int, of element: Element, _ place: Place, _ transform: (Element) throws -> Dataset<Output>
    ) throws -> Reader<Output> {
        var opening = inBranch(index)
        opening.takesNotes = false
        do {
            return try transform(element).stage.open(opening)
        } catch {
            throw place.error(error, element: index, element)
        }
    }
}
