import MartletCore

/// How many elements `shuffle` chooses among.
public enum ShuffleBuffer: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// All: each order is as likely as any other. Sources that can be read in any order are (tensor slices, arrays, ranges, also
    /// behind `take`, `skip`, `shard`, `enumerate`, `concatenate`), so nothing is held. Of others, all elements are held.
    case all
    /// So many, which are held in memory.
    case elements(Int)

    public init(integerLiteral value: Int) { self = .elements(value) }
}

extension Dataset {
    /// The elements in random order.
    /// - Parameters:
    ///   - bufferSize: how many elements the next one is chosen among. Stops when it is below 1.
    ///   - seed: nil takes one that follows from `setRandomSeed`.
    ///   - reshuffleEachIteration: whether each reading and each repetition has another order.
    public func shuffle(
        bufferSize: ShuffleBuffer, seed: Int? = nil, reshuffleEachIteration: Bool = true
    ) -> Dataset {
        let seed = Dataset.seed(seed)
        var name = "shuffle(all)"
        if case .elements(let size) = bufferSize {
            require(size >= 1, "shuffle", "Expected a buffer of at least 1 element. Received: \(size).")
            name = "shuffle(\(size))"
        }
        return then(name, stage.length, isRandom: true) { opening, place, stage in
            var keyed = opening
            if !reshuffleEachIteration { keyed.epoch = 0 }
            let key = keyed.key(seed: seed, stage: place.number)
            guard case .elements(let size) = bufferSize else {
                guard let source = stage.indexed else { return WholeShuffleReader(try stage.open(opening), key) }
                return IndexedReader(source, order: try Permutation.random(source.count, key: key))
            }
            return try ShuffleReader(Swift.max(1, size), key) { isPreview in
                var upstream = opening
                if isPreview { upstream.parent = nil }
                return try stage.open(upstream)
            }
        }
    }
}

/// Chooses among a buffer of elements.
private final class ShuffleReader<Element: Sendable>: Reader<Element> {
    private let size: Int
    private var inlet: Inlet<Element>
    private let reopen: (_ isPreview: Bool) throws -> Reader<Element>
    private var random: RandomStream
    private var buffer: [Element] = []
    private var held = HeldMemory("shuffle")
    private var isFull = false

    init(_ size: Int, _ key: UInt64, _ open: @escaping (_ isPreview: Bool) throws -> Reader<Element>) throws {
        self.size = size
        reopen = open
        inlet = Inlet(try open(false))
        random = RandomStream(key: key)
    }

    override func read(_ count: Int, into elements: inout [Element]) throws {
        while !isFull {
            guard buffer.count < size, let element = try inlet.next(ahead: min(64, size - buffer.count)) else {
                isFull = true
                break
            }
            try buffer.append(element, askingAt: held.place)
            try held.add(element)
        }
        for left in stride(from: count, to: 0, by: -1) {
            guard !buffer.isEmpty else { return }
            // First upstream: where it fails, nothing has been drawn.
            let next = try inlet.next(ahead: left)
            elements.append(Self.draw(from: &buffer, next, &random))
        }
    }

    private static func draw<Item>(from buffer: inout [Item], _ next: Item?, _ random: inout RandomStream) -> Item {
        let place = random.index(below: buffer.count)
        let item = buffer[place]
        if let next {
            buffer[place] = next
        } else {
            buffer[place] = buffer[buffer.count - 1]
            buffer.removeLast()
        }
        return item
    }

    /// Draws numbers of elements first, then reads those that are in the buffer in the end.
    override func skip(_ count: Int) throws -> Int {
        guard buffer.isEmpty, !isFull, count > 0 else { return try super.skip(count) }
        let reach = size.addingReportingOverflow(count)
        let total = try reopen(true).skip(reach.overflow ? .max : reach.partialValue)
        // The numbers, those in order, and the elements by their numbers.
        try [Int].requireMemory(6 * min(size, total), at: held.place)
        var numbers = Array(0..<min(size, total))
        var (following, skipped) = (numbers.count, 0)
        while skipped < count, !numbers.isEmpty {
            _ = Self.draw(from: &numbers, following < total ? following : nil, &random)
            following += 1
            skipped += 1
        }
        var (position, kept) = (0, [Int: Element]())
        for number in numbers.sorted() {
            position += try inlet.skip(number - position)
            guard let element = try inlet.next() else { break }
            kept[number] = element
            try held.add(element)
            position += 1
        }
        _ = try inlet.skip(min(following, total) - position)
        buffer = numbers.compactMap { kept[$0] }
        isFull = true
        return skipped
    }
}

/// Holds all elements and gives them in a random order.
private final class WholeShuffleReader<Element: Sendable>: Reader<Element> {
    private let upstream: Reader<Element>
    private let key: UInt64
    private var elements: [Element] = []
    private var shuffled: IndexedReader<Element>?

    init(_ upstream: Reader<Element>, _ key: UInt64) {
        self.upstream = upstream
        self.key = key
    }

    override func read(_ count: Int, into result: inout [Element]) throws { try opened().read(count, into: &result) }
    override func skip(_ count: Int) throws -> Int { try opened().skip(count) }

    private func opened() throws -> IndexedReader<Element> {
        if let shuffled { return shuffled }
        var held = HeldMemory("shuffle")
        while true {
            let before = elements.count
            if elements.capacity < before + 256 { try [Element].requireMemory(2 * (before + 256), at: held.place) }
            try upstream.read(256, into: &elements)
            for element in elements[before...] { try held.add(element) }
            if elements.count - before < 256 { break }
        }
        let order = try Permutation.random(elements.count, key: key)
        let reader = IndexedReader(Indexed(count: order.count) { [elements] in elements[$0] }, order: order)
        elements = []
        shuffled = reader
        return reader
    }
}
