import Foundation
import Martlet

/// What users of Keras write, as far as Swift's grammar goes. It must compile.
func spellings(_ tensor: Tensor?, x: Tensor, y: Tensor, variable: Variable) throws {
    let number = tensor?.item() ?? 0
    let _: Double = number
    let model = Sequential([
        InputLayer(28, 28, 1), Conv2D(32, 3, padding: .same, activation: .relu), MaxPooling2D(2), Conv2D(32, [3, 3], strides: 2),
        AveragePooling2D([2, 2], strides: 2), Conv2DTranspose(4, 2), SeparableConv2D(8, 3), DepthwiseConv2D(3), UpSampling2D(2),
        ZeroPadding2D(1), Cropping2D(1), LeakyReLU(0.2), BatchNormalization(), Dropout(0.5), Flatten(), Dense(10),
    ])
    _ = Sequential([InputLayer([10, 4]), Conv1D(8, 3), MaxPooling1D(2), Permute([2, 1]), LSTM(4), RepeatVector(3)])
    _ = Model(inputs: Input(28, 28), outputs: Flatten()(Input([28, 28])))
    try model.compile(optimizer: "adam", loss: "mse", metrics: ["mae"])
    try model.fit(x, y, epochs: 2, validationSplit: 0.1, callbacks: [EarlyStopping(patience: 2)])
    _ = 0.5 * (1 + (.pi * x / 10).cos())
    _ = 0.5 * x * (1 + tanh(sqrt(2 / Tensor.pi) * (x + 0.044715 * pow(x, 3))))
    _ = -(y * log(x + 1e-7) + (1 - y) * log(1 - x + 1e-7)).mean()
    _ = (-y + sqrt(y * y - 4 * x * 3)) / (2 * x)
    _ = exp(-(x - 0.5) * (x - 0.5) / (2 * 0.1 * 0.1)) / (0.1 * sqrt(2 * Tensor.pi))
    _ = 2 * variable * x + variable - 0.5 * (variable * variable) / 3
    _ = 1 - (2 * (x * y).sum() + 1) / (x.sum() + y.sum() + 1)
    try model.compile(optimizer: .adam, loss: .huber, metrics: [.auc, .precision, MeanAbsoluteError()])
    _ = [SGD(0.1), SGD(0.1, momentum: 0.9), Adam(1e-3), AdamW(1e-3, weightDecay: 0.01), AdamW(1e-3), RMSprop(0.001)]
    _ = Sequential([Masking(0), Normalization(axis: -1), LayerNormalization(axis: -1), Softmax(axis: -1)])
    _ = SparseCategoricalAccuracy()(y, x)
    _ = (Float(x.sum()), Int(y.argmax()), Double(x.mean()), Tensor(UInt8(3)), Tensor(true), Tensor([[[[1.0]]]]))
    _ = ((x .> 0) & (x .< 1)) | !(x .> 2)
    _ = (softmax(x), stack([x]), concatenate([x, x], axis: 0), square(x), sign(x), abs(variable).sum(), matmul(x, variable))
    let symbol = Input([10, 16])
    _ = Model(inputs: symbol, outputs: LayerNormalization()(symbol + tanh(symbol) * 2)[0..., 0].mean(axis: 1, keepDims: true))
    _ = Sequential([Input(shape: [28, 28]), Flatten(), Dense(3, kernelInitializer: .randomNormal, kernelRegularizer: .l2)])
    _ = Sequential([Input([8]), Dense(2, kernelConstraint: .maxNorm)])
    _ = Sequential([Conv2D(4, 3, padding: "same", activation: "relu"), RandomFlip("horizontal"), MaxPooling2D(2, padding: "same")])
    _ = (x[-2...], x[..<-1], x[1..<-1, .ellipsis], x[.ellipsis, .newAxis], Tensor.zeros([2], dtype: "float64"))
    _ = (Variable(3.0), Variable([1.0, 2.0]), Variable(x, name: "w", trainable: false))
    variable -= 0.1 * x
    variable += 1
    variable.assign(0)
    for size in x.shape { print(size, x.shape.count, x.shape.reduce(1, *)) }
    _ = (gelu(x), elu(x), leakyReLU(x), silu(symbol), swish(x), selu(x), mish(x), relu6(x), hardSigmoid(symbol))
    try model.fit([x, x], y, epochs: 1, validationData: ([x, x], y))
    try model.fit(x, [y, y], epochs: 1)
    _ = try model.evaluate([x, x], y)
    _ = Dataset.fromTensorSlices((x, y)).shuffle(bufferSize: 10).batch(2)
    _ = Dataset.fromTensorSlices(([x, x], y)).batch(2)
    _ = padSequences([[1, 2], [3]], maxLength: 4, padding: "post")
    _ = try timeseriesDatasetFromArray(x, targets: y, sequenceLength: 3)
    _ = try textDatasetFromDirectory("aclImdb/train", labelMode: "int", seed: 1, validationSplit: 0.2, subset: "training")
    _ = try CSV("a.csv").tensor(["age", "fare"], missing: .skip)
    _ = EarlyStopping(monitor: "val_loss", patience: 2, mode: "min")
    _ = TextVectorization(maxTokens: 10, standardize: "lower", outputMode: "int")
}

final class Unnamed: Layer {
    var w: Variable!
    override func build(for shapes: [PartialShape]) throws {
        w = addWeight(shape: [shapes[0][-1]!, 2], initializer: .randomNormal, trainable: true)
    }
    override func call(_ x: Tensor, in context: CallContext) -> Tensor { gelu(matmul(x, w)) }
}
