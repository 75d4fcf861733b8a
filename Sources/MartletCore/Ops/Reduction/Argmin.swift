import CKernels

/// The place of the smallest element.
struct Argmin: IndexReductionOp {
    static let name = "argmin"
    static var function: Function { mk_argmin }
    let axis: Int
}

extension Tensor {
    /// The place of the smallest element along `axis`, or in the flattened tensor when nil, as `int64`: the first of
    /// several, and NaN before all others, as in NumPy. Stops when there are no elements.
    public func argmin(axis: Int? = nil, keepDims: Bool = false) -> Tensor {
        Argmin.apply(to: self, axis: axis, keepDims: keepDims)
    }
}
