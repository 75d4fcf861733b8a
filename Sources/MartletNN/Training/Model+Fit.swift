import MartletCore
import MartletData

extension Model {
    /// Trains the model.
    ///
    /// - Parameters:
    ///   - x: the inputs, samples along the first axis.
    ///   - y: the targets.
    ///   - batchSize: the number of samples in a step; the last batch of an epoch may be smaller.
    ///   - epochs: the epoch, counted from 0, before which training ends, also when it starts at `initialEpoch`.
    ///   - verbosity: how much is printed.
    ///   - validationSplit: the fraction of the samples, from the end, that is used for validation instead of training.
    ///   - validationData: samples for validation; replaces `validationSplit`.
    ///   - validationBatchSize: the number of samples in a validation step, `batchSize` when nil.
    ///   - validationFrequency: the number of epochs between validations, counted from epoch 0.
    ///   - callbacks: observe and control training. They are called in this order.
    ///   - shuffle: whether the samples are shuffled before every epoch.
    ///   - seed: begins the random stream of the orders: the same seed, the same orders. When nil, the stream of the model's last
    ///     `fit` goes on, which its files have too; the first one is the next of `setRandomSeed`. Layers that draw random numbers
    ///     have seeds of their own.
    ///   - classWeight: a factor of the loss for each class; 1 for classes that are not given.
    ///   - sampleWeight: a factor of the loss for each sample.
    ///   - initialEpoch: the number of the first epoch, to resume training.
    ///   - stepsPerEpoch: the number of batches in an epoch, all when nil. The next epoch goes on behind them; one in which the
    ///     data ends is shorter, and the data begins anew with the one after.
    ///   - checkpoints: when the whole state is written, so that training can go on after an interruption: `.every(steps: 500)`.
    ///   - resume: whether training goes on from the newest checkpoint.
    /// - Returns: the logs of every epoch, with those before an interruption.
    /// - Throws: `MartletError` before the first step when data, model, loss and metrics do not fit together, or checkpoints lie
    ///   in the folder from which training cannot go on, and the errors of callbacks.
    @discardableResult
    public func fit(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, validationData: (x: Tensor, y: Tensor)? = nil, validationBatchSize: Int? = nil,
        validationFrequency: Int = 1, callbacks: [Callback] = [], shuffle: Bool = true, seed: Int? = nil,
        classWeight: [Int: Double]? = nil, sampleWeight: Tensor? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
        checkpoints: Checkpoints? = nil, resume: Resumption = .never
    ) throws -> History {
        try fit(
            TensorDataset(x, y, sampleWeight: sampleWeight), batchSize: batchSize, epochs: epochs, verbosity: verbosity,
            validationSplit: validationSplit, validationData: validationData.map { try TensorDataset($0.x, $0.y) },
            validationBatchSize: validationBatchSize, validationFrequency: validationFrequency, callbacks: callbacks,
            shuffle: shuffle, seed: seed, classWeight: classWeight, initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch,
            checkpoints: checkpoints, resume: resume)
    }

    /// Trains a model of any number of inputs and outputs. See `fit` for two tensors.
    @discardableResult
    public func fit(
        _ data: TensorDataset, batchSize: Int = 32, epochs: Int = 1, verbosity: Verbosity = .progressBar,
        validationSplit: Double = 0, validationData: TensorDataset? = nil, validationBatchSize: Int? = nil,
        validationFrequency: Int = 1, callbacks: [Callback] = [], shuffle: Bool = true, seed: Int? = nil,
        classWeight: [Int: Double]? = nil, initialEpoch: Int = 0, stepsPerEpoch: Int? = nil,
        checkpoints: Checkpoints? = nil, resume: Resumption = .never
    ) throws -> History {
        let compilation = try requireCompilation("fit")
        for (argument, value) in [("batchSize", batchSize), ("validationBatchSize", validationBatchSize ?? 1)] where value < 1 {
            throw MartletError("Expected a number of at least 1. Received: \(value).", at: argument)
        }
        var (training, validation) = try split(data, validationSplit, validationData)
        if shuffle { try TensorDataset.requireMemory(forOrderOf: training.count) }
        // It takes the next stream after those of the weights.
        var orders: RandomGenerator?
        let count = training.batchCount(size: batchSize)
        let steps = min(stepsPerEpoch ?? .max, count)
        let epochsOfPass = stepsPerEpoch == nil ? 1 : (count + max(1, steps) - 1) / max(1, steps)
        var order: (samples: Tensor?, lastEpoch: Int)?
        let plan = TrainingPlan(
            epochs: epochs, initialEpoch: initialEpoch, steps: steps,
            stepsPerEpoch: stepsPerEpoch, validationFrequency: validationFrequency, verbosity: verbosity, callbacks: callbacks,
            checkpoints: checkpoints, resume: resume,
            facts: {
                var facts = training.facts
                facts["batch size"] = String(batchSize)
                facts["shuffle"] = String(shuffle)
                facts["seed"] = seed.map { String($0) }
                facts["steps of an epoch"] = String(steps)
                return facts
            },
            prepare: {
                let predictions = try self.prepare(for: training, compilation)
                if let classWeight { training = try training.weighted(by: classWeight, predictions: predictions) }
                if let validation { try self.prepare(for: validation, compilation) }
                orders = seed.map { RandomGenerator(seed: $0) } ?? self.orders ?? RandomGenerator()
                self.orders = orders
            },
            batches: { epoch, skipped in
                let place = max(0, epoch - initialEpoch) % epochsOfPass
                if epoch > order?.lastEpoch ?? -1 {
                    let last = epoch - place + epochsOfPass - 1
                    self.presentOrder = orders.map { (state: $0.state.storedValue, lastEpoch: last) }
                    order = (shuffle ? orders?.permutation(training.count) : nil, last)
                }
                var next = place * steps + skipped
                return {
                    guard next < count else { return nil }
                    defer { next += 1 }
                    return training.batch(next, size: batchSize, order: order?.samples)
                }
            },
            validate: validation.map { data in
                { try self.evaluate(data, batchSize: validationBatchSize ?? batchSize, callbacks: $0, compilation) }
            })
        return try train(plan, compilation)
    }

