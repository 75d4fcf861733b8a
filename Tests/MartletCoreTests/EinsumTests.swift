import MartletCore
import TestSupport
import Testing

/// `einsum` and its relatives against nested loops over all labels.
@Suite(.ownSession) struct EinsumTests {
    /// The sum of products by the definition, for equations of letters alone.
    static func naive(_ equation: String, _ operands: [Tensor]) -> (Shape, [Double]) {
        let compact = equation.replacing(" ", with: "")
        let sides = compact.split(separator: "->", omittingEmptySubsequences: false).map(String.init)
        let inputs = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
        let all = inputs.joined()
        let output = sides.count == 2 ? Array(sides[1]) : Set(all).filter { l in all.count { $0 == l } == 1 }.sorted()
        var sizes: [Character: Int] = [:]
        for (labels, operand) in zip(inputs, operands) {
            for (label, size) in zip(labels, operand.shape.dimensions) { sizes[label] = size }
        }
        let labels = output + Set(all).subtracting(output).sorted()
        let extents = Shape(labels.map { sizes[$0]! })
        let values = operands.map { $0.scalars(as: Double.self) }
        var result = [Double](repeating: 0, count: output.reduce(1) { $0 * sizes[$1]! })
        let inner = extents.elementCount / max(result.count, 1)
        for index in 0..<extents.elementCount {
            var (rest, place) = (index, [Character: Int]())
            for label in labels.reversed() {
                place[label] = rest % sizes[label]!
                rest /= sizes[label]!
            }
            var product = 1.0
            for (labels, value) in zip(inputs, values) {
                product *= value[labels.reduce(0) { $0 * sizes[$1]! + place[$1]! }]
            }
            result[index / inner] += product
        }
        return (Shape(output.map { sizes[$0]! }), result)
    }

    static let cases: [(String, [Shape])] = [
        ("ij,jk->ik", [[3, 4], [4, 5]]), ("ij,jk", [[3, 4], [4, 5]]), ("ij,kj->ik", [[3, 4], [5, 4]]),
        ("ji,jk->ki", [[4, 3], [4, 5]]), ("bij,bjk->bik", [[2, 3, 4], [2, 4, 5]]),
        ("bqhd,bkhd->bhqk", [[2, 3, 2, 4], [2, 5, 2, 4]]), ("bhqk,bkhd->bqhd", [[2, 2, 3, 5], [2, 5, 2, 4]]),
        ("i,i->", [[4], [4]]), ("i,j->ij", [[3], [4]]), ("i,j->ji", [[3], [4]]), ("bi,bi->b", [[3, 4], [3, 4]]),
        ("ij,ij->ij", [[3, 4], [3, 4]]), ("ij,ji->ij", [[3, 4], [4, 3]]), ("ii->i", [[4, 4]]), ("ii->", [[4, 4]]),
        ("ii", [[4, 4]]), ("ij->ji", [[3, 4]]), ("ba", [[3, 4]]), ("ijk->k", [[2, 3, 4]]), ("ijk->", [[2, 3, 4]]),
        ("iij,jk->ik", [[3, 3, 4], [4, 2]]), ("iijj->ij", [[2, 2, 3, 3]]), ("iii->i", [[3, 3, 3]]),
        ("ij,jk,kl->il", [[2, 3], [3, 4], [4, 5]]), ("i,j,k->kji", [[2], [3], [4]]),
        ("ij,ij,ij->j", [[2, 3], [2, 3], [2, 3]]), ("ab,bc,cd,de->ae", [[2, 3], [3, 2], [2, 4], [4, 3]]),
        ("ij,k->j", [[2, 3], [4]]), (" i j , j k -> i k ", [[3, 4], [4, 2]]), (",->", [[], []]), ("->", [[]]),
        ("ij,jk->ik", [[3, 0], [0, 2]]), ("ij,jk->ik", [[0, 3], [3, 2]]), ("aB,Bc->ac", [[2, 3], [3, 4]]),
    ]

    @Test(arguments: cases) func matchesLoops(_ equation: String, _ shapes: [Shape]) {
        let operands = shapes.enumerated().map { SampleInput.uniform($1, seed: UInt64($0 + 1)) }
        let (shape, expected) = Self.naive(equation, operands)
        for (dtype, tolerance) in [(DType.float64, 1e-13), (.float32, 1e-4)] {
            let result = einsum(equation, operands.map { $0.cast(to: dtype) })
            #expect(result.shape == shape && result.dtype == dtype)
            #expect(worstError(result, expected) <= tolerance)
        }
    }

