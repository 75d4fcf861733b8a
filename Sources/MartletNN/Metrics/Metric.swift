import MartletCore
import MartletFormats

/// A figure of merit, accumulated over batches: the base of Keras's metrics and of one's own.
///
/// A subclass makes its state with `addState`, and overrides `update` and `result`. Threads may not share a metric: between
/// them its accumulators would mix.
///
/// Source: [`keras.metrics.Metric`](https://keras.io/api/metrics/base_metric/).
open class Metric: MetricConvertible {
    /// Keras's name, which stands in logs and histories: `accuracy`.
    public internal(set) var name: String
    /// The dtype of the accumulators.
    public internal(set) var dtype: DType
    /// The accumulators.
    public private(set) var variables: [Variable] = []

    /// Makes a metric without state.
    /// - Parameter dtype: of the accumulators; nil is the default float type.
    public init(name: String, dtype: DType? = nil) {
        self.name = name
        self.dtype = dtype ?? Settings.defaultFloatType
        settleArguments(of: self)
    }

    /// Makes an accumulator that starts, and starts anew at every `reset`, at zero. Where the shards of a batch are computed by
    /// themselves, as in replicas, each adds to zeros, and the sum of all is added to the accumulator.
    public func addState(_ name: String, shape: Shape = [], dtype: DType? = nil) -> Variable {
        let variable = Variable(.zeros(shape, dtype: dtype ?? self.dtype), name: name, trainable: false, aggregation: .sum)
        variable.path = "\(self.name)/\(name)"
        variables.append(variable)
        return variable
    }

    /// Whether state of this size may be made, which a configuration asks for. If not, the problem is noted, and the
    /// initializer goes on with a small one.
    func allowsState(_ sizes: Int...) -> Bool {
        WeightBudget.current?.takes(sizes, of: dtype, for: "state of the metric \(name)") ?? true
    }

    /// Takes a batch in.
    /// - Parameters:
    ///   - sampleWeight: a weight for each sample, or nil.
    open func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        stop("\(Self.self)", "The metric takes nothing in: override update(_:_:sampleWeight:).")
    }

    /// The figure over everything taken in since the last `reset`.
    open func result() -> Tensor {
        stop("\(Self.self)", "The metric has no result: override result().")
    }

    /// Takes a batch in, and gives the figure over everything so far: `update` and `result`.
    @discardableResult
    public final func callAsFunction(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) -> Tensor {
        update(yTrue, yPred, sampleWeight: sampleWeight)
        return result()
    }

    /// `result()` where it is one number that takes no ops, with the same bits; nil elsewhere.
    var resultNumber: Double? { nil }

    /// Forgets everything taken in.
    open func reset() {
        for variable in variables { variable.assign(.zeros(variable.shape, dtype: variable.dtype)) }
    }

    /// Whether higher results are better; nil when nobody can say. Callbacks that watch the metric ask.
    open var isHigherBetter: Bool? { nil }

    /// Checks shapes, batch axis included, before anything is computed. The default takes everything.
    /// - Throws: `MartletError` naming both shapes.
    open func validate(target: PartialShape, prediction: PartialShape) throws {}

    /// Keras's class name: the type's own.
    open var className: String { "\(Self.self)" }

    /// What `print` shows: the class and its configuration, under Keras's names. `result()` has the figure.
    open var description: String { configurationText }

    /// Keras's configuration.
    open var config: [String: JSONValue] {
        (Self.self as? any Described.Type)?.config(of: self) ?? Self.commonArguments.config(of: self)
    }

    static let commonArguments = Arguments<Metric>(default: Metric(name: ""))

    open func makeMetric(for target: PartialShape, _ prediction: PartialShape, loss: Loss?) throws -> Metric { self }
}

/// What `compile` takes for a metric: a `Metric`, or Keras's name for one. `"accuracy"` becomes the binary, the
/// categorical or the sparse form, whichever fits the shapes.
public protocol MetricConvertible {
    /// The metric for a model whose targets and predictions have these shapes, batch axis included.
    /// - Throws: `MartletError` when a name is not known.
    func makeMetric(for target: PartialShape, _ prediction: PartialShape, loss: Loss?) throws -> Metric
}

extension Arguments where Root: Metric {
    /// Makes the table of a metric, to which it adds what all metrics have.
    /// - Parameters:
    ///   - value: a metric with every default, and anything good for what is required. Reading begins with it.
    ///   - describe: names the metric's own arguments.
    package init(
        default value: @escaping @Sendable @autoclosure () -> Root, _ describe: (inout Arguments) -> Void = { _ in }
    ) {
        self.init(making: value) {
            $0.custom("name", read: { $0.name = try $1.objectName }, write: { .string($0.name) })
            $0("dtype", \.dtype)
            describe(&$0)
        }
    }
}
