import MartletCore

extension Dataset {
    /// Pairs, or longer tuples, of the elements of this and other pipelines, as far as the shortest goes.
    ///
    /// ```swift
    /// images.zip(labels).map { image, label in ... }
    /// ```
    public func zip<each Other: Sendable>(
        _ others: repeat Dataset<each Other>
    ) -> Dataset<(Element, repeat each Other)> {
        var (lengths, paths, number, identities) = ([stage.length], [String](), stage.number, [stage.identity])
        for other in repeat each others {
            lengths.append(other.length)
            paths.append(other.stage.path)
            identities.append(other.stage.identity)
            number += other.stage.number
        }
        let path = "zip(" + ([stage.path] + paths).joined(separator: ", ") + ")"
        let length = DatasetLength.smallest(lengths)
        // The count of the first part that is random.
        var (readings, isRandom) = (stage.readings, stage.isRandom)
        for other in repeat each others {
            if !isRandom, other.stage.isRandom { (readings, isRandom) = (other.stage.readings, true) }
        }
        return Dataset<(Element, repeat each Other)>(
            Stage(
                path: path, number: number + 1, length: length, readings: readings, isRandom: isRandom,
                threads: stage.threads,
                identity: { [identities] in try "zip(" + identities.map { try $0() }.joined(separator: ", ") + ")" }
            ) {
                [stage, stages = (repeat (each others).stage)] opening in
                var branch = 0
                func open<Part>(_ stage: Stage<Part>) throws -> Inlet<Part>.Shared {
                    defer { branch += 1 }
                    return Inlet.Shared(try stage.open(branch == 0 ? opening : opening.inBranch(branch)))
                }
                let first = try open(stage)
                let rest = (repeat try open(each stages))
                func next<Part>(_ shared: Inlet<Part>.Shared) throws -> Part {
                    guard let element = try shared.inlet.next() else { throw EndOfPart() }
                    return element
                }
                return ClosureReader { count in
                    var skipped = try first.inlet.skip(count)
                    for part in repeat each rest { skipped = Swift.min(skipped, try part.inlet.skip(count)) }
                    return skipped
                } next: { _ in
                    do {
                        return (try next(first), repeat try next(each rest))
                    } catch is EndOfPart {
                        return nil
                    }
                }
            })
    }

    /// The elements of this pipeline, then those of another.
    public func concatenate(_ other: Dataset) -> Dataset {
        let path = "concatenate(\(stage.path), \(other.stage.path))"
        var indexed: Indexed<Element>?
        if let first = stage.indexed, let second = other.stage.indexed {
            indexed = Indexed(count: first.count + second.count) {
                try $0 < first.count ? first.element($0) : second.element($0 - first.count)
            }
        }
        return Dataset(
            Stage(
                path: path, number: stage.number + other.stage.number + 1, length: .sum([length, other.length]),
                indexed: indexed, readings: stage.isRandom ? stage.readings : other.stage.readings,
                isRandom: stage.isRandom || other.stage.isRandom, threads: stage.threads,
                identity: { [stage, next = other.stage] in
                    try "concatenate(\(stage.identity()), \(next.identity()))"
                }
            ) { [stage, next = other.stage] opening in
                var reader = try stage.open(opening)
                var isSecond = false
                func advance() throws {
                    isSecond = true
                    reader = try next.open(opening.inBranch(1))
                }
                return PieceReader { count, elements in
                    let before = elements.count
                    try reader.read(count, into: &elements)
                    let missing = count - (elements.count - before)
                    guard missing > 0, !isSecond else { return }
                    try advance()
                    try reader.read(missing, into: &elements)
                } skip: { count in
                    let skipped = try reader.skip(count)
                    guard skipped < count, !isSecond else { return skipped }
                    try advance()
                    return skipped + (try reader.skip(count - skipped))
                }
            })
    }

