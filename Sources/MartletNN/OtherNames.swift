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
}

extension Model {
    @available(*, unavailable, message: "verbose is verbosity: .silent, .progressBar or .onePerEpoch")
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbose: Int, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: [Callback] = []
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
}

extension Flatten {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: [Int]) { fatalError() }
}

extension Conv {
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
