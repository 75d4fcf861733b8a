// Forms in which Keras and PyTorch write layers and callbacks: the compiler answers with Martlet's. See OtherForms.swift.

import MartletCore
import MartletFormats

extension Dense {
    @available(*, unavailable, message: "inputDim is a layer of its own: begin the model with InputLayer([4])")
    public convenience init(_ units: Int, activation: ActivationFunction? = nil, inputDim: Int) { fatalError() }
    @available(*, unavailable, message: "inputDim is a layer of its own: begin the model with InputLayer([4])")
    public convenience init(_ units: Int, inputDim: Int, activation: ActivationFunction? = nil) { fatalError() }
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(_ units: Int, activation: (Tensor) -> Tensor, name: String? = nil) { fatalError() }
    @available(*, unavailable, message: "write .layer(LeakyReLU()), or put the layer behind this one")
    public convenience init(_ units: Int, activation: Layer, name: String? = nil) { fatalError() }
}

extension Activation {
    @available(*, unavailable, message: "write a name after a dot, .relu, or ActivationFunction(name: \"square\") { $0 * $0 }")
    public convenience init(_ activation: (Tensor) -> Tensor, name: String? = nil) { fatalError() }
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
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), strides: any PerAxis = 1, padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true
    ) { fatalError() }
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, kernelSize: (Int, Int), strides: any PerAxis = 1, padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true
    ) { fatalError() }
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int), padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true, inputShape: Any? = nil
    ) { fatalError() }
    @available(*, unavailable, message: "write [2, 2] for (2, 2)")
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: (Int, Int), padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true, inputShape: Any? = nil
    ) { fatalError() }
}

extension ConvTranspose {
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), strides: any PerAxis = 1, padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true
    ) { fatalError() }
    @available(*, unavailable, message: "write [3, 3] for (3, 3)")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), strides: (Int, Int), padding: Padding = .valid,
        activation: ActivationFunction? = nil, useBias: Bool = true
    ) { fatalError() }
}

extension Reshape {
    @available(*, unavailable, message: "write [7, 7, 64] for (7, 7, 64)")
    public convenience init(_ targetShape: (Int, Int)) { fatalError() }
    @available(*, unavailable, message: "write [7, 7, 64] for (7, 7, 64)")
    public convenience init(_ targetShape: (Int, Int, Int)) { fatalError() }
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

@available(*, unavailable, message: "write [28, 28] for (28, 28)")
public func Input(shape: (Int, Int), name: String? = nil) -> SymbolicTensor { fatalError() }
@available(*, unavailable, message: "write [28, 28, 1] for (28, 28, 1)")
public func Input(shape: (Int, Int, Int), name: String? = nil) -> SymbolicTensor { fatalError() }

extension Embedding {
    @available(*, unavailable, message: "inputLength is not needed: leave it out")
    public convenience init(_ inputDim: Int, _ outputDim: Int, maskZero: Bool = false, inputLength: Int) { fatalError() }
}

extension ModelCheckpoint {
    @available(*, unavailable, message: "saveFreq is saveFrequency, behind the other arguments")
    public convenience init(
        _ path: String, monitor: String = "val_loss", verbose: Any = false, saveBestOnly: Bool = false,
        saveWeightsOnly: Bool = false, saveFreq: Any
    ) { fatalError() }
    @available(*, unavailable, message: "write ModelCheckpoint(\"best.keras\"), without a label")
    public convenience init(
        filepath: String, monitor: String = "val_loss", verbose: Any = false, saveBestOnly: Bool = false,
        saveWeightsOnly: Bool = false
    ) { fatalError() }
    @available(*, unavailable, message: "write ModelCheckpoint(\"best.keras\"), and verbose before saveWeightsOnly")
    public convenience init(filepath: String, saveWeightsOnly: Bool, verbose: Any = false) { fatalError() }
}

extension TensorBoard {
    @available(*, unavailable, message: "logDir is logDirectory, histogramFreq is histogramFrequency")
    public convenience init(logDir: String, histogramFreq: Int = 0) { fatalError() }
}
