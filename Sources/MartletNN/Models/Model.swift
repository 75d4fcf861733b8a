import Foundation
import MartletCore
import MartletData
import MartletFormats
import Synchronization

/// A layer that can be trained: `compile`, `fit`, `evaluate`, `predict`.
///
/// As in Keras, there are three ways to make one: `Sequential` for a stack of layers; `Model(inputs:outputs:)` for a
/// graph of layer calls; a subclass that overrides `call` for anything else.
///
/// ```swift
/// let model = Sequential([Flatten(), Dense(128, activation: .relu), Dropout(0.2), Dense(10, activation: .softmax)])
/// try model.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
/// try model.fit(x, y, epochs: 5, validationSplit: 0.1)
/// ```
///
/// Threads may share a model. Calls and `predict` run side by side. What trains or has metrics (`fit`, `evaluate`,
/// `trainOnBatch`, `testOnBatch`) takes turns: a call waits until the one before has ended. So a callback must not wait for
/// another thread that evaluates the model. A call or a prediction during training sees each weight as it was after some step.
///
/// Source: [`keras.Model`](https://keras.io/api/models/model/).
open class Model: Layer {
    /// The graph of a functional model, nil for others.
    package let graph: FunctionalGraph?
    /// How a file arranges inputs and outputs.
    var structures: (inputs: ModelStructure, outputs: ModelStructure)?

    /// The settings of `compile`, nil before it is called.
    var compilation: Compilation? {
        didSet {
            lock.withLock { compiledSteps = nil }
            compilationProblem = nil
            if let scope = Distribution.current { distribution = scope }
            Trace.noteSettingsChange()
        }
    }
    private var compiledSteps: (any ModelSteps)?
    /// What runs the steps on shards of batches, nil where they run on whole ones. It is that of the scope in which the model was
    /// made or compiled.
    package var distribution = Distribution.current { didSet { lock.withLock { compiledSteps = nil } } }
    /// Says which penalty or constraint of the model's file is missing.
    var missingPart: String?
    /// Why the compilation of the model's file could not be taken over.
    var compilationProblem: String?
    /// Whether `fit`, `evaluate` and `predict` run ops one by one instead of compiled steps. A step can then be debugged, and
    /// may read the elements of its tensors. The results have the same bits. `compile` sets it.
    public var runsEagerly = false
    /// Whether `fit` and `evaluate` run as within `withDebugNumerics`: they throw an error that names the op, the layer and the
    /// batch in which NaN or infinity appears first. `compile` sets it.
    public var debugsNumerics = false
    /// The input shapes of the first data that the model saw, batch axis included.
    var seenInputShapes: [PartialShape]? {
        get { lock.withLock { seenShapes } }
        set { lock.withLock { seenShapes = newValue } }
    }
    private var seenShapes: [PartialShape]?
    private let lock = NSLock()

    /// Held by what trains the model or has metrics, from start to end. `fit` evaluates, and callbacks may.
    let run = NSRecursiveLock()

    /// The stream from which `fit` takes the orders of samples. The first one begins it. It goes on from one `fit` to the
    /// next, and with the model through files.
    var orders: RandomGenerator?

    /// The state of `orders` from which the running order was drawn, and the last epoch that takes samples in it.
    var presentOrder: (state: Tensor, lastEpoch: Int)?

    /// When a callback or another thread sets this to true, `fit` ends after the current batch.
    public var stopTraining: Bool {
        get { stops.load(ordering: .relaxed) }
        set { stops.store(newValue, ordering: .relaxed) }
    }
    /// When a callback or another thread sets this to true, `evaluate` ends after the current batch, with the figures so far. It
    /// does not end `fit`.
    public var stopEvaluating: Bool {
        get { evaluationStops.load(ordering: .relaxed) }
        set { evaluationStops.store(newValue, ordering: .relaxed) }
    }

    /// When a callback or another thread sets this to true, `predict` ends after the current batch, with the outputs so far.
    public var stopPredicting: Bool {
        get { predictionStops.load(ordering: .relaxed) }
        set { predictionStops.store(newValue, ordering: .relaxed) }
    }
    private let stops = Atomic(false)
    private let evaluationStops = Atomic(false)
    private let predictionStops = Atomic(false)

