// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var reshape: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var view: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var reshape_as: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var reshapeAs: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var view_as: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var viewAs: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var resize: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reshaped(_:)")
    public var unflatten: OtherName { fatalError() }
    @available(*, unavailable, renamed: "flattened()")
    public var flatten: OtherName { fatalError() }
    @available(*, unavailable, renamed: "flattened()")
    public var ravel: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed(permutation:)")
    public var permute: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed(permutation:)")
    public var permute_dims: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed(permutation:)")
    public var permuteDims: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var transpose: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var swapaxes: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var swapdims: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var T: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var t: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var mT: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var mH: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var H: OtherName { fatalError() }
    @available(*, unavailable, renamed: "transposed()")
    public var adjoint: OtherName { fatalError() }
    @available(*, unavailable, renamed: "movingAxis(_:to:)")
    public var moveaxis: OtherName { fatalError() }
    @available(*, unavailable, renamed: "movingAxis(_:to:)")
    public var movedim: OtherName { fatalError() }
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
    @available(*, unavailable, renamed: "broadcast(to:)")
    public var expandAs: OtherName { fatalError() }
    @available(*, unavailable, renamed: "tiled(_:)")
    public var tile: OtherName { fatalError() }
    @available(*, unavailable, renamed: "repeated(_:axis:)")
    public var `repeat`: OtherName { fatalError() }
    @available(*, unavailable, renamed: "repeated(_:axis:)")
    public var repeat_interleave: OtherName { fatalError() }
    @available(*, unavailable, renamed: "repeated(_:axis:)")
    public var repeatInterleave: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rolled(shift:axis:)")
    public var roll: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reversed(axes:)")
    public var flip: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reversed(axes:)")
    public var fliplr: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reversed(axes:)")
    public var flipud: OtherName { fatalError() }
    @available(*, unavailable, renamed: "padded(_:)")
    public var pad: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public var astype: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public var type_as: OtherName { fatalError() }
    @available(*, unavailable, renamed: "cast(to:)")
    public var typeAs: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .float32)")
    public var float: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .float64)")
    public var double: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .float16)")
    public var half: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .bfloat16)")
    public var bfloat16: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .int64)")
    public var long: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .int32)")
    public var int: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .uint8)")
    public var byte: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.cast(to: .bool)")
    public var bool: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scalars(as:)")
    public var numpy: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scalars(as:)")
    public var tolist: OtherName { fatalError() }
    @available(*, unavailable, renamed: "stopGradient()")
    public var detach: OtherName { fatalError() }
    @available(*, unavailable, renamed: "stopGradient()")
    public var data: OtherName { fatalError() }
    @available(*, unavailable, renamed: "elementCount")
    public var size: OtherName { fatalError() }
    @available(*, unavailable, renamed: "elementCount")
    public var numel: OtherName { fatalError() }
    @available(*, unavailable, renamed: "elementCount")
    public var nelement: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.shape[0], the number of rows, or x.elementCount")
    public var count: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.shape[0], the number of rows, or x.elementCount")
    public var len: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.elementCount * x.dtype.byteCount")
    public var nbytes: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rank")
    public var ndim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rank")
    public var dim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "rank")
    public var ndimension: OtherName { fatalError() }
    @available(*, unavailable, renamed: "max(axis:)")
    public var amax: OtherName { fatalError() }
    @available(*, unavailable, renamed: "min(axis:)")
    public var amin: OtherName { fatalError() }
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
    @available(*, unavailable, message: "write x.log() / log(10.0)")
    public var log10: OtherName { fatalError() }
    @available(*, unavailable, message: "write log(x / (1 - x))")
    public var logit: OtherName { fatalError() }
    @available(*, unavailable, renamed: "squareRoot()")
    public var sqrt: OtherName { fatalError() }
    @available(*, unavailable, renamed: "reciprocalSquareRoot()")
    public var rsqrt: OtherName { fatalError() }
    @available(*, unavailable, renamed: "abs()")
    public var absolute: OtherName { fatalError() }
    @available(*, unavailable, renamed: "sign()")
    public var sgn: OtherName { fatalError() }
    @available(*, unavailable, renamed: "acos()")
    public var arccos: OtherName { fatalError() }
    @available(*, unavailable, renamed: "acosh()")
    public var arccosh: OtherName { fatalError() }
    @available(*, unavailable, renamed: "asin()")
    public var arcsin: OtherName { fatalError() }
    @available(*, unavailable, renamed: "asinh()")
    public var arcsinh: OtherName { fatalError() }
    @available(*, unavailable, renamed: "atan()")
    public var arctan: OtherName { fatalError() }
    @available(*, unavailable, renamed: "atanh()")
    public var arctanh: OtherName { fatalError() }
    @available(*, unavailable, message: "write x * .pi / 180")
    public var deg2rad: OtherName { fatalError() }
    @available(*, unavailable, message: "write x * 180 / .pi")
    public var rad2deg: OtherName { fatalError() }
    @available(*, unavailable, renamed: "pow(_:)")
    public var power: OtherName { fatalError() }
    @available(*, unavailable, renamed: "pow(_:)")
    public var float_power: OtherName { fatalError() }
    @available(*, unavailable, renamed: "pow(_:)")
    public var floatPower: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clip: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clamp: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clipping: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clip_by_value: OtherName { fatalError() }
    @available(*, unavailable, renamed: "clipped(min:max:)")
    public var clipByValue: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.clipped(min: 0)")
    public var clamp_min: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.clipped(min: 0)")
    public var clampMin: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.clipped(max: 1)")
    public var clamp_max: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.clipped(max: 1)")
    public var clampMax: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isNaN()")
    public var isnan: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isInfinite()")
    public var isinf: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isFinite()")
    public var isfinite: OtherName { fatalError() }
    @available(*, unavailable, message: "write `where`(x.isNaN(), 0, x)")
    public var nan_to_num: OtherName { fatalError() }
    @available(*, unavailable, message: "write `where`(x.isNaN(), 0, x)")
    public var nanToNum: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalAnd(_:)")
    public var logical_and: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalOr(_:)")
    public var logical_or: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalXor(_:)")
    public var logical_xor: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logicalNot()")
    public var logical_not: OtherName { fatalError() }
    @available(*, unavailable, message: "write x + y")
    public var add: OtherName { fatalError() }
    @available(*, unavailable, message: "write x - y")
    public var sub: OtherName { fatalError() }
    @available(*, unavailable, message: "write x - y")
    public var subtract: OtherName { fatalError() }
    @available(*, unavailable, message: "write x * y")
    public var mul: OtherName { fatalError() }
    @available(*, unavailable, message: "write x * y")
    public var multiply: OtherName { fatalError() }
    @available(*, unavailable, message: "write x / y")
    public var div: OtherName { fatalError() }
    @available(*, unavailable, message: "write x / y")
    public var divide: OtherName { fatalError() }
    @available(*, unavailable, message: "write x / y")
    public var true_divide: OtherName { fatalError() }
    @available(*, unavailable, message: "write x / y")
    public var trueDivide: OtherName { fatalError() }
    @available(*, unavailable, message: "write -x")
    public var neg: OtherName { fatalError() }
    @available(*, unavailable, message: "write -x")
    public var negative: OtherName { fatalError() }
    @available(*, unavailable, message: "write x % y")
    public var remainder: OtherName { fatalError() }
    @available(*, unavailable, message: "write floorDivide(x, y)")
    public var floor_divide: OtherName { fatalError() }
    @available(*, unavailable, message: "write matmul(x, y)")
    public var mm: OtherName { fatalError() }
    @available(*, unavailable, message: "write matmul(x, y)")
    public var bmm: OtherName { fatalError() }
    @available(*, unavailable, message: "write matmul(x, y)")
    public var mv: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .== y")
    public var eq: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .== y")
    public var equal: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .!= y")
    public var ne: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .!= y")
    public var not_equal: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .!= y")
    public var notEqual: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .> y")
    public var gt: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .> y")
    public var greater: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .>= y")
    public var ge: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .>= y")
    public var greater_equal: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .>= y")
    public var greaterEqual: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .< y")
    public var lt: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .< y")
    public var less: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .<= y")
    public var le: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .<= y")
    public var less_equal: OtherName { fatalError() }
    @available(*, unavailable, message: "write x .<= y")
    public var lessEqual: OtherName { fatalError() }
    @available(*, unavailable, message: "write `where`(condition, x, y)")
    public var masked_fill: OtherName { fatalError() }
    @available(*, unavailable, message: "write `where`(condition, x, y)")
    public var maskedFill: OtherName { fatalError() }
    @available(*, unavailable, message: "write (x .!= 0).sum()")
    public var count_nonzero: OtherName { fatalError() }
    @available(*, unavailable, message: "write (x .!= 0).sum()")
    public var countNonzero: OtherName { fatalError() }
    @available(*, unavailable, renamed: "allClose(to:)")
    public var allclose: OtherName { fatalError() }
    @available(*, unavailable, renamed: "isClose(to:)")
    public var isclose: OtherName { fatalError() }
    @available(*, unavailable, renamed: "sorted(axis:descending:)")
    public var sort: OtherName { fatalError() }
    @available(*, unavailable, renamed: "sorted(axis:descending:)")
    public var msort: OtherName { fatalError() }
    @available(*, unavailable, renamed: "sorted(axis:descending:)")
    public var partition: OtherName { fatalError() }
    @available(*, unavailable, renamed: "argsorted(axis:descending:)")
    public var argsort: OtherName { fatalError() }
    @available(*, unavailable, renamed: "argsorted(axis:descending:)")
    public var argpartition: OtherName { fatalError() }
    @available(*, unavailable, renamed: "topK(_:axis:)")
    public var topk: OtherName { fatalError() }
    @available(*, unavailable, renamed: "topK(_:axis:)")
    public var top_k: OtherName { fatalError() }
    @available(*, unavailable, renamed: "searchSorted(_:right:)")
    public var searchsorted: OtherName { fatalError() }
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
    @available(*, unavailable, renamed: "takenAlong(axis:indices:)")
    public var take_along_dim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "takenAlong(axis:indices:)")
    public var takeAlongDim: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scatteringAdd(at:axis:_:)")
    public var scatter_add: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scatteringAdd(at:axis:_:)")
    public var scatterAdd: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scatteringAdd(at:axis:_:)")
    public var index_add: OtherName { fatalError() }
    @available(*, unavailable, renamed: "scatteringAdd(at:axis:_:)")
    public var indexAdd: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var masked_select: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var maskedSelect: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var boolean_mask: OtherName { fatalError() }
    @available(*, unavailable, renamed: "booleanMask(_:)")
    public var compress: OtherName { fatalError() }
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
    @available(*, unavailable, message: "write x[0], x[1..<3] or x[.all, 0]")
    public var narrow: OtherName { fatalError() }
    @available(*, unavailable, message: "write x[0], x[1..<3] or x[.all, 0]")
    public var select: OtherName { fatalError() }
    @available(*, unavailable, renamed: "unstacked(axis:)")
    public var unbind: OtherName { fatalError() }
    @available(*, unavailable, renamed: "unstacked(axis:)")
    public var unstack: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(count:axis:)")
    public var chunk: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var tensor_split: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var tensorSplit: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var array_split: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var arraySplit: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var split_with_sizes: OtherName { fatalError() }
    @available(*, unavailable, renamed: "split(sizes:axis:)")
    public var splitWithSizes: OtherName { fatalError() }
    @available(*, unavailable, renamed: "determinant()")
    public var det: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logDeterminant()")
    public var logdet: OtherName { fatalError() }
    @available(*, unavailable, renamed: "logDeterminant()")
    public var slogdet: OtherName { fatalError() }
    @available(*, unavailable, renamed: "inverse()")
    public var inv: OtherName { fatalError() }
    @available(*, unavailable, renamed: "dtype")
    public var type: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.dtype.isFloatingPoint")
    public var is_floating_point: OtherName { fatalError() }
    @available(*, unavailable, message: "write x.dtype.isFloatingPoint")
    public var isFloatingPoint: OtherName { fatalError() }
    @available(*, unavailable, message: "a GradientTape gives gradients: tape.gradient(of: loss, withRespectTo: x)")
    public var grad: OtherName { fatalError() }
    @available(*, unavailable, message: "a GradientTape gives gradients: tape.gradient(of: loss, withRespectTo: x)")
    public var backward: OtherName { fatalError() }
    @available(*, unavailable, message: "write tape.watch(x)")
    public var requires_grad: OtherName { fatalError() }
    @available(*, unavailable, message: "write tape.watch(x)")
    public var requiresGrad: OtherName { fatalError() }
    @available(*, unavailable, message: "write tape.watch(x)")
    public var requires_grad_: OtherName { fatalError() }
    @available(*, unavailable, message: "write withDevice(_:_:)")
    public var cuda: OtherName { fatalError() }
    @available(*, unavailable, message: "write withDevice(_:_:)")
    public var cpu: OtherName { fatalError() }
    @available(*, unavailable, message: "write withDevice(_:_:)")
    public var to_device: OtherName { fatalError() }
    @available(*, unavailable, message: "write withDevice(_:_:)")
    public var toDevice: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.zeros(_:)")
    public var new_zeros: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.zeros(_:)")
    public var newZeros: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.ones(_:)")
    public var new_ones: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.ones(_:)")
    public var newOnes: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.full(_:_:)")
    public var new_full: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.full(_:_:)")
    public var newFull: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor.full(_:_:)")
    public var fill: OtherName { fatalError() }
    @available(*, unavailable, message: "write NPY.write(x, to: \"x.npy\")")
    public var tofile: OtherName { fatalError() }
    @available(*, unavailable, message: "write NPY.write(x, to: \"x.npy\")")
    public var dump: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var contiguous: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var clone: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: there is nothing to copy")
    public var copy: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var add_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var sub_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var mul_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var div_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var zero_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var fill_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var copy_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var clamp_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var exp_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var sqrt_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var relu_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var uniform_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var normal_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var masked_fill_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var index_fill_: OtherName { fatalError() }
    @available(*, unavailable, message: "tensors never change: write x = x + y")
    public var scatter_: OtherName { fatalError() }
}

