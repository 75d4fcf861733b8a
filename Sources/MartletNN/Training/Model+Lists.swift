import MartletCore
import MartletData

/// Models of several inputs or outputs, whose tensors are given as lists in the order of the model's inputs and outputs.
extension Model {
    /// Trains a model of several inputs or outputs.
    ///
    /// ```swift
    /// try model.fit([images, sizes], [labels], epochs: 5, validationSplit: 0.2)
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
    public func fit(
        _ x: [Tensor], _ y: [Tensor], batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, validationData: (x: [Tensor], y: [Tensor])? = nil, validationBatchSize: Int? = nil,
        validationFrequency: Int = 1, callbacks: [Callback] = [], shuffle: Bool = true, seed: Int? = nil,
        classWeight: [Int: Double]? = nil, sampleWeight: Tensor? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
        checkpoints: Checkpoints? = nil, resume: Resumption = .never
    ) throws -> History {
        try fit(
            TensorDataset(inputs: x, targets: y, sampleWeights: sampleWeight.map { [$0] } ?? []), batchSize: batchSize,
            epochs: epochs, verbosity: verbosity, validationSplit: validationSplit,
            validationData: validationData.map { try TensorDataset(inputs: $0.x, targets: $0.y) },
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
        _ x: [Tensor], _ y: [Tensor], batchSize: Int = 32, sampleWeight: Tensor? = nil, verbosity: Verbosity = .silent,
        callbacks: [Callback] = []
    ) throws -> Logs {
        try evaluate(
            TensorDataset(inputs: x, targets: y, sampleWeights: sampleWeight.map { [$0] } ?? []), batchSize: batchSize,
            verbosity: verbosity, callbacks: callbacks)
    }
}
