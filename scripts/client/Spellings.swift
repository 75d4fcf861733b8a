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
}
