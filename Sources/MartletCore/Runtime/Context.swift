import CKernels

/// What the ops of one thread must know beside their inputs: who records them, and which layer called them.
///
/// It is per thread because recording is: a closure that a tape records runs on one thread from start to end.
package final class Context {
    /// The tapes that record now, the innermost last.
    package var tapes: [GradientTape] = []
    /// The function that is being traced, nil outside of tracing.
    package var trace: Trace?
    /// The device that ops run on, nil for the CPU.
    package var backend: (any Backend)?
    /// Notes what the thread runs while it is being profiled, nil otherwise.
    package var recorder: ProfileRecorder?
    /// Looks for NaN and infinity, nil for nobody.
    package var numerics: NumericsCheck?
    /// Where failures are noted, nil where they stop the program.
    var failureScope: FailureScope?
    /// Whether failures are noted.
    package var failsSoftly: Bool { failureScope != nil }
    /// Whether a failure was noted: ops do nothing until the scope ends.
    package internal(set) var hasFailed = false
    /// The names of the layers that are being called, outermost first.
    package var layerPath: [String] = []
    /// Whether the outermost layer being called was called for training, nil where it was not said; layers called inside
    /// inherit it.
    package var isTraining: Bool?
    /// Where random layers draw from, nil for streams of their own.
    package var randomGenerator: RandomGenerator?
    /// Whether layers cast floating-point inputs to their dtype; not so while a check computes a model in another one.
    package var castsInputs = true
    /// The dtype to which variables are cast when a layer reads them, nil outside of layers that compute in another dtype than
    /// that of their weights.
    package var autocastType: DType?

    /// What takes down the effects of a step that is traced on one shard of a batch, nil elsewhere.
    package var shard: AnyObject?

    /// Whether the thread has called a layer yet.
    package var hasCalledLayers = false
    /// Calls of compiled functions that have ended, whose memory the next ones use.
    var spareCalls: [CompiledCall] = []
    /// What layers keep for the length of one call, such as dropout's masks for all steps of a sequence.
    package var kept: [ObjectIdentifier: Any] = [:]

    /// The tensors whose masks no longer count in the call of the outermost layer, because a layer took them off.
    package var unmasked: [Tensor] = []

    /// The mask that layers see of a tensor.
    package func mask(of x: Tensor) -> Tensor? {
        x.mask.flatMap { mask in unmasked.contains { $0.id == x.id } ? nil : mask }
    }

    /// The calling thread's context.
    package static var current: Context {
        if let pointer = mk_tls_get() { return Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue() }
        // Every op asks for its context before it runs, so no kernel runs before the environment has been read.
        Settings.prepare()
        let context = Context()
        mk_tls_set(Unmanaged.passRetained(context).toOpaque()) { Unmanaged<Context>.fromOpaque($0!).release() }
        return context
    }

    /// Runs `body` as part of the layer `name`, so that a failure inside names the layer's path.
    package func inLayer<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
        layerPath.append(name)
        defer { layerPath.removeLast() }
        return try body()
    }

    /// Runs `body` at once, although a function is being traced: for what is made once, such as weights.
    package func outsideTrace<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
        guard let saved = trace else { return try body() }
        trace = nil
        defer { trace = saved }
        return try body()
    }

    /// Runs `body` while `tapes` record instead of the present ones.
    package func withTapes<R>(_ replacement: [GradientTape], _ body: () throws -> R) rethrows -> R {
        let saved = tapes
        tapes = replacement
        defer { tapes = saved }
        return try body()
    }
}
