extension Tensor {
    /// Each element brought into `range`. The gradient is 1 inside and at the bounds, 0 outside, as in TensorFlow.
    public func clipped<Number: TensorScalar>(to range: ClosedRange<Number>) -> Tensor {
        clipped(min: range.lowerBound, max: range.upperBound)
    }

    /// Each element, but at least `min` and at most `max`, nil for no bound.
    public func clipped<Number: TensorScalar>(min: Number? = nil, max: Number? = nil) -> Tensor {
        clipped(min: min.map(partner), max: max.map(partner))
    }

    /// Each element, but at least that of `min` and at most that of `max`, broadcast, nil for no bound.
    public func clipped(min: Tensor? = nil, max: Tensor? = nil) -> Tensor {
        var result = self
        if let min { result = maximum(result, min) }
        if let max { result = minimum(result, max) }
        return result
    }
}
