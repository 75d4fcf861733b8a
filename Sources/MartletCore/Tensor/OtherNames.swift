// What NumPy, Keras and PyTorch call things that have another name here: the compiler answers with that name.

/// What a name stands for that is none of Martlet's. It takes any arguments, so that the compiler gets as far as to say the right
/// name.
@dynamicCallable public struct OtherName: Sendable {
    /// Never runs.
    @discardableResult
    public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Tensor { fatalError() }
}

/// Types with names of this kind. In extensions of protocols, they do not stand in the way of a subclass's own names.
public protocol OtherlyNamed {}
/// Types with the names of a tensor.
public protocol OtherlyNamedTensor: OtherlyNamed {}
extension Tensor: OtherlyNamedTensor {}

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var reshape: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var view: OtherName { fatalError() }
    @available(*, unavailable, renamed: "flattened()")
    public var flatten: OtherName { fatalError() }
    @available(*, unavailable, renamed: "flattened()")
    public var ravel: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed(permutation:)")
    public var permute: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var transpose: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var swapaxes: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var T: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var mT: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var t: OtherName { fatalError() }
    @available(*, unavailable, renamed: "movingAxis(_:to:)")
    public var moveaxis: OtherName { fatalError() }
    @available(*, unavailable, renamed: "expandingDims(at:)")
    public var unsqueeze: OtherName { fatalError() }
    @available(*, unavailable, renamed: "expandingDims(at:)")
    public var expand_dims: OtherName { fatalError() }
    @available(*, unavailable, renamed: "expandingDims(at:)")
    public var expandDims: OtherName { fatalError() }
    @available(*, unavailable, renamed: "squeezed(axis:)")
    public var squeeze: OtherName { fatalError() }
    @available(*, unavailable, renamed: "broadcast(to:)")
    public var expand: OtherName { fatalError() }
    @available(*, unavailable, renamed: "broadcast(to:)")
    public var broadcast_to: OtherName { fatalError() }
    @available(*, unavailable, renamed: "broadcast(to:)")
    public var broadcastTo: OtherName { fatalError() }
    @available(*, unavailable, renamed: "broadcast(to:)")
    public var expand_as: OtherName { fatalError() }
    @available(*, unavailable, renamed: "tiled(_:)")
    public var tile: OtherName { fatalError() }
    @available(*, unavailable, renamed: "repeated(_:axis:)")
    public var `repeat`: OtherName { fatalError() }
    @available(*, unavailable, renamed: "repeated(_:axis:)")
    public var repeat_interleave: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rolled(shift:axis:)")
    public var roll: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reversed(axes:)")
    public var flip: OtherName { fatalError() }
    @available(*, unavailable, renamed: "padded(_:)")
    public var pad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public var astype: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scalars(as:)")
    public var numpy: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scalars(as:)")
    public var tolist: OtherName { fatalError() }
    @available(*, unavailable, renamed: "stopGradient()")
    public var detach: OtherName { fatalError() }
    @available(*, unavailable, renamed: "elementCount")
    public var size: OtherName { fatalError() }
    @available(*, unavailable, renamed: "elementCount")
    public var numel: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rank")
    public var ndim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rank")
    public var dim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "standardDeviation(axis:)")
    public var std: OtherName { fatalError() }
    @available(*, unavailable, renamed: "variance(axis:)")
    public var `var`: OtherName { fatalError() }
    @available(*, unavailable, renamed: "product(axis:)")
    public var prod: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cumulativeSum(axis:)")
    public var cumsum: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cumulativeProduct(axis:)")
    public var cumprod: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cumulativeMax(axis:)")
    public var cummax: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cumulativeMin(axis:)")
    public var cummin: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logSumExp(axis:)")
    public var logsumexp: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logSoftmax(axis:)")
    public var log_softmax: OtherName { fatalError() }
    @available(*, unavailable, renamed: "percentile(_:axis:)")
    public var quantile: OtherName { fatalError() }
    @available(*, unavailable, renamed: "squareRoot()")
    public var sqrt: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reciprocalSquareRoot()")
    public var rsqrt: OtherName { fatalError() }
    @available(*, unavailable, renamed: "abs()")
    public var absolute: OtherName { fatalError() }
    @available(*, unavailable, renamed: "pow(_:)")
    public var power: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clip: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clamp: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clipping: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isNaN()")
    public var isnan: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isInfinite()")
    public var isinf: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isFinite()")
    public var isfinite: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalAnd(_:)")
    public var logical_and: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalOr(_:)")
    public var logical_or: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalNot()")
    public var logical_not: OtherName { fatalError() }
    @available(*, unavailable, renamed: "sorted(axis:descending:)")
    public var sort: OtherName { fatalError() }
    @available(*, unavailable, renamed: "argsorted(axis:descending:)")
    public var argsort: OtherName { fatalError() }
    @available(*, unavailable, renamed: "topK(_:axis:)")
    public var topk: OtherName { fatalError() }
    @available(*, unavailable, renamed: "topK(_:axis:)")
    public var top_k: OtherName { fatalError() }
    @available(*, unavailable, renamed: "gathered(at:axis:)")
    public var gather: OtherName { fatalError() }
    @available(*, unavailable, renamed: "gathered(at:axis:)")
    public var take: OtherName { fatalError() }
    @available(*, unavailable, renamed: "gathered(at:axis:)")
    public var index_select: OtherName { fatalError() }
    @available(*, unavailable, renamed: "gathered(at:axis:)")
    public var indexSelect: OtherName { fatalError() }
    @available(*, unavailable, renamed: "takenAlong(axis:indices:)")
    public var take_along_axis: OtherName { fatalError() }
    @available(*, unavailable, renamed: "takenAlong(axis:indices:)")
    public var takeAlongAxis: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var masked_select: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var boolean_mask: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonZeroIndices()")
    public var nonzero: OtherName { fatalError() }
    @available(*, unavailable, renamed: "nonZeroIndices()")
    public var argwhere: OtherName { fatalError() }
    @available(*, unavailable, renamed: "lowerTriangle(k:)")
    public var tril: OtherName { fatalError() }
    @available(*, unavailable, renamed: "upperTriangle(k:)")
    public var triu: OtherName { fatalError() }
    @available(*, unavailable, renamed: "diagonal(offset:)")
    public var diag: OtherName { fatalError() }
    @available(*, unavailable, renamed: "unstacked(axis:)")
    public var unbind: OtherName { fatalError() }
    @available(*, unavailable, renamed: "unstacked(axis:)")
    public var unstack: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(count:axis:)")
    public var chunk: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var contiguous: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var clone: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var copy: OtherName { fatalError() }
}

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "range(_:dtype:)")
    public static var arange: OtherName { fatalError() }
    @available(*, unavailable, renamed: "linearSpace")
    public static var linspace: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var zeros_like: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var zerosLike: OtherName { fatalError() }
    @available(*, unavailable, renamed: "ones(like:)")
    public static var ones_like: OtherName { fatalError() }
    @available(*, unavailable, renamed: "ones(like:)")
    public static var onesLike: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomNormal")
    public static var randn: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomNormal")
    public static var normal: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform")
    public static var rand: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform")
    public static var uniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomIntegers(_:in:dtype:)")
    public static var randint: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomBernoulli(_:probability:dtype:)")
    public static var bernoulli: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var cat: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var concat: OtherName { fatalError() }
    @available(*, unavailable, renamed: "oneHot")
    public static var one_hot: OtherName { fatalError() }
}

