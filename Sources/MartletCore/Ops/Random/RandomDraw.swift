import CKernels

/// A draw from a random stream: the values, and the stream's state behind it.
///
/// The state is an input (`int64 [2]`: key and counter, as bit patterns), so that a traced graph draws anew at each
/// run.
struct RandomDraw: KernelOp {
    static let name = "random"

    enum Distribution: Sendable, Hashable {
        case uniform(low: Double, high: Double)
        case normal(mean: Double, standardDeviation: Double)
        case truncatedNormal(mean: Double, standardDeviation: Double)
        /// `value` with the probability, else 0.
        case bernoulli(probability: Double, value: Double)
        case integers(low: Int, high: Int)
        case permutation
    }

    let distribution: Distribution
    let spec: TensorSpec

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0] == RandomGenerator.stateSpec else { throw OpFailure("Expected a state of two int64.") }
        let types: [DType] =
            switch distribution {
            case .uniform, .normal, .truncatedNormal: [.float32, .float64]
            case .bernoulli: [.float32, .float64, .bool]
            case .integers: [.int32, .int64]
            case .permutation: [.int64]
            }
        guard types.contains(spec.dtype) else {
            throw OpFailure("Expected a dtype among \(types.map(\.name).joined(separator: ", ")), not \(spec.dtype).")
        }
        return [spec, inputs[0]]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, count) = (spec.dtype.c, Int64(spec.shape.elementCount))
        return Kernel { [distribution] in
            let state = $0.input(0, as: UInt64.self)
            let (key, counter, out) = (state[0], state[1], $0.output(0))
            switch distribution {
            case .uniform(let low, let high): mk_random_uniform(type, out, count, key, counter, low, high)
            case .normal(let mean, let deviation): mk_random_normal(type, out, count, key, counter, mean, deviation)
            case .truncatedNormal(let mean, let deviation):
                mk_random_truncated_normal(type, out, count, key, counter, mean, deviation)
            case .bernoulli(let probability, let value):
                mk_random_bernoulli(type, out, count, key, counter, probability, value)
            case .integers(let low, let high):
                mk_random_integers(type, out, count, key, counter, Int64(low), Int64(high))
            case .permutation: mk_random_permutation($0.output(0, as: Int64.self), count, key, counter)
            }
            let next = $0.output(1, as: UInt64.self)
            next[0] = key
            next[1] = counter &+ UInt64(mk_random_steps(count))
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] {
        let draws: [(Distribution, DType)] = [
            (.uniform(low: -1, high: 2), .float64), (.normal(mean: 1, standardDeviation: 2), .float32),
            (.truncatedNormal(mean: 0, standardDeviation: 1), .float64),
            (.bernoulli(probability: 0.25, value: 2), .float32), (.integers(low: -3, high: 4), .int32),
            (.permutation, .int64),
        ]
        return draws.map { distribution, type in
            OpSample(
                RandomDraw(distribution: distribution, spec: TensorSpec([5], type)), [Tensor([7, 3])],
                label: "\(distribution)")
        }
    }
}
