extension Tensor {
    /// Whether each element is near the other's: `|a - b| <= absoluteTolerance + relativeTolerance |b|`, in `float64`,
    /// broadcast. Equal infinities are near each other; NaN is near nothing, or near NaN when `equalNaN`.
    ///
    /// Source: [`numpy.isclose`](https://numpy.org/doc/stable/reference/generated/numpy.isclose.html).
    public func isClose(
        to other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8, equalNaN: Bool = false
    ) -> Tensor {
        let (a, b) = (cast(to: .float64), other.cast(to: .float64))
        let isNear = (a - b).abs() .<= absoluteTolerance + relativeTolerance * b.abs()
        let isEqual = (isNear.logicalAnd(b.isFinite())).logicalOr(a .== b)
        return equalNaN ? isEqual.logicalOr(a.isNaN().logicalAnd(b.isNaN())) : isEqual
    }

    /// Whether every element is near the other's in the sense of `isClose`, broadcast.
    public func allClose(
        to other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8, equalNaN: Bool = false
    ) -> Bool {
        isClose(
            to: other, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, equalNaN: equalNaN
        ).all().item(as: Bool.self)
    }
}
