import MartletCore
import Synchronization

/// What the weights of a model that is being read may hold: a configuration from elsewhere cannot ask for more memory
/// than its weights' file accounts for. Weights are made without their initializers meanwhile, as they are about to be
/// overwritten.
final class WeightBudget: Sendable {
    /// Set while a model is read together with its weights.
    @TaskLocal static var current: WeightBudget?

    private let limit: Int
    private let rest: Mutex<Int>

    /// - Parameter bytes: the size of the weights in the file. They may be stored in narrower types than they are held
    ///   in.
    init(fileBytes bytes: Int) {
        limit = bytes.multipliedReportingOverflow(by: 8).partialValue + 1 << 16
        rest = Mutex(limit)
    }

    /// Zeros for a weight. Past the budget the problem is noted, and what comes is a tensor without elements: the reader
    /// throws as soon as the layer is built.
    func blank(_ spec: TensorSpec) -> Tensor {
        let fits = rest.withLock { rest in
            let (bytes, overflow) = spec.shape.elementCount.multipliedReportingOverflow(by: spec.dtype.byteCount)
            if overflow || bytes > rest { return false }
            rest -= bytes
            return true
        }
        if fits { return .zeros(spec.shape, dtype: spec.dtype) }
        _ = Reading.note(
            MartletError(
                "The configuration asks for a weight \(spec), more than the weights of the file can be (\(limit) bytes)."))
        return .zeros(Shape([Int](repeating: 0, count: spec.shape.rank)), dtype: spec.dtype)
    }
}
