extension Tensor {
    /// `log Σ eˣ` over `axes`, all when nil, without overflow on the way; -infinity of nothing.
    public func logSumExp(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        let x = floating
        let reduced = ReducedAxes(axes, of: x, keepDims: keepDims)
        guard reduced.count(in: shape) > 0 else { return x.exp().sum(axes: axes, keepDims: keepDims).log() }
        // The result does not depend on what is subtracted, so no gradient flows through it. Subtracting an infinity
        // from itself would give NaN.
        let largest = x.stopGradient().max(axes: axes, keepDims: true)
        let offset = `where`(largest.isFinite(), largest, 0)
        let result = (x - offset).exp().sum(axes: axes, keepDims: true).log() + offset
        return keepDims ? result : result.squeezed(axes: reduced.axes)
    }

    /// `log Σ eˣ` over one axis.
    public func logSumExp(axis: Int, keepDims: Bool = false) -> Tensor { logSumExp(axes: [axis], keepDims: keepDims) }
}
