extension Tensor {
    /// NumPy's `dot`: the inner product of vectors, the product of matrices, and in general the sum of products over
    /// the last axis of this tensor and the last but one (of a vector: the only one) of the other. A scalar multiplies.
    ///
    /// Source: [`keras.ops.dot`](https://keras.io/api/ops/numpy/#dot-function).
    public func dot(_ other: Tensor) -> Tensor {
        if rank == 0 || other.rank == 0 { return self * other }
        return tensordot(self, other, axes: ([-1], [other.rank == 1 ? -1 : -2]))
    }

    /// The sum of the diagonal `offset` places right of the main one (left of it when negative) of the matrices that
    /// two axes make.
    ///
    /// Source: [`keras.ops.trace`](https://keras.io/api/ops/numpy/#trace-function).
    public func trace(offset: Int = 0, axis1: Int = 0, axis2: Int = 1) -> Tensor {
        guard let first = shape.normalizedAxis(axis1), let second = shape.normalizedAxis(axis2), first != second else {
            fail("trace", "Expected two different axes of a matrix. Received: \(axis1) and \(axis2) of \(spec).")
            return .substitute(spec)
        }
        let others = (0..<rank).filter { $0 != first && $0 != second }
        return transposed(permutation: others + [first, second]).diagonal(offset: offset).sum(axis: -1)
    }
}

/// All products of an element of `a` with one of `b`, both flattened: shape [a.elementCount, b.elementCount].
///
/// Source: [`keras.ops.outer`](https://keras.io/api/ops/numpy/#outer-function).
public func outer(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.reshaped(to: [a.elementCount, 1]) * b.reshaped(to: [1, b.elementCount])
}

/// The sum of products over the last `axes` axes of `a` and the first `axes` of `b`; 0 gives all products.
///
/// Source: [`keras.ops.tensordot`](https://keras.io/api/ops/numpy/#tensordot-function).
public func tensordot(_ a: Tensor, _ b: Tensor, axes: Int = 2) -> Tensor {
    guard
        require(
            axes >= 0 && axes <= min(a.rank, b.rank), "tensordot",
            "Expected from 0 to \(min(a.rank, b.rank)) axes. Received: \(axes) for \(a.spec), \(b.spec).")
    else { return .substitute(a.spec) }
    return tensordot(a, b, axes: (Array(a.rank - axes..<a.rank), Array(0..<axes)))
}

/// The sum of products over pairs of axes: axis `axes.0[i]` of `a` runs with axis `axes.1[i]` of `b`. The result has
/// the other axes of `a`, then those of `b`.
public func tensordot(_ a: Tensor, _ b: Tensor, axes: ([Int], [Int])) -> Tensor {
    let (first, second) = (axes.0.compactMap(a.shape.normalizedAxis), axes.1.compactMap(b.shape.normalizedAxis))
    let areAxes = first.count == axes.0.count && second.count == axes.1.count && first.count == second.count
    var fits = require(
        areAxes && Set(first).count == first.count && Set(second).count == second.count, "tensordot",
        "Expected as many different axes of the one as of the other. "
            + "Received: \(axes.0) of \(a.spec), \(axes.1) of \(b.spec).")
    fits = fits && require(
        zip(first, second).allSatisfy { a.shape[$0] == b.shape[$1] }, "tensordot",
        "Expected axes of equal sizes. Received: \(axes.0) of \(a.spec), \(axes.1) of \(b.spec).")
    if !fits { return .substitute(a.spec) }
    var labels = Array(0..<a.rank)
    let labelsB = (0..<b.rank).map { axis in second.firstIndex(of: axis).map { first[$0] } ?? a.rank + axis }
    labels.removeAll(where: first.contains)
    let output = labels + labelsB.filter { $0 >= a.rank }
    let (a, b) = Tensor.promoted(a, b)
    return Labelled(a, Array(0..<a.rank)).contracted(with: Labelled(b, labelsB), keeping: Set(output)).arranged(output)
}
