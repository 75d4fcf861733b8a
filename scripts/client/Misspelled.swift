import Martlet

// What users of other libraries write first. Each line must fail, with the words of its comment.
func misspelled(x: Tensor, y: Tensor, v: Variable, model: Model, layer: Layer) throws {
    _ = x.reshape([2, 3])  // 'reshape' has been renamed to 'reshaped(_:)'
    _ = x.reshape(2, -1)  // 'reshape' has been renamed to 'reshaped(_:)'
    _ = x.std(axis: 1, keepdims: true)  // 'std' has been renamed to 'standardDeviation(axis:)'
    _ = x.astype(.float32)  // 'astype' has been renamed to 'cast(to:)'
    _ = x.astype("float32").mean()  // 'astype' has been renamed to 'cast(to:)'
    _ = x.numpy()  // 'numpy' has been renamed to 'scalars(as:)'
    let n = x.size  // 'size' has been renamed to 'elementCount'
    _ = x.T  // 'T' has been renamed to 'transposed()'
    _ = x > 0.5  // '>' has been renamed to '.>'
    if x > 0.5 { print(n) }  // compare elements with .>, and ask for .any() or .all()
    _ = x < y  // '<' has been renamed to '.<'
    _ = Tensor.arange(0, 10)  // 'arange' has been renamed to 'range(_:dtype:)'
    let z: Tensor = .zeros_like(x)  // 'zeros_like' has been renamed to 'zeros(like:)'
    _ = z.detach()  // 'detach' has been renamed to 'stopGradient()'
    layer.trainable = false  // 'trainable' has been renamed to 'isTrainable'
    _ = layer.nonTrainableVariables  // 'nonTrainableVariables' has been renamed to 'nonTrainableWeights'
    model.reset_states()  // 'reset_states' has been renamed to
    model.load_weights("a.h5")  // 'load_weights' has been renamed to 'loadWeights(from:)'
    try model.fit(x, y, epochs: 2, verbose: 1)  // verbose is verbosity: .silent, .progressBar or .onePerEpoch
    try model.fit(x: x, y: y, epochs: 2)  // extraneous argument labels 'x:y:' in call
    _ = Dense(units: 10, activation: .relu)  // extraneous argument label 'units:' in call
    _ = Dense(10, activation: .relu, inputShape: [4])  // begin the model with InputLayer([...])
    _ = Dropout(rate: 0.5)  // extraneous argument label 'rate:' in call
    _ = Flatten(inputShape: [28, 28])  // begin the model with InputLayer([...])
    _ = MaxPooling2D((2, 2))  // write [2, 2] for (2, 2)
    _ = Conv2D(32, (3, 3), activation: .relu)  // write [3, 3] for (3, 3)
    _ = Conv2D(32, (3, 3), activation: .relu, inputShape: [28, 28, 1])  // write [3, 3] for (3, 3)
    _ = Conv2D(32, kernelSize: (3, 3), activation: .relu)  // write [3, 3] for (3, 3)
    _ = x == y  // '==' has been renamed to '.=='
    if x == y { print(n) }  // compare elements with .==, and ask for .any() or .all()
    _ = x.mean(axis: [0, 1])  // 'mean(axis:keepDims:)' has been renamed to 'mean(axes:keepDims:)'
    _ = x.sum(dim: 1)  // 'sum(dim:keepDims:)' has been renamed to 'sum(axis:keepDims:)'
    _ = v.reshape([2, 3])  // 'reshape' has been renamed to 'reshaped(_:)'
    _ = sum(x)  // write x.sum()
    _ = mean(x, axis: 0)  // write x.mean()
    _ = zeros([3])  // write Tensor.zeros(_:)
    _ = to_categorical(y, 3)  // write Tensor.oneHot(_:depth:)
    _ = clip(x, 0, 1)  // write x.clipped(min:max:)
    _ = AUC().updateState(y, x)  // 'updateState' has been renamed to 'update(_:_:sampleWeight:)'
    AUC().reset_states()  // 'reset_states' has been renamed to 'reset()'
    Adam().applyGradients(zip([x], [v]))  // write optimizer.apply(gradients, to: variables)
    Adam().lr = 0.1  // 'lr' has been renamed to 'learningRate'
    _ = Dense(3, activation: relu)  // write a name after a dot, .relu
    _ = Dense(3, activation: { $0 * 2 })  // write a name after a dot, .relu
    _ = Dense(3, activation: LeakyReLU(0.1))  // or put the layer behind this one
    try model.fit(x, y, epochs: 1, batchSize: 32)  // the order: batchSize, epochs, verbosity
    try model.fit(x, y, epochs: 1, validationSplit: 0.2, verbosity: .silent)  // the order: batchSize, epochs, verbosity
    try model.fit(x, y, callbacks: [], validationSplit: 0.2)  // the order: batchSize, epochs, verbosity
    try model.fit(x, y, epochs: 1, validationData: (x, y, y))  // give a TensorDataset(x, y, sampleWeight:)
    try model.fit(Dataset.fromTensorSlices(x, y).batch(2), epochs: 1, validationSplit: 0.2)  // only tensors can be split
    try model.fit(Dataset.fromTensorSlices(x, y).batch(2), batchSize: 2)  // the source says how large its batches are
    _ = InputLayer(shape: [28, 28])  // write InputLayer([28, 28]), or InputLayer(28, 28)
}

// Wrong operands, and members that do not exist within formulas.
func wrong(x: Tensor, y: Tensor, list: [Double], maybe: Tensor?) {
    _ = "a" * x  // binary operator '*' cannot be applied to operands of type 'String' and 'Tensor'
    _ = x * list  // binary operator '*' cannot be applied to operands of type 'Tensor' and '[Double]'
    _ = x + maybe  // value of optional type 'Tensor?' must be unwrapped
    _ = -(y * log(x.foo + 1e-7) + (1 - y) * log(1 - x + 1e-7)).mean()  // value of type 'Tensor' has no member 'foo'
    _ = -(y * log(z + 1e-7) + (1 - y) * log(1 - z + 1e-7)).mean()  // cannot find 'z' in scope
}

final class Watcher: Callback {
    func onEpochEnd(_ epoch: Int, logs: Logs) {}  // overriding declaration requires an 'override' keyword
    override func onTrainBatchEnd(_ batch: Int, logs: Logs) {}  // cannot be overridden
    func on_epoch_end(_ epoch: Int, logs: Logs) {}  // cannot be overridden
    func onEpochBegin(_ epoch: Int, logs: Logs?) {}  // cannot be overridden
}

final class Labelled: Callback {
    func onEpochEnd(epoch: Int, logs: Logs) {}  // cannot be overridden
    func onEpochEnd(_ epoch: Int, _ logs: Logs) {}  // cannot be overridden
    func onTrainBatchEnd(batch: Int, logs: Logs) {}  // cannot be overridden
    func onPredictEnd() {}  // cannot be overridden
}

final class Built: Layer {
    func build(_ shape: Shape) {}  // is declared in extension of 'Layer' and cannot be overridden
    func call(_ x: Tensor) -> Tensor { x }  // is declared in extension of 'Layer' and cannot be overridden
    func call(_ x: Tensor, training: Bool) -> Tensor { x }  // is declared in extension of 'Layer' and cannot be overridden
    func computeOutputShape(_ inputShape: PartialShape) -> PartialShape { [] }  // is declared in extension of 'Layer'
}

final class Stepped: Model {
    func trainStep(_ data: (Tensor, Tensor)) {}  // is declared in extension of 'Model' and cannot be overridden
}
