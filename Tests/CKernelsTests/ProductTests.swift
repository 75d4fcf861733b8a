import CKernels
import CWideTiles
import MartletCore
import TestSupport
import Testing

/// `float32` products by every engine that can be chosen here, against sums in `float64`. Which engine and which instruction
/// set the first path takes is a setting of the process (`MARTLET_GEMM`, `MARTLET_SIMD`): the test script runs this suite
/// under each.
@Suite(.ownSession) struct ProductTests {
    /// What computes: what the settings choose, or the tiles of AVX-512 on whatever CPU this is.
    enum Path: CaseIterable, CustomTestStringConvertible {
        case chosen, wideTiles
        var testDescription: String { "\(self)" }

        func callAsFunction(_ body: () -> Void) {
            wide_tiles_use(self == .wideTiles)
            defer { wide_tiles_use(false) }
            body()
        }
    }

    /// One product: sizes, form, and what stands around the matrices.
    struct Case: CustomStringConvertible {
        var m = 1, n = 1, k = 1
        var transposeA = false, transposeB = false
        var alpha = 1.0, beta = 0.0
        var hasBias = false, hasRelu = false
        /// Floats between the end of a stored row and the next one's start.
        var gap = 0
        var batch = 1
        var sharesB = false

        var description: String {
            "\(batch) x \(m)x\(n)x\(k)\(transposeA ? " Aᵀ" : "")\(transposeB ? " Bᵀ" : "") alpha \(alpha) beta \(beta) "
                + "gap \(gap)\(hasBias ? " bias" : "")\(hasRelu ? " relu" : "")\(sharesB ? " one B" : "")"
        }

        var rowA: Int { (transposeA ? m : k) + gap }
        var rowB: Int { (transposeB ? k : n) + gap }
        var rowC: Int { n + gap }
        var sizeA: Int { (transposeA ? k : m) * rowA }
        var sizeB: Int { (transposeB ? n : k) * rowB }
        var sizeC: Int { m * rowC }

        /// Runs it on copies of `a`, `b` and `c` and returns C, gaps included.
        func run(_ a: [Float], _ b: [Float], _ c: [Float], bias: [Float]) -> [Float] {
            var plan = mk_gemm_plan()
            plan.type = MK_F32
            (plan.transpose_a, plan.transpose_b) = (transposeA, transposeB)
            (plan.m, plan.n, plan.k, plan.batch) = (Int64(m), Int64(n), Int64(k), Int64(batch))
            (plan.row_a, plan.row_b, plan.row_c) = (Int64(rowA), Int64(rowB), Int64(rowC))
            (plan.stride_a, plan.stride_b) = (Int64(sizeA), sharesB ? 0 : Int64(sizeB))
            plan.stride_c = Int64(sizeC)
            (plan.alpha, plan.beta) = (alpha, beta)
            plan.activation = hasRelu ? MK_ACTIVATION_RELU : MK_ACTIVATION_NONE
            var c = c
            c.withUnsafeMutableBufferPointer { mk_gemm(&plan, a, b, $0.baseAddress, hasBias ? bias : nil) }
            return c
        }
    }