    /// The compiled steps, made when they are first needed; nil when the model runs eagerly.
    func steps() -> (any ModelSteps)? {
        guard !runsEagerly, !needsElementsInside else { return nil }
        return lock.withLock {
            let steps = compiledSteps ?? distribution?.makeSteps(of: self) ?? CompiledSteps(self)
            compiledSteps = steps
            return steps
        }
    }

    /// Note the losses of steps.
    var watches: [StepWatch] = [] { didSet { Trace.noteSettingsChange() } }

    override var ownTraceSettings: [AnyHashable] {
        super.ownTraceSettings + [compilation.map { ObjectIdentifier($0) }, watches.map { ObjectIdentifier($0) }]
    }

    /// For subclasses, which override `call`.
    public override init(name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
        graph = nil
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    /// Makes a functional model of the layer calls between `inputs` and `outputs`.
    /// Stops when an output needs an input that is not listed.
    public init(inputs: [SymbolicTensor], outputs: [SymbolicTensor], name: String? = nil) {
        do {
            graph = try FunctionalGraph(inputs: inputs, outputs: outputs)
        } catch {
            stop(name ?? "Model", "\(error)")
        }
        super.init(name: name ?? LayerNames.next(for: "Functional"))
        isNamedAutomatically = name == nil
        // The layers were built when they were called.
        do { try ensureBuilt(for: inputs.map(\.shape)) } catch { Argument.note(error) }
    }

    /// A functional model of a graph that was read from a file.
    init(graph: FunctionalGraph, name: String?, trainable: Bool) {
        self.graph = graph
        super.init(name: name ?? LayerNames.next(for: "Functional"), trainable: trainable)
        isNamedAutomatically = name == nil
    }

    /// Makes a functional model of one input and one output.
    public convenience init(inputs: SymbolicTensor, outputs: SymbolicTensor, name: String? = nil) {
        self.init(inputs: [inputs], outputs: [outputs], name: name)
    }

    /// The graph of a functional model or of a stack that is built, nil for others.
    var symbolicGraph: FunctionalGraph? { graph }

    /// The layers, in the order of calls, or of declaration in a subclass.
    public var layers: [Layer] { sublayers }

    /// The inputs of a graph, or of a stack that begins with an `InputLayer`; empty where only data tells.
    package var inputSpecs: [(name: String, shape: PartialShape, dtype: DType)] {
        graph?.inputs.map { ($0.node.layer.name, $0.shape, $0.dtype) } ?? []
    }

    /// The layer of this name, nil when there is none.
    public func layer(_ name: String) -> Layer? { layers.first { $0.name == name } }

    open override var sublayers: [Layer] {
        guard let graph else { return super.sublayers }
        if let layers = graph.layersOfFile, FunctionalGraph.isReadingFile { return layers }
        return graph.layers
    }

    override var callCount: Int { graph?.callCount ?? super.callCount }

    open override var className: String { graph == nil ? super.className : "Functional" }

    open override var description: String { summaryText() }

    open override var config: [String: JSONValue] {
        guard let graph else { return super.config }
        let own: [String: JSONValue] = ["name": .string(name), "trainable": .bool(isTrainable)]
        return own.merging(ModelWriter.config(of: graph, structures)) { $1 }
    }

    open override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        guard let graph else { return super.call(inputs, in: context) }
        guard
            require(
                inputs.count == graph.inputs.count, name,
                "Expected \(graph.inputs.count) inputs. Received: \(inputs.count).")
        else { return graph.outputs.map { _ in .nothing } }
        // An input of 16 bits rounds the data, as in Keras. Layers cast what is wider.
        let taken = zip(inputs, graph.inputs).map { x, input in
            x.dtype.isFloatingPoint && input.dtype.isHalf && Context.current.castsInputs ? x.cast(to: input.dtype) : x
        }
        return graph.run(taken.withMasks(context.masks))
    }

    open override func build(for inputShapes: [PartialShape]) throws {
        if graph != nil { _ = try outputShapes(for: inputShapes) }
    }

