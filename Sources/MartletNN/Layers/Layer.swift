import Foundation
import MartletCore
import MartletFormats
import Synchronization

/// A building block of a model: weights, made when the shape of the input is first known, and a function of tensors.
///
/// A layer of one's own overrides `call`, and `build` when it has weights:
///
/// ```swift
/// final class Scale: Layer {
///     var factor: Variable!
///     override func build(for inputShapes: [PartialShape]) throws {
///         factor = addWeight("factor", shape: [inputShapes[0][-1]!], initializer: .ones)
///     }
///     override func call(_ x: Tensor, in context: CallContext) -> Tensor { x * factor.value }
/// }
/// ```
///
/// Layers, arrays, dictionaries and optionals of layers held in stored properties are found by themselves, and their
/// weights count as the layer's.
///
/// The properties of a layer describe the arguments of its initializer. These mean the same in all layers:
/// - `activation`: what is applied to the output; nothing when nil.
/// - `kernelInitializer`, `kernelRegularizer`, `kernelConstraint`, and those of other weights: how the weight starts, what
///   adds a penalty on it to the loss, and what is applied to it after every update.
/// - `activityRegularizer`: adds a penalty on the output to the loss.
/// - `name`: nil makes one of the type's name; `trainable`: whether the weights are trained; `dtype`: that of the weights and of
///   the computation, to which floating-point inputs are cast, or a `DTypePolicy` such as `.mixedBfloat16`, which says both; nil
///   is `Settings.dtypePolicy`.
///
/// Threads may call one layer or model at the same time, and each finds in `losses` what its own call added. Set its properties,
/// and write a layer's own properties in `call`, only while no other thread uses it.
///
/// Source: [`keras.layers.Layer`](https://keras.io/api/layers/base_layer/).
open class Layer {
    /// The name within its model, unique where automatic: `dense`, `dense_1`, ...
    public internal(set) var name = ""
    /// Whether the weights of this layer and of the layers in it are trained.
    public var isTrainable: Bool {
        didSet {
            for weight in ownWeights where weight.isMeantForTraining { weight.variable.isTrainable = isTrainable }
            for layer in sublayers { layer.isTrainable = isTrainable }
            if isTrainable != oldValue { Trace.noteSettingsChange() }
        }
    }
    /// Whether the weights exist.
    public var isBuilt: Bool { built.load(ordering: .acquiring) }
    private let built = Atomic(false)
    /// Whether the name is one of those that are numbered within the process.
    var isNamedAutomatically = false
    /// The shapes of the inputs that the layer was first built for, nil before.
    package private(set) var builtInputShapes: [PartialShape]?
    /// The dtypes of the weights and of the computation. A `DTypePolicyMap` gives it when the layer is built, by the path.
    public private(set) var dtypePolicy = DTypePolicy.float32
    /// What gives the policy: itself, or a map.
    var policySource: any DTypeConvertible = DTypePolicy.float32 { didSet { settlePolicy() } }
    /// The dtype of the weights.
    public var dtype: DType { dtypePolicy.variableDType }
    /// The dtype of the weights.
    public var variableDType: DType { dtypePolicy.variableDType }
    /// The dtype to which floating-point inputs are cast, and of the outputs.
    public var computeDType: DType { dtypePolicy.computeDType }
    /// Whether floating-point inputs, and weights that are read in `call`, are cast to `computeDType`.
    public private(set) var autocasts = true
    /// The names of the layers around this one and its own, nil until it is built: `encoder/dense`. The layers of a functional
    /// model are built before they are in it, so their paths begin with themselves.
    public private(set) var path: String?
    /// Adds a penalty on each output to `losses`.
    public internal(set) var activityRegularizer: (any Regularizer)?

    struct Weight {
        let variable: Variable
        let regularizer: (any Regularizer)?
        let isMeantForTraining: Bool
    }
    var ownWeights: [Weight] { weightLock.withLock { madeWeights } }
    /// The adapters of a weight, nil without them.
    var adapters: LowRankAdapters?

    /// Held while what follows is read or changed, here and in `Layer+OwnWeights.swift` alone.
    let weightLock = NSLock()
    var madeWeights: [Weight] = []
    /// What `call` added in the last call of each thread that has not ended.
    var callLosses: [(thread: Weak<Context>, losses: [Tensor])] = []
    private var reflectedSublayers: [(property: String, layer: Layer)]?

    /// Held while weights are made: layers make those of layers inside them.
    private static let building = NSRecursiveLock()

    /// Makes a layer without weights.
    /// - Parameters:
    ///   - name: the name; nil makes one from the type's, as Keras does.
    ///   - trainable: whether the weights are trained.
    ///   - dtype: the policy, or the dtype of weights and computation; nil is `Settings.dtypePolicy`.
    public init(name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
        isTrainable = trainable
        settle(name, dtype)
    }

