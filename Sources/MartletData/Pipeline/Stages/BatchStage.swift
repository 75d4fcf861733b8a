import MartletCore

extension Dataset where Element: Batchable {
    /// Batches of `size` elements, along a new first axis.
    /// - Parameters:
    ///   - size: the number of elements in a batch. Stops when it is below 1.
    ///   - dropRemainder: whether the last batch is left out when it is smaller than the others.
    public func batch(_ size: Int, dropRemainder: Bool = false) -> Dataset<Element.Batched> {
        batched(size, dropRemainder, nil)
    }

    /// Batches of tensors of different sizes: each is filled up at its ends, to the largest size of its batch on each axis.
    /// - Parameters:
    ///   - padding: the number that fills up.
    public func paddedBatch(_ size: Int, padding: Double = 0, dropRemainder: Bool = false) -> Dataset<Element.Batched> {
        batched(size, dropRemainder, padding)
    }

    private func batched(_ size: Int, _ dropRemainder: Bool, _ padding: Double?) -> Dataset<Element.Batched> {
        batches(size, dropRemainder, padding) { try Element.batch($0, padding: padding) }
    }

    /// Batches of elements of similar lengths, so that little is padded.
    /// - Parameters:
    ///   - boundaries: the lengths that separate the buckets, ascending: a bucket ends before its boundary.
    ///   - batchSizes: the batch sizes of the buckets, one more than there are boundaries.
    ///   - padding: the number that fills up.
    ///   - dropRemainder: whether batches that are not full at the end are left out.
    ///   - length: the length of an element.
    public func bucketByLength(
        boundaries: [Int], batchSizes: [Int], padding: Double = 0, dropRemainder: Bool = false,
        _ length: @escaping @Sendable (Element) throws -> Int
    ) -> Dataset<Element.Batched> {
        buckets(boundaries, batchSizes, dropRemainder, length) { try Element.batch($0, padding: padding) }
    }
}

extension Dataset {
    /// Batches of tuples, part by part. See `batch` for single elements.
    public func batch<each Part: Batchable>(
        _ size: Int, dropRemainder: Bool = false
    ) -> Dataset<(repeat (each Part).Batched)> where Element == (repeat each Part) {
        batches(size, dropRemainder, nil) { try batchTuples($0, padding: nil) }
    }

    /// Batches of tuples with tensors of different sizes, part by part. See `paddedBatch` for single elements.
    public func paddedBatch<each Part: Batchable>(
        _ size: Int, padding: Double = 0, dropRemainder: Bool = false
    ) -> Dataset<(repeat (each Part).Batched)> where Element == (repeat each Part) {
        batches(size, dropRemainder, padding) { try batchTuples($0, padding: padding) }
    }

    /// Batches of tuples of similar lengths. See `bucketByLength` for single elements.
    public func bucketByLength<each Part: Batchable>(
        boundaries: [Int], batchSizes: [Int], padding: Double = 0, dropRemainder: Bool = false,
        _ length: @escaping @Sendable (Element) throws -> Int
    ) -> Dataset<(repeat (each Part).Batched)> where Element == (repeat each Part) {
        buckets(boundaries, batchSizes, dropRemainder, length) { try batchTuples($0, padding: padding) }
    }

    fileprivate func batches<Output: Sendable>(
        _ size: Int, _ dropRemainder: Bool, _ padding: Double?, _ make: @escaping @Sendable ([Element]) throws -> Output
    ) -> Dataset<Output> {
        let name = padding == nil ? "batch" : "paddedBatch"
        require(size >= 1, name, "Expected a batch size of at least 1. Received: \(size).")
        let size = Swift.max(1, size)
        let length = stage.length.map { dropRemainder ? $0 / size : $0.dividedUp(by: size) }
        return then("\(name)(\(size))", length) { opening, place, stage in
            BatchReader(try stage.open(opening), size, dropRemainder, place, gathers: padding == nil, make)
        }
    }

