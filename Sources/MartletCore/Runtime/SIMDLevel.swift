import CKernels

/// The vector instructions that Martlet's own loops use.
public enum SIMDLevel: String, Sendable, CaseIterable {
    /// The compiler's choice, on architectures that the other levels do not cover.
    case none
    /// x86-64's baseline.
    case sse2
    /// AVX2 and FMA, the level `x86-64-v3`.
    case avx2
    /// AVX-512 with its byte, word and vector-length parts, the level `x86-64-v4`.
    case avx512
    /// aarch64's baseline.
    case neon

    /// What this CPU has.
    public static var cpu: SIMDLevel { SIMDLevel(mk_cpu_simd_level()) }

    /// The levels that this CPU can run, the lowest first.
    public static var available: [SIMDLevel] {
        var levels: [SIMDLevel] = []
        while levels.last != cpu, let name = mk_simd_level_name(Int32(levels.count)) { levels.append(SIMDLevel(name)) }
        return levels
    }

    init(_ name: UnsafePointer<CChar>) { self = SIMDLevel(rawValue: String(cString: name)) ?? .none }
}

extension Settings {
    /// The vector instructions that Martlet's own loops use: the CPU's, or fewer where `MARTLET_SIMD` says so.
    ///
    /// `MARTLET_SIMD` is `avx512`, `avx2` or `sse2` on x86-64 (`neon` on aarch64) and is read when the program starts.
    /// Results on different levels agree to rounding, not to the bit. OpenBLAS chooses its kernels by itself;
    /// `OPENBLAS_CORETYPE` (`SkylakeX`, `Haswell`, `Prescott`) is its own setting.
    public package(set) static var simdLevel: SIMDLevel {
        get { SIMDLevel(mk_simd_level()) }
        set {
            // Only while no kernel runs: one that has begun would go on at another level.
            require(
                SIMDLevel.available.contains(newValue), "Settings.simdLevel",
                "Expected one of \(SIMDLevel.available.map(\.rawValue)). Received: \(newValue).")
            _ = mk_set_simd_level(newValue.rawValue)
            Trace.noteSettingsChange()
        }
    }

    /// What is wrong with a value of `MARTLET_SIMD`, which CKernels has read when the program started.
    static func simdProblem(_ text: String) -> String? {
        let level = SIMDLevel(rawValue: text.lowercased())
        guard level == nil || !SIMDLevel.available.contains(level!) else { return nil }
        let names = SIMDLevel.available.map(\.rawValue).joined(separator: ", ")
        return "MARTLET_SIMD: expected what this CPU has, one of \(names). Received: \"\(text)\". Using \(simdLevel)."
    }
}
