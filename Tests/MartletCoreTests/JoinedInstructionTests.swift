import MartletCore
import TestSupport
import Testing

/// Operations that the engine does as one instruction have the bits that they have one by one, with operands of either
/// kind: a vector, or a scalar that is read in place.
@Suite(.ownSession) struct JoinedInstructionTests {
    static let formulas: [(String, @Sendable (Tensor, Tensor, Tensor) -> Tensor)] = [
        ("a b + c", { $0 * $1 + $2 }), ("c + a b", { $2 + $0 * $1 }), ("a b - c", { $0 * $1 - $2 }),
        ("c - a b", { $2 - $0 * $1 }), ("(a + b) c", { ($0 + $1) * $2 }), ("c (a + b)", { $2 * ($0 + $1) }),
        ("(a - b) c", { ($0 - $1) * $2 }), ("c - a / b", { $2 - $0 / $1 }), ("a / b - c", { $0 / $1 - $2 }),
        ("√a + b", { $0.squareRoot() + $1 * $2 }), ("a + (b - a) c", { $0 + ($1 - $0) * $2 }),
        ("(b - a) c + a", { ($1 - $0) * $2 + $0 }), ("a - (b - a) c", { $0 - ($1 - $0) * $2 }),
        ("b + (b - a) c", { $1 + ($1 - $0) * $2 }), ("a b + a b", { $0 * $1 + $0 * $1 - $2 }),
        ("where", { `where`($0 .> $1, $2, $1 * $2 + 0.5) }),
        ("c > a b", { ($2 .> $0 * $1).cast(to: $0.dtype) + $2 * $1 }),
    ]

    /// Sizes around the width of a vector, of a tile and of a task.
    static let sizes = [1, 5, 63, 64, 65, 511, 513, 70_001]

    @Test(arguments: 0..<formulas.count) func bits(_ number: Int) {
        let (name, formula) = Self.formulas[number]
        for type in [DType.float32, .float64] {
            for size in Self.sizes {
                for scalars in 0..<8 {
                    let operands = (0..<3).map { place in
                        let shape: Shape = scalars >> place & 1 == 1 ? [] : [size]
                        return SampleInput.uniform(shape, seed: UInt64(7 * size + place)).cast(to: type)
                    }
                    let graph = compiled { (x: [Tensor]) -> Tensor in formula(x[0], x[1], x[2]) }
                    let eager = formula(operands[0], operands[1], operands[2])
                    #expect(
                        CompiledTests.bytes(graph(operands)) == CompiledTests.bytes(eager),
                        "\(name), \(type), \(size) elements, scalars \(scalars)")
                }
            }
        }
    }
}
