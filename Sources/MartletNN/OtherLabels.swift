// Labels of arguments of Keras that Martlet has elsewhere or otherwise: the compiler answers with Martlet's form.

import MartletCore

extension LSTM {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: [Int?]
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: [Int?], returnSequences: Bool = false) { fatalError() }
}

extension GRU {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: [Int?]
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: [Int?], returnSequences: Bool = false) { fatalError() }
}

extension SimpleRNN {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(
        _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape: [Int?]
    ) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, inputShape: [Int?], returnSequences: Bool = false) { fatalError() }
}

extension Bidirectional {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, inputShape: [Int?]) { fatalError() }
}

extension TimeDistributed {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ layer: Layer, inputShape: [Int?]) { fatalError() }
}

extension Embedding {
    @available(*, unavailable, message: "inputLength is not needed: leave it out")
    public convenience init(_ inputDim: Int, _ outputDim: Int, maskZero: Bool = false, inputLength: Int) { fatalError() }
}

extension Normalization {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(axis: Int? = -1, inputShape: [Int?]) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: [Int?], axis: Int?) { fatalError() }
}

extension Rescaling {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ scale: Double, offset: Double = 0, inputShape: [Int?]) { fatalError() }
}

extension BatchNormalization {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(inputShape: [Int?]) { fatalError() }
}

extension Dropout {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ rate: Double, inputShape: [Int?]) { fatalError() }
}

extension Masking {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(maskValue: Double = 0, inputShape: [Int?]) { fatalError() }
}

extension Reshape {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ targetShape: [Int], inputShape: [Int?]) { fatalError() }
}

extension Activation {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ activation: ActivationFunction, inputShape: [Int?]) { fatalError() }
}

extension RandomFlip {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ mode: Mode = .horizontalAndVertical, inputShape: [Int?]) { fatalError() }
}

extension RandomRotation {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ factor: Double, inputShape: [Int?]) { fatalError() }
}

extension Resizing {
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ height: Int, _ width: Int, inputShape: [Int?]) { fatalError() }
}

extension Dense {
    @available(*, unavailable, message: "inputDim is a layer of its own: begin the model with InputLayer([4])")
    public convenience init(_ units: Int, activation: ActivationFunction? = nil, inputDim: Int) { fatalError() }
    @available(*, unavailable, message: "inputShape is a layer of its own: begin the model with InputLayer([...])")
    public convenience init(_ units: Int, useBias: Bool, inputShape: [Int?]) { fatalError() }
    @available(*, unavailable, message: "inputDim is a layer of its own: begin the model with InputLayer([4])")
    public convenience init(_ units: Int, inputDim: Int, activation: ActivationFunction? = nil) { fatalError() }
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
