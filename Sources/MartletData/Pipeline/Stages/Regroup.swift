import MartletCore

extension Dataset {
    /// Lists of neighbouring elements.
    /// - Parameters:
    ///   - size: the number of elements in a list.
    ///   - shift: how many elements further on the next list begins, `size` when nil.
    ///   - stride: the distance between the elements of a list.
    ///   - dropRemainder: whether lists that are cut short at the end are left out.
    public func window(
        _ size: Int, shift: Int? = nil, stride: Int = 1, dropRemainder: Bool = false
    ) -> Dataset<[Element]> {
        require(
            size >= 1 && shift ?? 1 >= 1 && stride >= 1, "window",
            "Expected numbers of at least 1. Received: size \(size), shift \(shift ?? size), stride \(stride).")
        let (size, shift, stride) = (Swift.max(1, size), Swift.max(1, shift ?? size), Swift.max(1, stride))
        let span = (size - 1) * stride + 1
        let length = stage.length.map { count in
            dropRemainder ? count < span ? 0 : (count - span) / shift + 1 : count.dividedUp(by: shift)
        }
        return then("window(\(size), shift: \(shift), stride: \(stride))", length) { opening, _, stage in
            var (inlet, held, gap) = (Inlet(try stage.open(opening)), [Element](), 0)
            return ClosureReader { _ in
                if gap > 0 {
                    _ = try inlet.skip(gap)
                    gap = 0
                }
                while held.count < span, let element = try inlet.next() { held.append(element) }
                guard !held.isEmpty, held.count == span || !dropRemainder else { return nil }
                let list = Swift.stride(from: 0, to: held.count, by: stride).map { held[$0] }
                gap = Swift.max(0, shift - held.count)
                held.removeFirst(Swift.min(shift, held.count))
                return list
            }
        }
    }

    /// A running computation: `transform` makes the next state and an element of a state and an element.
    public func scan<State: Sendable, Output: Sendable>(
        _ initial: State, _ transform: @escaping @Sendable (State, Element) throws -> (State, Output)
    ) -> Dataset<Output> {
        then("scan", stage.length) { opening, place, stage in
            var (inlet, state, index) = (Inlet(try stage.open(opening)), initial, 0)
            return ClosureReader { wanted in
                guard let element = try inlet.next(ahead: wanted) else { return nil }
                index += 1
                do {
                    let (next, output) = try transform(state, element)
                    state = next
                    return output
                } catch {
                    throw place.error(error, element: index - 1, element)
                }
            }
        }
    }

    /// The slices of pairs of tensors along their first axes: `batch` undone.
    public func unbatch<A: Unbatchable, B: Unbatchable>() -> Dataset<(A.Unbatched, B.Unbatched)> where Element == (A, B) {
        unbatched { pair in
            let (first, second) = (try pair.0.unbatched(), try pair.1.unbatched())
            try requireEqual([first.count, second.count])
            return first.indices.map { (first[$0], second[$0]) }
        }
    }

    /// The slices of triples of tensors along their first axes: `batch` undone.
    public func unbatch<A: Unbatchable, B: Unbatchable, C: Unbatchable>()
        -> Dataset<(A.Unbatched, B.Unbatched, C.Unbatched)> where Element == (A, B, C) {
        unbatched { triple in
            let (first, second, third) = (try triple.0.unbatched(), try triple.1.unbatched(), try triple.2.unbatched())
            try requireEqual([first.count, second.count, third.count])
            return first.indices.map { (first[$0], second[$0], third[$0]) }
        }
    }

    fileprivate func unbatched<Output: Sendable>(
        _ split: @escaping @Sendable (Element) throws -> [Output]
    ) -> Dataset<Output> {
        then("unbatch", .unknown) { opening, place, stage in
            var (inlet, index) = (Inlet(try stage.open(opening)), 0)
            var (parts, position) = ([Output](), 0)
            return ClosureReader { _ in
                while position == parts.count {
                    guard let element = try inlet.next() else { return nil }
                    index += 1
                    do { parts = try split(element) } catch { throw place.error(error, element: index - 1) }
                    position = 0
                }
                position += 1
                return parts[position - 1]
            }
        }
    }
}

extension Dataset where Element: Unbatchable {
    /// The slices of tensors along their first axes: `batch` undone.
    public func unbatch() -> Dataset<Element.Unbatched> { unbatched { try $0.unbatched() } }
}

private func requireEqual(_ counts: [Int]) throws {
    guard Set(counts).count == 1 else {
        throw MartletError("Expected parts with as many elements along the first axis. Received \(counts).")
    }
}
