/// A stream of random numbers: Philox4x32-10 of a key, at a counter that every draw moves on.
///
/// The same seed and the same draws give the same bits, with any number of kernel threads. Threads may share a generator, in
/// ops and in compiled functions at once: no two draws get the same numbers, and which get which depends on who comes first.
///
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, 2011.
public final class RandomGenerator: Sendable {
    /// The stream's key and counter: `int64 [2]`, bit patterns of unsigned numbers. Save its value and assign it later,
    /// and the stream goes on from there.
    public let state: Variable

    static let stateSpec = TensorSpec([2], .int64)

    /// What `Tensor.randomUniform` and its like draw from in the present `Session`. `setRandomSeed` starts it anew.
    public static var `default`: RandomGenerator { Session.current.generator }

    /// Starts a stream: the one of `seed`; when nil, the next one of the session's seed, or an unpredictable one when
    /// none was set.
    public convenience init(seed: Int? = nil) {
        self.init(key: seed.map { UInt64(bitPattern: Int64($0)) } ?? Session.current.nextStreamKey())
    }

    init(key: UInt64) {
        state = Variable(Tensor([Int64(bitPattern: key), 0]), name: "state", trainable: false, aggregation: .stream)
    }

    /// Begins another stream.
    func restart(key: UInt64) {
        state.assign(Tensor([Int64(bitPattern: key), 0]))
    }

    private func draw(_ distribution: RandomDraw.Distribution, _ shape: Shape, _ dtype: DType) -> Tensor {
        // 16-bit floats are rounded from float32 draws.
        let op = RandomDraw(distribution: distribution, spec: TensorSpec(shape, dtype.isHalf ? .float32 : dtype))
        // Reading the state and moving it on are one step, also for a compiled function that draws at the same time.
        let result = state.modify { state in
            let results = perform(op, [state])
            state = results[1]
            return results[0]
        }
        return dtype.isHalf ? result.cast(to: dtype) : result
    }

    /// Numbers spread evenly over `range`, of the default float type when `dtype` is nil.
    public func uniform(_ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType? = nil) -> Tensor {
        draw(
            .uniform(low: range.lowerBound, high: range.upperBound), shape, dtype ?? Settings.defaultFloatType)
    }

    /// Normally distributed numbers, of the default float type when `dtype` is nil.
    public func normal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil
    ) -> Tensor {
        draw(.normal(mean: mean, standardDeviation: standardDeviation), shape, dtype ?? Settings.defaultFloatType)
    }

    /// Normally distributed numbers on the condition that they lie within two standard deviations of the mean. As in
    /// Keras, `standardDeviation` is that of the distribution before it is cut.
    public func truncatedNormal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil
    ) -> Tensor {
        draw(
            .truncatedNormal(mean: mean, standardDeviation: standardDeviation), shape,
            dtype ?? Settings.defaultFloatType)
    }

    /// `value` (true for `bool`) with the given probability, else 0. Stops when the probability is not in `0...1`.
    public func bernoulli(
        _ shape: Shape, probability: Double = 0.5, value: Double = 1, dtype: DType = .bool
    ) -> Tensor {
        require(
            (0...1).contains(probability), "bernoulli", "Expected a probability in 0...1. Received: \(probability).")
        return draw(.bernoulli(probability: probability, value: value), shape, dtype)
    }

    /// Integers spread evenly over `range`, `int64` or `int32`. Stops when the range is empty or `dtype` cannot hold
    /// it.
    public func integers(_ shape: Shape, in range: Range<Int>, dtype: DType = .int64) -> Tensor {
        let fits = dtype != .int32 || (Int32(exactly: range.lowerBound) != nil && range.upperBound <= 1 << 31)
        guard
            require(
                !range.isEmpty && fits, "integers",
                "Expected a range that is not empty and that \(dtype) can hold. Received: \(range).")
        else { return .substitute(TensorSpec(shape, dtype)) }
        return draw(.integers(low: range.lowerBound, high: range.upperBound), shape, dtype)
    }

    /// The numbers `0..<count` in random order, `int64`.
    public func permutation(_ count: Int) -> Tensor { draw(.permutation, [count], .int64) }
}

extension Tensor {
    /// Numbers spread evenly over `range`, from the default generator; of the default float type when `dtype` is nil.
    public static func randomUniform(_ shape: Shape, in range: Range<Double> = 0..<1, dtype: DType? = nil) -> Tensor {
        RandomGenerator.default.uniform(shape, in: range, dtype: dtype)
    }

    /// Normally distributed numbers from the default generator; of the default float type when `dtype` is nil.
    public static func randomNormal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil
    ) -> Tensor {
        RandomGenerator.default.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }

    /// Normally distributed numbers within two standard deviations of the mean, from the default generator.
    public static func randomTruncatedNormal(
        _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil
    ) -> Tensor {
        RandomGenerator.default.truncatedNormal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }

    /// 1 (true for `bool`) with the given probability, else 0, from the default generator.
    public static func randomBernoulli(_ shape: Shape, probability: Double = 0.5, dtype: DType = .bool) -> Tensor {
        RandomGenerator.default.bernoulli(shape, probability: probability, dtype: dtype)
    }

    /// Integers spread evenly over `range`, from the default generator.
    public static func randomIntegers(_ shape: Shape, in range: Range<Int>, dtype: DType = .int64) -> Tensor {
        RandomGenerator.default.integers(shape, in: range, dtype: dtype)
    }

    /// The slices along `axis` in random order.
    public func shuffled(axis: Int = 0, using generator: RandomGenerator = .default) -> Tensor {
        gathered(at: generator.permutation(shape[checkedAxis(axis, "shuffled")]), axis: axis)
    }
}

extension RandomGenerator: CustomStringConvertible, CustomDebugStringConvertible {
    /// The stream's key, and how far it has come.
    public var description: String {
        let numbers = state.heldValue.scalars(as: Int64.self)
        return "RandomGenerator(key: 0x\(String(UInt64(bitPattern: numbers[0]), radix: 16)), at: \(UInt64(bitPattern: numbers[1])))"
    }
    public var debugDescription: String { description }
}
