import MartletCore
import MartletData

// What Keras and PyTorch call things that have another name or place here: the compiler answers with it.

extension Layer: OtherlyNamed {}

extension OtherlyNamed where Self: Layer {
    @available(*, unavailable, renamed: "isTrainable")
    public var trainable: Bool {
        get { fatalError() }
        nonmutating set { fatalError() }
    }
    @available(*, unavailable, renamed: "trainableWeights")
    public var trainable_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "trainableWeights")
    public var trainable_variables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var non_trainable_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var nonTrainableVariables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var non_trainable_variables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "getWeights()")
    public var get_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setWeights(_:)")
    public var set_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "parameterCount")
    public var count_params: OtherName { fatalError() }
    @available(*, unavailable, renamed: "parameterCount")
    public var countParams: OtherName { fatalError() }
    @available(*, unavailable, renamed: "config")
    public var get_config: OtherName { fatalError() }
    @available(*, unavailable, renamed: "config")
    public var getConfig: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var reset_states: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var resetStates: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var reset_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var state_dict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isTrainable")
    public var requires_grad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isTrainable")
    public var requiresGrad: OtherName { fatalError() }
}

extension OtherlyNamed where Self: Model {
    @available(*, unavailable, renamed: "trainOnBatch(_:_:)")
    public var train_on_batch: OtherName { fatalError() }
    @available(*, unavailable, renamed: "testOnBatch(_:_:)")
    public var test_on_batch: OtherName { fatalError() }
    @available(*, unavailable, renamed: "predictOnBatch(_:)")
    public var predict_on_batch: OtherName { fatalError() }
    @available(*, unavailable, renamed: "saveWeights(to:)")
    public var save_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "loadWeights(from:)")
    public var load_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "toJSON()")
    public var to_json: OtherName { fatalError() }
    @available(*, unavailable, renamed: "toJSON()")
    public var toJson: OtherName { fatalError() }
    @available(*, unavailable, renamed: "layer(named:)")
    public var get_layer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "layer(named:)")
    public var getLayer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "load(from:)")
    public var load_model: OtherName { fatalError() }
    @available(*, unavailable, renamed: "trainStep(_:)")
    public var train_step: OtherName { fatalError() }
    @available(*, unavailable, renamed: "testStep(_:)")
    public var test_step: OtherName { fatalError() }
    @available(*, unavailable, renamed: "stopTraining")
    public var stop_training: OtherName { fatalError() }
    @available(*, unavailable, renamed: "metricsNames")
    public var metrics_names: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetMetrics()")
    public var reset_metrics: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.addLoss(_:) within call(_:in:)")
    public var add_loss: OtherName { fatalError() }
    @available(*, unavailable, message: "models are in training only where training: true says so")
    public var eval: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.weights")
    public var parameters: OtherName { fatalError() }
}

extension Metric: OtherlyNamed {}

extension OtherlyNamed where Self: Metric {
    @available(*, unavailable, renamed: "update(_:_:sampleWeight:)")
    public var updateState: OtherName { fatalError() }
    @available(*, unavailable, renamed: "update(_:_:sampleWeight:)")
    public var update_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var resetState: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var resetStates: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var reset_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var reset_states: OtherName { fatalError() }
}

extension Optimizer: OtherlyNamed {}

extension OtherlyNamed where Self: Optimizer {
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var applyGradients: OtherName { fatalError() }
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var apply_gradients: OtherName { fatalError() }
    @available(*, unavailable, message: "record the loss with a GradientTape: optimizer.apply(gradients, to: variables)")
    public var minimize: OtherName { fatalError() }
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var step: OtherName { fatalError() }
    @available(*, unavailable, message: "gradients are values: there is nothing to set to zero")
    public var zero_grad: OtherName { fatalError() }
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
        callbacks: [Callback] = []
    ) throws -> History { fatalError() }

    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    public func evaluate(_ x: Tensor, _ y: Tensor, batchSize: Int = 32, verbose: Int) throws -> Logs { fatalError() }

    @available(*, unavailable, message: "predict prints nothing: leave out verbose")
    public func predict(_ x: Tensor, batchSize: Int = 32, verbose: Int) throws -> Tensor { fatalError() }
}

extension Dense {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: [Int], activation: ActivationFunction? = nil) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, activation: ActivationFunction?, inputShape: [Int]) { fatalError() }
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(_ units: Int, activation: (Tensor) -> Tensor, name: String? = nil) { fatalError() }
    @available(*, unavailable, message: "write .layer(LeakyReLU()), or put the layer behind this one")
    public convenience init(_ units: Int, activation: Layer, name: String? = nil) { fatalError() }
}

extension Activation {
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(_ activation: (Tensor) -> Tensor, name: String? = nil) { fatalError() }
}

extension Flatten {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: [Int]) { fatalError() }
}

extension Conv {
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        activation: (Tensor) -> Tensor
    ) { fatalError() }
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        activation: (Tensor) -> Tensor
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: [Int]
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: [Int]
    ) { fatalError() }
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), strides: any PerAxis = 1, padding: Padding = .valid,
        activation: ActivationFunction? = nil, inputShape: [Int] = []
    ) { fatalError() }
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, kernelSize: (Int, Int), strides: any PerAxis = 1, padding: Padding = .valid,
        activation: ActivationFunction? = nil, inputShape: [Int] = []
    ) { fatalError() }
}

extension Pooling {
    @available(*, unavailable, message: "write [2, 2] for (2, 2)")
    public convenience init(_ poolSize: (Int, Int), padding: Padding = .valid) { fatalError() }
    @available(*, unavailable, message: "write [2, 2] for (2, 2)")
    public convenience init(poolSize: (Int, Int), padding: Padding = .valid) { fatalError() }
}

extension InputLayer {
    @available(*, unavailable, message: "write InputLayer([28, 28]), or InputLayer(28, 28)")
    public convenience init(shape: [Int?], dtype: DType? = nil, name: String? = nil) { fatalError() }
    @available(*, unavailable, message: "write InputLayer([28, 28]), or InputLayer(28, 28)")
    public convenience init(inputShape: [Int?], dtype: DType? = nil, name: String? = nil) { fatalError() }
}

@available(*, unavailable, renamed: "register(_:package:)")
public func register_keras_serializable(_ package: String = "Custom") { fatalError() }
@available(*, unavailable, message: "write Model.load(from:)")
public func load_model(_ path: String) -> Model { fatalError() }