extension Tensor {
    @available(*, unavailable, renamed: ".>")
    public static func > (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".>=")
    public static func >= (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<")
    public static func < (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<=")
    public static func <= (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, message: "compare elements with .>, and ask for .any() or .all()")
    @_disfavoredOverload public static func > (a: Tensor, b: some TensorScalar) -> Bool { fatalError() }
    @available(*, unavailable, message: "compare elements with .<, and ask for .any() or .all()")
    @_disfavoredOverload public static func < (a: Tensor, b: some TensorScalar) -> Bool { fatalError() }
    @available(*, unavailable, renamed: ".>")
    public static func > (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".<")
    public static func < (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".==")
    public static func == (a: Tensor, b: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: ".==")
    public static func == (a: Tensor, b: some TensorScalar) -> Tensor { fatalError() }
    @available(*, unavailable, message: "compare elements with .==, and ask for .any() or .all()")
    @_disfavoredOverload public static func == (a: Tensor, b: Tensor) -> Bool { fatalError() }
    @available(*, unavailable, message: "write matmul(a, b)")
    public func matmul(_ other: Tensor) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public func astype(_ dtype: DType) -> Tensor { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public func to(_ dtype: DType) -> Tensor { fatalError() }
}

extension Variable: OtherlyNamedTensor {}
extension OtherlyNamed where Self == Variable {
    @available(*, unavailable, renamed: "assignSubtract(_:)")
    public var assign_sub: OtherName { fatalError() }
    @available(*, unavailable, renamed: "assignAdd(_:)")
    public var assign_add: OtherName { fatalError() }
}
