import CKernels

/// The largest element so far.
struct CumulativeMax: ExtremumScanOp {
    static let name = "cumulativeMax"
    static let code = MK_CUMMAX
    let axis: Int
    let exclusive: Bool
    let reverse: Bool
}

extension Tensor {
    /// The largest of the elements along `axis` up to each one; from the end when `reverse`. A NaN stays from where it
    /// is. Of equal elements the last so far gets the gradient. `uint8` and `bool` give `int64`.
    public func cumulativeMax(axis: Int, reverse: Bool = false) -> Tensor {
        CumulativeMax.apply(to: self, axis: axis, exclusive: false, reverse: reverse)
    }
}
