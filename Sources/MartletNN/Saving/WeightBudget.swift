import Foundation
import MartletCore
import Synchronization

/// Limits the weights of a model that is being read. A configuration cannot ask for more memory than its weights file
/// justifies or, without such a file, than the machine has.
final class WeightBudget: Sendable {
    /// Set while a model is read together with its weights.
    @TaskLocal static var current: WeightBudget?

    private let limit: Int
    private let rest: Mutex<Int>
    /// Whether weights are made without their initializers, because they are about to be overwritten.
    private let isFile: Bool

    /// - Parameter bytes: the size of the weights in the file. The file may store them in narrower types than the model.
    init(fileBytes bytes: Int) {
        limit = bytes.multipliedReportingOverflow(by: 8).partialValue + 1 << 16
        rest = Mutex(limit)
        isFile = true
    }

    /// The budget of a configuration without weights.
    init() {
        limit = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        rest = Mutex(limit)
        isFile = false
    }

    /// The first value of a weight; nil when its initializer should make it. Past the budget, the problem is noted and the
    /// value is a tensor without elements. The reader throws as soon as the layer is built.
    func first(_ spec: TensorSpec) -> Tensor? {
        let fits = rest.withLock { rest in
            var bytes = spec.dtype.byteCount
            for size in spec.shape.dimensions {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
                guard !overflow else { return false }
                bytes = product
            }
            guard bytes <= rest else { return false }
            rest -= bytes
            return true
        }
        if fits { return isFile ? .zeros(spec.shape, dtype: spec.dtype) : nil }
        let bound = isFile ? "the weights of the file can be" : "the machine's memory"
        _ = FailureScope.note(
            MartletError("The configuration asks for a weight \(spec), more than \(bound) (\(limit) bytes)."))
        return .zeros(Shape([Int](repeating: 0, count: spec.shape.rank)), dtype: spec.dtype)
    }
}
