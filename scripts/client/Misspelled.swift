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
    try model.fit(x: x, y: y, epochs: 2)  // leave out the labels: fit(x, y, epochs: 2)
    _ = Dense(units: 10, activation: .relu)  // extraneous argument label 'units:' in call
    _ = Dense(10, activation: .relu, inputShape: [4])  // begin the model with InputLayer([...])
    _ = Dropout(rate: 0.5)  // extraneous argument label 'rate:' in call
    _ = Flatten(inputShape: [28, 28])  // begin the model with InputLayer([...])
    _ = MaxPooling2D((2, 2))  // write [2, 2] for (2, 2)
    _ = Conv2D(32, (3, 3), activation: .relu)  // write [3, 3] for (3, 3)
    _ = Conv2D(32, (3, 3), activation: .relu, inputShape: [28, 28, 1])  // begin the model with InputLayer([...])
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
    AUC().updateState(y, x)  // 'updateState(_:_:sampleWeight:)' has been renamed to 'update(_:_:sampleWeight:)'
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
    _ = Input(shape: (28, 28))  // write [28, 28] for (28, 28)
    _ = Reshape((7, 7, 64))  // write [7, 7, 64] for (7, 7, 64)
    _ = Conv2D(8, (5, 5), strides: (2, 2), padding: "same")  // write [3, 3] for (3, 3)
    _ = Conv2DTranspose(8, (5, 5), strides: (2, 2), padding: "same", useBias: false)  // write [3, 3] for (3, 3)
    _ = LSTM(8, returnSequences: true, inputShape: [10, 1])  // begin the model with InputLayer([...])
    _ = Normalization(inputShape: [1], axis: nil)  // begin the model with InputLayer([...])
    _ = Embedding(10, 4, inputLength: 5)  // inputLength is not needed: leave it out
    _ = Adam(learningRate: 0.1, clipnorm: 1.0)  // write Adam(learningRate: 0.001, clipNorm: 1)
    _ = ModelCheckpoint("a.keras", saveBestOnly: true, saveFreq: 5)  // saveFreq is saveFrequency
    _ = TensorBoard(logDir: "logs", histogramFreq: 1)  // logDir is logDirectory
    _ = Dense(3, kernelRegularizer: "l2")  // write a name after a dot: .l2(0.01)
    _ = Dense(3, kernelInitializer: "he_normal")  // write a name after a dot: .heNormal
    _ = Dense(3, kernelConstraint: "non_neg")  // write a name after a dot: .nonNeg
    _ = Dense(3, useBias: True)  // write true
    _ = Conv2D(32, (3, 3), activation: "relu", input_shape: (28, 28, 1))  // begin the model with InputLayer([...])
    let (dw, db) = GradientTape().gradient(of: x, withRespectTo: [v, v])  // gradients are a list
    _ = Tensor.zeros(2, 3)  // the shape is a list: Tensor.zeros([2, 3])
    _ = Sequential { Dense(3) }  // layers are a list
    final class Net: Module {}  // subclass Layer, or Model to train it
    try model.fit(["a": x], ["b": y], epochs: 2, batchSize: 32)  // inputs are a list in the order of model.inputs
    _ = stack([Input([3]), Input([3])])  // say where the new axis is
    _ = Input([4]).split(count: 2)  // say along which axis
    _ = layers.Dense(3)(y)  // names stand alone, without a module
    let squares: Tensor = tf.square(x)  // names stand alone, without a module
    print(np.mean(x), squares)  // names stand alone, without a module
    _ = Tensor([x, y])  // a list of tensors becomes one by Tensor.stack(tensors)
    _ = Tensor(["a", "b"])  // write Tensor(strings: ["a", "b"])
    _ = x[..., .newAxis]  // write x[.ellipsis, .newAxis]
    _ = x[.all, .newaxis]  // 'newaxis' has been renamed to 'newAxis'
    _ = x >= y  // '>=' has been renamed to '.>='
    let (loss, accuracy) = try model.evaluate(x, y)  // figures have names: let figures = try model.evaluate(x, y)
    let ((images, labels), (tests, answers)) = try Datasets.mnist()  // let data = try Datasets.mnist(): data.train.x
    let (output, state) = layer(x)  // layer.apply([x]) gives the list of all of them
    _ = layer(x, y)  // several inputs are one list: layer([a, b])
    try model.fit(["a": x, "b": y], y, epochs: 1)  // inputs are a list in the order of model.inputs
    _ = try model.predict(["a": x])  // inputs are a list in the order of model.inputs
    try model.fit(x, y, epochs: 1, validationData: (x, y), callbacks: [], verbose: 0)  // verbose is verbosity, behind epochs
    try model.fit(Dataset.fromTensorSlices(x, y).batch(2), stepsPerEpoch: 2, epochs: 1)  // the order: epochs, verbosity
    try model.compile(optimizer: "sgd", loss: { a, b in a - b })  // name it: loss: .custom(name: "cubed")
    try model.compile(optimizer: "sgd", loss: ["a": "mse"], lossWeights: ["a": 1.0])  // write losses: ["name": ...]
    try model.compile(optimizer: "sgd", loss: ["mse", "mae"], lossWeights: [1, 2])  // write losses: [...], lossWeights: [...]
    _ = (loss, accuracy, images, labels, tests, answers, output, state)
}

func graphs(a: SymbolicTensor, b: SymbolicTensor, csv: CSV, base: Model) throws {
    _ = Model(a, b)  // has been renamed to 'init(inputs:outputs:name:)'
    _ = Model([a, b], b, name: "m")  // has been renamed to 'init(inputs:outputs:name:)'
    _ = Model(inputs: [a], outputs: ["price": b])  // the layers' names name them: Dense(1, name: "price")
    _ = Model(inputs: ["a": a], outputs: [b])  // the layers' names name them: Input([4], name: "title")
    _ = Model(inputs: base.inputs, outputs: base.output)  // 'output' has been renamed to 'outputs'
    _ = csv["age"]  // write try csv.tensor("age")
    _ = csv[["age", "fare"]]  // write try csv.tensor("age")
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
    func onPredictBatchEnd(_ batch: Int, logs: Logs) {}  // cannot be overridden
}

final class Built: Layer {
    func build(_ shape: Shape) {}  // is declared in extension of 'Layer' and cannot be overridden
    func call(_ x: Tensor) -> Tensor { x }  // is declared in extension of 'Layer' and cannot be overridden
    func call(_ x: Tensor, training: Bool) -> Tensor { x }  // is declared in extension of 'Layer' and cannot be overridden
    func computeOutputShape(_ inputShape: PartialShape) -> PartialShape { [] }  // is declared in extension of 'Layer'
}

final class Counted: Metric {
    override func updateState(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {}  // cannot be overridden
    override func resetState() {}  // cannot be overridden
}

final class Figures: Model {
    override func trainStep(_ data: Batch) -> Logs { [:] }  // cannot be overridden
}

final class Stepped: Model {
    func trainStep(_ data: (Tensor, Tensor)) {}  // is declared in extension of 'Model' and cannot be overridden
}
