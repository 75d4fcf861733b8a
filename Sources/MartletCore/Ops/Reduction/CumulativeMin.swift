import CKernels

/// The smallest element so far.
struct CumulativeMin: ExtremumScanOp {
    static let name = "cumulativeMin"
    static let code = MK_CUMMIN
    let axis: Int
    let exclusive: Bool
    let reverse: Bool
}

extension Tensor {
    /// The smallest of the elements along `axis` up to each one; from the end when `reverse`. A NaN stays from where it
    /// is. Of equal elements the last so far gets the gradient. `uint8` and `bool` give `int64`.
    public func cumulativeMin(axis: Int, reverse: Bool = false) -> Tensor {
        CumulativeMin.apply(to: self, axis: axis, exclusive: false, reverse: reverse)
    }
}
