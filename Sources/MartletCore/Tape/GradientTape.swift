/// Records what is computed from watched tensors and gives derivatives of it, in reverse mode.
///
/// Trainable variables are watched when they are read; tensors when `watch` is told. A tape that is not persistent
/// gives gradients once and lets go of each intermediate value as soon as the backward pass is done with it. Tapes
/// nest: the gradient of an inner tape, taken while an outer one records, can be differentiated again.
///
/// ```swift
/// let tape = GradientTape()
/// let loss = tape.record { ((x - 2).square()).sum() }
/// let gradient = tape.gradient(of: loss, withRespectTo: x)
/// ```
///
/// A tape records the thread that called `record`, until its closure ends. Threads may record on one tape at the same time: the
/// recordings add up. Ask for gradients, and reset, when all have ended.
///
/// Source: [`tf.GradientTape`](https://www.tensorflow.org/api_docs/python/tf/GradientTape).
public final class GradientTape {
    /// Whether `gradient` may be called more than once.
    public let isPersistent: Bool
    /// Whether trainable variables are watched when they are read while the tape records.
    public let watchesVariables: Bool

    struct Record {
        let op: any Op
        let inputs: [Tensor]
        let outputs: [Tensor]
        /// The value number of each input, nil for those that do not depend on anything watched.
        let inputIDs: [Int?]
        let outputIDs: [Int?]
        /// The layers that were being called, which the gradient is a part of too: for messages and profiles.
        let layerPath: [String]
    }

    private(set) var records: [Record] = []
    /// The value number of each tensor that is watched or depends on one that is.
    private var values: [ObjectIdentifier: Int] = [:]
    private var valueCount = 0
    /// Keeps watched tensors alive, since `values` knows them by address.
    private var watched: [Tensor] = []
    /// The value numbers under which each variable was read: one for every value it held while the tape recorded.
    private var variableReads: [ObjectIdentifier: [Int]] = [:]
    private var watchedVariableList: [Variable] = []
    private var isUsedUp = false
    /// Held while what was recorded is read or changed.
    private let lock = Guarded(())

    /// Makes a tape that records nothing until `record` is called.
    public init(persistent: Bool = false, watchVariables: Bool = true) {
        isPersistent = persistent
        watchesVariables = watchVariables
    }

    /// Runs `body` and records the ops in it. May be called several times; the recordings add up.
    public func record<R>(_ body: () throws -> R) rethrows -> R {
        let context = Context.current
        return try context.withTapes(context.tapes + [self], body)
    }

    /// Runs `body` without recording it.
    public func stopRecording<R>(_ body: () throws -> R) rethrows -> R {
        let context = Context.current
        return try context.withTapes(context.tapes.filter { $0 !== self }, body)
    }

    /// Forgets everything that was recorded and watched.
    public func reset() { lock.withLock { _ in forget(isUsedUp: false) } }

    private func forget(isUsedUp: Bool) {
        records = []
        values = [:]
        valueCount = 0
        watched = []
        variableReads = [:]
        watchedVariableList = []
        self.isUsedUp = isUsedUp
    }

    /// Watches a tensor: what is computed from it from now on is recorded. Stops when it is not of a floating-point
    /// type.
    public func watch(_ tensor: Tensor) {
        require(
            tensor.dtype.isFloatingPoint, "GradientTape.watch",
            "Only floating-point tensors have gradients. Received: \(tensor.spec).")
        if !Context.current.hasFailed { lock.withLock { _ in note(tensor) } }
    }

    private func note(_ tensor: Tensor) {
        guard values[tensor.id] == nil else { return }
        _ = newValue(for: tensor)
        watched.append(tensor)
    }

    /// Watches a variable, trainable or not.
    public func watch(_ variable: Variable) { noteRead(of: variable, value: variable.storedValue) }

    /// The variables read or watched so far, in the order of first reading.
    public var watchedVariables: [Variable] { lock.withLock { _ in watchedVariableList } }

    /// Called by a variable that is read while the tape records.
    func noteRead(of variable: Variable, value: Tensor) {
        guard value.dtype.isFloatingPoint else { return }
        lock.withLock { _ in
            note(value)
            guard let number = values[value.id] else { return }
            let reads = variableReads[ObjectIdentifier(variable)]
            if reads == nil { watchedVariableList.append(variable) }
            if reads?.contains(number) != true { variableReads[ObjectIdentifier(variable), default: []].append(number) }
        }
    }

    private func newValue(for tensor: Tensor) -> Int {
        let number = valueCount
        valueCount += 1
        values[tensor.id] = number
        return number
    }

    func record(_ op: any Op, inputs: [Tensor], outputs: [Tensor]) {
        lock.withLock { _ in add(op, inputs: inputs, outputs: outputs) }
    }

    private func add(_ op: any Op, inputs: [Tensor], outputs: [Tensor]) {
        var depends = false
        let inputIDs = inputs.map { input -> Int? in
            let number = values[input.id]
            depends = depends || number != nil
            return number
        }
        guard depends, outputs.contains(where: { $0.dtype.isFloatingPoint }) else { return }
        let outputIDs = outputs.map { $0.dtype.isFloatingPoint ? newValue(for: $0) : nil }
        records.append(
            Record(
                op: op, inputs: inputs, outputs: outputs, inputIDs: inputIDs, outputIDs: outputIDs,
                layerPath: Context.current.layerPath))
    }

