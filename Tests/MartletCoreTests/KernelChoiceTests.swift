import CKernels
import MartletCore
import TestSupport
import Testing

/// Which kernels of OpenBLAS a CPU should run, and the check that those which run are right.
@Suite(.ownSession) struct KernelChoiceTests {
    @Test(arguments: [
        // What OpenBLAS 0.3.21 takes on Intel's models of 2022 and later.
        ("Prescott", "avx512", "SkylakeX"), ("Prescott", "avx2", "Haswell"), ("Prescott", "sse2", nil),
        ("Sandybridge", "avx512", "SkylakeX"), ("Sandybridge", "avx2", "Haswell"), ("Sandybridge", "sse2", nil),
        ("Haswell", "avx512", "SkylakeX"), ("Haswell", "avx2", nil), ("Zen", "avx512", "SkylakeX"), ("Zen", "avx2", nil),
        ("SkylakeX", "avx512", nil), ("Cooperlake", "avx512", nil), ("SapphireRapids", "avx512", nil),
        // OpenBLAS chose wider than we would: it is not for us to narrow it.
        ("SkylakeX", "avx2", nil), ("Haswell", "sse2", nil),
        // Names of libraries for one family are in capitals; those of later versions are not known here.
        ("HASWELL", "avx512", "SkylakeX"), ("GENERIC", "avx2", "Haswell"), ("Zen9", "avx512", nil),
        // Other architectures keep what OpenBLAS chooses.
        ("NEOVERSEN1", "neon", nil), ("ARMV8", "neon", nil), ("POWER9", "none", nil),
    ] as [(String, String, String?)])
    func betterCore(_ core: String, _ level: String, _ expected: String?) {
        #expect(mk_better_core(core, level).map { String(cString: $0) } == expected)
    }

    @Test func availableLevelsEndAtTheCPUs() {
        #expect(SIMDLevel.available.last == .cpu && Set(SIMDLevel.available).count == SIMDLevel.available.count)
        #expect(SIMDLevel.available.contains(Settings.simdLevel))
    }

    @Test func productsAreRight() {
        let check = ProductCheck()
        #expect(check.failures == [] && check.count == 64)
    }

    /// Kernels that are wrong in one way each.
    @Test(arguments: 0..<5) func wrongProductsAreFound(_ way: Int) {
        let check = ProductCheck { test, a, b in
            var c = ProductCheck.product(test, a, b)
            let last = c.count - 1
            switch way {
            case 0: c[last] += 0.05  // an edge that is off
            case 1: c[0] = .nan
            case 2: c = [Double](repeating: 0, count: c.count)
            case 3: c.removeLast()
            default:  // one term of a long sum is left out
                let (i, j, l) = (test.m - 1, test.n - 1, test.k - 1)
                c[last] -=
                    a[test.transposeA ? l * test.m + i : i * test.k + l]
                    * b[test.transposeB ? j * test.k + l : l * test.n + j]
            }
            return c
        }
        // The one term may be 0, or below what the rounding of a long sum of float32 excuses.
        #expect(check.failures.count >= (way == 4 ? check.count * 3 / 4 : check.count))
    }
}
