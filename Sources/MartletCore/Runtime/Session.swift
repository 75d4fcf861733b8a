import Synchronization

/// What the trainings of one process share unless each has a session of its own: the random seed and the default generator, the
/// automatic names of layers, the default float type and the dtype policy.
///
/// The process has a session, which `setRandomSeed`, `clearSession` and `Settings.defaultFloatType` change outside of any other.
/// Within `withSession` they change that one. So trials that run side by side neither draw from one stream nor count each other's
/// layers:
///
/// ```swift
/// let loss = try withSession(Session(seed: 3)) {
///     let model = Sequential([Dense(8, activation: .relu), Dense(1)])
///     try model.compile(optimizer: "adam", loss: "mse")
///     return try model.fit(x, y, verbosity: .silent)["loss"].last!
/// }
/// ```
///
/// Tasks that a session's code starts, and pipelines that it reads, belong to the session. Use a compiled function in sessions of
/// the same default float type and policy. What the machine has (threads, kernels, memory, the log) is not in a session but in
/// `Settings`.
///
/// Source: Keras's `clear_session` resets the one state that a process has there.
public final class Session: Sendable {
    private struct State {
        var floatType: DType
        var seed: UInt64?
        var generatorsMade: UInt64 = 0
        var generator: RandomGenerator?
        var values: [ObjectIdentifier: any Sendable] = [:]
    }
    private let state: Guarded<State>

    @TaskLocal package static var scoped: Session?
    /// Whether there was ever another session than the process's.
    private static let isScoped = Atomic(false)
    private static let process = Session(floatType: .float32)

    /// The session that the calling code runs in: that of the innermost `withSession`, or the process's.
    public static var current: Session {
        guard isScoped.load(ordering: .relaxed) else { return process }
        return scoped ?? process
    }

    /// Makes a session.
    /// - Parameters:
    ///   - seed: makes all that draws random numbers in it repeatable; nil, the default, leaves them unpredictable.
    ///   - defaultFloatType: the type that weights and floating-point literals get; nil is that of the session in which this one
    ///     is made.
    public init(seed: Int? = nil, defaultFloatType: DType? = nil) {
        if let defaultFloatType { Self.check(defaultFloatType) }
        state = Guarded(
            State(
                floatType: defaultFloatType ?? Session.current.defaultFloatType,
                seed: seed.map { UInt64(bitPattern: Int64($0)) }))
    }

    private init(floatType: DType) { state = Guarded(State(floatType: floatType)) }

    private static func check(_ type: DType) {
        require(
            type.isFloatingPoint, "Settings.defaultFloatType", "Expected a floating-point type. Received: \(type).")
    }

    /// The type that weights and floating-point literals get.
    var defaultFloatType: DType {
        get { state.withLock { $0.floatType } }
        set {
            Self.check(newValue)
            state.withLock { $0.floatType = newValue }
            Trace.noteSettingsChange()
        }
    }

    /// What `Tensor.randomUniform` and its like draw from.
    var generator: RandomGenerator {
        if let generator = state.withLock({ $0.generator }) { return generator }
        let made = RandomGenerator(key: nextStreamKey())
        return state.withLock { state in
            if state.generator == nil { state.generator = made }
            return state.generator!
        }
    }

    /// The default generator, nil while nothing has drawn from it.
    package var existingGenerator: RandomGenerator? { state.withLock { $0.generator } }

    /// Whether what draws random numbers is repeatable.
    package var hasSeed: Bool { state.withLock { $0.seed != nil } }

    /// Makes everything that draws random numbers in the session from now on repeatable.
    func setRandomSeed(_ seed: Int) {
        // Made before the count starts: the default generator always gets the seed's first stream.
        let generator = generator
        state.withLock {
            $0.seed = UInt64(bitPattern: Int64(seed))
            $0.generatorsMade = 0
        }
        generator.restart(key: nextStreamKey())
    }

    /// A key for a new random stream: a function of the seed and of how many streams were made since it was set; of the
    /// system's entropy when no seed was set.
    package func nextStreamKey() -> UInt64 {
        state.withLock { state in
            guard let seed = state.seed else { return UInt64.random(in: 0...UInt64.max) }
            state.generatorsMade += 1
            // SplitMix64's finaliser: neighbouring seeds and counts give unrelated keys.
            var z = seed &+ state.generatorsMade &* 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Reads and changes what another module keeps in the session: one value of each type, which starts as `initial`.
    package func withValue<Value: Sendable, R>(_ initial: @autoclosure () -> Value, _ body: (inout Value) -> R) -> R {
        let key = ObjectIdentifier(Value.self)
        return state.withLock { state in
            var value = state.values[key] as? Value ?? initial()
            defer { state.values[key] = value }
            return body(&value)
        }
    }

    /// Runs `body` in a session, nil for the one that it would run in anyway.
    package static func within<R>(_ session: Session?, _ body: () throws -> R) rethrows -> R {
        guard let session else { return try body() }
        let isOfOtherType = enter(session)
        defer { leave(isOfOtherType) }
        return try $scoped.withValue(session, operation: body)
    }

    fileprivate static func within<R>(_ session: Session, _ body: () async throws -> R) async rethrows -> R {
        let isOfOtherType = enter(session)
        defer { leave(isOfOtherType) }
        return try await $scoped.withValue(session, operation: body)
    }

    /// Whether compiled functions must look at what they depend on anew.
    private static func enter(_ session: Session) -> Bool {
        let isOfOtherType = session.defaultFloatType != current.defaultFloatType
        isScoped.store(true, ordering: .relaxed)
        leave(isOfOtherType)
        return isOfOtherType
    }

    private static func leave(_ isOfOtherType: Bool) {
        if isOfOtherType { Trace.noteSettingsChange() }
    }
}

/// Runs `body` in a session, by default a new one without a seed.
/// - Throws: what `body` throws.
/// - Returns: what `body` returns.
public func withSession<R>(_ session: Session = Session(), _ body: () throws -> R) rethrows -> R {
    try Session.within(session, body)
}

/// Runs `body`, which may wait, in a session, by default a new one without a seed.
/// - Throws: what `body` throws.
/// - Returns: what `body` returns.
public func withSession<R>(_ session: Session = Session(), _ body: () async throws -> R) async rethrows -> R {
    try await Session.within(session, body)
}

extension Session: CustomStringConvertible, CustomDebugStringConvertible {
    /// The seed and the default float type: `Session(seed: 3, float32)`.
    public var description: String {
        let (seed, type) = state.withLock { ($0.seed, $0.floatType) }
        return "Session(\(seed.map { "seed: \(Int64(bitPattern: $0))" } ?? "no seed"), \(type))"
    }
    public var debugDescription: String { description }
}
