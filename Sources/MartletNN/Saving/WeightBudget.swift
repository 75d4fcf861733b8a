import Foundation
import MartletCore
import Synchronization

/// Limits what is made from a configuration. It cannot ask for more memory than its weights file justifies or, without such
/// a file, than the machine has.
final class WeightBudget: Sendable {
    /// Set while a model is read together with its weights, and while metrics are read.
    @TaskLocal static var current: WeightBudget?

    private let limit: Int
    private let rest: Mutex<Int>
    /// What sets the limit.
    private let bound: String
    /// Whether weights are made without their initializers, because they are about to be overwritten.
    private let isFile: Bool

    private init(_ limit: Int, _ bound: String, isFile: Bool = false) {
        self.limit = limit
        rest = Mutex(limit)
        self.bound = bound
        self.isFile = isFile
    }

    private static let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)

    /// - Parameter bytes: the size of the weights in the file. The file may store them in narrower types than the model.
    convenience init(fileBytes bytes: Int) {
        let (wide, overflow) = bytes.multipliedReportingOverflow(by: 8)
        let limit = overflow ? Self.memory : min(wide + 1 << 16, Self.memory)
        self.init(limit, "the weights of the file can be", isFile: true)
    }

    /// The budget of a configuration without weights.
    convenience init() { self.init(Self.memory, "the machine's memory") }

    /// The budget of the metrics of one configuration: far more than metrics of any use take.
    static var forMetrics: WeightBudget { WeightBudget(64 << 20, "metrics of a configuration may take") }

    /// Takes memory for an array. When not enough is left, the problem is noted, and the reader throws as soon as the
    /// object is made.
    func takes(_ sizes: [Int], of dtype: DType, for what: String) -> Bool {
        let fits = rest.withLock { rest in
            var bytes = dtype.byteCount
            for size in sizes {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
                guard !overflow else { return false }
                bytes = product
            }
            guard bytes <= rest else { return false }
            rest -= max(bytes, 0)
            return true
        }
        if !fits {
            _ = FailureScope.note(
                MartletError(
                    "The configuration asks for \(what) of \(sizes) \(dtype), more than \(bound) (\(limit) bytes)."))
        }
        return fits
    }

    /// The first value of a weight; nil when its initializer should make it. Past the budget it is a tensor without
    /// elements.
    func first(_ spec: TensorSpec) -> Tensor? {
        guard takes(spec.shape.dimensions, of: spec.dtype, for: "a weight") else {
            return .zeros(Shape([Int](repeating: 0, count: spec.shape.rank)), dtype: spec.dtype)
        }
        return isFile ? .zeros(spec.shape, dtype: spec.dtype) : nil
    }
}