    open override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard let graph else { return try super.outputShapes(for: inputShapes) }
        try check(inputShapes, against: graph.inputs)
        return try graph.outputShapes(for: inputShapes)
    }

    /// One step of training: predictions, loss, gradients, update, metrics. Override it for a custom step, with
    /// `computeLoss`, the optimizer's `apply` and `updateMetrics`. `fit` reports the metrics. Unless the model runs eagerly,
    /// `fit` compiles the step, as ``compiled(name:maximumTraces:_:)`` describes: it is then called once for each shape of
    /// batch.
    open func trainStep(_ batch: Batch) {
        guard let optimizer else { stop("\(name).trainStep", "The model is not compiled.") }
        let tape = GradientTape()
        let (predictions, loss, scaledLoss) = tape.record {
            let predictions = apply(batch.inputs, training: true)
            let loss = computeLoss(batch, predictions: predictions)
            return (predictions, loss, optimizer.scaleLoss(loss))
        }
        let variables = trainableVariables
        let gradients = tape.gradient(of: scaledLoss, withRespectTo: variables)
        // A metric that does not take the batch fails before weights change.
        updateMetrics(batch, predictions: predictions, loss: loss)
        optimizer.apply(gradients, to: variables)
    }

    /// One step of evaluation: predictions, loss, metrics. Override it for a custom step.
    open func testStep(_ batch: Batch) {
        let predictions = apply(batch.inputs, training: false)
        let loss = computeLoss(batch, predictions: predictions)
        updateMetrics(batch, predictions: predictions, loss: loss)
    }

    /// One step of prediction: the outputs for the inputs of a batch, in inference mode. Override it for a custom step.
    open func predictStep(_ inputs: [Tensor]) -> [Tensor] { apply(inputs, training: false) }

    open override func validate(values: Tensor) throws { try validate(inputs: [values]) }

    /// Lets the first layers check the values of the data; nil stands for an input that is not data.
    func validate(inputs: [Tensor?]) throws {
        guard let graph else { return }
        let entries = graph.inputs.map { ObjectIdentifier($0.node) }
        for node in graph.nodes where !node.call.reverse {
            let values = node.inputs.map { input in
                entries.firstIndex(of: ObjectIdentifier(input.node)).flatMap { $0 < inputs.count ? inputs[$0] : nil }
            }
            try validate(values, enteringAt: node.layer)
        }
    }

    func validate(_ inputs: [Tensor?], enteringAt layer: Layer) throws {
        if inputs.allSatisfy({ $0 == nil }) { return }
        try Context.current.inLayer(name) {
            try Context.current.inLayer(layer.name) {
                try locatingErrors {
                    if let model = layer as? Model, inputs.count > 1 { return try model.validate(inputs: inputs) }
                    for values in inputs { try values.map(layer.validate) }
                }
            }
        }
    }

    /// Whether the output shapes are known without running the model. They are not for a subclass that only overrides
    /// `call`.
    var knowsOutputShapes: Bool { graph != nil }
    /// The layers of a graph or a stack do. A subclass may compute with its inputs itself.
    override var castsInputs: Bool { graph == nil && !(self is Sequential) && computeDType.isHalf && super.castsInputs }
    /// The layers inside say for themselves.
    open override var takesStrings: Bool { true }
    override var listParameter: String? { graph.map { $0.inputs.count > 1 ? "inputs" : nil } ?? nil }

    private func check(_ shapes: [PartialShape], against inputs: [SymbolicTensor]) throws {
        guard shapes.count == inputs.count else {
            throw MartletError(
                "Expected \(inputs.count) inputs (\(inputs.map(\.node.layer.name).joined(separator: ", "))). "
                    + "Received: \(shapes.count).")
        }
        for (shape, input) in zip(shapes, inputs) where !input.shape.accepts(shape) {
            throw MartletError(
                "Expected \(input.shape.kind) \(input.shape) for input \"\(input.node.layer.name)\". "
                    + "Received: \(shape.holdsStrings ? "strings of shape " : "")\(shape).")
        }
    }
}
