// The methods of tensors, on a variable's value. Made by scripts/variables.py.

extension Variable {
    /// As of the tensor `value`.
    public func abs() -> Tensor { value.abs() }
    /// As of the tensor `value`.
    public func acos() -> Tensor { value.acos() }
    /// As of the tensor `value`.
    public func acosh() -> Tensor { value.acosh() }
    /// As of the tensor `value`.
    public func asin() -> Tensor { value.asin() }
    /// As of the tensor `value`.
    public func asinh() -> Tensor { value.asinh() }
    /// As of the tensor `value`.
    public func atan() -> Tensor { value.atan() }
    /// As of the tensor `value`.
    public func atanh() -> Tensor { value.atanh() }
    /// As of the tensor `value`.
    public func cast(to type: DType) -> Tensor { value.cast(to: type) }
    /// As of the tensor `value`.
    public func ceil() -> Tensor { value.ceil() }
    /// As of the tensor `value`.
    public func clipped<Number: TensorScalar>(to range: ClosedRange<Number>) -> Tensor { value.clipped(to: range) }
    /// As of the tensor `value`.
    public func clipped<Number: TensorScalar>(min: Number? = nil, max: Number? = nil) -> Tensor {
        value.clipped(min: min, max: max)
    }
    /// As of the tensor `value`.
    public func clipped(min: Tensor? = nil, max: Tensor? = nil) -> Tensor { value.clipped(min: min, max: max) }
    /// As of the tensor `value`.
    public func cos() -> Tensor { value.cos() }
    /// As of the tensor `value`.
    public func cosh() -> Tensor { value.cosh() }
    /// As of the tensor `value`.
    public func digamma() -> Tensor { value.digamma() }
    /// As of the tensor `value`.
    public func erf() -> Tensor { value.erf() }
    /// As of the tensor `value`.
    public func erfc() -> Tensor { value.erfc() }
    /// As of the tensor `value`.
    public func erfinv() -> Tensor { value.erfinv() }
    /// As of the tensor `value`.
    public func exp() -> Tensor { value.exp() }
    /// As of the tensor `value`.
    public func exp2() -> Tensor { value.exp2() }
    /// As of the tensor `value`.
    public func expm1() -> Tensor { value.expm1() }
    /// As of the tensor `value`.
    public func floor() -> Tensor { value.floor() }
    /// As of the tensor `value`.
    public func isClose(
        to other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8, equalNaN: Bool = false
    ) -> Tensor {
        value.isClose(to: other, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, equalNaN: equalNaN)
    }
    /// As of the tensor `value`.
    public func allClose(
        to other: Tensor, relativeTolerance: Double = 1e-5, absoluteTolerance: Double = 1e-8, equalNaN: Bool = false
    ) -> Bool {
        value.allClose(to: other, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, equalNaN: equalNaN)
    }
    /// As of the tensor `value`.
    public func isFinite() -> Tensor { value.isFinite() }
    /// As of the tensor `value`.
    public func isInfinite() -> Tensor { value.isInfinite() }
    /// As of the tensor `value`.
    public func isNaN() -> Tensor { value.isNaN() }
    /// As of the tensor `value`.
    public func lgamma() -> Tensor { value.lgamma() }
    /// As of the tensor `value`.
    public func log() -> Tensor { value.log() }
    /// As of the tensor `value`.
    public func log1p() -> Tensor { value.log1p() }
    /// As of the tensor `value`.
    public func log2() -> Tensor { value.log2() }
    /// As of the tensor `value`.
    public func polygamma(_ order: Int) -> Tensor { value.polygamma(order) }
    /// As of the tensor `value`.
    public func pow(_ exponent: Tensor) -> Tensor { value.pow(exponent) }
    /// As of the tensor `value`.
    public func pow(_ exponent: some TensorScalar) -> Tensor { value.pow(exponent) }
    /// As of the tensor `value`.
    public func reciprocal() -> Tensor { value.reciprocal() }
    /// As of the tensor `value`.
    public func reciprocalSquareRoot() -> Tensor { value.reciprocalSquareRoot() }
    /// As of the tensor `value`.
    public func relu() -> Tensor { value.relu() }
    /// As of the tensor `value`.
    public func round() -> Tensor { value.round() }
    /// As of the tensor `value`.
    public func sigmoid() -> Tensor { value.sigmoid() }
    /// As of the tensor `value`.
    public func sign() -> Tensor { value.sign() }
    /// As of the tensor `value`.
    public func sin() -> Tensor { value.sin() }
    /// As of the tensor `value`.
    public func sinh() -> Tensor { value.sinh() }
    /// As of the tensor `value`.
    public func softplus() -> Tensor { value.softplus() }
    /// As of the tensor `value`.
    public func square() -> Tensor { value.square() }
    /// As of the tensor `value`.
    public func squareRoot() -> Tensor { value.squareRoot() }
    /// As of the tensor `value`.
    public func tan() -> Tensor { value.tan() }
    /// As of the tensor `value`.
    public func tanh() -> Tensor { value.tanh() }
    /// As of the tensor `value`.
    public func trunc() -> Tensor { value.trunc() }
    /// As of the tensor `value`.
    public func gathered(at indices: Tensor, axis: Int = 0) -> Tensor { value.gathered(at: indices, axis: axis) }
    /// As of the tensor `value`.
    public func scatteringAdd(at indices: Tensor, axis: Int = 0, _ updates: Tensor) -> Tensor {
        value.scatteringAdd(at: indices, axis: axis, updates)
    }
    /// As of the tensor `value`.
    public func gatheredND(at indices: Tensor) -> Tensor { value.gatheredND(at: indices) }
    /// As of the tensor `value`.
    public func scatteringNDAdd(at indices: Tensor, _ updates: Tensor) -> Tensor { value.scatteringNDAdd(at: indices, updates) }
    /// As of the tensor `value`.
    public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor { value.sorted(axis: axis, descending: descending) }
    /// As of the tensor `value`.
    public func argsorted(axis: Int = -1, descending: Bool = false) -> Tensor {
        value.argsorted(axis: axis, descending: descending)
    }
    /// As of the tensor `value`.
    public func topK(_ k: Int, axis: Int = -1) -> (values: Tensor, indices: Tensor) { value.topK(k, axis: axis) }
    /// As of the tensor `value`.
    public func median(axis: Int? = nil, keepDims: Bool = false) -> Tensor { value.median(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func percentile(_ percent: Double, axis: Int? = nil, keepDims: Bool = false) -> Tensor {
        value.percentile(percent, axis: axis, keepDims: keepDims)
    }
    /// As of the tensor `value`.
    public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor { value.searchSorted(values, right: right) }
    /// As of the tensor `value`.
    public func takenAlong(axis: Int, indices: Tensor) -> Tensor { value.takenAlong(axis: axis, indices: indices) }
    /// As of the tensor `value`.
    public func broadcast(to shape: Shape) -> Tensor { value.broadcast(to: shape) }
    /// As of the tensor `value`.
    public func tiled(_ repeats: [Int]) -> Tensor { value.tiled(repeats) }
    /// As of the tensor `value`.
    public func repeated(_ count: Int, axis: Int? = nil) -> Tensor { value.repeated(count, axis: axis) }
    /// As of the tensor `value`.
    public func repeated(_ counts: [Int], axis: Int) -> Tensor { value.repeated(counts, axis: axis) }
    /// As of the tensor `value`.
    public func split(count: Int, axis: Int = 0) -> [Tensor] { value.split(count: count, axis: axis) }
    /// As of the tensor `value`.
    public func split(sizes: [Int], axis: Int = 0) -> [Tensor] { value.split(sizes: sizes, axis: axis) }
    /// As of the tensor `value`.
    public func unstacked(axis: Int = 0) -> [Tensor] { value.unstacked(axis: axis) }
    /// As of the tensor `value`.
    public func padded(_ pads: [(before: Int, after: Int)], mode: PadMode = .constant(0)) -> Tensor {
        value.padded(pads, mode: mode)
    }
    /// As of the tensor `value`.
    public func reshaped(to shape: Shape) -> Tensor { value.reshaped(to: shape) }
    /// As of the tensor `value`.
    public func reshaped(_ sizes: Int...) -> Tensor { value.reshaped(sizes) }
    /// As of the tensor `value`.
    public func reshaped(_ sizes: [Int]) -> Tensor { value.reshaped(sizes) }
    /// As of the tensor `value`.
    public func flattened() -> Tensor { value.flattened() }
    /// As of the tensor `value`.
    public func expandingDims(at axis: Int) -> Tensor { value.expandingDims(at: axis) }
    /// As of the tensor `value`.
    public func squeezed(axes: [Int]? = nil) -> Tensor { value.squeezed(axes: axes) }
    /// As of the tensor `value`.
    public func squeezed(axis: Int) -> Tensor { value.squeezed(axis: axis) }
    /// As of the tensor `value`.
    public func reversed(axes: [Int]? = nil) -> Tensor { value.reversed(axes: axes) }
    /// As of the tensor `value`.
    public func rolled(shift: Int, axis: Int? = nil) -> Tensor { value.rolled(shift: shift, axis: axis) }
    /// As of the tensor `value`.
    public func transposed() -> Tensor { value.transposed() }
    /// As of the tensor `value`.
    public func transposed(permutation: [Int]) -> Tensor { value.transposed(permutation: permutation) }
    /// As of the tensor `value`.
    public func transposed(_ a: Int, _ b: Int) -> Tensor { value.transposed(a, b) }
    /// As of the tensor `value`.
    public func movingAxis(_ source: Int, to destination: Int) -> Tensor { value.movingAxis(source, to: destination) }
    /// As of the tensor `value`.
    public func upperTriangle(k: Int = 0) -> Tensor { value.upperTriangle(k: k) }
    /// As of the tensor `value`.
    public func lowerTriangle(k: Int = 0) -> Tensor { value.lowerTriangle(k: k) }
    /// As of the tensor `value`.
    public func diagonal(offset: Int = 0) -> Tensor { value.diagonal(offset: offset) }
    /// As of the tensor `value`.
    public func cholesky(upper: Bool = false) -> Tensor { value.cholesky(upper: upper) }
    /// As of the tensor `value`.
    public func determinant() -> Tensor { value.determinant() }
    /// As of the tensor `value`.
    public func logDeterminant() -> (sign: Tensor, logMagnitude: Tensor) { value.logDeterminant() }
    /// As of the tensor `value`.
    public func dot(_ other: Tensor) -> Tensor { value.dot(other) }
    /// As of the tensor `value`.
    public func trace(offset: Int = 0, axis1: Int = 0, axis2: Int = 1) -> Tensor {
        value.trace(offset: offset, axis1: axis1, axis2: axis2)
    }
    /// As of the tensor `value`.
    public func qr() -> (q: Tensor, r: Tensor) { value.qr() }
    /// As of the tensor `value`.
    public func inverse() -> Tensor { value.inverse() }
    /// As of the tensor `value`.
    public func softmax(axis: Int = -1) -> Tensor { value.softmax(axis: axis) }
    /// As of the tensor `value`.
    public func logSoftmax(axis: Int = -1) -> Tensor { value.logSoftmax(axis: axis) }
    /// As of the tensor `value`.
    public func shuffled(axis: Int = 0, using generator: RandomGenerator = .default) -> Tensor {
        value.shuffled(axis: axis, using: generator)
    }
    /// As of the tensor `value`.
    public func argmax(axis: Int? = nil, keepDims: Bool = false) -> Tensor { value.argmax(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func argmin(axis: Int? = nil, keepDims: Bool = false) -> Tensor { value.argmin(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func cumulativeMax(axis: Int, reverse: Bool = false) -> Tensor { value.cumulativeMax(axis: axis, reverse: reverse) }
    /// As of the tensor `value`.
    public func cumulativeMin(axis: Int, reverse: Bool = false) -> Tensor { value.cumulativeMin(axis: axis, reverse: reverse) }
    /// As of the tensor `value`.
    public func cumulativeProduct(axis: Int, exclusive: Bool = false, reverse: Bool = false) -> Tensor {
        value.cumulativeProduct(axis: axis, exclusive: exclusive, reverse: reverse)
    }
    /// As of the tensor `value`.
    public func cumulativeSum(axis: Int, exclusive: Bool = false, reverse: Bool = false) -> Tensor {
        value.cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse)
    }
    /// As of the tensor `value`.
    public func logSumExp(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        value.logSumExp(axes: axes, keepDims: keepDims)
    }
    /// As of the tensor `value`.
    public func logSumExp(axis: Int, keepDims: Bool = false) -> Tensor { value.logSumExp(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func max(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { value.max(axes: axes, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func max(axis: Int, keepDims: Bool = false) -> Tensor { value.max(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func mean(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { value.mean(axes: axes, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func mean(axis: Int, keepDims: Bool = false) -> Tensor { value.mean(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func min(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { value.min(axes: axes, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func min(axis: Int, keepDims: Bool = false) -> Tensor { value.min(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func norm(order: Double = 2, axes: [Int]? = nil, keepDims: Bool = false) -> Tensor {
        value.norm(order: order, axes: axes, keepDims: keepDims)
    }
    /// As of the tensor `value`.
    public func norm(order: Double = 2, axis: Int, keepDims: Bool = false) -> Tensor {
        value.norm(order: order, axis: axis, keepDims: keepDims)
    }
    /// As of the tensor `value`.
    public func l2Normalized(axis: Int = -1, epsilon: Double = 1e-12) -> Tensor {
        value.l2Normalized(axis: axis, epsilon: epsilon)
    }
    /// As of the tensor `value`.
    public func l2Normalized(axes: [Int]?, epsilon: Double = 1e-12) -> Tensor { value.l2Normalized(axes: axes, epsilon: epsilon) }
    /// As of the tensor `value`.
    public func product(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { value.product(axes: axes, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func product(axis: Int, keepDims: Bool = false) -> Tensor { value.product(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func sum(axes: [Int]? = nil, keepDims: Bool = false) -> Tensor { value.sum(axes: axes, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func sum(axis: Int, keepDims: Bool = false) -> Tensor { value.sum(axis: axis, keepDims: keepDims) }
    /// As of the tensor `value`.
    public func variance(axes: [Int]? = nil, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        value.variance(axes: axes, keepDims: keepDims, correction: correction)
    }
    /// As of the tensor `value`.
    public func variance(axis: Int, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        value.variance(axis: axis, keepDims: keepDims, correction: correction)
    }
    /// As of the tensor `value`.
    public func standardDeviation(axes: [Int]? = nil, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        value.standardDeviation(axes: axes, keepDims: keepDims, correction: correction)
    }
    /// As of the tensor `value`.
    public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Double = 0) -> Tensor {
        value.standardDeviation(axis: axis, keepDims: keepDims, correction: correction)
    }
    /// As of the tensor `value`.
    public func stopGradient() -> Tensor { value.stopGradient() }
    /// As of the tensor `value`.
    public func scalars<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element] { value.scalars(as: type) }
    /// As of the tensor `value`.
    @_disfavoredOverload public func item<Element: TensorElement>(as type: Element.Type = Element.self) -> Element {
        value.item(as: type)
    }
    /// As of the tensor `value`.
    public func item() -> Double { value.item() }
    /// As of the tensor `value`.
    public subscript<each Index: TensorIndexConvertible>(_ indices: repeat each Index) -> Tensor {
        var list: [TensorIndex] = []
        repeat list.append((each indices).tensorIndex)
        return value.indexed(by: list)
    }
}