extension OtherlyNamedTensor {
    @available(*, unavailable, renamed: "range(_:dtype:)")
    public static var arange: OtherName { fatalError() }
    @available(*, unavailable, renamed: "linearSpace(from:to:count:)")
    public static var linspace: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(_:dtype:)")
    public static var empty: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var zeros_like: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var zerosLike: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var empty_like: OtherName { fatalError() }
    @available(*, unavailable, renamed: "zeros(like:)")
    public static var emptyLike: OtherName { fatalError() }
    @available(*, unavailable, renamed: "ones(like:)")
    public static var ones_like: OtherName { fatalError() }
    @available(*, unavailable, renamed: "ones(like:)")
    public static var onesLike: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomNormal(_:mean:standardDeviation:dtype:)")
    public static var randn: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomNormal(_:mean:standardDeviation:dtype:)")
    public static var normal: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomNormal(_:mean:standardDeviation:dtype:)")
    public static var random_normal: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform(_:in:dtype:)")
    public static var rand: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform(_:in:dtype:)")
    public static var uniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform(_:in:dtype:)")
    public static var random: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomUniform(_:in:dtype:)")
    public static var random_uniform: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomTruncatedNormal(_:mean:standardDeviation:dtype:)")
    public static var truncated_normal: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomTruncatedNormal(_:mean:standardDeviation:dtype:)")
    public static var truncatedNormal: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomIntegers(_:in:dtype:)")
    public static var randint: OtherName { fatalError() }
    @available(*, unavailable, renamed: "randomBernoulli(_:probability:dtype:)")
    public static var bernoulli: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var cat: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var concat: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var vstack: OtherName { fatalError() }
    @available(*, unavailable, renamed: "concatenate(_:axis:)")
    public static var hstack: OtherName { fatalError() }
    @available(*, unavailable, renamed: "oneHot(_:depth:)")
    public static var one_hot: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var constant: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var array: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var from_numpy: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var fromNumpy: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var convert_to_tensor: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var convertToTensor: OtherName { fatalError() }
    @available(*, unavailable, message: "write Tensor([1, 2, 3])")
    public static var tensor: OtherName { fatalError() }
}

extension OtherlyNamed where Self == Variable {
    @available(*, unavailable, renamed: "assignSubtract(_:)")
    public var assign_sub: OtherName { fatalError() }
    @available(*, unavailable, renamed: "assignSubtract(_:)")
    public var assignSub: OtherName { fatalError() }
    @available(*, unavailable, renamed: "assignAdd(_:)")
    public var assign_add: OtherName { fatalError() }
}
