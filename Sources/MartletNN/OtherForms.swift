// Forms in which Keras and PyTorch write things: the compiler answers with Martlet's. The names are in OtherNames.swift.

import MartletCore
import MartletData
import MartletFormats

extension Layer: OtherlyNamed {}
extension Metric: OtherlyNamed {}
extension Optimizer: OtherlyNamed {}
extension Callback: OtherlyNamed {}

// A string where an initializer, regularizer or constraint is expected: none of it ever runs.
@available(*, unavailable, message: "write a name after a dot: .heNormal, .zeros, .randomNormal()")
extension String: Initializer {
    public func makeTensor(shape: Shape, dtype: DType) -> Tensor { fatalError() }
    public var className: String { fatalError() }
    public var config: [String: JSONValue] { fatalError() }
}
@available(*, unavailable, message: "write a name after a dot: .l2(0.01), .l1(0.01)")
extension String: Regularizer {
    public func callAsFunction(_ weight: Tensor) -> Tensor { fatalError() }
}
@available(*, unavailable, message: "write a name after a dot: .nonNeg, .maxNorm(2)")
extension String: Constraint {}

extension Metric {
    @available(*, unavailable, renamed: "update(_:_:sampleWeight:)")
    public final func updateState(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public final func resetState() { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public final func resetStates() { fatalError() }
}

extension Layer {
    @available(*, unavailable, message: "several inputs are one list: layer([a, b])")
    @_disfavoredOverload
    public func callAsFunction<Value: LayerValue>(_ a: Value, _ b: Value, training: Bool? = nil) -> Value { fatalError() }
    @available(*, unavailable, message: "a call has one output; layer.apply([x]) gives the list of all of them")
    @_disfavoredOverload
    public func callAsFunction<Value: LayerValue>(_ x: Value, training: Bool? = nil) -> (Value, Value) { fatalError() }
    @available(*, unavailable, message: "a call has one output; layer.apply([x]) gives the list of all of them")
    @_disfavoredOverload
    public func callAsFunction<Value: LayerValue>(_ x: Value, training: Bool? = nil) -> (Value, Value, Value) { fatalError() }
}

extension SymbolicTensor {
    @available(*, unavailable, message: "say along which axis, 0 being the batch's: x.split(count: 2, axis: -1)")
    public func split(count: Int) -> [SymbolicTensor] { fatalError() }
    @available(*, unavailable, message: "say where the new axis is, 0 being the batch's: SymbolicTensor.stack([a, b], axis: 1)")
    public static func stack(_ tensors: [SymbolicTensor]) -> SymbolicTensor { fatalError() }
}
@available(*, unavailable, message: "say where the new axis is, 0 being the batch's: stack([a, b], axis: 1)")
@_disfavoredOverload
public func stack(_ tensors: [SymbolicTensor]) -> SymbolicTensor { fatalError() }

extension OtherlyNamed where Self: Layer {
    @available(*, unavailable, renamed: "isTrainable")
    public var trainable: Bool {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
}

extension OtherlyNamed where Self: Model {
    @available(*, unavailable, renamed: "outputs")
    public var output: [SymbolicTensor] { fatalError() }
}

extension OtherlyNamed where Self: Optimizer {
    @available(*, unavailable, renamed: "learningRate")
    public var lr: Double {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
    @available(*, unavailable, renamed: "learningRate")
    public var learning_rate: Double {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
}

extension Model {
    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbose: Int, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the order: batchSize, epochs, verbosity, validationSplit, validationData, callbacks")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, epochs: Int, batchSize: Int, verbosity: Verbosity = .progressBar, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback] = [], shuffle: Bool = true
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the order: batchSize, epochs, verbosity, validationSplit, validationData, callbacks")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback] = [], shuffle: Bool = true,
        verbosity: Verbosity
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the order: batchSize, epochs, verbosity, validationSplit, validationData, callbacks")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        callbacks: [Callback], validationSplit: Double = 0, validationData: (x: Tensor, y: Tensor)? = nil,
        shuffle: Bool = true
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the weights are not part of validationData: give a TensorDataset(x, y, sampleWeight:)")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationData: (x: Tensor, y: Tensor, weights: Tensor), callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "only tensors can be split: make two datasets with take(_:) and skip(_:)")
    @discardableResult
    public func fit(
        _ source: some BatchSource, epochs: Int = 1, verbosity: Verbosity = .progressBar, validationSplit: Double,
        callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the source says how large its batches are: batch(32)")
    @discardableResult
    public func fit(
        _ source: some BatchSource, batchSize: Int, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationData: (any BatchSource)? = nil, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ source: some BatchSource, epochs: Int = 1, verbose: Int, validationData: (any BatchSource)? = nil,
        callbacks: [Callback] = [], stepsPerEpoch: Int? = nil
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity, behind epochs: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ source: some BatchSource, stepsPerEpoch: Int? = nil, epochs: Int = 1, validationData: (any BatchSource)? = nil,
        callbacks: [Callback], verbose: Int
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity, behind epochs: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ source: some BatchSource, epochs: Int = 1, validationData: any BatchSource, verbose: Int
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity, behind epochs: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback], verbose: Int
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity, behind epochs: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double, verbose: Int
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity, behind epochs: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationData: (x: Tensor, y: Tensor), verbose: Int
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "leave out the labels: fit(x, y, epochs: 2)")
    @discardableResult
    public func fit(
        x: Tensor, y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar, verbose: Int = 1,
        validationSplit: Double = 0, validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the order: epochs, verbosity, validationData, callbacks, stepsPerEpoch")
    @discardableResult
    public func fit(
        _ source: some BatchSource, stepsPerEpoch: Int, epochs: Int, validationData: (any BatchSource)? = nil,
        callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "the order: epochs, verbosity, validationData, callbacks, stepsPerEpoch")
    @discardableResult
    public func fit(
        _ source: some BatchSource, validationData: any BatchSource, epochs: Int, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    public func evaluate(_ x: Tensor, _ y: Tensor, batchSize: Int = 32, verbose: Int) throws -> Logs { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    public func evaluate(_ source: some BatchSource, steps: Int? = nil, verbose: Int) throws -> Logs { fatalError() }

    @available(*, unavailable, message: "figures have names: let figures = try model.evaluate(x, y); figures[\"loss\"]")
    @_disfavoredOverload
    public func evaluate(_ x: Tensor, _ y: Tensor, batchSize: Int = 32) throws -> (Double, Double) { fatalError() }

    @available(*, unavailable, message: "figures have names: let figures = try model.evaluate(x, y); figures[\"loss\"]")
    @_disfavoredOverload
    public func evaluate(_ x: Tensor, _ y: Tensor, batchSize: Int = 32, verbose: Int) throws -> (Double, Double) {
        fatalError()
    }

    @available(*, unavailable, message: "figures have names: let figures = try model.evaluate(data); figures[\"loss\"]")
    @_disfavoredOverload
    public func evaluate(_ source: some BatchSource, steps: Int? = nil) throws -> (Double, Double) { fatalError() }

    @available(*, unavailable, message: "predict prints nothing: leave out verbose")
    public func predict(_ x: Tensor, batchSize: Int = 32, verbose: Int) throws -> Tensor { fatalError() }

    @available(*, unavailable, message: "inputs are a list in the order of model.inputs: fit([title, body], [price])")
    @discardableResult
    public func fit(
        _ x: [String: Tensor], _ y: Any, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "inputs are a list in the order of model.inputs: fit([title, body], [price])")
    @discardableResult
    public func fit(
        _ x: [String: Tensor], _ y: Any, epochs: Int, batchSize: Int, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "inputs are a list in the order of model.inputs: predict([title, body])")
    public func predict(_ x: [String: Tensor], batchSize: Int = 32) throws -> [Tensor] { fatalError() }

    @available(*, unavailable, message: "inputs are a list in the order of model.inputs: evaluate([title, body], [price])")
    public func evaluate(_ x: [String: Tensor], _ y: Any, batchSize: Int = 32) throws -> Logs { fatalError() }

    @available(*, unavailable, message: "name it: loss: .custom(name: \"cubed\") { yTrue, yPred in ... }")
    public func compile(
        optimizer: any OptimizerConvertible, loss: (Tensor, Tensor) -> Tensor, metrics: [any MetricConvertible] = []
    ) throws { fatalError() }

    @available(*, unavailable, message: "write losses: [...], lossWeights: [...]")
    public func compile(
        optimizer: any OptimizerConvertible, loss: [any LossConvertible], lossWeights: [Double]? = nil,
        metrics: [any MetricConvertible] = []
    ) throws { fatalError() }

    @available(*, unavailable, message: "write losses: [\"name\": ...], lossWeights: [\"name\": ...]")
    public func compile(
        optimizer: any OptimizerConvertible, loss: [String: any LossConvertible], lossWeights: [String: Double]? = nil,
        metrics: [any MetricConvertible] = []
    ) throws { fatalError() }

    @available(*, unavailable, renamed: "init(inputs:outputs:name:)")
    public convenience init(_ inputs: SymbolicTensor, _ outputs: SymbolicTensor, name: String? = nil) { fatalError() }
    @available(*, unavailable, renamed: "init(inputs:outputs:name:)")
    public convenience init(_ inputs: [SymbolicTensor], _ outputs: [SymbolicTensor], name: String? = nil) { fatalError() }
    @available(*, unavailable, renamed: "init(inputs:outputs:name:)")
    public convenience init(_ inputs: [SymbolicTensor], _ outputs: SymbolicTensor, name: String? = nil) { fatalError() }
    @available(*, unavailable, message: "inputs and outputs are lists; the layers' names name them: Input([4], name: \"title\")")
    public convenience init(inputs: [String: SymbolicTensor], outputs: Any, name: String? = nil) { fatalError() }
    @available(*, unavailable, message: "inputs and outputs are lists; the layers' names name them: Dense(1, name: \"price\")")
    public convenience init(inputs: Any, outputs: [String: SymbolicTensor], name: String? = nil) { fatalError() }

    @available(*, unavailable, message: "override trainStep(_ batch: Batch) without a result; see metricsResult()")
    @_disfavoredOverload
    public final func trainStep(_ data: Batch) -> Logs { fatalError() }
    @available(*, unavailable, message: "override testStep(_ batch: Batch) without a result; see metricsResult()")
    @_disfavoredOverload
    public final func testStep(_ data: Batch) -> Logs { fatalError() }
}

/// PyTorch's base class, in whose place two stand.
@available(*, unavailable, message: "subclass Layer, or Model to train it, and override call(_ x: Tensor, in context: CallContext)")
public typealias Module = Layer

extension Sequential {
    @available(*, unavailable, message: "layers are a list: Sequential([Dense(8), Dense(1)])")
    @_disfavoredOverload
    public convenience init(_ layers: () -> Void) { fatalError() }
}

extension Tensor {
    @available(*, unavailable, message: "the shape is a list: Tensor.zeros([2, 3])")
    public static func zeros(_ size: Int, _ sizes: Int...) -> Tensor { fatalError() }
    @available(*, unavailable, message: "the shape is a list: Tensor.ones([2, 3])")
    public static func ones(_ size: Int, _ sizes: Int...) -> Tensor { fatalError() }
}

extension GradientTape {
    @available(*, unavailable, message: "gradients are a list: let g = tape.connectedGradients(of: y, withRespectTo: [w, b])")
    @_disfavoredOverload
    public func gradient(of target: Tensor, withRespectTo sources: [Variable]) -> (Tensor, Tensor) { fatalError() }
    @available(*, unavailable, message: "gradients are a list: let g = tape.connectedGradients(of: y, withRespectTo: [w, b])")
    @_disfavoredOverload
    public func gradient(of target: Tensor, withRespectTo sources: [Variable]) -> (Tensor, Tensor, Tensor) { fatalError() }
}
