import MartletCore
import MartletData

extension Model {
    /// Trains the model on batches that come from a pipeline.
    ///
    /// ```swift
    /// let train = Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all).batch(32).prefetch()
    /// try model.fit(train, epochs: 5)
    /// ```
    ///
    /// Each batch is checked as tensors are; an error names the batch.
    /// - Parameters:
    ///   - source: a `Dataset` of batches, the `batches(of:)` of a `TensorDataset`, or another `BatchSource`.
    ///   - epochs: the epoch, counted from 0, before which training ends, also when it starts at `initialEpoch`.
    ///   - verbosity: how much is printed. Where the length is unknown, the first epoch counts up.
    ///   - validationData: batches for validation.
    ///   - validationSteps: the number of batches of a validation, all when nil. Each validation begins at the first.
    ///   - validationFrequency: the number of epochs between validations.
    ///   - callbacks: observe and control training. They are called in this order.
    ///   - classWeight: a factor of the loss for each class; 1 for classes that are not given.
    ///   - initialEpoch: the number of the first epoch, to resume training.
    ///   - stepsPerEpoch: the number of batches in an epoch. The next epoch goes on where the last one stopped; where the source
    ///     ends, it is read anew. When nil, an epoch is one reading of the source.
    ///   - checkpoints: when the whole state is written, with the place in the source: `.every(steps: 500)`.
    ///   - resume: whether training goes on from the newest checkpoint. The source must give the same batches in the reading of
    ///     the same number.
    /// - Returns: the logs of every epoch, with those before an interruption.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together, and the errors of the source and of
    ///   callbacks.
    @discardableResult
    public func fit(
        _ source: some BatchSource, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationData: (any BatchSource)? = nil, validationSteps: Int? = nil, validationFrequency: Int = 1,
        callbacks: [Callback] = [], classWeight: [Int: Double]? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
        checkpoints: Checkpoints? = nil, resume: Resumption = .never
    ) throws -> History {
        let compilation = try requireCompilation("fit")
        try requireEnd(source, stepsPerEpoch, "stepsPerEpoch")
        if let validationData { try requireEnd(validationData, validationSteps, "validationSteps") }
        let training = CheckedBatches(source, self, compilation, classWeight: classWeight)
        let validation = validationData.map { CheckedBatches($0, self, compilation) }
        var hasBegun = false
        let plan = TrainingPlan(
            epochs: epochs, initialEpoch: initialEpoch, steps: stepsPerEpoch ?? source.length.count,
            stepsPerEpoch: stepsPerEpoch, validationFrequency: validationFrequency, verbosity: verbosity, callbacks: callbacks,
            checkpoints: checkpoints, resume: resume,
            facts: { (stepsPerEpoch ?? source.length.count).map { ["steps of an epoch": String($0)] } ?? [:] },
            prepare: {
                try training.begin()
                try validation?.begin()
            },
            batches: { epoch, skipped in
                let isFirst = !hasBegun
                hasBegun = true
                let passed = isFirst ? max(0, epoch - initialEpoch) : 0
                guard let stepsPerEpoch else {
                    try training.begin(reading: isFirst && passed + skipped > 0 ? passed : nil)
                    try training.pass(skipped, training.next)
                    return training.next
                }
                var before = passed * stepsPerEpoch + skipped
                if before > 0, let count = source.length.count, count > 0 {
                    try training.begin(reading: before / count)
                    before %= count
                }
                try training.pass(before, training.nextOfAnyReading)
                return training.nextOfAnyReading
            },
            validate: validation.map { batches in
                {
                    try batches.begin()
                    defer { batches.end() }
                    return try self.evaluate(batches.next, limit: validationSteps, callbacks: $0, compilation)
                }
            })
        return try train(plan, compilation)
    }

    /// Computes the loss and the metrics on batches that come from a pipeline, without training.
    /// - Parameters:
    ///   - source: a `Dataset` of batches, or another `BatchSource`.
    ///   - steps: the most batches, all when nil.
    ///   - verbosity: `.silent`, or a line with the results.
    ///   - callbacks: their test hooks are called.
    /// - Returns: loss and metrics by name, `loss` first.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together, and the errors of the source and of
    ///   callbacks.
    public func evaluate(
        _ source: some BatchSource, steps: Int? = nil, verbosity: Verbosity = .silent, callbacks: [Callback] = []
    ) throws -> Logs {
        run.lock()
        defer { run.unlock() }
        let compilation = try requireCompilation("evaluate")
        try requireEnd(source, steps, "steps")
        let batches = CheckedBatches(source, self, compilation)
        try batches.begin()
        let all = callbacks.withoutLists + [ProgressBar()]
        let count = [steps, source.length.count].compactMap { $0 }.min()
        for callback in all {
            callback.model = self
            callback.parameters = FitParameters(epochs: 0, steps: count ?? 0, verbosity: verbosity)
        }
        return try evaluate(batches.next, limit: steps, callbacks: all, compilation)
    }

