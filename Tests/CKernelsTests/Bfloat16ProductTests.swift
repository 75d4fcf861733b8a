import CKernels
import TestSupport
import Testing

/// Products of `bfloat16`: natively, where the CPU can, and portably, against their definition and against sums in `float64`.
/// Other tests may run meanwhile: which way is taken changes no bit.
@Suite(.serialized, .ownSession) struct Bfloat16ProductTests {
    struct Case: CustomStringConvertible {
        var m = 1, n = 1, k = 1
        var transposeA = false, transposeB = false
        var hasBias = false, hasRelu = false
        /// Numbers between the end of a stored row and the next one's start.
        var gap = 0
        var batch = 1
        var sharesA = false, sharesB = false

        var description: String {
            "\(batch) x \(m)x\(n)x\(k)\(transposeA ? " Aᵀ" : "")\(transposeB ? " Bᵀ" : "") gap \(gap)\(hasBias ? " bias" : "")"
                + "\(hasRelu ? " relu" : "")\(sharesA ? " one A" : "")\(sharesB ? " one B" : "")"
        }

        var rowA: Int { (transposeA ? m : k) + gap }
        var rowB: Int { (transposeB ? k : n) + gap }
        var sizeA: Int { (transposeA ? k : m) * rowA }
        var sizeB: Int { (transposeB ? n : k) * rowB }
        var countA: Int { sizeA * (sharesA ? 1 : batch) }
        var countB: Int { sizeB * (sharesB ? 1 : batch) }

        var plan: mk_gemm_plan {
            var plan = mk_gemm_plan()
            plan.type = MK_BF16
            (plan.transpose_a, plan.transpose_b) = (transposeA, transposeB)
            (plan.m, plan.n, plan.k, plan.batch) = (Int64(m), Int64(n), Int64(k), Int64(batch))
            (plan.row_a, plan.row_b) = (Int64(rowA), Int64(rowB))
            (plan.stride_a, plan.stride_b) = (sharesA ? 0 : Int64(sizeA), sharesB ? 0 : Int64(sizeB))
            plan.stride_c = Int64(m * n)
            plan.alpha = 1
            plan.activation = hasRelu ? MK_ACTIVATION_RELU : MK_ACTIVATION_NONE
            return plan
        }

        /// - Parameter prepared: the engine for which B is laid out beforehand, nil for none.
        func run(_ engine: mk_bf16_engine, _ a: [UInt16], _ b: [UInt16], bias: [Float], prepared: mk_bf16_engine? = nil) -> [Float] {
            defer { mk_set_bf16_engine(MK_BF16_AUTOMATIC) }
            var plan = plan
            var weights: OpaquePointer?
            if let prepared {
                mk_set_bf16_engine(prepared)
                weights = mk_gemm_prepare(&plan, b)
            }
            mk_set_bf16_engine(engine)
            var c = [Float](repeating: .nan, count: m * n * batch)
            c.withUnsafeMutableBufferPointer {
                mk_gemm_prepared(&plan, a, b, weights, $0.baseAddress, hasBias ? bias : nil)
            }
            mk_free_weights(weights)
            return c
        }

        func a(_ a: [UInt16], _ entry: Int, _ i: Int, _ l: Int) -> Float {
            widened(a[(sharesA ? 0 : entry * sizeA) + (transposeA ? l * rowA + i : i * rowA + l)])
        }
        func b(_ b: [UInt16], _ entry: Int, _ l: Int, _ j: Int) -> Float {
            widened(b[(sharesB ? 0 : entry * sizeB) + (transposeB ? j * rowB + l : l * rowB + j)])
        }
    }

