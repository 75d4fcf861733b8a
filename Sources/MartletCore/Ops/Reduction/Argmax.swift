import CKernels

/// The place of the largest element.
struct Argmax: IndexReductionOp {
    static let name = "argmax"
    static var function: Function { mk_argmax }
    let axis: Int
}

extension Tensor {
    /// The place of the largest element along `axis`, or in the flattened tensor when nil, as `int64`: the first of
    /// several, and NaN before all others, as in NumPy. Stops when there are no elements.
    public func argmax(axis: Int? = nil, keepDims: Bool = false) -> Tensor {
        Argmax.apply(to: self, axis: axis, keepDims: keepDims)
    }
}
