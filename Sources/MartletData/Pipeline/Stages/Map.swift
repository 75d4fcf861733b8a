import MartletCore

extension Dataset {
    /// Turns each element into another one, on several threads at a time. They come in the order of the elements.
    ///
    /// ```swift
    /// let scaled = images.map { $0.cast(to: .float32) / 255 }
    /// ```
    /// - Parameters:
    ///   - parallelism: on how many threads `transform` may run at a time; 1 for a closure that may not run beside itself.
    ///   - transform: makes an element of an element. An error that it throws names the element's number.
    public func map<Output: Sendable>(
        parallelism: Parallelism = .automatic, _ transform: @escaping @Sendable (Element) throws -> Output
    ) -> Dataset<Output> {
        then("map", stage.length) { opening, place, stage in
            try mapReader(opening, place, stage, parallelism) { element, _ in try transform(element) }
        }
    }

    /// Turns each element into another one with random numbers that are the element's own: a function of seed, epoch, stage and
    /// the element's number, so that neither the number of threads nor how far is read ahead shows.
    ///
    /// ```swift
    /// let flipped = samples.randomMap(seed: 1) { sample, random in
    ///     Bool.random(using: &random) ? (sample.0.reversed(axes: [1]), sample.1) : sample
    /// }
    /// ```
    /// - Parameters:
    ///   - seed: nil takes one that follows from `setRandomSeed`.
    ///   - parallelism: on how many threads `transform` may run at a time.
    ///   - transform: makes an element of an element and its random numbers.
    public func randomMap<Output: Sendable>(
        seed: Int? = nil, parallelism: Parallelism = .automatic,
        _ transform: @escaping @Sendable (Element, inout RandomStream) throws -> Output
    ) -> Dataset<Output> {
        let seed = Dataset.seed(seed)
        return then("randomMap", stage.length, isRandom: true) { opening, place, stage in
            let key = opening.key(seed: seed, stage: place.number)
            return try mapReader(opening, place, stage, parallelism) { element, index in
                var random = RandomStream(key: RandomStream.mix(key, UInt64(index)))
                return try transform(element, &random)
            }
        }
    }

    /// The key of a seed.
    static func seed(_ seed: Int?) -> UInt64 { seed.map { UInt64(bitPattern: Int64($0)) } ?? Session.current.nextStreamKey() }

    private func mapReader<Output: Sendable>(
        _ opening: Opening, _ place: Place, _ stage: Stage<Element>, _ parallelism: Parallelism,
        _ transform: @escaping (Element, Int) throws -> Output
    ) throws -> Reader<Output> {
        try ReadAhead(opening, place, .chunks, parallelism, skipsUnmade: !opening.leavesOutFailures, open: stage.open) {
            inputs, first, made in
            made.elements.reserveCapacity(inputs.count)
            for (offset, input) in inputs.enumerated() {
                do {
                    // A tensor that does not fit fails the element, not the program.
                    made.elements.append(try withErrors { try transform(input, first + offset) })
                } catch {
                    made.fail(place.error(error, element: first + offset, input))
                }
            }
        }
    }

    /// Reads ahead while elements are used.
    ///
    /// - Parameter count: how many elements lie ready; nil begins with 2 and goes up to 16 when the reader has to wait.
    public func prefetch(_ count: Int? = nil) -> Dataset {
        require(count ?? 1 >= 1, "prefetch", "Expected a number of at least 1. Received: \(count ?? 0).")
        return then("prefetch", stage.length) { opening, place, stage in
            guard opening.run.threads > 0 else { return try stage.open(opening) }
            return try ReadAhead(
                opening, place, .elements(count ?? 2, most: count ?? 16), .automatic, skipsUnmade: true,
                open: stage.open
            ) { inputs, _, made in made.elements = inputs }
        }
    }
}