    /// Computes all outputs for the inputs of batches that come from a pipeline, in inference mode. Targets are not looked at.
    /// - Parameters:
    ///   - source: a `Dataset` of batches, or another `BatchSource`.
    ///   - steps: the most batches, all when nil.
    ///   - callbacks: their predict hooks are called.
    /// - Throws: `MartletError` when the data does not fit the model, or there is none, and the errors of the source and of
    ///   callbacks.
    public func predict(_ source: some BatchSource, steps: Int? = nil, callbacks: [Callback] = []) throws -> [Tensor] {
        try requireEnd(source, steps, "steps")
        let next = try source.readBatches()
        let count = [steps, source.length.count].compactMap { $0 }.min()
        var taken = 0
        let outputs = try predict(
            {
                guard taken < steps ?? .max, let batch = try next() else { return nil }
                taken += 1
                return batch.inputs
            }, count: count ?? 0, callbacks
        ) { inputs, number in
            do { return try predictOnBatch(inputs) } catch { throw located(error, batch: number) }
        }
        guard taken > 0 else { throw noBatches }
        return outputs
    }

    private func requireEnd(_ source: any BatchSource, _ steps: Int?, _ argument: String) throws {
        if let steps, steps < 1 { throw MartletError("Expected a number of at least 1. Received: \(steps).", at: argument) }
        guard steps == nil, source.length == .infinite else { return }
        throw MartletError("Expected a number of batches, as the data has no end. Received: nil.", at: argument)
    }
}

private let noBatches = MartletError("Expected at least one batch. The data has none.", at: "x")

private func located(_ error: any Error, batch: Int) -> any Error {
    guard let error = error as? MartletError else { return error }
    return MartletError(error.message, at: "batch \(batch)" + (error.location.map { ", \($0)" } ?? ""))
}

/// Reads a source, and checks each batch against the model: the first one as `fit` checks tensors, later ones in their values,
/// and anew where a shape or dtype is another.
private final class CheckedBatches {
    private let source: any BatchSource
    private let model: Model
    private let compilation: Compilation
    private let classWeight: [Int: Double]?
    private var reading: (() throws -> Batch?)?
    /// The first batch of a reading that was begun.
    private var first: Batch?
    private var count = 0
    private var specs: [TensorSpec] = []
    private var predictions: [PartialShape] = []

    init(_ source: any BatchSource, _ model: Model, _ compilation: Compilation, classWeight: [Int: Double]? = nil) {
        (self.source, self.model, self.compilation, self.classWeight) = (source, model, compilation, classWeight)
    }

    /// Begins a reading, unless one was begun from which nothing has been taken.
    /// - Parameter number: the number of the reading, counted from 0, when it is not the next one.
    func begin(reading number: Int? = nil) throws {
        if reading != nil, first != nil, number == nil { return }
        count = 0
        reading = try number.map(source.readBatches(number:)) ?? source.readBatches()
        first = try following()
        if first == nil { throw noBatches }
    }

    /// Leaves out batches.
    func pass(_ count: Int, _ next: () throws -> Batch?) throws {
        for _ in 0..<count { _ = try next() }
    }

    /// Leaves the reading.
    func end() { (reading, first) = (nil, nil) }

    /// The next batch of the reading, nil at the end.
    func next() throws -> Batch? {
        if let batch = first {
            first = nil
            return batch
        }
        return try following()
    }

    /// The next batch, of another reading when this one has ended.
    func nextOfAnyReading() throws -> Batch? {
        if let batch = try next() { return batch }
        end()
        try begin()
        return try next()
    }

    private func following() throws -> Batch? {
        guard let batch = try reading?() else {
            reading = nil
            return nil
        }
        defer { count += 1 }
        do { return try checked(batch) } catch { throw located(error, batch: count) }
    }

    private func checked(_ batch: Batch) throws -> Batch {
        let data = try TensorDataset(inputs: batch.inputs, targets: batch.targets, sampleWeights: batch.sampleWeights)
        let specs = (data.inputs + data.targets + data.sampleWeights).map { tensor in
            TensorSpec(Shape(Array(tensor.shape.dimensions.dropFirst())), tensor.dtype)
        }
        if specs == self.specs {
            try model.validate(inputs: data.inputs)
            try model.validate(targets: data.targets, predictions: predictions, compilation)
            model.warnOfNaN(in: data, compilation)
        } else {
            predictions = try model.prepare(for: data, compilation)
            self.specs = specs
        }
        guard let classWeight else { return data.wholeBatch }
        return try data.weighted(by: classWeight, predictions: predictions).wholeBatch
    }
}
