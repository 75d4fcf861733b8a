// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

import MartletCore

extension OtherlyNamed where Self: Layer {
    @available(*, unavailable, renamed: "trainableWeights")
    public var trainable_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "trainableWeights")
    public var trainable_variables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var non_trainable_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var non_trainable_variables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonTrainableWeights")
    public var nonTrainableVariables: OtherName { fatalError() }
    @available(*, unavailable, renamed: "getWeights()")
    public var get_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "setWeights(_:)")
    public var set_weights: OtherName { fatalError() }
    @available(*, unavailable, renamed: "parameterCount")
    public var count_params: OtherName { fatalError() }
    @available(*, unavailable, renamed: "parameterCount")
    public var countParams: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var reset_states: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var resetStates: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetState()")
    public var reset_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var state_dict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var stateDict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var parameters: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var named_parameters: OtherName { fatalError() }
    @available(*, unavailable, renamed: "weights")
    public var namedParameters: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isTrainable")
    public var requires_grad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isTrainable")
    public var requiresGrad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var add_weight: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var add_variable: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var addVariable: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var register_buffer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var registerBuffer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var register_parameter: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addWeight(_:shape:)")
    public var registerParameter: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addLoss(_:)")
    public var add_loss: OtherName { fatalError() }
    @available(*, unavailable, renamed: "dtypePolicy")
    public var dtype_policy: OtherName { fatalError() }
    @available(*, unavailable, renamed: "computeDType")
    public var compute_dtype: OtherName { fatalError() }
    @available(*, unavailable, renamed: "computeDType")
    public var computeDtype: OtherName { fatalError() }
    @available(*, unavailable, renamed: "supportsMasking")
    public var supports_masking: OtherName { fatalError() }
    @available(*, unavailable, message: "override call(_ x: Tensor, in context: CallContext), and write layer(x)")
    public var forward: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.output(of: \"layer\")")
    public var get_output_at: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.output(of: \"layer\")")
    public var getOutputAt: OtherName { fatalError() }
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
    @available(*, unavailable, renamed: "loadWeights(from:)")
    public var load_state_dict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "loadWeights(from:)")
    public var loadStateDict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "toJSON()")
    public var to_json: OtherName { fatalError() }
    @available(*, unavailable, renamed: "toJSON()")
    public var toJson: OtherName { fatalError() }
    @available(*, unavailable, renamed: "layer(_:)")
    public var get_layer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "layer(_:)")
    public var getLayer: OtherName { fatalError() }
    @available(*, unavailable, renamed: "load(from:)")
    public var load_model: OtherName { fatalError() }
    @available(*, unavailable, renamed: "load(from:)")
    public var loadModel: OtherName { fatalError() }
    @available(*, unavailable, renamed: "fit(_:epochs:)")
    public var fit_generator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "fit(_:epochs:)")
    public var fitGenerator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "evaluate(_:)")
    public var evaluate_generator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "evaluate(_:)")
    public var evaluateGenerator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "predict(_:)")
    public var predict_generator: OtherName { fatalError() }
    @available(*, unavailable, renamed: "predict(_:)")
    public var predictGenerator: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.predict(x).argmax(axis: -1)")
    public var predict_classes: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.predict(x).argmax(axis: -1)")
    public var predictClasses: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.predict(x)")
    public var predict_proba: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.predict(x)")
    public var predictProba: OtherName { fatalError() }
    @available(*, unavailable, renamed: "stopTraining")
    public var stop_training: OtherName { fatalError() }
    @available(*, unavailable, renamed: "metricsNames")
    public var metrics_names: OtherName { fatalError() }
    @available(*, unavailable, renamed: "resetMetrics()")
    public var reset_metrics: OtherName { fatalError() }
    @available(*, unavailable, renamed: "inputs")
    public var input: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.outputs[0].shape")
    public var output_shape: OtherName { fatalError() }
    @available(*, unavailable, message: "write model.outputs[0].shape")
    public var outputShape: OtherName { fatalError() }
    @available(*, unavailable, message: "models are in training only where training: true says so")
    public var eval: OtherName { fatalError() }
    @available(*, unavailable, message: "write model(x, training: true) in a loop of your own, or model.fit")
    public var train: OtherName { fatalError() }
}

extension OtherlyNamed where Self: Metric {
    @available(*, unavailable, renamed: "update(_:_:sampleWeight:)")
    public var update_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var reset_state: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reset()")
    public var reset_states: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addState(_:shape:)")
    public var add_variable: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addState(_:shape:)")
    public var addVariable: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addState(_:shape:)")
    public var add_weight: OtherName { fatalError() }
    @available(*, unavailable, renamed: "addState(_:shape:)")
    public var addWeight: OtherName { fatalError() }
}