    static func widened(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The upper halves of numbers in -0.5 ..< 0.5.
    static func numbers(_ count: Int, seed: UInt64) -> [UInt16] {
        ProductTests.numbers(count, seed: seed).map { UInt16($0.bitPattern >> 16) }
    }

    static var engines: [mk_bf16_engine] { mk_bf16_has_native() ? [MK_BF16_NATIVE, MK_BF16_PORTABLE] : [MK_BF16_PORTABLE] }

    static func faults(_ t: Case, seed: UInt64) -> [String] {
        let (a, b) = (numbers(t.countA, seed: seed), numbers(t.countB, seed: seed + 1))
        let bias = ProductTests.numbers(t.n, seed: seed + 2)
        let c = t.run(engines[0], a, b, bias: bias)
        var found: [String] = []
        for engine in engines {
            for prepared in [nil] + engines.map(Optional.some) {
                let other = t.run(engine, a, b, bias: bias, prepared: prepared)
                if other.map(\.bitPattern) != c.map(\.bitPattern) {
                    found.append("\(t): engine \(engine.rawValue), B for \(prepared.map { "\($0.rawValue)" } ?? "none"): other bits")
                }
            }
        }
        for entry in 0..<t.batch {
            for i in 0..<t.m {
                for j in 0..<t.n where found.count < 3 {
                    var (sum, size) = (0.0, 0.0)
                    for l in 0..<t.k {
                        let product = Double(t.a(a, entry, i, l)) * Double(t.b(b, entry, l, j))
                        sum += product
                        size += abs(product)
                    }
                    if t.hasBias { sum += Double(bias[j]) }
                    size += t.hasBias ? abs(Double(bias[j])) : 0
                    if t.hasRelu { sum = max(sum, 0) }
                    let value = c[(entry * t.m + i) * t.n + j]
                    // Products are exact in float32. As for float32: a few of the k rounding errors add up.
                    if !(abs(Double(value) - sum) <= 6e-8 * (8 + Double(t.k).squareRoot()) * size + 1e-30) {
                        found.append("\(t): [\(entry), \(i), \(j)] is \(value), not \(sum)")
                    }
                }
            }
        }
        return found
    }

    @Test func random() {
        let below = ProductTests.draws(seed: 9)
        var found: [String] = []
        for number in 0..<500 where found.count < 10 {
            func size() -> Int { [below(4), below(40), below(40), below(40), below(150), below(700)][below(6)] }
            var t = Case(m: size(), n: size(), k: size(), transposeA: below(2) == 0, transposeB: below(2) == 0)
            if t.m * t.n * t.k > 2_000_000 { (t.m, t.n) = (t.m % 64, t.n % 64) }
            (t.hasBias, t.hasRelu) = (below(2) == 0, below(2) == 0)
            t.gap = [0, 0, 3, 600][below(4)]
            if t.m * t.n * t.k < 100_000 { (t.batch, t.sharesA, t.sharesB) = (1 + below(4), below(3) == 0, below(3) == 0) }
            found += Self.faults(t, seed: UInt64(number) * 4)
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// Sizes around pairs, vectors, tiles, and pieces of the inner dimension; long ones that are cut among tasks.
    @Test func edges() {
        let sizes = [
            (1, 64, 30), (3, 65, 17), (6, 16, 384), (7, 17, 385), (12, 8, 769), (13, 33, 5), (14, 48, 31), (23, 256, 40), (97, 127, 20),
            (100, 512, 9), (193, 20, 7), (64, 40, 2101), (40, 1500, 60), (5, 9, 0), (1, 8, 1), (1, 1, 1), (2, 3, 2),
        ]
        var found: [String] = []
        for (m, n, k) in sizes {
            for form in 0..<4 {
                found += Self.faults(
                    Case(m: m, n: n, k: k, transposeA: form & 1 != 0, transposeB: form & 2 != 0, hasBias: form == 1), seed: 11)
            }
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    /// The order of a sum: pairs of the inner dimension, the second of a pair first, each product added by one rounding.
    @Test(arguments: [1, 2, 7, 30, 383]) func definition(_ k: Int) {
        let t = Case(m: 5, n: 19, k: k)
        let (a, b) = (Self.numbers(t.countA, seed: 3), Self.numbers(t.countB, seed: 4))
        for engine in Self.engines {
            let c = t.run(engine, a, b, bias: [])
            for i in 0..<t.m {
                for j in 0..<t.n {
                    var sum: Float = 0
                    for pair in 0..<(k + 1) / 2 {
                        for l in [2 * pair + 1, 2 * pair] where l < k { sum.addProduct(t.a(a, 0, i, l), t.b(b, 0, l, j)) }
                    }
                    #expect(c[i * t.n + j].bitPattern == sum.bitPattern, "\(i), \(j)")
                }
            }
        }
    }

    /// An infinity or NaN reaches its own row or column and nothing else, at an odd end of the inner dimension, too.
    @Test(arguments: [(7, 9, 5), (30, 70, 41), (130, 100, 200)]) func specialValuesStayInTheirPlace(_ size: (m: Int, n: Int, k: Int)) {
        for (special, inA) in [(Float.infinity, true), (.nan, true), (-.infinity, false), (.nan, false)] {
            let t = Case(m: size.m, n: size.n, k: size.k)
            let bits = UInt16(special.bitPattern >> 16), one: UInt16 = 0x3f80
            var (a, b) = ([UInt16](repeating: one, count: t.sizeA), [UInt16](repeating: one, count: t.sizeB))
            let (row, column, last) = (size.m - 1, size.n - 1, size.k - 1)
            if inA { a[row * size.k + last] = bits } else { b[last * size.n + column] = bits }
            for engine in Self.engines {
                let c = t.run(engine, a, b, bias: [])
                for i in 0..<size.m {
                    for j in 0..<size.n {
                        let value = c[i * size.n + j]
                        if inA ? i == row : j == column {
                            #expect(special.isNaN ? value.isNaN : value == special)
                        } else {
                            #expect(value == Float(size.k))
                        }
                    }
                }
            }
        }
    }

    /// Denormal numbers are zeros in kernels' mode, and keep their value where that is set: portably then, whatever is asked for.
    @Test func denormals() {
        let t = Case(m: 1, n: 1, k: 2)
        let (a, b): ([UInt16], [UInt16]) = ([0x0040, 0x0080], [0x3f80, 0x3f80])
        for engine in Self.engines {
            let mode = mk_enter_float_mode()
            let sum = t.run(engine, a, b, bias: [])[0]
            mk_leave_float_mode(mode)
            #expect(sum == Float(bitPattern: mk_flushes_denormals() ? 0x0080_0000 : 0x00c0_0000))
        }
    }
}

private func widened(_ bits: UInt16) -> Float { Bfloat16ProductTests.widened(bits) }
