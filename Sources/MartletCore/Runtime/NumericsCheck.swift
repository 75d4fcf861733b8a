/// Runs `body` and finds where NaN or infinity first appears in what this thread computes: the op, its layer, forward or backward,
/// and in `fit` the epoch and the batch. For `fit`, loops of one's own, and single ops.
///
/// ```swift
/// try withDebugNumerics { try model.fit(x, y, epochs: 5) }
/// ```
///
/// - Of a compiled function and of a step of `fit`, the results are looked at and the variables that it updates. When one of them
///   is no longer finite, the variables get back what they held before, and the function runs once more, op by op on the same
///   inputs and random numbers, to find the op from which it came. Infinities that go no further, such as those of a mask or of
///   gradients that a `LossScaleOptimizer` leaves out, are no error.
/// - Of other code, each op's outputs are looked at. An op whose outputs are not finite while its inputs are is an error, as is NaN
///   in an input.
///
/// A compiled step takes up to twice as long. Weights have the same bits as without it.
///
/// Source: [`tf.debugging.enable_check_numerics`](https://www.tensorflow.org/api_docs/python/tf/debugging/enable_check_numerics),
/// [`torch.autograd.detect_anomaly`](https://pytorch.org/docs/stable/autograd.html#anomaly-detection).
/// - Returns: what `body` returns.
/// - Throws: a `MartletError` with the place, the specs and the ranges of the op's inputs; else what `body` throws. As within
///   `withErrors`, ops that follow the first failure do nothing.
public func withDebugNumerics<R>(_ body: () throws -> R) throws -> R {
    let context = Context.current
    let outer = context.numerics
    context.numerics = NumericsCheck()
    defer { context.numerics = outer }
    return try withErrors(body)
}

/// Looks for NaN and infinity in what one thread computes.
package final class NumericsCheck {
    /// An op with outputs that are not finite.
    private struct Event {
        let op: String
        let gradientOf: String?
        let layerPath: [String]
        let inputs: [Tensor]
        /// Kept, so that their memory is nobody else's.
        let outputs: [Tensor]
        /// The events that its inputs come from.
        let sources: [Int]
    }

    /// Variables whose names begin so only observe.
    package static let observing = "watched_"

    /// Where the computation is, for messages: `epoch 2, batch 7`.
    package var place: String?
    /// What was found first; nil before.
    package private(set) var finding: String?
    /// The op whose gradient is being computed, nil in a forward pass.
    var gradientOf: String?
    private var isGathering = false
    private var isInspecting = false
    private var events: [Event] = []
    private var eventOfBuffer: [ObjectIdentifier: Int] = [:]

    package init() {}

    /// Whether compiled functions that are called now run op by op, as parts of what is being looked at.
    var runsOpByOp: Bool { isGathering }

    // MARK: - Ops

    /// Looks at an op that has run.
    func inspect(_ op: String, _ inputs: [Tensor], _ outputs: [Tensor], _ layerPath: [String]) {
        guard !isInspecting, outputs.contains(where: { !$0.isAllFinite }) else { return }
        isInspecting = true
        defer { isInspecting = false }
        let sources = inputs.compactMap { eventOfBuffer[$0.bufferID] }
        let event = Event(
            op: op, gradientOf: gradientOf, layerPath: layerPath, inputs: inputs, outputs: outputs, sources: sources)
        if isGathering {
            for output in outputs where !output.isAllFinite { eventOfBuffer[output.bufferID] = events.count }
            events.append(event)
            return
        }
        let hasNaN = inputs.contains { $0.nonfiniteCounts.nan > 0 }
        let isNew = outputs.contains { $0.nonfiniteCounts.nan > 0 } || inputs.allSatisfy(\.isAllFinite)
        if hasNaN || isNew { report(event, names: { _ in nil }) }
    }

    /// Runs an update of variables in place of ops, and looks at what it gives.
    func noting(_ variables: [Variable], _ others: [Tensor], _ update: () -> Void) {
        let before = variables.map(\.heldValue)
        update()
        inspect("update", others + before, variables.map(\.heldValue), Context.current.layerPath)
    }

    // MARK: - Steps

    /// Runs a step op by op; fails when its results, or variables that it changes, are no longer finite. Then the variables are as
    /// before.
    package func step<R>(_ variables: [Variable], _ body: () -> R) -> R {
        checking(variables, [], results: { _ in [] }, run: nil, body)
    }

    /// - Parameters:
    ///   - arguments: the inputs.
    ///   - results: the tensors of a result.
    ///   - run: runs the step compiled, nil for no such form.
    ///   - body: runs it op by op.
    func checking<R>(
        _ variables: [Variable], _ arguments: [Tensor], results: (R) -> [Tensor], run: (() -> R)?, _ body: () -> R
    ) -> R {
        let changing = variables.filter { !$0.name.hasPrefix(Self.observing) }
        finding = nil
        let before = variables.map(\.heldValue)
        func isBad(_ result: R) -> Bool {
            if Context.current.hasFailed { return false }
            if results(result).contains(where: { !$0.isAllFinite }) { return true }
            return !newlyBad(changing, variables, before).isEmpty
        }
        func goBack() { for (variable, value) in zip(variables, before) { variable.assign(value) } }
        var first: R?
        if let run {
            let result = run()
            if !isBad(result) { return result }
            first = result
            goBack()
        }
        isGathering = true
        let result = body()
        isGathering = false
        defer { (events, eventOfBuffer) = ([], [:]) }
        guard first != nil || isBad(result) else { return result }
        let sinks = results(result).filter { !$0.isAllFinite } + newlyBad(changing, variables, before)
        let origin = origin(of: sinks)
        goBack()
        let held = Dictionary(zip(before.map(\.bufferID), variables.map(\.path))) { one, _ in one }
        let given = Dictionary(arguments.enumerated().map { ($1.bufferID, $0) }) { one, _ in one }
        if let origin {
            report(origin) { tensor in
                held[tensor.bufferID].map { "variable \"\($0)\"" } ?? given[tensor.bufferID].map { "argument \($0) of the step" }
            }
        } else {
            fail("debugNumerics", noted("A result of the step is not finite, and none of its ops says why."))
        }
        return first ?? result
    }

    /// The values of variables that were finite before and no longer are.
    private func newlyBad(_ changing: [Variable], _ variables: [Variable], _ before: [Tensor]) -> [Tensor] {
        let old = Dictionary(zip(variables.map(ObjectIdentifier.init), before)) { one, _ in one }
        return changing.map { ($0.heldValue, old[ObjectIdentifier($0)]!) }
            .filter { now, before in
                now.bufferID != before.bufferID && !now.isAllFinite && before.isAllFinite
            }.map(\.0)
    }

    /// The first op on a way to what is not finite.
    private func origin(of sinks: [Tensor]) -> Event? {
        var seen: Set<Int> = []
        var waiting = sinks.compactMap { eventOfBuffer[$0.bufferID] }
        // What was assigned by other ways than ops says nothing of its past.
        if waiting.isEmpty, !events.isEmpty { waiting = [0] }
        var roots: [Int] = []
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted else { continue }
            let event = events[next]
            if event.sources.isEmpty { roots.append(next) }
            waiting += event.sources
        }
        return roots.min().map { events[$0] }
    }

    // MARK: - Messages

    private func report(_ event: Event, names: (Tensor) -> String?) {
        isInspecting = true
        defer { isInspecting = false }
        let (nan, infinite) = event.outputs.map(\.nonfiniteCounts).reduce((0, 0)) { ($0.0 + $1.nan, $0.1 + $1.infinite) }
        let count = event.outputs.reduce(0) { $0 + $1.elementCount }
        let what = nan > 0 ? "NaN" : "Infinity"
        let way = event.gradientOf.map { "backward, in the gradient of \($0)" }
            ?? (event.op == "update" ? "in the optimizer's update" : "forward")
        let bad = event.inputs.filter { !$0.isAllFinite }
        let inputs = event.inputs.map { "\($0.spec) \($0.range)" }.joined(separator: ", ")
        var message = bad.isEmpty
            ? "\(what) appeared first here, \(way)" : "\(what) was first used here, \(way): an input has it already"
        if let place { message += ", in \(place)" }
        message += ". Of \(count) output elements \(nan) are NaN and \(infinite) infinite. The inputs: \(inputs)."
        let sources = bad.compactMap(names)
        if let source = sources.first {
            message += " It came from \(source)."
        } else if !bad.isEmpty {
            message += " Look for it in the data."
        }
        let context = Context.current
        let path = context.layerPath
        context.layerPath = event.layerPath
        defer { context.layerPath = path }
        fail(event.op, noted(message))
    }

    private func noted(_ message: String) -> String {
        // As the error has it, which cuts long names.
        finding = MartletError(message).message
        return message
    }
}

