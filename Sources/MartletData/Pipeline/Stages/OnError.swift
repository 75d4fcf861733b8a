import MartletCore

/// What happens with elements that could not be made.
public enum ErrorPolicy<Element: Sendable>: Sendable {
    /// The reading ends with the error.
    case fail
    /// The element is left out, and counted in the iterator's `skipped`. After `limit` of them in one reading, the next error
    /// ends it; nil for no limit.
    case skip(limit: Int? = nil)
    /// Another element takes its place.
    case replace(Element)
}

extension Dataset {
    /// Says what happens with elements that a stage before this one cannot make: of a map that throws, a line or an image that
    /// is damaged. The source's own end, such as a file that is cut short, stays an end.
    public func onError(_ policy: ErrorPolicy<Element>) -> Dataset {
        let length: DatasetLength = if case .skip = policy, length != .infinite { .unknown } else { stage.length }
        return then("onError", length) { opening, place, stage in
            var upstream = opening
            if case .fail = policy {} else { upstream.leavesOutFailures = true }
            var inlet = Inlet(try stage.open(upstream))
            var skipped = 0
            return ClosureReader { wanted in
                while true {
                    do {
                        return try inlet.next(ahead: wanted)
                    } catch where !(error is CancellationError) {
                        switch policy {
                        case .fail: throw error
                        case .replace(let element):
                            opening.run.noteFailure(error)
                            return element
                        case .skip(let limit):
                            skipped += 1
                            if let limit, skipped > limit {
                                throw MartletError(
                                    "More than \(limit) elements could not be made, the last because of: \(error)",
                                    at: "onError of \(place.path)")
                            }
                            opening.run.noteFailure(error)
                        }
                    }
                }
            }
        }
    }
}

/// An element, and why it is not the one that was asked for.
package struct Noted<Value: Sendable>: Sendable {
    package let value: Value
    package let failure: (any Error)?

    package init(_ value: Value, _ failure: (any Error)?) { (self.value, self.failure) = (value, failure) }
}

extension Dataset {
    /// The values. Failures are counted and named as those of `onError` are.
    package func notingFailures<Value: Sendable>() -> Dataset<Value> where Element == Noted<Value> {
        then("notingFailures", stage.length) { opening, _, stage in
            let inlet = Inlet<Element>.Shared(try stage.open(opening))
            return ClosureReader(skip: { try inlet.inlet.skip($0) }) { wanted in
                guard let element = try inlet.inlet.next(ahead: wanted) else { return nil }
                if let failure = element.failure { opening.run.noteFailure(failure) }
                return element.value
            }
        }
    }
}
