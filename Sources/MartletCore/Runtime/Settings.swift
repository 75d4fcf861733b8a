import CKernels
import Foundation
import Logging

/// The settings of the process, in one place.
///
/// Environment variables give the first values: `MARTLET_NUM_THREADS` (a whole number from 1 to 256),
/// `MARTLET_WINOGRAD` (0 or 1), `MARTLET_GEMM` (`automatic`, `own` or `openblas`), `MARTLET_BF16` (`automatic`, `native` or
/// `portable`), `MARTLET_SIMD` (see `simdLevel`), `MARTLET_DENORMALS` (`flush` or `keep`) and `MARTLET_LOG_LEVEL` (`trace`, `debug`, `info`, `notice`, `warning`, `error`,
/// `critical`). A value that cannot be read is ignored with a warning in the log.
public enum Settings {
    private struct State {
        var logLevel: Logger.Level
    }

    private static let state: Guarded<State> = {
        var level = Logger.Level.notice
        var problems: [String] = []
        let environment = ProcessInfo.processInfo.environment
        if let text = environment["MARTLET_LOG_LEVEL"] {
            if let parsed = Logger.Level(rawValue: text.lowercased()) {
                level = parsed
            } else {
                let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append("MARTLET_LOG_LEVEL: expected one of \(names). Received: \"\(text)\". Using \(level).")
            }
        }
        if let text = environment["MARTLET_NUM_THREADS"] {
            if let count = Int(text), (1...256).contains(count) {
                mk_set_thread_count(Int32(count))
            } else {
                problems.append(
                    "MARTLET_NUM_THREADS: expected a whole number from 1 to 256. Received: \"\(text)\". "
                        + "Using \(mk_thread_count()).")
            }
        }
        if let text = environment["MARTLET_WINOGRAD"] {
            if text == "0" || text == "1" {
                mk_set_winograd(text == "1")
            } else {
                problems.append("MARTLET_WINOGRAD: expected 0 or 1. Received: \"\(text)\". Using 1.")
            }
        }
        if let text = environment["MARTLET_GEMM"] {
            if let engine = ProductEngine(rawValue: text.lowercased()) {
                mk_set_gemm_engine(engine.c)
            } else {
                problems.append(
                    "MARTLET_GEMM: expected automatic, own or openblas. Received: \"\(text)\". Using automatic.")
            }
        }
        if let text = environment["MARTLET_BF16"] {
            if let engine = Bfloat16Engine(rawValue: text.lowercased()) {
                mk_set_bf16_engine(engine.c)
            } else {
                problems.append(
                    "MARTLET_BF16: expected automatic, native or portable. Received: \"\(text)\". Using automatic.")
            }
        }
        if let text = environment["MARTLET_SIMD"], let problem = simdProblem(text) { problems.append(problem) }
        if let text = environment["MARTLET_DENORMALS"] {
            if text == "flush" || text == "keep" {
                mk_set_flushes_denormals(text == "flush")
            } else {
                problems.append("MARTLET_DENORMALS: expected flush or keep. Received: \"\(text)\". Using flush.")
            }
        }
        var logger = Logger(label: "martlet")
        logger.logLevel = level
        for problem in problems { logger.warning("\(problem)") }
        logger.debug("OpenBLAS runs its \(String(cString: mk_openblas_core())) kernels, Martlet's loops \(simdLevel).")
        return Guarded(State(logLevel: level))
    }()

    /// Reads the environment, once. A thread's first op calls it; anything else that runs kernels must. It ends the process
    /// with a message where a limit on address space leaves OpenBLAS no room for its buffers: it would ask for them for ever.
    package static func prepare() { _ = prepared }
    private static let prepared: Void = {
        state.withLock { _ in }
        var (needed, left): (UInt64, UInt64) = (0, 0)
        guard !mk_openblas_has_room(mk_thread_count(), &needed, &left) else { return }
        let mebibytes = { (bytes: UInt64) in "\((bytes + 1_048_575) / 1_048_576) MiB" }
        fflush(nil)
        let message = "error: The limit on address space or data (ulimit -v, -d) leaves \(mebibytes(left)). With "
            + "\(mk_thread_count()) threads, OpenBLAS and Martlet need \(mebibytes(needed)). Raise it, or set OPENBLAS_NUM_THREADS=1 and "
            + "MARTLET_NUM_THREADS=1.\n"
        try? FileHandle.standardError.write(contentsOf: Data(message.utf8))
        // OpenBLAS's threads may already ask for memory without end, and a usual end would wait for them.
        _exit(1)
    }()

    /// The number of threads that work on a kernel, the calling one included. By default the CPUs that the process may
    /// use: its affinity, cut by its container's CPU quota. Results have the same bits with any number. Stops outside
    /// 1...256.
    public static var threadCount: Int {
        get {
            prepare()
            return Int(mk_thread_count())
        }
        set {
            prepare()
            require((1...256).contains(newValue), "Settings.threadCount", "Expected 1...256. Received: \(newValue).")
            mk_set_thread_count(Int32(newValue))
        }
    }

    /// Whether `float32` convolutions with 3x3 kernels and stride 1 may run by Winograd's algorithm, true by default. It
    /// takes a quarter of the multiplications, at an error of up to 1e-5 of the largest result where the plain sum has
    /// 1e-6; and an infinity or NaN in the input makes all 4x4 results of its tile NaN. Which convolutions do
    /// depends on their shapes alone. `MARTLET_WINOGRAD=0` turns it off from the start.
    public static var usesWinograd: Bool {
        get {
            prepare()
            return mk_winograd()
        }
        set {
            prepare()
            mk_set_winograd(newValue)
            Trace.noteSettingsChange()
        }
    }