    private func split(
        _ data: TensorDataset, _ fraction: Double, _ validation: TensorDataset?
    ) throws -> (TensorDataset, TensorDataset?) {
        guard fraction >= 0, fraction < 1 else {
            throw MartletError("Expected a fraction from 0 to below 1. Received: \(fraction).", at: "validationSplit")
        }
        guard data.count > 0 else { throw MartletError("Expected at least one sample. Received: none.", at: "x") }
        guard validation == nil, fraction > 0 else { return (data, validation) }
        let kept = Int((Double(data.count) * (1 - fraction)).rounded(.down))
        guard kept > 0, kept < data.count else {
            throw MartletError(
                "Expected samples on both sides of the split. Received: \(data.count) samples, of which \(kept) would "
                    + "be left for training.", at: "validationSplit")
        }
        return try withErrors { (data[0..<kept], data[kept..<data.count]) }
    }

    /// The training step of `fit`, for custom loops. It is compiled unless the model runs eagerly. It updates the
    /// metrics, which accumulate until they are reset.
    /// - Parameter data: the dataset of the batches, or one batch. Model, losses and metrics are checked against it.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together.
    public func makeTrainFunction(for data: TensorDataset) throws -> (Batch) -> Void {
        _ = try run.withLock { try prepare(for: data, requireCompilation("makeTrainFunction")) }
        let compiled = steps()
        // It holds the model, which the compiled step does not.
        return { [self] batch in
            if let compiled { compiled.makeTrainStep(batch) } else { trainStep(batch) }
        }
    }

    /// The evaluation step of `evaluate`, for custom loops, as `makeTrainFunction` gives that of `fit`.
    /// - Parameter data: the dataset of the batches, or one batch. Model, losses and metrics are checked against it.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together.
    public func makeTestFunction(for data: TensorDataset) throws -> (Batch) -> Void {
        _ = try run.withLock { try prepare(for: data, requireCompilation("makeTestFunction")) }
        let compiled = steps()
        // It holds the model, which the compiled step does not.
        return { [self] batch in
            if let compiled { compiled.makeTestStep(batch) } else { testStep(batch) }
        }
    }

    /// The prediction step of `predict`, for custom loops: it takes the inputs of a batch. It is compiled unless the model runs
    /// eagerly.
    public func makePredictFunction() -> ([Tensor]) -> [Tensor] {
        let compiled = steps()
        // It holds the model, which the compiled step does not.
        return { [self] inputs in
            if let compiled { return compiled.predictions(for: inputs) } else { return predictStep(inputs) }
        }
    }

    /// Runs one training step on a batch.
    /// - Returns: loss and metrics of this batch, `loss` first.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together.
    @discardableResult
    public func trainOnBatch(_ x: Tensor, _ y: Tensor, sampleWeight: Tensor? = nil) throws -> Logs {
        run.lock()
        defer { run.unlock() }
        let compilation = try requireCompilation("trainOnBatch")
        let data = try TensorDataset(x, y, sampleWeight: sampleWeight)
        try prepare(for: data, compilation)
        compilation.resetMetrics()
        let batch = data.wholeBatch
        return try withErrors {
            if let compiled = steps() { compiled.makeTrainStep(batch) } else { trainStep(batch) }
            return compilation.logs()
        }
    }
}
