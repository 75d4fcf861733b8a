import MartletCore
import MartletData

extension Model {
    /// The total loss of a batch, averaged over samples: the weighted losses of the outputs and the penalties of the
    /// layers. For a custom `trainStep`.
    ///
    /// It also updates the metrics `<output>_loss`.
    /// - Parameter predictions: the outputs of the model for the batch.
    /// - Returns: a scalar. Stops when the model is not compiled.
    public func computeLoss(_ batch: Batch, predictions: [Tensor]) -> Tensor {
        guard let compilation else { stop("\(name).computeLoss", "The model is not compiled.") }
        Context.current.trace?.depends(on: self)
        let shard = StepShard.current
        var total: Tensor?
        for (index, (output, prediction)) in zip(compilation.outputs, predictions).enumerated() {
            guard let function = output.loss, let target = output.target else { continue }
            let weight = batch.sampleWeight(ofOutput: index)
            var loss = comparing("loss \(function.name)", function, batch.targets[target], prediction, weight) {
                function($0, $1, sampleWeight: $2)
            }
            // A loss without reduction counts with its mean.
            if loss.rank > 0 { loss = loss.mean() }
            if let factor = shard?.factor(of: function, output: index, batch.targets[target], prediction, weight) {
                loss = loss * factor.cast(to: loss.dtype)
            }
            output.lossTracker?.update(loss, weight: Tensor(Double(batch.count), dtype: loss.dtype))
            if let weight = output.lossWeight { loss = loss * weight }
            total = total.map { $0 + loss } ?? loss
        }
        for penalty in losses {
            let scalar = penalty.rank > 0 ? penalty.sum() : penalty
            total = total.map { $0 + scalar } ?? scalar
        }
        let message = "Expected a loss. No output of the model has one, and no layer adds one: give compile a loss."
        require(total != nil, name, message)
        return total ?? Tensor(0.0)
    }

    /// What the loss of each output is divided by, for the shards of a batch: the sum of mask or weights, or the number of
    /// samples.
    package func lossDivisors(_ batch: Batch) -> [Tensor] {
        guard let compilation else { stop("\(name).lossDivisors", "The model is not compiled.") }
        Context.current.trace?.depends(on: self)
        let predictions = apply(batch.inputs, training: false)
        return zip(compilation.outputs, predictions).enumerated().map { index, item in
            let divisor = item.0.target.flatMap { target in
                item.0.loss?.divisor(batch.targets[target], item.1, sampleWeight: batch.sampleWeight(ofOutput: index))
            }
            return divisor?.cast(to: .float64) ?? Tensor(Double(batch.count), dtype: .float64)
        }
    }

    /// Updates the metrics, which `fit` reports, with a batch. For a custom `trainStep`. Stops when the model is not
    /// compiled.
    /// - Parameter loss: the total loss that `computeLoss` returned.
    public func updateMetrics(_ batch: Batch, predictions: [Tensor], loss: Tensor) {
        guard let compilation else { stop("\(name).updateMetrics", "The model is not compiled.") }
        let trace = Context.current.trace
        trace?.depends(on: self)
        compilation.lossTracker.update(loss, weight: Tensor(Double(batch.count), dtype: loss.dtype))
        for watch in watches { watch.note(loss: loss) }
        for (index, (output, prediction)) in zip(compilation.outputs, predictions).enumerated() {
            guard let target = output.target.map({ batch.targets[$0] }) else { continue }
            let prediction = prediction.fullPrecision
            for metric in output.metrics + output.weightedMetrics { trace?.depends(on: metric) }
            for metric in output.metrics {
                comparing("metric \(metric.name)", metric, target, prediction, nil) { metric.update($0, $1, sampleWeight: $2) }
            }
            let weight = batch.sampleWeight(ofOutput: index)
            for metric in output.weightedMetrics {
                comparing("metric \(metric.name)", metric, target, prediction, weight) {
                    metric.update($0, $1, sampleWeight: $2)
                }
            }
        }
    }