    fileprivate func buckets<Output: Sendable>(
        _ boundaries: [Int], _ sizes: [Int], _ dropRemainder: Bool, _ length: @escaping @Sendable (Element) throws -> Int,
        _ make: @escaping @Sendable ([Element]) throws -> Output
    ) -> Dataset<Output> {
        let isFit = require(
            sizes.count == boundaries.count + 1 && sizes.allSatisfy { $0 >= 1 }
                && Swift.zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 },
            "bucketByLength", "Expected ascending boundaries and a batch size of at least 1 for each bucket, one more than there "
                + "are boundaries. Received: \(boundaries) and \(sizes).")
        guard isFit else { return Dataset<Output>([Output]()) }
        return then("bucketByLength", stage.length == .infinite ? .infinite : .unknown) { opening, place, stage in
            var inlet = Inlet(try stage.open(opening))
            var buckets = sizes.map { _ in [Element]() }
            var (index, batch, isAtEnd) = (0, 0, false)
            func finish(_ bucket: Int) throws -> Output {
                let elements = buckets[bucket]
                buckets[bucket] = []
                batch += 1
                do { return try make(elements) } catch { throw place.error(error, element: batch - 1) }
            }
            return ClosureReader { _ in
                while !isAtEnd {
                    guard let element = try inlet.next() else {
                        isAtEnd = true
                        break
                    }
                    index += 1
                    let bucket: Int
                    do {
                        let size = try length(element)
                        bucket = boundaries.firstIndex { size < $0 } ?? boundaries.count
                    } catch {
                        throw place.error(error, element: index - 1, element)
                    }
                    buckets[bucket].append(element)
                    if buckets[bucket].count == sizes[bucket] { return try finish(bucket) }
                }
                guard !dropRemainder, let bucket = buckets.firstIndex(where: { !$0.isEmpty }) else { return nil }
                return try finish(bucket)
            }
        }
    }
}

private final class BatchReader<Element: Sendable, Output: Sendable>: Reader<Output> {
    private let upstream: Reader<Element>
    private let size: Int
    private let dropsRemainder: Bool
    private let place: Place
    private let make: ([Element]) throws -> Output
    private let gathersBatches: Bool
    private var elements: [Element] = []
    private var batch = 0

    init(
        _ upstream: Reader<Element>, _ size: Int, _ dropsRemainder: Bool, _ place: Place, gathers: Bool,
        _ make: @escaping ([Element]) throws -> Output
    ) {
        (self.upstream, self.size, self.dropsRemainder) = (upstream, size, dropsRemainder)
        (self.place, self.make) = (place, make)
        // Slices of tensors become a batch of the same type in one copy.
        gathersBatches = gathers && upstream.gathers && Element.self == Output.self
    }

    override func read(_ count: Int, into batches: inout [Output]) throws {
        for _ in 0..<count {
            guard let next = gathersBatches ? try gathered() : try stacked() else { return }
            batch += 1
            batches.append(next)
        }
    }

    private func gathered() throws -> Output? {
        do {
            guard let (batch, count) = try upstream.gather(size), count == size || !dropsRemainder else { return nil }
            return batch as? Output
        } catch {
            throw place.error(error, element: batch)
        }
    }

    private func stacked() throws -> Output? {
        try upstream.read(size - elements.count, into: &elements)
        guard elements.count == size || (!dropsRemainder && !elements.isEmpty) else { return nil }
        defer { elements.removeAll(keepingCapacity: true) }
        do { return try make(elements) } catch { throw place.error(error, element: batch) }
    }

    override func skip(_ count: Int) throws -> Int {
        guard elements.isEmpty, count <= Int.max / size else { return try super.skip(count) }
        let skipped = try upstream.skip(count * size)
        return dropsRemainder ? skipped / size : skipped.dividedUp(by: size)
    }
}

extension Int {
    /// The quotient rounded up, of numbers of 0 or more, however large.
    func dividedUp(by divisor: Int) -> Int { self / divisor + (self % divisor == 0 ? 0 : 1) }
}
