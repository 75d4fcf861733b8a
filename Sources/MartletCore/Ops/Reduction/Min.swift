import CKernels

/// The smallest element.
struct Min: ExtremumOp {
    static let name = "min"
    static let code = MK_REDUCE_MIN
    let axes: ReducedAxes
    var choosesElements: Bool { true }
}

extension Tensor {
    /// The smallest element over `axes`, all when nil; NaN when one is. Stops when there are none. Elements that tie
    /// share the gradient evenly, as in TensorFlow.
    public func min(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        dtype == .bool ? all(axes: axes, keepDims: keepDims) : perform(Min(axes, of: self, keepDims: keepDims), self)
    }

    /// The smallest element over one axis.
    public func min(axis: Int, keepDims: Bool = false) -> Tensor { min(axes: [axis], keepDims: keepDims) }
}