    /// Equations with an ellipsis or axes of size 1 mean the same as ones with letters.
    static let ellipses: [(String, [Shape], String, [Shape])] = [
        ("...ij,...jk->...ik", [[2, 3, 4], [2, 4, 5]], "bij,bjk->bik", [[2, 3, 4], [2, 4, 5]]),
        ("...ij,...jk", [[2, 3, 4], [2, 4, 5]], "bij,bjk->bik", [[2, 3, 4], [2, 4, 5]]),
        ("...ij,jk->...ik", [[2, 6, 3, 4], [4, 5]], "abij,jk->abik", [[2, 6, 3, 4], [4, 5]]),
        ("i...,i...->...", [[3, 2, 4], [3, 4]], "iab,ib->ab", [[3, 2, 4], [3, 4]]),
        ("...ii->...", [[5, 3, 3]], "aii->a", [[5, 3, 3]]),
        ("...->...", [[2, 3]], "ab->ab", [[2, 3]]),
        ("i...->i...", [[2]], "i->i", [[2]]),
        ("i...->...", [[3, 2]], "ia->a", [[3, 2]]),
        ("...i,...i->...", [[2, 1, 3], [4, 3]], "ai,bi->ab", [[2, 3], [4, 3]]),
        ("ij,ij->ij", [[2, 1], [2, 3]], "i,ij->ij", [[2], [2, 3]]),
    ]

    @Test(arguments: ellipses)
    func ellipsisAndBroadcasting(_ equation: String, _ shapes: [Shape], _ plain: String, _ plainShapes: [Shape]) {
        let operands = shapes.enumerated().map { SampleInput.uniform($1, seed: UInt64($0 + 1)) }
        let (shape, expected) = Self.naive(plain, zip(operands, plainShapes).map { $0.reshaped(to: $1) })
        let result = einsum(equation, operands)
        #expect(result.shape == shape)
        #expect(worstError(result, expected) <= 1e-13)
    }

    @Test func gradientIsEinsum() {
        let (a, b) = (SampleInput.uniform([2, 3, 4], seed: 1), SampleInput.uniform([2, 4, 5], seed: 2))
        let weight = SampleInput.uniform([5, 2, 3], seed: 3)
        let tape = GradientTape()
        tape.watch(a)
        tape.watch(b)
        let y = tape.record { (einsum("bij,bjk->kbi", a, b) * weight).sum() }
        let gradients = tape.gradient(of: y, withRespectTo: [a, b])
        #expect(gradients[0]!.allClose(to: einsum("kbi,bjk->bij", weight, b), relativeTolerance: 1e-12))
        #expect(gradients[1]!.allClose(to: einsum("bij,kbi->bjk", a, weight), relativeTolerance: 1e-12))
    }

    @Test func integersStayIntegers() {
        let a = Tensor([[1, 2], [3, 4]])
        #expect(einsum("ij,jk->ik", a, a).scalars() == [7, 10, 15, 22])
        #expect(einsum("ii", a).scalars() == [5] && a.trace().scalars() == [5])
    }

    @Test func tensordotMatchesEinsum() {
        let (a, b) = (SampleInput.uniform([2, 3, 4], seed: 1), SampleInput.uniform([3, 4, 5], seed: 2))
        func same(_ x: Tensor, _ y: Tensor) -> Bool {
            x.shape == y.shape && x.allClose(to: y, relativeTolerance: 1e-12)
        }
        #expect(same(tensordot(a, b), einsum("iab,abj->ij", a, b)))
        #expect(same(tensordot(a, b, axes: ([1, -1], [0, 1])), einsum("iab,abj->ij", a, b)))
        #expect(same(tensordot(a, b, axes: ([2], [1])), einsum("ika,laj->iklj", a, b)))
        #expect(tensordot(a, b, axes: 0).shape == [2, 3, 4, 3, 4, 5])
        let right = a[.all, .all, 1...]
        #expect(same(a.trace(offset: 1, axis1: 1, axis2: 2), right.trace(axis1: 1, axis2: 2)))
    }

    @Test func malformedEquations() async {
        await #expect(processExitsWith: .failure) { _ = einsum("ij,jk->ik", Tensor.ones([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("ij->ik", Tensor.ones([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("ijk->i", Tensor.ones([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("ij,jk->ik", Tensor.ones([2, 3]), Tensor.ones([4, 2])) }
        await #expect(processExitsWith: .failure) { _ = einsum("i1->i", Tensor.ones([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("ii->i", Tensor.ones([1, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("ij->ii", Tensor.ones([2, 3])) }
        await #expect(processExitsWith: .failure) { _ = einsum("...i->i", Tensor.ones([2, 3])) }
    }
}
