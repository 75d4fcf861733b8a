// Labels of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

import MartletCore

extension Dense {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, activation: ActivationFunction?, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, activation: ActivationFunction?, input_shape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: Any, activation: ActivationFunction? = nil) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, input_shape: Any, activation: ActivationFunction? = nil) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, useBias: Bool, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, useBias: Bool, input_shape: Any) { fatalError() }
}

extension Flatten {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(input_shape: Any) { fatalError() }
}

extension BatchNormalization {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(input_shape: Any) { fatalError() }
}

extension LayerNormalization {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(input_shape: Any) { fatalError() }
}

extension Conv {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil,
        input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, _ kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil,
        input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil,
        inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ filters: Int, kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil,
        input_shape: Any
    ) { fatalError() }
}

extension LSTM {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: Any, returnSequences: Bool) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, input_shape: Any, returnSequences: Bool) { fatalError() }
}

extension GRU {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: Any, returnSequences: Bool) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, input_shape: Any, returnSequences: Bool) { fatalError() }
}

extension SimpleRNN {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, input_shape: Any
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: Any, returnSequences: Bool) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, input_shape: Any, returnSequences: Bool) { fatalError() }
}

extension Bidirectional {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, input_shape: Any) { fatalError() }
}

extension TimeDistributed {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, input_shape: Any) { fatalError() }
}

extension Normalization {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(axis: Int? = -1, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(axis: Int? = -1, input_shape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: Any, axis: Int?) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(input_shape: Any, axis: Int?) { fatalError() }
}

extension Rescaling {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ scale: Double, offset: Double = 0, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ scale: Double, offset: Double = 0, input_shape: Any) { fatalError() }
}

extension Dropout {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, input_shape: Any) { fatalError() }
}

extension SpatialDropout1D {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, input_shape: Any) { fatalError() }
}

extension SpatialDropout2D {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, input_shape: Any) { fatalError() }
}

extension GaussianNoise {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ amount: Double, input_shape: Any) { fatalError() }
}

extension Masking {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(maskValue: Double = 0, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(maskValue: Double = 0, input_shape: Any) { fatalError() }
}

extension Reshape {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ targetShape: [Int], inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ targetShape: [Int], input_shape: Any) { fatalError() }
}

extension Activation {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ activation: ActivationFunction, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ activation: ActivationFunction, input_shape: Any) { fatalError() }
}

extension RandomFlip {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ mode: RandomFlip.Mode = .horizontalAndVertical, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ mode: RandomFlip.Mode = .horizontalAndVertical, input_shape: Any) { fatalError() }
}

extension RandomRotation {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ factor: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ factor: Double, input_shape: Any) { fatalError() }
}

extension RandomZoom {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ factor: Double, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ factor: Double, input_shape: Any) { fatalError() }
}

extension Resizing {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ height: Int, _ width: Int, inputShape: Any) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ height: Int, _ width: Int, input_shape: Any) { fatalError() }
}

extension Adadelta {
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adadelta(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Adafactor {
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adafactor(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Adagrad {
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adagrad(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Adam {
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adam(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension AdamW {
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write AdamW(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Adamax {
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Adamax(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Ftrl {
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Ftrl(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Lamb {
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lamb(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Lion {
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Lion(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Muon {
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Muon(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension Nadam {
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write Nadam(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension RMSprop {
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write RMSprop(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension SGD {
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write SGD(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}

extension ScheduleFreeAdamW {
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, clipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, clipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, clipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, clipValue: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, clipValue: 1)")
    public convenience init(_ learningRate: any LearningRate, clipvalue: Double) { fatalError() }
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(learningRate: any LearningRate = 0.001, globalClipnorm: Double) { fatalError() }
    @available(*, unavailable, message: "write ScheduleFreeAdamW(learningRate: 0.001, globalClipNorm: 1)")
    public convenience init(_ learningRate: any LearningRate, globalClipnorm: Double) { fatalError() }
}