    /// Runs `body`, which is `part`: the loss or metric `name`. A failure says what it got.
    private func comparing<R>(
        _ name: String, _ part: Any, _ target: Tensor, _ prediction: Tensor, _ weight: Tensor?,
        _ body: (Tensor, Tensor, Tensor?) -> R
    ) -> R {
        func explain(_ failure: MartletError) -> MartletError {
            let function = failure.location.map { String($0.prefix { $0 != " " }) } ?? ""
            let isOp = OpRegistry.all.contains { $0.name == function }
            let isClosure = (part as? MeanMetricWrapper)?.isOfClosure ?? false
            let isOurs = !isClosure && (part is any ConfigurableLoss || part is any ConfigurableMetric)
            // What the part checks itself, it says best.
            if isOurs, !isOp { return MartletError(failure.message, at: name) }
            let areClassNumbers =
                prediction.rank > 1 && prediction.shape[-1] > 1 && !name.contains("sparse")
                && (target.rank == prediction.rank - 1 || target.rank == prediction.rank && target.shape[-1] == 1)
            // Which op of ours fails says nothing about the data, unless the shapes are not the reason.
            let saysOp = !isOurs || target.shape == prediction.shape
            return MartletError(
                "Expected targets\(weight == nil ? "" : " and sample weights") that fit the predictions \(prediction.spec). "
                    + "Received: \(target.spec)\(weight.map { ", sample weights \($0.spec)" } ?? "")."
                    + (areClassNumbers ? " Class numbers need a loss or metric whose name begins with sparse." : "")
                    + (saysOp ? " (\(function): \(failure.message))" : ""), at: name)
        }
        return FailureScope.explaining(explain) {
            Context.current.inLayer(name) { body(target, prediction, weight) }
        }
    }

    /// Checks that model, losses and metrics fit the data, and makes the weights, before the first step.
    /// - Returns: the shapes of the outputs.
    @discardableResult
    func prepare(for data: TensorDataset, _ compilation: Compilation) throws -> [PartialShape] {
        // What looks for NaN in the data is no step.
        try Context.current.withNumerics(nil) { try prepareNow(for: data, compilation) }
    }

    private func prepareNow(for data: TensorDataset, _ compilation: Compilation) throws -> [PartialShape] {
        for (index, target) in data.targets.enumerated() where target.dtype == .string {
            throw MartletError(
                "Expected numbers. Received: strings of shape \(target.stringShape). StringLookup gives each string a number.",
                at: data.targets.count == 1 ? "y" : "y[\(index)]")
        }
        let inputShapes = data.inputs.map { PartialShape(of: $0).withAnyBatch }
        try prepare(for: inputShapes)
        try validate(inputs: data.inputs)
        let predictions: [PartialShape]
        var first: [Tensor]?
        if knowsOutputShapes {
            predictions = try checkedOutputShapes(of: LayerCall(inputShapes))
        } else {
            // Only `call` knows the output shapes of such a model: run it with one sample.
            let sample = data[0..<min(1, data.count)]
            let computed = try withErrors { apply(sample.inputs, training: false) }
            predictions = computed.map { PartialShape(of: $0).withAnyBatch }
            first = computed
        }
        guard [0, 1, predictions.count].contains(data.sampleWeights.count) else {
            throw MartletError(
                "Expected sample weights for all outputs, or for each of \(predictions.count). "
                    + "Received: \(data.sampleWeights.count).", at: "sampleWeight")
        }
        let names = outputNames.count == predictions.count
            ? outputNames : predictions.indices.map { "output_\($0 + 1)" }
        try compilation.prepare(
            outputs: names, targets: data.targets.map { PartialShape($0.shape).withAnyBatch }, predictions: predictions)
        try validate(targets: data.targets, predictions: predictions, compilation)
        warnOfMistakes(in: data, predictions: predictions, sample: first, compilation)
        return predictions
    }

    /// Makes the weights for data of these shapes, or checks that the data fits them.
    func prepare(for inputShapes: [PartialShape]) throws {
        try distribution?.check(self)
        if isBuilt {
            if knowsOutputShapes { _ = try checkedOutputShapes(of: LayerCall(inputShapes)) }
        } else {
            try ensureBuilt(for: inputShapes)
        }
        if let seen = seenInputShapes, !knowsOutputShapes {
            guard seen.count == inputShapes.count, zip(seen, inputShapes).allSatisfy({ $0.accepts($1) }) else {
                throw MartletError(
                    "Expected data of shape \(seen), like the first data of the model. Received: \(inputShapes).", at: name)
            }
        }
        seenInputShapes = inputShapes
    }
}