    // MARK: - The backward pass

    private func valueNumbers(of source: any GradientSource) -> [Int] {
        switch source {
        case let variable as Variable: variableReads[ObjectIdentifier(variable)] ?? []
        case let tensor as Tensor: values[tensor.id].map { [$0] } ?? []
        default: []
        }
    }

    /// The sum over targets of the products of output gradients with the targets' Jacobians.
    func backward(
        targets: [Tensor], outputGradients: [Tensor?], sources: [any GradientSource]
    ) -> [Tensor?] {
        require(
            !isUsedUp, "GradientTape.gradient",
            "A tape gives gradients once; make it with GradientTape(persistent: true) to ask again.")
        let context = Context.current
        if context.hasFailed { return sources.map { .substitute($0.spec) } }
        let sourceNumbers = sources.map(valueNumbers(of:))
        // The tape does not record its own backward pass; the tapes around it do.
        let result = context.withTapes(context.tapes.filter { $0 !== self }) {
            accumulate(targets: targets, outputGradients: outputGradients, sourceNumbers: sourceNumbers)
        }
        if !isPersistent { lock.withLock { _ in forget(isUsedUp: true) } }
        return context.hasFailed ? sources.map { .substitute($0.spec) } : result
    }

    private func accumulate(
        targets: [Tensor], outputGradients: [Tensor?], sourceNumbers: [[Int]]
    ) -> [Tensor?] {
        var gradients = [Tensor?](repeating: nil, count: valueCount)
        func add(_ gradient: Tensor, to number: Int) {
            gradients[number] = gradients[number].map { $0.addingGradient(gradient) } ?? gradient
        }
        for (target, outputGradient) in zip(targets, outputGradients) {
            guard let number = values[target.id] else { continue }
            add(outputGradient ?? Tensor.ones(target.shape, dtype: target.dtype), to: number)
        }
        // Only what depends on the sources asked for is worth a gradient: a frozen half of a model costs nothing.
        var wanted = [Bool](repeating: false, count: valueCount)
        for numbers in sourceNumbers { for number in numbers { wanted[number] = true } }
        let isSource = wanted
        for record in records where record.inputIDs.contains(where: { $0.map { wanted[$0] } ?? false }) {
            for case let number? in record.outputIDs { wanted[number] = true }
        }
        var pending = records
        if !isPersistent {
            records = []
            values = [:]
            watched = []
        }
        let context = Context.current
        let (callersPath, numerics) = (context.layerPath, context.numerics)
        let callersGradient = numerics?.gradientOf
        defer {
            context.layerPath = callersPath
            numerics?.gradientOf = callersGradient
        }
        while let record = pending.popLast() {
            let needs = record.inputIDs.map { $0.map { wanted[$0] } ?? false }
            let incoming = record.outputIDs.map { $0.flatMap { gradients[$0] } }
            guard needs.contains(true), incoming.contains(where: { $0 != nil }) else { continue }
            context.layerPath = record.layerPath
            numerics?.gradientOf = type(of: record.op).name
            let results = record.op.gradient(
                GradientContext(
                    inputs: record.inputs, outputs: record.outputs, outputGradients: incoming, needs: needs))
            if context.hasFailed { break }
            for (index, result) in results.enumerated() where needs[index] {
                guard let result, let number = record.inputIDs[index] else { continue }
                require(
                    result.spec == record.inputs[index].spec, "gradient of \(type(of: record.op).name)",
                    "Expected \(record.inputs[index].spec) for input \(index). Received: \(result.spec).")
                add(result, to: number)
            }
            for case let number? in record.outputIDs where !isSource[number] { gradients[number] = nil }
        }
        return sourceNumbers.map { numbers in
            numbers.compactMap { gradients[$0] }.reduce(nil as Tensor?) { sum, next in
                sum.map { $0.addingGradient(next) } ?? next
            }
        }
    }
}

/// What a gradient may be taken with respect to: a `Tensor` that a tape watches, or a `Variable`.
public protocol GradientSource {
    /// Shape and dtype, those of the gradient.
    var spec: TensorSpec { get }
}

extension Tensor: GradientSource {}
extension Variable: GradientSource {}

extension GradientTape: CustomStringConvertible, CustomDebugStringConvertible {
    /// What it has recorded: `GradientTape(12 ops, 3 variables)`.
    public var description: String {
        let (ops, variables, isOver) = lock.withLock { _ in (records.count, watchedVariableList.count, isUsedUp) }
        let counts = isOver ? ["used up"] : ["\(ops) op\(ops == 1 ? "" : "s")", "\(variables) variable\(variables == 1 ? "" : "s")"]
        return "GradientTape(\((counts + (isPersistent ? ["persistent"] : [])).joined(separator: ", ")))"
    }
    public var debugDescription: String { description }
}