    /// Uniform in -0.5 ..< 0.5, the same in every run.
    static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed &* 2 &+ 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 33)) / Float(UInt32.max)
        }
    }

    /// Whole numbers from 0 up to a limit, one for each call, the same in every run.
    static func draws(seed: UInt64) -> (_ limit: Int) -> Int {
        var state = seed
        return { limit in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
    }

    /// The places where C is wrong: by more than the bound of a sum of k rounded products, or written where it has no element.
    static func faults(_ t: Case, _ path: Path, seed: UInt64) -> [String] {
        let (countA, countB, countC) = (t.sizeA * t.batch, t.sizeB * (t.sharesB ? 1 : t.batch), t.sizeC * t.batch)
        let (a, b, bias) = (numbers(countA, seed: seed), numbers(countB, seed: seed + 1), numbers(t.n, seed: seed + 2))
        // With beta 0 C is written only, whatever it held.
        let before = t.beta == 0 ? [Float](repeating: .nan, count: countC) : numbers(countC, seed: seed + 3)
        var c: [Float] = []
        path { c = t.run(a, b, before, bias: bias) }
        var found: [String] = []
        for entry in 0..<t.batch {
            let (startA, startB) = (entry * t.sizeA, t.sharesB ? 0 : entry * t.sizeB)
            for i in 0..<t.m {
                for j in 0..<t.rowC where found.count < 3 {
                    let at = entry * t.sizeC + i * t.rowC + j
                    guard j < t.n else {
                        if c[at].bitPattern != before[at].bitPattern { found.append("\(t): wrote behind row \(i)") }
                        continue
                    }
                    var (sum, size) = (0.0, 0.0)
                    for l in 0..<t.k {
                        let x = Double(a[startA + (t.transposeA ? l * t.rowA + i : i * t.rowA + l)])
                        let y = Double(b[startB + (t.transposeB ? j * t.rowB + l : l * t.rowB + j)])
                        sum += x * y
                        size += abs(x * y)
                    }
                    sum *= t.alpha
                    size *= abs(t.alpha)
                    if t.beta != 0 { sum += t.beta * Double(before[at]) }
                    if t.hasBias { sum += Double(bias[j]) }
                    size += abs(t.beta == 0 ? 0 : t.beta * Double(before[at])) + (t.hasBias ? abs(Double(bias[j])) : 0)
                    if t.hasRelu { sum = max(sum, 0) }
                    // Rounding errors of a chain of k sums, half of each last place: with k terms a few of them add up.
                    let bound = 6e-8 * (8 + Double(t.k).squareRoot()) * size + 1e-30
                    if !(abs(Double(c[at]) - sum) <= bound) {
                        found.append("\(t): [\(entry), \(i), \(j)] is \(c[at]), not \(sum)")
                    }
                }
            }
        }
        return found
    }

    @Test(arguments: Path.allCases) func random(_ path: Path) {
        let below = Self.draws(seed: 7)
        var found: [String] = []
        for number in 0..<500 where found.count < 10 {
            func size() -> Int {
                switch below(6) {
                case 0: below(4)
                case 1...3: below(40)
                case 4: below(150)
                default: below(700)
                }
            }
            var t = Case(m: size(), n: size(), k: size(), transposeA: below(2) == 0, transposeB: below(2) == 0)
            if t.m * t.n * t.k > 4_000_000 { (t.m, t.n) = (t.m % 64, t.n % 64) }
            t.alpha = [1, 1, -0.5][below(3)]
            t.beta = [0, 1, 0.5][below(3)]
            (t.hasBias, t.hasRelu) = (below(2) == 0, below(2) == 0)
            t.gap = [0, 0, 3, 600][below(4)]
            if t.m * t.n * t.k < 200_000 { (t.batch, t.sharesB) = (1 + below(4), below(2) == 0) }
            found += Self.faults(t, path, seed: UInt64(number) * 4)
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// Sizes around vectors, tiles, blocks, pieces of the inner dimension and the limits above which operands are packed, turned
    /// round or shared, in each form.
    @Test(arguments: Path.allCases) func edges(_ path: Path) {
        let sizes = [
            (1, 64, 30), (3, 65, 17), (6, 16, 384), (7, 17, 385), (12, 8, 769), (13, 33, 5), (14, 48, 31), (15, 63, 64),
            (23, 256, 40), (24, 257, 40), (29, 10, 128), (95, 31, 33), (96, 32, 100), (97, 127, 20), (100, 512, 9), (193, 20, 7),
            (255, 80, 11), (256, 64, 13), (257, 96, 12), (300, 130, 70), (64, 40, 2100), (40, 1500, 60), (5, 9, 0), (1, 8, 1),
        ]
        var found: [String] = []
        for (m, n, k) in sizes {
            for form in 0..<4 {
                let t = Case(m: m, n: n, k: k, transposeA: form & 1 != 0, transposeB: form & 2 != 0, hasBias: form == 1)
                found += Self.faults(t, path, seed: 11)
            }
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// An infinity or NaN reaches its own row or column and nothing else: zeros behind the last column meet them, too.
    @Test(arguments: Path.allCases, [(7, 9, 5), (30, 70, 40), (130, 100, 200)])
    func specialValuesStayInTheirPlace(_ path: Path, _ size: (m: Int, n: Int, k: Int)) {
        for (special, inA) in [(Float.infinity, true), (.nan, true), (-.infinity, false), (.nan, false)] {
            let t = Case(m: size.m, n: size.n, k: size.k)
            var (a, b) = (Self.numbers(t.sizeA, seed: 1).map { $0 + 1 }, Self.numbers(t.sizeB, seed: 2).map { $0 + 1 })
            let (row, column) = (size.m - 1, size.n - 1)
            if inA { a[row * size.k + 2] = special } else { b[2 * size.n + column] = special }
            var c: [Float] = []
            path { c = t.run(a, b, [Float](repeating: 0, count: t.sizeC), bias: []) }
            for i in 0..<size.m {
                for j in 0..<size.n {
                    let value = c[i * size.n + j]
                    if inA ? i == row : j == column {
                        #expect(special.isNaN ? value.isNaN : value == special)
                    } else {
                        #expect(value.isFinite)
                    }
                }
            }
        }
    }

    /// What our engine promises beyond the bound: an element of C depends on its row of A, its column of B and k alone.
    @Test func bitsOfAnElementDoNotDependOnItsNeighbours() {
        // Few enough multiplications of one shape that k is not cut among tasks.
        let (m, n, k) = (130, 150, 700)
        let (a, b) = (Self.numbers(m * k, seed: 5), Self.numbers(k * n, seed: 6))
        func product(_ rows: Range<Int>, _ columns: Range<Int>) -> [Float] {
            let t = Case(m: rows.count, n: columns.count, k: k)
            let part = (0..<k).flatMap { l in columns.map { b[l * n + $0] } }
            let own = Array(a[(rows.lowerBound * k)..<(rows.upperBound * k)])
            return t.run(own, part, [Float](repeating: 0, count: t.sizeC), bias: [])
        }
        // OpenBLAS promises no such thing.
        guard mk_gemm_is_ours(MK_F32, false, Int64(m), Int64(n)) else { return }
        let whole = product(0..<m, 0..<n)
        for (rows, columns) in [(0..<1, 0..<n), (3..<10, 5..<80), (100..<m, 0..<9), (17..<117, 140..<n)] {
            let part = product(rows, columns)
            for (i, row) in rows.enumerated() {
                for (j, column) in columns.enumerated() {
                    #expect(part[i * columns.count + j].bitPattern == whole[row * n + column].bitPattern)
                }
            }
        }
    }
}
