import MartletCore
import MartletData

extension Model {
    /// The total loss of a batch, averaged over samples: the outputs' losses, weighted, and the penalties of the
    /// layers.
    func totalLoss(_ batch: TensorDataset.Batch, predictions: [Tensor], _ compilation: Compilation) -> Tensor {
        var total: Tensor?
        for (index, (target, prediction)) in zip(batch.targets, predictions).enumerated() {
            var loss = compilation.loss(ofOutput: index)(target, prediction, sampleWeight: batch.sampleWeights)
            // A loss that is not reduced counts with its mean.
            if loss.rank > 0 { loss = loss.mean() }
            if let weight = compilation.lossWeights?[index] { loss = loss * weight }
            total = total.map { $0 + loss } ?? loss
        }
        for penalty in losses {
            let scalar = penalty.rank > 0 ? penalty.sum() : penalty
            total = total.map { $0 + scalar } ?? scalar
        }
        return total ?? Tensor(0.0)
    }

    func updateMetrics(
        _ batch: TensorDataset.Batch, predictions: [Tensor], loss: Tensor, _ compilation: Compilation
    ) {
        compilation.lossTracker.update(loss, weight: Tensor(Double(batch.count), dtype: loss.dtype))
        for (index, metrics) in (compilation.metrics ?? []).enumerated() {
            for metric in metrics { metric.update(batch.targets[index], predictions[index]) }
            for metric in compilation.weightedMetrics[index] {
                metric.update(batch.targets[index], predictions[index], sampleWeight: batch.sampleWeights)
            }
        }
    }

    /// Checks that model, losses and metrics fit the data, and makes the weights: all before the first step.
    func prepare(for data: TensorDataset, _ compilation: Compilation) throws {
        let inputShapes = data.inputs.map { PartialShape($0.shape).withAnyBatch }
        try prepare(for: inputShapes)
        try validate(inputs: data.inputs)
        let predictions: [PartialShape]
        if knowsOutputShapes {
            predictions = try Context.current.inLayer(name) { try outputShapes(for: inputShapes) }
        } else {
            // Only its call knows what the model computes: ask it with one sample.
            let sample = data[0..<min(1, data.count)]
            predictions = apply(sample.inputs, training: false).map { PartialShape($0.shape).withAnyBatch }
        }
        try compilation.prepare(
            targets: data.targets.map { PartialShape($0.shape).withAnyBatch }, predictions: predictions)
        for (index, target) in data.targets.enumerated() {
            try compilation.loss(ofOutput: index).validate(values: target, prediction: predictions[index])
        }
    }

    /// Makes the weights for data of these shapes, or checks that the data fits them.
    func prepare(for inputShapes: [PartialShape]) throws {
        if isBuilt {
            if knowsOutputShapes { _ = try Context.current.inLayer(name) { try outputShapes(for: inputShapes) } }
        } else {
            try ensureBuilt(for: inputShapes)
        }
        if let seen = seenInputShapes, !knowsOutputShapes {
            guard seen.count == inputShapes.count, zip(seen, inputShapes).allSatisfy({ $0.accepts($1) }) else {
                throw MartletError(
                    "Expected data of shape \(seen), as the model has seen before. Received: \(inputShapes).", at: name)
            }
        }
        seenInputShapes = inputShapes
    }
}