    /// Who computes `float32` matrix products and convolutions, `.automatic` by default. The engines round differently, so
    /// results change with it in their last bits; within one, they have the same bits with any number of threads.
    /// `MARTLET_GEMM` sets it from the start.
    public static var productEngine: ProductEngine {
        get {
            prepare()
            return ProductEngine(mk_gemm_engine_in_use())
        }
        set {
            prepare()
            mk_set_gemm_engine(newValue.c)
            Trace.noteSettingsChange()
        }
    }

    /// How matrix products of `bfloat16` are computed, `.automatic` by default. The bits are the same: sums are of `float32`, and
    /// the inner dimension goes in pairs, the second number of a pair first. `MARTLET_BF16` sets it from the start.
    public static var bfloat16Engine: Bfloat16Engine {
        get {
            prepare()
            return Bfloat16Engine(mk_bf16_engine_in_use())
        }
        set {
            prepare()
            mk_set_bf16_engine(newValue.c)
        }
    }

    /// Whether products of `bfloat16` now use the CPU's instructions for them.
    public static var usesBfloat16Instructions: Bool {
        prepare()
        return mk_bf16_is_native()
    }

    /// Whether kernels take denormal numbers for zeros of their sign, true by default: those of `float32` and `bfloat16`
    /// below 1.2e-38, of `float64` below 2.2e-308. `Tensor(1e-40) * 1` is 0 then, and `exp(-100)` too.
    ///
    /// Processors calculate with denormal numbers up to a hundred times slower, and weights that nothing but a penalty
    /// moves shrink until they are denormal. What only moves elements, such as a transposition, may keep their
    /// bits, and `float16` keeps its own denormal numbers, which are normal ones of `float32`. The mode is
    /// set for kernels alone: Swift code around them has the one that the thread had.
    /// `MARTLET_DENORMALS=keep` turns it off from the start.
    public static var flushesDenormals: Bool {
        get {
            prepare()
            return mk_flushes_denormals()
        }
        set {
            prepare()
            mk_set_flushes_denormals(newValue)
            Trace.noteSettingsChange()
        }
    }

    /// The type that weights and floating-point literals get in the present `Session`: `float32` by default, as Keras's
    /// `floatx`. Stops when set to a type that is not floating-point.
    public static var defaultFloatType: DType {
        get { Session.current.defaultFloatType }
        set { Session.current.defaultFloatType = newValue }
    }

    /// The settings that graphs, and the weights laid out for them, depend on.
    final class Traced: TraceDependency, Sendable {
        package var traceSettings: [AnyHashable] {
            [defaultFloatType, usesWinograd, productEngine, flushesDenormals, simdLevel]
        }
    }
    static let traced = Traced()

    /// The least severe messages that are logged, `.notice` by default.
    public static var logLevel: Logger.Level {
        get { state.withLock { $0.logLevel } }
        set { state.withLock { $0.logLevel = newValue } }
    }

    /// The logger of the whole package, at the present level. Where messages go is swift-log's affair.
    public static var logger: Logger {
        var logger = Logger(label: "martlet")
        logger.logLevel = logLevel
        return logger
    }

    /// Logs a warning. It goes to `warnings` instead, where a test catches them.
    package static func warn(_ message: String) {
        if let warnings { warnings.note(message) } else { logger.warning("\(message)") }
    }
    @TaskLocal package static var warnings: WarningSink?

    /// Takes warnings in place of the log. A class, as a task-local closure crashes in optimised builds of Swift 6.3.
    package final class WarningSink: Sendable {
        let note: @Sendable (String) -> Void
        package init(_ note: @escaping @Sendable (String) -> Void) { self.note = note }
    }

    /// The largest resident size of the process so far, in bytes.
    public static var peakMemory: Int { Int(mk_peak_resident_bytes()) }

    /// Makes everything that draws random numbers in the present `Session` from now on repeatable: initial weights, dropout,
    /// shuffling.
    public static func setRandomSeed(_ seed: Int) { Session.current.setRandomSeed(seed) }
}

/// Who computes `float32` matrix products.
public enum ProductEngine: String, Sendable, CaseIterable {
    /// Martlet's own loops on CPUs with AVX2 or AVX-512, except for products of fewer than eight columns; OpenBLAS elsewhere.
    case automatic
    /// Martlet's own loops, for all sizes and on every CPU.
    case own
    /// OpenBLAS.
    case openBLAS = "openblas"

    fileprivate var c: mk_gemm_engine {
        switch self {
        case .automatic: MK_GEMM_AUTOMATIC
        case .own: MK_GEMM_OWN
        case .openBLAS: MK_GEMM_OPENBLAS
        }
    }

    fileprivate init(_ engine: mk_gemm_engine) {
        self = Self.allCases.first { $0.c == engine }!
    }
}

/// How matrix products of `bfloat16` are computed.
public enum Bfloat16Engine: String, Sendable, CaseIterable {
    /// By the CPU's instructions for `bfloat16` (AVX512-BF16) where they were faster when they were tried, and denormal numbers are
    /// flushed, as these instructions do.
    case automatic
    /// By these instructions wherever the CPU has them and denormal numbers are flushed.
    case native
    /// By instructions for `float32`.
    case portable

    fileprivate var c: mk_bf16_engine {
        switch self {
        case .automatic: MK_BF16_AUTOMATIC
        case .native: MK_BF16_NATIVE
        case .portable: MK_BF16_PORTABLE
        }
    }

    fileprivate init(_ engine: mk_bf16_engine) {
        self = Self.allCases.first { $0.c == engine }!
    }
}

/// Makes everything that draws random numbers in the present `Session` from now on repeatable: initial weights, dropout,
/// shuffling. The same as `Settings.setRandomSeed`.
public func setRandomSeed(_ seed: Int) { Settings.setRandomSeed(seed) }
