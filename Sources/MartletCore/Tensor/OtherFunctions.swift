// Names of functions of NumPy, Keras and PyTorch, and their arguments' labels: the compiler answers with Martlet's.

@available(*, unavailable, message: "write x.sum()")
public var sum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.mean()")
public var mean: OtherName { fatalError() }
@available(*, unavailable, message: "write x.standardDeviation()")
public var std: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argmax(axis:)")
public var argmax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argmin(axis:)")
public var argmin: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argsorted(axis:)")
public var argsort: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cumulativeSum(axis:)")
public var cumsum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.clipped(min:max:)")
public var clip: OtherName { fatalError() }
@available(*, unavailable, message: "write x.reshaped(_:)")
public var reshape: OtherName { fatalError() }
@available(*, unavailable, message: "write x.transposed()")
public var transpose: OtherName { fatalError() }
@available(*, unavailable, message: "write x.expandingDims(at:)")
public var expand_dims: OtherName { fatalError() }
@available(*, unavailable, message: "write x.squeezed()")
public var squeeze: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cast(to:)")
public var cast: OtherName { fatalError() }
@available(*, unavailable, message: "write x.logSumExp()")
public var logsumexp: OtherName { fatalError() }
@available(*, unavailable, message: "write x.l2Normalized()")
public var l2_normalize: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(_:)")
public var zeros: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.ones(_:)")
public var ones: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.eye(_:)")
public var eye: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.range(0..<n)")
public var arange: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.linearSpace")
public var linspace: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(like:)")
public var zeros_like: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.ones(like:)")
public var ones_like: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.oneHot(_:depth:)")
public var one_hot: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.oneHot(_:depth:)")
public var oneHot: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.oneHot(_:depth:)")
public var to_categorical: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.oneHot(_:depth:)")
public var toCategorical: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var convert_to_tensor: OtherName { fatalError() }
@available(*, unavailable, message: "write logSoftmax(_:axis:)")
public var log_softmax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.stopGradient()")
public var stop_gradient: OtherName { fatalError() }

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "sum(axes:keepDims:)")
    public func sum(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "sum(axis:keepDims:)")
    public func sum(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "mean(axes:keepDims:)")
    public func mean(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "mean(axis:keepDims:)")
    public func mean(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "max(axes:keepDims:)")
    public func max(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "max(axis:keepDims:)")
    public func max(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "min(axes:keepDims:)")
    public func min(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "min(axis:keepDims:)")
    public func min(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "product(axes:keepDims:)")
    public func product(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "product(axis:keepDims:)")
    public func product(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "any(axes:keepDims:)")
    public func any(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "any(axis:keepDims:)")
    public func any(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "all(axes:keepDims:)")
    public func all(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "all(axis:keepDims:)")
    public func all(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSumExp(axes:keepDims:)")
    public func logSumExp(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSumExp(axis:keepDims:)")
    public func logSumExp(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "variance(axes:keepDims:)")
    public func variance(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "variance(axis:keepDims:)")
    public func variance(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "standardDeviation(axes:keepDims:)")
    public func standardDeviation(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "standardDeviation(axis:keepDims:)")
    public func standardDeviation(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "norm(axes:keepDims:)")
    public func norm(axis: [Int], keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "norm(axis:keepDims:)")
    public func norm(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "argmax(axis:keepDims:)")
    public func argmax(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "argmin(axis:keepDims:)")
    public func argmin(dim: Int, keepDims: Bool = false) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "softmax(axis:)")
    public func softmax(dim: Int) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "logSoftmax(axis:)")
    public func logSoftmax(dim: Int) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "squeezed(axis:)")
    public func squeezed(dim: Int) -> Tensor { fatalError() }
}
