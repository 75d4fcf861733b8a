extension Tensor {
    /// The mean squared distance from the mean over `axes`, all when nil. That of integers is of the default float
    /// type.
    ///
    /// - Parameter correction: what is subtracted from the number of elements before it divides the sum: 0 for the
    ///   variance of a population (as Keras), 1 for the unbiased estimate from a sample.
    public func variance(axes: [Int]? = nil, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        let x = floating
        let shifted = x - x.mean(axes: axes, keepDims: true)
        // The mean was rounded. What is left of the deviations' sum is that error, which does not depend on x.
        let deviations = (shifted - shifted.stopGradient().mean(axes: axes, keepDims: true)).square()
        if correction == 0 { return deviations.mean(axes: axes, keepDims: keepDims) }
        let count = ReducedAxes(axes, of: self, keepDims: keepDims).count(in: shape)
        return deviations.sum(axes: axes, keepDims: keepDims) / Swift.max(Double(count) - correction, 0)
    }

    /// The variance over one axis.
    public func variance(axis: Int, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        variance(axes: [axis], keepDims: keepDims, correction: correction)
    }

    /// The square root of `variance`.
    public func standardDeviation(axes: [Int]? = nil, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        variance(axes: axes, keepDims: keepDims, correction: correction).squareRoot()
    }

    /// The square root of the variance over one axis.
    public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        standardDeviation(axes: [axis], keepDims: keepDims, correction: correction)
    }
}
