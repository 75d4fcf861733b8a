import CKernels

/// The largest element.
struct Max: ExtremumOp {
    static let name = "max"
    static let code = MK_REDUCE_MAX
    let axes: ReducedAxes
    var choosesElements: Bool { true }
}

extension Tensor {
    /// The largest element over `axes`, all when nil; NaN when one is. Stops when there are none. Elements that tie
    /// share the gradient evenly, as in TensorFlow.
    public func max(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        dtype == .bool ? any(axes: axes, keepDims: keepDims) : perform(Max(axes, of: self, keepDims: keepDims), self)
    }

    /// The largest element over one axis.
    public func max(axis: Int, keepDims: Bool = false) -> Tensor { max(axes: [axis], keepDims: keepDims) }
}