    /// Makes a layer without weights.
    /// - Parameters:
    ///   - name: the name; nil makes one from the type's, as Keras does.
    ///   - trainable: whether the weights are trained.
    ///   - dtype: the policy, or the dtype of weights and computation; nil is `Settings.dtypePolicy`.
    ///   - autocast: whether floating-point inputs, and weights that are read in `call`, are cast to the dtype of the
    ///     computation: false for layers that choose dtypes themselves.
    public init(name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil, autocast: Bool) {
        isTrainable = trainable
        autocasts = autocast
        settle(name, dtype)
    }

    init(
        name: String?, trainable: Bool, dtype: (any DTypeConvertible)?, activityRegularizer: (any Regularizer)?,
        autocast: Bool = true
    ) {
        isTrainable = trainable
        self.activityRegularizer = activityRegularizer
        autocasts = autocast
        settle(name, dtype)
    }

    /// Settles the policy and the name, and reads the configuration that the layer is being made from, or else checks its
    /// arguments.
    private func settle(_ name: String?, _ dtype: (any DTypeConvertible)?) {
        policySource = dtype ?? Settings.policySource
        // A configuration names the layer itself.
        if PendingConfiguration.find(for: Self.self) == nil { setName(name) }
        settleArguments(of: self)
        // Layers in properties that have no value yet were not found.
        reflectedSublayers = nil
    }

    private func settlePolicy() {
        do { dtypePolicy = try policySource.policy(forLayerAt: path) } catch { Argument.note(error) }
    }

    fileprivate func setName(_ name: String?) {
        self.name = name ?? LayerNames.next(for: Self.typeName)
        isNamedAutomatically = name == nil
    }

    // MARK: - What a subclass overrides

    /// Makes the weights for inputs of the given shapes, whose batch size is unknown. Called once, before the first
    /// call. The default makes none, and checks the shapes with `outputShapes`.
    /// - Throws: `MartletError` when the layer cannot take such inputs.
    open func build(for inputShapes: [PartialShape]) throws { _ = try outputShapes(for: inputShapes) }

    /// Computes the output of one input. Called by `layer(x)`.
    open func call(_ x: Tensor, in context: CallContext) -> Tensor {
        stop(Self.typeName, "The layer computes nothing: override call(_:in:).")
    }