    /// Elements of several pipelines, in the order of the numbers that `selector` gives. It ends where the pipeline that is
    /// called for has no more.
    public static func choose(from datasets: [Dataset], by selector: Dataset<Int>) -> Dataset {
        mixed("choose", datasets, selector.stage) { opening in
            var numbers = Inlet(try selector.stage.open(opening.inBranch(datasets.count)))
            return { _ in try numbers.next() }
        } isOver: { _ in true }
    }

    /// Elements of several pipelines in random order: each comes from one that is drawn, until all have ended.
    /// - Parameters:
    ///   - weights: how often each is drawn, in proportion; nil the same for all.
    ///   - seed: nil takes one that follows from `setRandomSeed`.
    ///   - stopsAtFirstEnd: whether it ends where a pipeline is drawn that has no more; otherwise the others go on.
    public static func sample(
        from datasets: [Dataset], weights: [Double]? = nil, seed: Int? = nil, stopsAtFirstEnd: Bool = false
    ) -> Dataset {
        let weights = weights ?? datasets.map { _ in 1 }
        let isFit = require(
            weights.count == datasets.count && weights.allSatisfy { $0 >= 0 && $0.isFinite } && weights.contains { $0 > 0 },
            "sample", "Expected a weight of at least 0 for each of \(datasets.count) datasets, not all 0. Received: \(weights).")
        guard isFit else { return Dataset([Element]()) }
        let seed = Dataset.seed(seed)
        let number = datasets.map(\.stage.number).reduce(1, +)
        return mixed("sample", datasets, nil) { opening in
            var random = RandomStream(key: opening.key(seed: seed, stage: number))
            return { open in
                let total = open.reduce(0) { $0 + weights[$1] }
                guard total > 0 else { return nil }
                var left = Double(random.next() >> 11) * 0x1p-53 * total
                for index in open {
                    left -= weights[index]
                    if left < 0 { return index }
                }
                return open.last { weights[$0] > 0 }
            }
        } isOver: { _ in stopsAtFirstEnd }
    }

    private static func mixed(
        _ name: String, _ datasets: [Dataset], _ selector: Stage<Int>?,
        _ start: @escaping @Sendable (Opening) throws -> (_ open: [Int]) throws -> Int?,
        isOver: @escaping @Sendable (Int) -> Bool
    ) -> Dataset {
        guard require(!datasets.isEmpty, name, "Expected at least one dataset.") else { return Dataset([Element]()) }
        let stages = datasets.map(\.stage)
        let path = "\(name)(" + (stages.map(\.path) + (selector.map { [$0.path] } ?? [])).joined(separator: ", ") + ")"
        let number = stages.map(\.number).reduce(1, +) + (selector?.number ?? 0)
        return Dataset(
            Stage(
                path: path, number: number, length: .unknown, isRandom: true, threads: stages[0].threads,
                identity: { [path] in try ([path] + stages.map { try $0.identity() }).joined(separator: ", ") }
            ) { opening in
                let place = Place(stage: name, number: number, path: path)
                var inlets = try stages.enumerated().map { Inlet(try $1.open(opening.inBranch($0))) }
                var (open, isAtEnd) = (Array(stages.indices), false)
                let choose = try start(opening)
                return ClosureReader { _ in
                    while !isAtEnd, let index = try choose(open) {
                        guard stages.indices.contains(index) else {
                            throw place.error(
                                MartletError("Expected a number in \(stages.indices). Received \(index)."), element: 0)
                        }
                        if let element = try inlets[index].next() { return element }
                        open.removeAll { $0 == index }
                        if isOver(index) { break }
                    }
                    isAtEnd = true
                    return nil
                }
            })
    }
}

private struct EndOfPart: Error {}

/// A reader of closures that read several elements at a time.
final class PieceReader<Element: Sendable>: Reader<Element> {
    private let reading: (Int, inout [Element]) throws -> Void
    private let skipping: (Int) throws -> Int

    init(_ read: @escaping (Int, inout [Element]) throws -> Void, skip: @escaping (Int) throws -> Int) {
        (reading, skipping) = (read, skip)
    }

    override func read(_ count: Int, into elements: inout [Element]) throws { try reading(count, &elements) }
    override func skip(_ count: Int) throws -> Int { try skipping(count) }
}
