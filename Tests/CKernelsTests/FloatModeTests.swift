import CKernels
import MartletCore
import TestSupport
import Testing

/// Kernels run in a floating-point mode of their own, and leave the thread's as it was.
@Suite(.ownSession) struct FloatModeTests {
    #if arch(x86_64)
    /// Rounding up, denormals flushed: nothing that Swift code has by itself.
    static let strange: mk_float_mode = 0x1F80 | 0x4000 | 0x8040
    #else
    static let strange: mk_float_mode = 0x40_0000 | 0x100_0000
    #endif

    /// Runs `body` in a mode, and says whether the mode is the same afterwards.
    private func keepsMode(_ mode: mk_float_mode?, _ body: () throws -> Void) rethrows -> Bool {
        let before = mk_current_float_mode()
        defer { mk_set_float_mode(before) }
        if let mode { mk_set_float_mode(mode) }
        let expected = mk_current_float_mode()
        try body()
        return mk_current_float_mode() == expected
    }

    private struct Failure: Error {}

    @Test(arguments: [nil, strange] as [mk_float_mode?], [true, false])
    func theThreadKeepsItsMode(_ mode: mk_float_mode?, _ flushes: Bool) throws {
        Settings.withDenormals(flushed: flushes) {
            let x = Tensor([0.1, 0.2, 0.3])
            #expect(keepsMode(mode) { _ = matmul(x.reshaped(1, 3), x.reshaped(3, 1)) + x.exp().sum() })
            let double = compiled { (x: Tensor) in x.exp() / 3 }
            #expect(
                keepsMode(mode) {
                    _ = double(x)
                    _ = double(x)
                })
            let loop = compiled { (x: Tensor) in whileLoop(x, while: { $0.max() .< 10 }) { $0 * 2 } }
            #expect(keepsMode(mode) { _ = loop(x) })
            #expect(
                keepsMode(mode) {
                    _ = try? inKernelMode { throw Failure() }
                })
        }
    }

    /// Closures of a custom gradient run between ops: they see the thread's mode.
    @Test(arguments: [nil, strange] as [mk_float_mode?]) func usersClosuresSeeTheThreadsMode(_ mode: mk_float_mode?) {
        var seen: [mk_float_mode] = []
        var expected: mk_float_mode = 0
        let isKept = keepsMode(mode) {
            expected = mk_current_float_mode()
            let x = Tensor([1.0, 2])
            let tape = GradientTape()
            let y = tape.record {
                tape.watch(x)
                return withCustomGradient(of: x) { x in
                    seen.append(mk_current_float_mode())
                    return (x.exp(), { upstream in
                        seen.append(mk_current_float_mode())
                        return upstream * 2
                    })
                }
            }
            _ = tape.gradient(of: y, withRespectTo: x)
        }
        #expect(isKept && seen == [expected, expected])
    }

    /// What the thread's mode is makes no difference to results.
    @Test func resultsDoNotDependOnTheThreadsMode() {
        func compute() -> [[UInt8]] {
            let x = RandomGenerator(seed: 3).normal([301, 203])
            let step = compiled { (x: Tensor) in (x / 3).exp().sum(axis: 0) }
            return [matmul(x, x, transposeB: true), (x / 3).exp(), step(x), x * 1e-38].map { tensor in
                tensor.withUnsafeBytes { Array($0) }
            }
        }
        let usual = compute()
        var results: [[UInt8]] = []
        _ = keepsMode(Self.strange) { results = compute() }
        #expect(results.map(\.count) == usual.map(\.count) && results == usual)
    }
}
