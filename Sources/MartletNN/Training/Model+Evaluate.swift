import MartletCore
import MartletData

extension Model {
    /// Computes the loss and the metrics on samples, without training.
    /// - Parameters:
    ///   - batchSize: the number of samples in a step.
    ///   - sampleWeight: a factor of the loss for each sample.
    ///   - verbosity: `.silent`, or a line with the results.
    ///   - callbacks: their test hooks are called.
    /// - Returns: loss and metrics by name, `loss` first.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together, and the errors of callbacks.
    public func evaluate(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, sampleWeight: Tensor? = nil,
        verbosity: Verbosity = .silent, callbacks: [Callback] = []
    ) throws -> Logs {
        try evaluate(
            TensorDataset(x, y, sampleWeight: sampleWeight), batchSize: batchSize, verbosity: verbosity,
            callbacks: callbacks)
    }

    /// Computes the loss and the metrics of a model of any number of inputs and outputs.
    public func evaluate(
        _ data: TensorDataset, batchSize: Int = 32, verbosity: Verbosity = .silent, callbacks: [Callback] = []
    ) throws -> Logs {
        run.lock()
        defer { run.unlock() }
        let compilation = try requireCompilation("evaluate")
        _ = try withErrors { try prepare(for: data, compilation) }
        let all = callbacks.withoutLists + [ProgressBar()]
        for callback in all {
            callback.model = self
            callback.parameters = FitParameters(
                epochs: 0, steps: data.batchCount(size: max(1, batchSize)), verbosity: verbosity)
        }
        return try evaluate(data, batchSize: batchSize, callbacks: all, compilation)
    }

    func evaluate(
        _ data: TensorDataset, batchSize: Int, callbacks: [Callback], _ compilation: Compilation
    ) throws -> Logs {
        guard batchSize >= 1 else {
            throw MartletError("Expected a number of at least 1. Received: \(batchSize).", at: "batchSize")
        }
        guard data.count > 0 else { throw MartletError("Expected at least one sample. Received: none.", at: "x") }
        return try evaluate(data.reading(size: batchSize), limit: nil, callbacks: callbacks, compilation)
    }

    /// The loop of `evaluate`.
    /// - Parameters:
    ///   - batches: gives the batches, nil at the end.
    ///   - limit: the most batches.
    func evaluate(
        _ batches: () throws -> Batch?, limit: Int?, callbacks: [Callback], _ compilation: Compilation
    ) throws -> Logs {
        if debugsNumerics, Context.current.numerics == nil {
            return try withDebugNumerics { try evaluate(batches, limit: limit, callbacks: callbacks, compilation) }
        }
        // Steps are looked at, not what callbacks compute.
        let numerics = Context.current.numerics
        return try Context.current.withNumerics(nil) {
            try evaluate(batches, limit: limit, callbacks: callbacks, compilation, numerics)
        }
    }

    private func evaluate(
        _ batches: () throws -> Batch?, limit: Int?, callbacks: [Callback], _ compilation: Compilation,
        _ numerics: NumericsCheck?
    ) throws -> Logs {
        let compiled = steps()
        try withErrors { compilation.resetMetrics() }
        stopEvaluating = false
        for callback in callbacks { try callback.onTestBegin() }
        let figures = BatchFigures(compilation)
        _ = try forEachExecution(of: batches, limit: limit, compilation.stepsPerExecution) { first in
            for callback in callbacks { try callback.onTestBatchBegin(first) }
        } step: { batch in
            Context.current.withNumerics(numerics) {
                if let compiled { compiled.makeTestStep(batch) } else { testStep(batch) }
            }
        } end: { last in
            figures.advance()
            for callback in callbacks { try callback.onTestBatchEnd(last, logs: figures.logs) }
            return !stopEvaluating
        }
        let logs = try withErrors(compilation.logs)
        for callback in callbacks { try callback.onTestEnd(logs: logs) }
        return logs
    }

    /// Computes the loss and the metrics of one batch, without training.
    /// - Returns: loss and metrics by name, `loss` first.
    /// - Throws: `MartletError` when data, model, loss and metrics do not fit together.
    public func testOnBatch(_ x: Tensor, _ y: Tensor, sampleWeight: Tensor? = nil) throws -> Logs {
        run.lock()
        defer { run.unlock() }
        let compilation = try requireCompilation("testOnBatch")
        let data = try TensorDataset(x, y, sampleWeight: sampleWeight)
        try prepare(for: data, compilation)
        compilation.resetMetrics()
        let batch = data.wholeBatch
        return try withErrors {
            if let compiled = steps() { compiled.makeTestStep(batch) } else { testStep(batch) }
            return compilation.logs()
        }
    }

    /// Computes the outputs for one batch, in inference mode.
    /// - Throws: `MartletError` when the data does not fit the model.
    public func predictOnBatch(_ x: [Tensor]) throws -> [Tensor] {
        if seenInputShapes == nil || !zip(seenInputShapes ?? [], x).allSatisfy({ $0.accepts(PartialShape(of: $1)) }) {
            try prepare(for: x.map { PartialShape(of: $0).withAnyBatch })
        }
        try validate(inputs: x)
        return try withErrors { steps()?.predictions(for: x) ?? predictStep(x) }
    }