    /// Computes the outputs of several inputs. The default passes a single input to `call` for one.
    open func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        guard require(inputs.count == 1, Self.typeName, "Expected one input. Received: \(inputs.count) inputs.") else {
            return [.nothing]
        }
        return [call(inputs[0], in: context)]
    }

    /// The shapes of the outputs for inputs of the given shapes. A model checks its data with it before the first step.
    /// The default says that the output has the shape of the first input.
    /// - Throws: `MartletError` when the layer cannot take such inputs.
    open func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] { [inputShapes[0]] }

    /// Whether the mask of the first input is also the first output's: so for layers whose output belongs to the same steps
    /// as the input. Others drop it, as in Keras.
    open var supportsMasking: Bool { false }

    /// The masks of the outputs, in their order, missing or nil for those of which everything counts. The default hands
    /// on the first input's where `supportsMasking`.
    /// - Parameters:
    ///   - inputs: what `call` took.
    ///   - masks: for each input its mask; empty when no input has one.
    open func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        supportsMasking ? Array(masks.prefix(1)) : []
    }

    /// Whether `call` sees the masks that its inputs carry, and not only those that are passed to it.
    func seesCarriedMasks(of inputs: [Tensor]) -> Bool { true }

    /// Whether the layer takes strings. Others refuse them.
    open var takesStrings: Bool { false }

    /// - Throws: `MartletError` when an input is of strings that the layer does not take.
    private func checkStrings(_ shapes: [PartialShape]) throws {
        guard !takesStrings, let strings = shapes.first(where: \.holdsStrings) else { return }
        throw MartletError(Self.stringsMessage + " Received: strings of shape \(strings).")
    }

    static let stringsMessage =
        "Expected numbers. StringLookup, TextVectorization, Hashing and HashedCrossing make numbers of strings."

    /// The names of the arguments of Keras's `call`, which files call it with, the tensors first.
    var callParameters: [String] { ["inputs"] }

    /// Which of `callParameters` is a list of tensors.
    var listParameter: String? { nil }

    /// The shapes of the outputs of a call that may say more than its inputs.
    func outputShapes(of call: LayerCall<PartialShape>) throws -> [PartialShape] { try outputShapes(for: call.inputs) }

    /// The shapes of the outputs of a call in a model, whose path errors name.
    /// - Throws: `MartletError` also when no tensor can have such a shape.
    final func checkedOutputShapes(of call: LayerCall<PartialShape>) throws -> [PartialShape] {
        try Context.current.inLayer(name) {
            try locatingErrors {
                try checkStrings(call.inputs)
                return try FailureScope.run { try outputShapes(of: call).map { try $0.validated() } }
            }
        }
    }

    /// Whether floating-point inputs are cast to `computeDType` before `call`, as in Keras. A model leaves that to its layers.
    var castsInputs: Bool { autocasts }

    /// Whether `call` reads elements of its inputs, or the shape of the output depends on them. A function that is being compiled
    /// does not know them, so the steps of a model that holds such a layer run op by op. By default, whether a layer inside does.
    open var needsElements: Bool { distinctSublayers.contains(where: \.needsElements) }

    // MARK: What files hold of a layer beside its weights

    /// The names of arrays that Keras keeps beside the numbered weights.
    var storedNames: Set<String> { [] }
    /// The most bytes that they take in a file.
    var storedByteCount: Int { 0 }
    /// Those arrays.
    var storedArrays: [(name: String, value: Tensor)] { [] }
    /// Takes such an array from a file.
    func load(array: Tensor, named name: String) throws {}
    /// Files in the archive that belong to the layer: vocabularies.
    var assets: [(name: String, bytes: [UInt8])] { [] }
    /// Which of these the layer reads.
    var assetNames: [String] { [] }
    /// Takes such a file.
    func load(asset: [UInt8], named name: String) throws {}

    /// The random streams from which `call` draws: those of the layers inside, by default. A layer that draws lists its own:
    /// files keep their states, and training goes on from a file as it would have gone on without.
    open var randomGenerators: [RandomGenerator] { distinctSublayers.flatMap(\.randomGenerators) }

    /// Whether the layer is called for training where nothing says whether it is.
    var trainsByDefault: Bool { false }

    /// Whether the inputs lose their masks to the layer, for every layer that the same model calls on them later.
    var takesMasksOff: Bool { false }

    /// The dtype of the outputs for inputs of the given dtypes: `computeDType`, by default.
    open func outputType(for inputTypes: [DType]) -> DType { computeDType }

    /// The dtype in which an input of `type` arrives in `call`: what a layer returns that only moves elements.
    func castType(_ type: DType) -> DType { castsInputs && type.isFloatingPoint ? computeDType : type }

    /// Checks the values of data that enters a model at this layer, before anything is computed: that indices have a
    /// row, for example. The default takes everything.
    /// - Throws: `MartletError` naming a bad value.
    open func validate(values: Tensor) throws {}

    /// What traced steps depend on, apart from the layers inside. Each change calls `Trace.noteSettingsChange()`.
    var ownTraceSettings: [AnyHashable] { [isTrainable, (self as? any QuantizableLayer)?.quantization != nil] }

    /// What makes the layer again, under Keras's names: the `config` of Keras's JSON. A subclass adds its own to
    /// `super`'s.
    open var config: [String: JSONValue] {
        (Self.self as? any Described.Type)?.config(of: self) ?? Self.commonArguments.config(of: self)
    }

    private static let commonArguments = Arguments<Layer>(default: Layer())

    /// The type's name, without generic parameters: `Conv2D`.
    class var typeName: String { "\(Self.self)" }

    /// Keras's class name: the type's.
    open var className: String { Self.typeName }

    /// The Python module that Keras's files name for the class.
    var kerasModule: String { "keras.layers" }

    /// What `print` shows: the type, the name, the shapes and the number of parameters; of a model, the summary.
    open var description: String { debugDescription }

    /// What Keras calls the layer among others of its class in a file of weights: its class's name in Python, in snake
    /// case.
    var objectName: String { LayerNames.snakeCase(className) }

    /// What stands before the names of attributes that hold layers, in Keras's files of weights.
    var attributePrefix: String { "" }

    /// The layers inside this one, in the order of their declaration.
    open var sublayers: [Layer] { labelledSublayers.map(\.layer) }

    /// The layers in stored properties, with the names of the properties.
    var labelledSublayers: [(property: String, layer: Layer)] {
        weightLock.withLock {
            let found = reflectedSublayers ?? findSublayers()
            reflectedSublayers = found
            return found
        }
    }

    /// Whether files hold the weights in the order in which they were made, and not the trained ones first.
    var savesInOrder: Bool { adapters != nil }

    /// How many layers run in a call: this one and those in it.
    var callCount: Int { sublayers.reduce(1) { $0 + $1.callCount } }

    /// A layer that is used twice counts once.
    var distinctSublayers: [Layer] {
        var seen: Set<ObjectIdentifier> = []
        return sublayers.filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    // MARK: - Building

    /// Makes the weights for inputs of the given shapes, batch axis included, unless they exist.
    /// - Throws: `MartletError`, at the layer's path, when the layer cannot take such inputs.
    public func ensureBuilt(for inputShapes: [PartialShape]) throws {
        if isBuilt { return }
        Self.building.lock()
        defer { Self.building.unlock() }
        // Another thread may just have made them.
        if isBuilt { return }
        // Weights are made once, not at each run of a step that is being compiled.
        let weightsBefore = ownWeights.count
        do {
            try Context.current.outsideTrace {
                try Context.current.inLayer(name) {
                    try locatingErrors {
                        try checkStrings(inputShapes)
                        path = Context.current.layerPath.joined(separator: "/")
                        if policySource is DTypePolicyMap { try FailureScope.run { settlePolicy() } }
                        try FailureScope.run { try buildWithActivations(for: inputShapes.map(\.withAnyBatch)) }
                    }
                }
            }
        } catch {
            weightLock.withLock { madeWeights.removeLast(madeWeights.count - weightsBefore) }
            throw error
        }
        builtInputShapes = inputShapes.map(\.withAnyBatch)
        weightLock.withLock { reflectedSublayers = nil }
        built.store(true, ordering: .releasing)
    }

    /// Makes the weights, and those of layers that are activations. These take what the layer gives.
    private func buildWithActivations(for shapes: [PartialShape]) throws {
        try build(for: shapes)
        // Whole numbers are not trained: what adapters gave to them is in them.
        let isQuantized = (self as? any QuantizableLayer)?.quantization != nil
        if !isQuantized, let host = self as? any AdapterHost, let rank = host.adapterOptions.rank {
            try host.enableLoRA(rank: rank, alpha: host.adapterOptions.alpha)
        }
        for (_, layer) in activationLayers where !layer.isBuilt {
            try layer.ensureBuilt(for: Array(outputShapes(for: shapes).prefix(1)))
        }
    }

    /// Runs `body`; an error that does not say where it comes from gets the present layer path.
    func locatingErrors<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError where error.location == nil {
            throw MartletError(error.message, at: "layer " + Context.current.layerPath.joined(separator: "/"))
        }
    }

    /// The layers that were given as activations, with the names of the arguments.
    var activationLayers: [(property: String, layer: Layer)] {
        func find(_ mirror: Mirror) -> [(property: String, layer: Layer)] {
            mirror.children.flatMap { child in
                if let activation = child.value as? ActivationFunction {
                    return activation.layer.map { [(child.label ?? "", $0)] } ?? []
                }
                let inner = Mirror(reflecting: child.value)
                return inner.displayStyle == .struct ? find(inner) : []
            }
        }
        var found: [(property: String, layer: Layer)] = []
        var mirror: Mirror? = Mirror(reflecting: self)
        while let level = mirror, level.subjectType != Layer.self {
            found += find(level)
            mirror = level.superclassMirror
        }
        return found
    }

    private func findSublayers() -> [(property: String, layer: Layer)] {
        var found: [(property: String, layer: Layer)] = []
        func visit(_ value: Any, in property: String) {
            if let layer = value as? Layer ?? (value as? ActivationFunction)?.layer {
                found.append((property, layer))
                return
            }
            let mirror = Mirror(reflecting: value)
            switch mirror.displayStyle {
            case .optional, .collection, .dictionary, .tuple, .set, .struct:
                mirror.children.forEach { visit($0.value, in: $0.value is ActivationFunction ? $0.label ?? "" : property) }
            default: break
            }
        }
        var mirror: Mirror? = Mirror(reflecting: self)
        while let level = mirror, level.subjectType != Layer.self {
            // A superclass's properties come before the subclass's.
            let before = found
            found = []
            level.children.forEach { visit($0.value, in: $0.label ?? "") }
            found += before
            mirror = level.superclassMirror
        }
        return found
    }
}

extension Layer: TraceDependency {
    package var traceSettings: [AnyHashable] { ownTraceSettings }
}

struct Weak<Object: AnyObject> {
    weak var object: Object?
    init(_ object: Object) { self.object = object }
}

extension Arguments where Root: Layer {
    /// Makes the table of a layer, to which it adds what all layers have.
    /// - Parameters:
    ///   - value: a layer with every default, and anything good for what is required. Reading begins with it.
    ///   - describe: names the layer's own arguments.
    package init(
        default value: @escaping @Sendable @autoclosure () -> Root, _ describe: (inout Arguments) -> Void = { _ in }
    ) {
        self.init(making: value) {
            $0("trainable", \.isTrainable)
            $0.custom(
                "dtype", read: { layer, config in if let dtype = try config.dtype { layer.policySource = dtype } },
                write: { $0.policyJSON })
            $0.check { layer in
                Argument.check(
                    layer.dtype != .string || layer.takesStrings, layer.className, "dtype", expected: "a dtype of numbers",
                    received: "string")
            }
            describe(&$0)
            // The last, so that what fails takes no automatic name.
            $0.custom("name", read: { try $0.setName($1.name) }, write: { .string($0.name) })
        }
    }
}