extension Tensor {
    /// Views of the same memory count as one.
    fileprivate var bufferID: ObjectIdentifier { ObjectIdentifier(handle.buffer) }

    /// Whether no element is NaN or infinite. True of what has no elements here.
    fileprivate var isAllFinite: Bool {
        switch dtype {
        case .float32: !holdsExponent(UInt32(0x7F80_0000))
        case .float64: !holdsExponent(UInt64(0x7FF0_0000_0000_0000))
        case .float16: !holdsExponent(UInt16(0x7C00))
        case .bfloat16: !holdsExponent(UInt16(0x7F80))
        default: true
        }
    }

    private func holdsExponent<Bits: FixedWidthInteger>(_ mask: Bits) -> Bool {
        guard isOnHost else { return false }
        return withUnsafeBytes { bytes in
            var found: Bits = 0
            // Without a branch, so that it is one pass at the speed of memory.
            for bits in bytes.bindMemory(to: Bits.self) { found |= bits & mask == mask ? 1 : 0 }
            return found != 0
        }
    }

    fileprivate var nonfiniteCounts: (nan: Int, infinite: Int) {
        guard dtype.isFloatingPoint, isOnHost, !isAllFinite else { return (0, 0) }
        return scalars(as: Double.self).reduce(into: (0, 0)) { counts, value in
            if value.isNaN { counts.0 += 1 } else if value.isInfinite { counts.1 += 1 }
        }
    }

    /// The smallest and the largest finite element, in words.
    fileprivate var range: String {
        guard isOnHost, dtype != .string, dtype != .bool else { return "" }
        let values = scalars(as: Double.self).filter(\.isFinite)
        guard let least = values.min(), let most = values.max() else { return elementCount == 0 ? "" : "without a finite element" }
        func short(_ value: Double) -> String { dtype.isFloatingPoint ? "\(Float(value))" : "\(Int(value))" }
        return least == most ? "of \(short(least))" : "from \(short(least)) to \(short(most))"
    }
}