extension OtherlyNamed where Self: Optimizer {
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var apply_gradients: OtherName { fatalError() }
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var applyGradients: OtherName { fatalError() }
    @available(*, unavailable, message: "write optimizer.apply(gradients, to: variables)")
    public var step: OtherName { fatalError() }
    @available(*, unavailable, message: "record the loss with a GradientTape, and write optimizer.apply(gradients, to: variables)")
    public var minimize: OtherName { fatalError() }
    @available(*, unavailable, message: "record the loss with a GradientTape, and write optimizer.apply(gradients, to: variables)")
    public var compute_gradients: OtherName { fatalError() }
    @available(*, unavailable, message: "record the loss with a GradientTape, and write optimizer.apply(gradients, to: variables)")
    public var computeGradients: OtherName { fatalError() }
    @available(*, unavailable, message: "gradients are values: there is nothing to set to zero")
    public var zero_grad: OtherName { fatalError() }
    @available(*, unavailable, message: "gradients are values: there is nothing to set to zero")
    public var zeroGrad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "variables")
    public var state_dict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "variables")
    public var stateDict: OtherName { fatalError() }
    @available(*, unavailable, renamed: "config")
    public var get_config: OtherName { fatalError() }
    @available(*, unavailable, renamed: "config")
    public var getConfig: OtherName { fatalError() }
}

extension OtherlyNamed where Self: History {
    @available(*, unavailable, renamed: "epochs")
    public var epoch: OtherName { fatalError() }
    @available(*, unavailable, message: "write history[\"loss\"]")
    public var params: OtherName { fatalError() }
}

extension Logs {
    @available(*, unavailable, message: "write logs[\"loss\"]")
    public var get: OtherName { fatalError() }
    @available(*, unavailable, message: "write for (name, value) in logs")
    public var items: OtherName { fatalError() }
}

@available(*, unavailable, message: "write Dense(units): the input says how many features come in")
public var Linear: OtherModule { fatalError() }
@available(*, unavailable, message: "write Conv1D(filters, kernelSize): the input says how many channels come in")
public var Conv1d: OtherModule { fatalError() }
@available(*, unavailable, message: "write Conv2D(filters, kernelSize): the input says how many channels come in")
public var Conv2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write Conv3D(filters, kernelSize): the input says how many channels come in")
public var Conv3d: OtherModule { fatalError() }
@available(*, unavailable, message: "write Conv2DTranspose(filters, kernelSize): the input says how many channels come in")
public var ConvTranspose2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write MaxPooling2D(2)")
public var MaxPool2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write AveragePooling2D(2)")
public var AvgPool2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write GlobalAveragePooling2D(), or AdaptiveAveragePooling2D([7, 7])")
public var AdaptiveAvgPool2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write BatchNormalization()")
public var BatchNorm1d: OtherModule { fatalError() }
@available(*, unavailable, message: "write BatchNormalization()")
public var BatchNorm2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write BatchNormalization()")
public var BatchNorm3d: OtherModule { fatalError() }
@available(*, unavailable, message: "write LayerNormalization()")
public var LayerNorm: OtherModule { fatalError() }
@available(*, unavailable, message: "write SpatialDropout2D(0.5)")
public var Dropout2d: OtherModule { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true), which takes (labels, outputs)")
public var CrossEntropyLoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true), which takes (labels, outputs)")
public var NLLLoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(), which takes (labels, outputs)")
public var BCELoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(fromLogits: true), which takes (labels, outputs)")
public var BCEWithLogitsLoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write MeanSquaredError(), which takes (labels, outputs)")
public var MSELoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write MeanAbsoluteError(), which takes (labels, outputs)")
public var L1Loss: OtherModule { fatalError() }
@available(*, unavailable, message: "write Huber(), which takes (labels, outputs)")
public var SmoothL1Loss: OtherModule { fatalError() }
@available(*, unavailable, message: "write Huber(), which takes (labels, outputs)")
public var HuberLoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write KLDivergence(), which takes (labels, outputs)")
public var KLDivLoss: OtherModule { fatalError() }
@available(*, unavailable, message: "write Dataset.fromTensorSlices(x, y).shuffle(1000).batch(32)")
public var DataLoader: OtherModule { fatalError() }
@available(*, unavailable, message: "write Variable(_:), or addWeight(_:shape:) in a layer")
public var Parameter: OtherModule { fatalError() }
@available(*, unavailable, message: "an array of layers is one: var blocks: [Layer]")
public var ModuleList: OtherModule { fatalError() }
@available(*, unavailable, message: "only what a GradientTape records has gradients: leave it out")
public var no_grad: OtherModule { fatalError() }
@available(*, unavailable, message: "only what a GradientTape records has gradients: leave it out")
public var noGrad: OtherModule { fatalError() }
@available(*, unavailable, message: "write StepDecay, and give it to the optimizer as its learning rate")
public var StepLR: OtherModule { fatalError() }
