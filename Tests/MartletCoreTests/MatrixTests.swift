import MartletCore
import TestSupport
import Testing

/// Decompositions and systems of equations where PyTorch's numbers (`OpFixtureTests`) do not reach.
@Suite(.ownSession) struct MatrixTests {
    static let sizes = [1, 2, 5, 33]

    private func matrices(_ size: Int, symmetric: Bool = false) -> Tensor {
        let (x, eye) = (SampleInput.uniform([3, size, size], in: -1...1), Tensor.eye(size, dtype: .float64))
        return symmetric ? matmul(x, x, transposeB: true) + eye : x + eye * Double(size + 2)
    }

    /// What is taken apart is put together again.
    @Test(arguments: sizes) func factorsAndSolutionsFit(_ size: Int) {
        let (a, symmetric) = (matrices(size), matrices(size, symmetric: true))
        let b = SampleInput.uniform([3, size, 2], seed: 4)
        let l = symmetric.cholesky()
        #expect(matmul(l, l, transposeB: true).allClose(to: symmetric, absoluteTolerance: 1e-11))
        #expect(l.allClose(to: l.lowerTriangle()) && symmetric.cholesky(upper: true).allClose(to: l.transposed(-1, -2)))
        #expect(matmul(a, solve(a, b)).allClose(to: b, absoluteTolerance: 1e-11))
        #expect(matmul(a, a.inverse()).allClose(to: .eye(size, dtype: .float64), absoluteTolerance: 1e-11))
        #expect(matmul(l, solveTriangular(symmetric.cholesky(), b, lower: true)).allClose(to: b, absoluteTolerance: 1e-11))
        let (sign, logarithm) = a.logDeterminant()
        #expect((sign * logarithm.exp()).allClose(to: a.determinant(), relativeTolerance: 1e-11))
        // The determinant of a product, and that of triangular factors.
        #expect(symmetric.determinant().allClose(to: l.determinant().square(), relativeTolerance: 1e-10))
    }

    /// The other triangle is not read, vectors are right sides, and single matrices serve many of them.
    @Test func formsOfSystems() {
        let a = Tensor([2.0, 7, 0, 4], shape: [2, 2])
        #expect(solveTriangular(a, Tensor([2.0, 4]), lower: true).scalars(as: Double.self) == [1, 1])
        #expect(solveTriangular(a, Tensor([9.0, 4])).scalars(as: Double.self) == [1, 1])
        let many = solve(a, SampleInput.uniform([3, 2, 1]))
        #expect(many.shape == [3, 2, 1])
        #expect(solve(Tensor([[2, 0], [0, 4]]), Tensor([2, 4])).allClose(to: Tensor([1.0, 1]).cast(to: .float32)))
    }

    @Test func whatHasNoSolution() throws {
        let singular = Tensor([1.0, 2, 2, 4], shape: [2, 2])
        for body in [
            { solve(singular, Tensor([1.0, 2])) }, { singular.inverse() }, { (-singular).cholesky() },
            { solveTriangular(Tensor([0.0, 1, 1, 1], shape: [2, 2]), Tensor([1.0, 2])) },
            { Tensor.ones([2, 3]).inverse() }, { solve(Tensor.eye(2), Tensor.ones([3])) },
        ] as [@Sendable () -> Tensor] {
            #expect(throws: MartletError.self) { _ = try withErrors { body() } }
        }
        #expect(singular.determinant().item() == 0)
        let (sign, logarithm) = singular.logDeterminant()
        #expect(sign.item() == 0 && logarithm.item() == -.infinity)
    }

    @Test func notANumberStays() {
        let x = Tensor([Double.nan, 0, 0, 1], shape: [2, 2])
        #expect(x.cholesky().isNaN().all().item(as: Bool.self))
        #expect(x.determinant().item().isNaN)
    }
}
