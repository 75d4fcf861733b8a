import CKernels
import Foundation
import Martlet

/// Which kernels run, who chose them, and what to do if they are slower than the CPU allows.
struct KernelReport {
    /// The CPU family whose kernels OpenBLAS runs.
    let core = String(cString: mk_openblas_core())
    private let origin = mk_openblas_origin()
    private let cpu = SIMDLevel.cpu.rawValue

    /// Who chose OpenBLAS's kernels: `openblas`, `martlet` or `environment`.
    var chooser: String {
        switch origin {
        case MK_CORE_PINNED: "environment"
        case MK_CORE_SWITCHED: "martlet"
        default: "openblas"
        }
    }

    /// Warnings about what is slower than it could be, each with a remedy.
    var warnings: [String] {
        var warnings: [String] = []
        if let better = mk_better_core(core, mk_cpu_simd_level()) {
            warnings.append(
                "OpenBLAS runs its \(core) kernels on a CPU with \(cpu), at about half the speed or less. "
                    + advice(better: String(cString: better)))
        }
        if Settings.simdLevel != .cpu {
            warnings.append(
                "Martlet's loops use \(Settings.simdLevel) on a CPU with \(cpu), as MARTLET_SIMD says. Unset it.")
        }
        return warnings
    }

    private func advice(better: String) -> String {
        switch origin {
        case MK_CORE_PINNED:
            let pinned = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? ""
            return "Unset OPENBLAS_CORETYPE (\(pinned))."
        case MK_CORE_NOT_DYNAMIC:
            return "It holds no others. Install one that was built with DYNAMIC_ARCH, such as libopenblas-dev."
        case MK_CORE_THREADS:
            return "Other threads ran when Martlet was loaded. Start the program with OPENBLAS_CORETYPE=\(better)."
        default:
            return "It has no \(better) kernels. Install a newer OpenBLAS."
        }
    }
}