    /// Computes the output for one batch of a model of one input and one output, in inference mode.
    /// - Throws: `MartletError` when the data does not fit the model, or the model has several outputs.
    public func predictOnBatch(_ x: Tensor) throws -> Tensor {
        let outputs = try predictOnBatch([x])
        guard outputs.count == 1 else {
            throw MartletError(
                "Expected a model of one output; use predictOnBatch([x]) for all \(outputs.count).",
                at: "\(name).predictOnBatch")
        }
        return outputs[0]
    }

    /// Computes the output for samples, in inference mode, batch by batch.
    /// - Parameters:
    ///   - batchSize: the number of samples in a step.
    ///   - callbacks: their predict hooks are called.
    /// - Throws: `MartletError` when the data does not fit the model, or the model has several outputs, and the errors of
    ///   callbacks.
    public func predict(_ x: Tensor, batchSize: Int = 32, callbacks: [Callback] = []) throws -> Tensor {
        let outputs = try predict([x], batchSize: batchSize, callbacks: callbacks)
        guard outputs.count == 1 else {
            throw MartletError(
                "Expected a model of one output; use predict([x]) for all \(outputs.count).", at: "\(name).predict")
        }
        return outputs[0]
    }

    /// Computes all outputs for samples of any number of inputs, in inference mode, batch by batch.
    /// - Parameters:
    ///   - batchSize: the number of samples in a step.
    ///   - callbacks: their predict hooks are called.
    /// - Throws: `MartletError` when the data does not fit the model, and the errors of callbacks.
    public func predict(_ x: [Tensor], batchSize: Int = 32, callbacks: [Callback] = []) throws -> [Tensor] {
        guard batchSize >= 1 else {
            throw MartletError("Expected a number of at least 1. Received: \(batchSize).", at: "batchSize")
        }
        let data = try TensorDataset(inputs: x)
        try prepare(for: x.map { PartialShape(of: $0).withAnyBatch })
        try validate(inputs: x)
        // Without samples the outputs have no rows.
        let count = max(1, data.batchCount(size: batchSize))
        let compiled = steps()
        let next = data.reading(size: batchSize)
        var isFirst = true
        let inputs: () -> [Tensor]? = {
            defer { isFirst = false }
            return (next() ?? (isFirst ? data.batch(0, size: batchSize) : nil))?.inputs
        }
        return try predict(inputs, count: count, callbacks) { inputs, _ in
            try withErrors { compiled?.predictions(for: inputs) ?? predictStep(inputs) }
        }
    }

    /// The loop of `predict`.
    /// - Parameters:
    ///   - next: gives the inputs of a batch, nil at the end.
    ///   - count: the number of batches, 0 when it is unknown.
    ///   - step: computes the outputs of a batch, which it also gets the number of.
    /// - Returns: the outputs of all batches, none where there are none.
    func predict(
        _ next: () throws -> [Tensor]?, count: Int, _ callbacks: [Callback], step: ([Tensor], Int) throws -> [Tensor]
    ) throws -> [Tensor] {
        let callbacks = callbacks.withoutLists
        // What callbacks do, as to swap weights, is no part of another run. Without them, predictions run side by side.
        if !callbacks.isEmpty { run.lock() }
        defer { if !callbacks.isEmpty { run.unlock() } }
        for callback in callbacks {
            callback.model = self
            callback.parameters = FitParameters(epochs: 1, steps: count)
        }
        let size = callbacks.isEmpty ? 1 : compilation?.stepsPerExecution ?? 1
        stopPredicting = false
        for callback in callbacks { try callback.onPredictBegin() }
        var parts: [[Tensor]] = []
        func following() throws -> [Tensor]? { try withErrors { try next() } }
        while let first = try following() {
            let begin = parts.count
            for callback in callbacks { try callback.onPredictBatchBegin(begin) }
            var inputs: [Tensor]? = first
            for place in 0..<size {
                if place > 0 { inputs = try following() }
                guard let taken = inputs else { break }
                parts.append(try step(taken, parts.count))
            }
            if !callbacks.isEmpty {
                let outputs = try withErrors { Self.joinedOutputs(parts[begin...]) }
                for callback in callbacks { try callback.onPredictBatchEnd(parts.count - 1, outputs: outputs) }
            }
            if stopPredicting { break }
        }
        for callback in callbacks { try callback.onPredictEnd() }
        return try withErrors { Self.joinedOutputs(parts[...]) }
    }

    /// Of each output, the parts as one.
    private static func joinedOutputs(_ parts: ArraySlice<[Tensor]>) -> [Tensor] {
        guard let first = parts.first, parts.count > 1 else { return parts.first ?? [] }
        return first.indices.map { index in joined(parts.map { $0[index] }) }
    }

    /// The outputs of batches as one. Where their other sizes differ, as the steps of texts that are padded batch by batch, shorter
    /// ones are filled up with zeros.
    package static func joined(_ parts: [Tensor]) -> Tensor {
        let sizes = (0..<parts[0].rank).map { axis in axis == 0 ? 0 : parts.reduce(0) { max($0, $1.shape[axis]) } }
        return Tensor.concatenate(
            parts.map { part in
                let missing = zip(sizes, part.shape.dimensions).map { max(0, $0 - $1) }
                let isWhole = missing.dropFirst().allSatisfy { $0 == 0 }
                return isWhole ? part : part.padded(missing.enumerated().map { (0, $0 == 0 ? 0 : $1) })
            })
    }
}
