import Foundation
import MartletCore
import MartletFormats

extension Dataset {
    /// Keeps the elements in memory. The first reading that gets to the end makes them; later ones take them from there, also
    /// with what was random before this stage.
    public func cache() -> Dataset {
        let store = CacheStore<Element>()
        return then("cache", stage.length) { opening, _, stage in
            CacheReader(store, opening, stage)
        }
    }
}

private final class CacheStore<Element: Sendable>: Sendable {
    let elements = Guarded<[Element]?>(nil)
}

private final class CacheReader<Element: Sendable>: Reader<Element> {
    private let store: CacheStore<Element>
    private var source: Reader<Element>?
    private let open: () throws -> Reader<Element>
    /// What this reading has seen, from the first element on.
    private var seen: [Element]? = []
    private var held = HeldMemory("cache")
    private var isCached = false

    init(_ store: CacheStore<Element>, _ opening: Opening, _ stage: Stage<Element>) {
        self.store = store
        // Whichever reading fills it, the elements are those of the first.
        var first = opening
        first.epoch = 0
        open = { [first] in try stage.open(first) }
    }

    private func opened() throws -> Reader<Element> {
        if let source { return source }
        var reader: Reader<Element>
        if let elements = store.elements.withLock({ $0 }) {
            isCached = true
            reader = IndexedReader(Indexed(count: elements.count) { elements[$0] }, order: nil)
        } else {
            reader = try open()
        }
        source = reader
        return reader
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        let (reader, first) = (try opened(), elements.count)
        do {
            try reader.read(count, into: &elements)
        } catch {
            seen = nil
            throw error
        }
        guard !isCached, seen != nil else { return }
        for element in elements[first...] {
            try seen!.append(element, askingAt: held.place)
            try held.add(element)
        }
        if elements.count - first < count {
            let all = seen
            store.elements.withLock { $0 = $0 ?? all }
            seen = nil
        }
    }

    override func skip(_ count: Int) throws -> Int {
        // What is passed over is not there to be kept.
        let reader = try opened()
        if count > 0 { seen = nil }
        return try reader.skip(count)
    }
}
