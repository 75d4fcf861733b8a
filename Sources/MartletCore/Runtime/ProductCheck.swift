/// Matrix products against a plain loop in `float64`: a quick proof that the kernels which run here are right.
package struct ProductCheck {
    /// One product: op(A) is m x k, op(B) is k x n.
    package struct Case: Sendable, CustomStringConvertible {
        package var dtype: DType
        package var m, n, k: Int
        package var transposeA, transposeB: Bool

        package var description: String {
            "\(dtype) \(m)x\(k)\(transposeA ? " (transposed)" : "") by \(k)x\(n)\(transposeB ? " (transposed)" : "")"
        }
    }

    /// Single elements, shapes that no block divides, whole blocks, long sums, few rows and few columns; each in both
    /// types and transposed in every way.
    package static let cases: [Case] = {
        let shapes = [
            (1, 1, 1), (3, 5, 7), (17, 33, 65), (64, 64, 64), (129, 130, 131), (31, 10, 900), (1, 300, 200), (300, 1, 50),
        ]
        return [DType.float32, .float64].flatMap { dtype in
            shapes.flatMap { m, n, k in
                [(false, false), (true, false), (false, true), (true, true)].map {
                    Case(dtype: dtype, m: m, n: n, k: k, transposeA: $0.0, transposeB: $0.1)
                }
            }
        }
    }()

    /// The products that were made.
    package let count: Int
    /// What is wrong with those that are wrong.
    package let failures: [String]

    /// Runs every case through `multiply`, by default the kernel that all products of Martlet use.
    package init(multiply: (Case, [Double], [Double]) -> [Double] = ProductCheck.product) {
        count = Self.cases.count
        failures = Self.cases.compactMap { Self.failure(of: $0, multiply) }
    }

    /// What is wrong with one product; nil when nothing is.
    private static func failure(of test: Case, _ multiply: (Case, [Double], [Double]) -> [Double]) -> String? {
        // Multiples of 2^-10 between -1 and 1: numbers of both types, whose sums of products are exact in float64.
        var state: UInt32 = 1
        func numbers(_ count: Int) -> [Double] {
            (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return Double(state >> 21) / 1024 - 1
            }
        }
        let (m, n, k) = (test.m, test.n, test.k)
        let (a, b) = (numbers(m * k), numbers(k * n))
        let c = multiply(test, a, b)
        guard c.count == m * n else { return "\(test): \(c.count) results" }
        // Each product and each addition is off by half a unit at most, whatever the order of the additions.
        let unit = test.dtype == .float32 ? 0x1p-24 : 0x1p-53
        for i in 0..<m {
            for j in 0..<n {
                var (sum, size) = (0.0, 0.0)
                for l in 0..<k {
                    let term = a[test.transposeA ? l * m + i : i * k + l] * b[test.transposeB ? j * k + l : l * n + j]
                    sum += term
                    size += abs(term)
                }
                let result = c[i * n + j]
                if !(abs(result - sum) <= Double(k + 1) * unit * size) {
                    return "\(test): \(result) at [\(i), \(j)], expected \(sum)"
                }
            }
        }
        return nil
    }

    /// The product as Martlet computes it.
    package static func product(_ test: Case, _ a: [Double], _ b: [Double]) -> [Double] {
        func tensor(_ values: [Double], _ rows: Int, _ columns: Int, _ isTransposed: Bool) -> Tensor {
            Tensor(values, shape: isTransposed ? [columns, rows] : [rows, columns]).cast(to: test.dtype)
        }
        let a = tensor(a, test.m, test.k, test.transposeA), b = tensor(b, test.k, test.n, test.transposeB)
        return matmul(a, b, transposeA: test.transposeA, transposeB: test.transposeB).cast(to: .float64).scalars()
    }
}
