import MartletCore
import MartletData

/// One tensor, or a list of them.
public protocol TensorList {
    /// The tensors in order.
    var tensorList: [Tensor] { get }
}

extension Tensor: TensorList {
    public var tensorList: [Tensor] { [self] }
}

extension [Tensor]: TensorList {
    public var tensorList: [Tensor] { self }
}

/// Models of several inputs or outputs, whose tensors are given as lists in the order of the model's inputs and outputs.
extension Model {
    /// Trains a model of several inputs or outputs.
    ///
    /// ```swift
    /// try model.fit([images, sizes], labels, epochs: 5, validationSplit: 0.2)
    /// try model.fit(images, [labels, boxes], epochs: 5, validationData: (otherImages, [otherLabels, otherBoxes]))
    /// ```
    ///
    /// - Parameters:
    ///   - x: the inputs, samples along the first axis.
    ///   - y: the targets.
    ///   - validationData: samples for validation; replaces `validationSplit`.
    ///   - sampleWeight: a factor of the loss for each sample, the same one for all outputs.
    ///   The others are those of `fit` for two tensors.
    /// - Throws: as `fit` for two tensors.
    @discardableResult
    public func fit<Inputs: TensorList, Targets: TensorList>(
        _ x: Inputs, _ y: Targets, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, validationData: (x: Inputs, y: Targets)? = nil, validationBatchSize: Int? = nil,
        validationFrequency: Int = 1, callbacks: [Callback] = [], shuffle: Bool = true, seed: Int? = nil,
        classWeight: [Int: Double]? = nil, sampleWeight: Tensor? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
        checkpoints: Checkpoints? = nil, resume: Resumption = .never
    ) throws -> History {
        try fit(
            TensorDataset(inputs: x.tensorList, targets: y.tensorList, sampleWeights: sampleWeight.map { [$0] } ?? []),
            batchSize: batchSize, epochs: epochs, verbosity: verbosity, validationSplit: validationSplit,
            validationData: validationData.map { try TensorDataset(inputs: $0.x.tensorList, targets: $0.y.tensorList) },
            validationBatchSize: validationBatchSize, validationFrequency: validationFrequency, callbacks: callbacks,
            shuffle: shuffle, seed: seed, classWeight: classWeight, initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch,
            checkpoints: checkpoints, resume: resume)
    }

    /// Computes the loss and the metrics of a model of several inputs or outputs, without training.
    /// - Parameters:
    ///   - x: the inputs, samples along the first axis.
    ///   - y: the targets.
    ///   The others are those of `evaluate` for two tensors.
    /// - Throws: as `evaluate` for two tensors.
    public func evaluate(
        _ x: some TensorList, _ y: some TensorList, batchSize: Int = 32, sampleWeight: Tensor? = nil,
        verbosity: Verbosity = .silent, callbacks: [Callback] = []
    ) throws -> Logs {
        try evaluate(
            TensorDataset(inputs: x.tensorList, targets: y.tensorList, sampleWeights: sampleWeight.map { [$0] } ?? []),
            batchSize: batchSize, verbosity: verbosity, callbacks: callbacks)
    }
}
