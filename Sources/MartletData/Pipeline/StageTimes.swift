import Foundation
import MartletCore

/// Where the time of one reading goes, for a profile: the own time of each stage on the thread that reads and on workers, and how
/// long readers waited for it.
final class StageTimes: @unchecked Sendable {
    private let lock = NSLock()
    private let reader = pthread_self()
    private var rows: [Int: Profile.Stage] = [:]

    /// What a thread is in: the time of the parts inside of a span is theirs.
    private final class Span {
        var inside: UInt64 = 0
        let outer: Span?
        init(_ outer: Span?) { self.outer = outer }
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    private static var current: Span? {
        get { pthread_getspecific(key).map { Unmanaged<Span>.fromOpaque($0).takeUnretainedValue() } }
        set { pthread_setspecific(key, newValue.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) }) }
    }

    /// The stages, from the source on; none the second time.
    func takeStages() -> [Profile.Stage] {
        lock.lock()
        defer { lock.unlock() }
        defer { rows = [:] }
        return rows.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Measures what `body` does for a stage, or how long it waits.
    /// - Parameter elements: how many it made, from its result.
    @discardableResult
    func measure<R>(_ number: Int, _ name: String, waits: Bool = false, elements: (R) -> Int = { _ in 0 }, _ body: () throws -> R)
        rethrows -> R
    {
        let outer = StageTimes.current
        let span = Span(outer)
        StageTimes.current = span
        let start = DispatchTime.now().uptimeNanoseconds
        var made = 0
        defer {
            let duration = DispatchTime.now().uptimeNanoseconds - start
            StageTimes.current = outer
            outer?.inside += duration
            note(number, name, waits: waits, duration - min(duration, span.inside), made)
        }
        let result = try withExtendedLifetime(span, body)
        made = elements(result)
        return result
    }

    private func note(_ number: Int, _ name: String, waits: Bool, _ nanoseconds: UInt64, _ elements: Int) {
        let seconds = Double(nanoseconds) * 1e-9
        lock.lock()
        defer { lock.unlock() }
        var row = rows[number] ?? Profile.Stage(name: name)
        row.elements += elements
        if waits {
            row.waitedFor += seconds
        } else if pthread_equal(pthread_self(), reader) != 0 {
            row.onReader += seconds
        } else {
            row.onWorkers += seconds
        }
        rows[number] = row
    }
}

/// Measures what a stage's reader does.
final class TimedReader<Element: Sendable>: Reader<Element> {
    private let reader: Reader<Element>
    private let times: StageTimes
    private let number: Int
    private let name: String

    init(_ reader: Reader<Element>, _ times: StageTimes, _ number: Int, _ name: String) {
        (self.reader, self.times, self.number, self.name) = (reader, times, number, name)
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        try times.measure(number, name, elements: { $0 }) {
            let before = elements.count
            try reader.read(count, into: &elements)
            return elements.count - before
        }
    }

    override func skip(_ count: Int) throws -> Int { try times.measure(number, name) { try reader.skip(count) } }
    override var gathers: Bool { reader.gathers }

    override func gather(_ count: Int) throws -> (element: Element, count: Int)? {
        try times.measure(number, name, elements: { $0?.count ?? 0 }) { try reader.gather(count) }
    }
}
