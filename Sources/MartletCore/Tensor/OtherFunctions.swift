// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.

@available(*, unavailable, message: "write x.sum(), or of a list of tensors list.sum()")
public var sum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.sum(), or of a list of tensors list.sum()")
public var reduce_sum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.sum(), or of a list of tensors list.sum()")
public var reduceSum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.sum(), or of a list of tensors list.sum()")
public var add_n: OtherName { fatalError() }
@available(*, unavailable, message: "write x.sum(), or of a list of tensors list.sum()")
public var addN: OtherName { fatalError() }
@available(*, unavailable, message: "write x.mean()")
public var mean: OtherName { fatalError() }
@available(*, unavailable, message: "write x.mean()")
public var reduce_mean: OtherName { fatalError() }
@available(*, unavailable, message: "write x.mean()")
public var reduceMean: OtherName { fatalError() }
@available(*, unavailable, message: "write x.max()")
public var amax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.max()")
public var reduce_max: OtherName { fatalError() }
@available(*, unavailable, message: "write x.max()")
public var reduceMax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.min()")
public var amin: OtherName { fatalError() }
@available(*, unavailable, message: "write x.min()")
public var reduce_min: OtherName { fatalError() }
@available(*, unavailable, message: "write x.min()")
public var reduceMin: OtherName { fatalError() }
@available(*, unavailable, message: "write x.product()")
public var prod: OtherName { fatalError() }
@available(*, unavailable, message: "write x.product()")
public var reduce_prod: OtherName { fatalError() }
@available(*, unavailable, message: "write x.product()")
public var reduceProd: OtherName { fatalError() }
@available(*, unavailable, message: "write x.standardDeviation()")
public var std: OtherName { fatalError() }
@available(*, unavailable, message: "write x.standardDeviation()")
public var reduce_std: OtherName { fatalError() }
@available(*, unavailable, message: "write x.standardDeviation()")
public var reduceStd: OtherName { fatalError() }
@available(*, unavailable, message: "write x.median()")
public var median: OtherName { fatalError() }
@available(*, unavailable, message: "write x.percentile(_:)")
public var percentile: OtherName { fatalError() }
@available(*, unavailable, message: "write x.percentile(_:)")
public var quantile: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argmax(axis:)")
public var argmax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argmin(axis:)")
public var argmin: OtherName { fatalError() }
@available(*, unavailable, message: "write x.argsorted(axis:)")
public var argsort: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cumulativeSum(axis:)")
public var cumsum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cumulativeProduct(axis:)")
public var cumprod: OtherName { fatalError() }
@available(*, unavailable, message: "write x.clipped(min:max:)")
public var clip: OtherName { fatalError() }
@available(*, unavailable, message: "write x.clipped(min:max:)")
public var clamp: OtherName { fatalError() }
@available(*, unavailable, message: "write x.clipped(min:max:)")
public var clip_by_value: OtherName { fatalError() }
@available(*, unavailable, message: "write x.reshaped(_:)")
public var reshape: OtherName { fatalError() }
@available(*, unavailable, message: "write x.flattened()")
public var flatten: OtherName { fatalError() }
@available(*, unavailable, message: "write x.flattened()")
public var ravel: OtherName { fatalError() }
@available(*, unavailable, message: "write x.transposed()")
public var transpose: OtherName { fatalError() }
@available(*, unavailable, message: "write x.transposed()")
public var swapaxes: OtherName { fatalError() }
@available(*, unavailable, message: "write x.transposed(permutation:)")
public var permute: OtherName { fatalError() }
@available(*, unavailable, message: "write x.movingAxis(_:to:)")
public var moveaxis: OtherName { fatalError() }
@available(*, unavailable, message: "write x.expandingDims(at:)")
public var expand_dims: OtherName { fatalError() }
@available(*, unavailable, message: "write x.expandingDims(at:)")
public var expandDims: OtherName { fatalError() }
@available(*, unavailable, message: "write x.expandingDims(at:)")
public var unsqueeze: OtherName { fatalError() }
@available(*, unavailable, message: "write x.squeezed()")
public var squeeze: OtherName { fatalError() }
@available(*, unavailable, message: "write x.tiled(_:)")
public var tile: OtherName { fatalError() }
@available(*, unavailable, message: "write x.repeated(_:axis:)")
public var repeat_interleave: OtherName { fatalError() }
@available(*, unavailable, message: "write x.repeated(_:axis:)")
public var repeatInterleave: OtherName { fatalError() }
@available(*, unavailable, message: "write x.rolled(shift:axis:)")
public var roll: OtherName { fatalError() }
@available(*, unavailable, message: "write x.reversed(axes:)")
public var flip: OtherName { fatalError() }
@available(*, unavailable, message: "write x.reversed(axes:)")
public var fliplr: OtherName { fatalError() }
@available(*, unavailable, message: "write x.reversed(axes:)")
public var flipud: OtherName { fatalError() }
@available(*, unavailable, message: "write x.padded(_:)")
public var pad: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cast(to:)")
public var cast: OtherName { fatalError() }
@available(*, unavailable, message: "write x.broadcast(to:)")
public var broadcast_to: OtherName { fatalError() }
@available(*, unavailable, message: "write x.broadcast(to:)")
public var broadcastTo: OtherName { fatalError() }
@available(*, unavailable, message: "write x.split(count:axis:)")
public var split: OtherName { fatalError() }
@available(*, unavailable, message: "write x.split(count:axis:)")
public var chunk: OtherName { fatalError() }
@available(*, unavailable, message: "write x.split(sizes:axis:)")
public var array_split: OtherName { fatalError() }
@available(*, unavailable, message: "write x.split(sizes:axis:)")
public var arraySplit: OtherName { fatalError() }
@available(*, unavailable, message: "write x.unstacked(axis:)")
public var unstack: OtherName { fatalError() }
@available(*, unavailable, message: "write x.unstacked(axis:)")
public var unbind: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var take: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var gather: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var index_select: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var indexSelect: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var embedding_lookup: OtherName { fatalError() }
@available(*, unavailable, message: "write x.gathered(at:axis:)")
public var embeddingLookup: OtherName { fatalError() }
@available(*, unavailable, message: "write x.takenAlong(axis:indices:)")
public var take_along_axis: OtherName { fatalError() }
@available(*, unavailable, message: "write x.takenAlong(axis:indices:)")
public var takeAlongAxis: OtherName { fatalError() }
@available(*, unavailable, message: "write x.booleanMask(_:)")
public var boolean_mask: OtherName { fatalError() }
@available(*, unavailable, message: "write x.booleanMask(_:)")
public var booleanMask: OtherName { fatalError() }
@available(*, unavailable, message: "write x.booleanMask(_:)")
public var masked_select: OtherName { fatalError() }
@available(*, unavailable, message: "write x.booleanMask(_:)")
public var maskedSelect: OtherName { fatalError() }
@available(*, unavailable, message: "write x.nonZeroIndices()")
public var nonzero: OtherName { fatalError() }
@available(*, unavailable, message: "write x.nonZeroIndices()")
public var argwhere: OtherName { fatalError() }
@available(*, unavailable, message: "write x.topK(_:)")
public var top_k: OtherName { fatalError() }
@available(*, unavailable, message: "write x.topK(_:)")
public var topK: OtherName { fatalError() }
@available(*, unavailable, message: "write x.topK(_:)")
public var topk: OtherName { fatalError() }
@available(*, unavailable, message: "write x.searchSorted(_:)")
public var searchsorted: OtherName { fatalError() }
@available(*, unavailable, message: "write x.unique()")
public var unique: OtherName { fatalError() }
@available(*, unavailable, message: "write x.bincount()")
public var bincount: OtherName { fatalError() }
@available(*, unavailable, message: "write x.lowerTriangle()")
public var tril: OtherName { fatalError() }
@available(*, unavailable, message: "write x.upperTriangle()")
public var triu: OtherName { fatalError() }
@available(*, unavailable, message: "write x.diagonal()")
public var diag: OtherName { fatalError() }
@available(*, unavailable, message: "write x.diagonal()")
public var diagonal: OtherName { fatalError() }
@available(*, unavailable, message: "write x.trace()")
public var trace: OtherName { fatalError() }
@available(*, unavailable, message: "write x.determinant()")
public var det: OtherName { fatalError() }
@available(*, unavailable, message: "write x.inverse()")
public var inv: OtherName { fatalError() }
@available(*, unavailable, message: "write x.cholesky()")
public var cholesky: OtherName { fatalError() }
@available(*, unavailable, message: "write x.qr()")
public var qr: OtherName { fatalError() }
@available(*, unavailable, message: "write x.norm()")
public var norm: OtherName { fatalError() }
@available(*, unavailable, message: "write x.dot(y), or matmul(x, y)")
public var dot: OtherName { fatalError() }
@available(*, unavailable, message: "write x.dot(y), or matmul(x, y)")
public var mm: OtherName { fatalError() }
@available(*, unavailable, message: "write x.dot(y), or matmul(x, y)")
public var bmm: OtherName { fatalError() }
@available(*, unavailable, message: "write x.dot(y), or matmul(x, y)")
public var inner: OtherName { fatalError() }
@available(*, unavailable, message: "write abs(x)")
public var absolute: OtherName { fatalError() }
@available(*, unavailable, message: "write pow(x, y)")
public var power: OtherName { fatalError() }
@available(*, unavailable, message: "write -x")
public var negative: OtherName { fatalError() }
@available(*, unavailable, message: "write -x")
public var neg: OtherName { fatalError() }
@available(*, unavailable, message: "write x + y, or Add()([x, y]) for layers")
public var add: OtherName { fatalError() }
@available(*, unavailable, message: "write x - y, or Subtract()([x, y]) for layers")
public var subtract: OtherName { fatalError() }
@available(*, unavailable, message: "write x * y, or Multiply()([x, y]) for layers")
public var multiply: OtherName { fatalError() }
@available(*, unavailable, message: "write x.mean(), or Average()([x, y]) for layers")
public var average: OtherName { fatalError() }
@available(*, unavailable, message: "write x / y")
public var divide: OtherName { fatalError() }
@available(*, unavailable, message: "write x / y")
public var true_divide: OtherName { fatalError() }
@available(*, unavailable, message: "write x / y")
public var trueDivide: OtherName { fatalError() }
@available(*, unavailable, message: "write floorDivide(x, y)")
public var floor_divide: OtherName { fatalError() }
@available(*, unavailable, message: "write x .== y")
public var equal: OtherName { fatalError() }
@available(*, unavailable, message: "write x .!= y")
public var not_equal: OtherName { fatalError() }
@available(*, unavailable, message: "write x .!= y")
public var notEqual: OtherName { fatalError() }
@available(*, unavailable, message: "write x .> y")
public var greater: OtherName { fatalError() }
@available(*, unavailable, message: "write x .>= y")
public var greater_equal: OtherName { fatalError() }
@available(*, unavailable, message: "write x .>= y")
public var greaterEqual: OtherName { fatalError() }
@available(*, unavailable, message: "write x .< y")
public var less: OtherName { fatalError() }
@available(*, unavailable, message: "write x .<= y")
public var less_equal: OtherName { fatalError() }
@available(*, unavailable, message: "write x .<= y")
public var lessEqual: OtherName { fatalError() }
@available(*, unavailable, message: "write x & y")
public var logical_and: OtherName { fatalError() }
@available(*, unavailable, message: "write x & y")
public var logicalAnd: OtherName { fatalError() }
@available(*, unavailable, message: "write x | y")
public var logical_or: OtherName { fatalError() }
@available(*, unavailable, message: "write x | y")
public var logicalOr: OtherName { fatalError() }
@available(*, unavailable, message: "write !x")
public var logical_not: OtherName { fatalError() }
@available(*, unavailable, message: "write !x")
public var logicalNot: OtherName { fatalError() }
@available(*, unavailable, message: "write (x .!= 0).sum()")
public var count_nonzero: OtherName { fatalError() }
@available(*, unavailable, message: "write (x .!= 0).sum()")
public var countNonzero: OtherName { fatalError() }
@available(*, unavailable, message: "write x.isClose(to:)")
public var isclose: OtherName { fatalError() }
@available(*, unavailable, message: "write x.allClose(to:)")
public var allclose: OtherName { fatalError() }
@available(*, unavailable, message: "write acos(x)")
public var arccos: OtherName { fatalError() }
@available(*, unavailable, message: "write asin(x)")
public var arcsin: OtherName { fatalError() }
@available(*, unavailable, message: "write atan(x)")
public var arctan: OtherName { fatalError() }
@available(*, unavailable, message: "write atan2(y, x)")
public var arctan2: OtherName { fatalError() }
@available(*, unavailable, message: "write x * .pi / 180")
public var deg2rad: OtherName { fatalError() }
@available(*, unavailable, message: "write x * 180 / .pi")
public var rad2deg: OtherName { fatalError() }
@available(*, unavailable, message: "write `where`(x.isNaN(), 0, x)")
public var nan_to_num: OtherName { fatalError() }
@available(*, unavailable, message: "write `where`(x.isNaN(), 0, x)")
public var nanToNum: OtherName { fatalError() }
@available(*, unavailable, message: "write x.logSumExp()")
public var logsumexp: OtherName { fatalError() }
@available(*, unavailable, message: "write x.logSumExp()")
public var reduce_logsumexp: OtherName { fatalError() }
@available(*, unavailable, message: "write x.logSumExp()")
public var reduceLogsumexp: OtherName { fatalError() }
@available(*, unavailable, message: "write x.l2Normalized()")
public var l2_normalize: OtherName { fatalError() }
@available(*, unavailable, message: "write x.l2Normalized()")
public var l2Normalize: OtherName { fatalError() }
@available(*, unavailable, message: "write x.l2Normalized()")
public var normalize: OtherName { fatalError() }
@available(*, unavailable, message: "write logSoftmax(_:axis:)")
public var log_softmax: OtherName { fatalError() }
@available(*, unavailable, message: "write x.stopGradient()")
public var stop_gradient: OtherName { fatalError() }
@available(*, unavailable, message: "write x.stopGradient()")
public var stopGradient: OtherName { fatalError() }
@available(*, unavailable, message: "write x.scalars(as: Float.self)")
public var convert_to_numpy: OtherName { fatalError() }
@available(*, unavailable, message: "write x.scalars(as: Float.self)")
public var convertToNumpy: OtherName { fatalError() }
@available(*, unavailable, message: "write concatenate(_:axis:)")
public var concat: OtherName { fatalError() }
@available(*, unavailable, message: "write concatenate(_:axis:)")
public var cat: OtherName { fatalError() }
@available(*, unavailable, message: "write concatenate(_:axis:)")
public var hstack: OtherName { fatalError() }
@available(*, unavailable, message: "write concatenate(_:axis:)")
public var vstack: OtherName { fatalError() }
@available(*, unavailable, message: "write concatenate(_:axis:)")
public var append: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.meshgrid(_:)")
public var meshgrid: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(_:)")
public var zeros: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(_:)")
public var empty: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.ones(_:)")
public var ones: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.full(_:_:)")
public var full: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.full(_:_:)")
public var fill: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.eye(_:)")
public var eye: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.eye(_:)")
public var identity: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.range(0..<n)")
public var arange: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.linearSpace(from:to:count:)")
public var linspace: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(like:)")
public var zeros_like: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.zeros(like:)")
public var zerosLike: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.ones(like:)")
public var ones_like: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.ones(like:)")
public var onesLike: OtherName { fatalError() }
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
@available(*, unavailable, message: "write Tensor(_:)")
public var convertToTensor: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var constant: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var tensor: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var array: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var asarray: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var as_tensor: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var asTensor: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var from_numpy: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor(_:)")
public var fromNumpy: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomNormal(_:)")
public var randn: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomNormal(_:)")
public var random_normal: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomNormal(_:)")
public var randomNormal: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomNormal(_:)")
public var standard_normal: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomNormal(_:)")
public var standardNormal: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomUniform(_:)")
public var random_uniform: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomUniform(_:)")
public var randomUniform: OtherName { fatalError() }
@available(*, unavailable, message: "write Tensor.randomIntegers(_:in:)")
public var randint: OtherName { fatalError() }
@available(*, unavailable, message: "write x.shuffled(), or Dataset.shuffle")
public var permutation: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var set_seed: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var setSeed: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var manual_seed: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var manualSeed: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var random_seed: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var randomSeed: OtherName { fatalError() }
@available(*, unavailable, message: "write leakyReLU(_:)")
public var leaky_relu: OtherName { fatalError() }
@available(*, unavailable, message: "write leakyReLU(_:)")
public var leakyRelu: OtherName { fatalError() }
@available(*, unavailable, message: "write hardSigmoid(_:)")
public var hard_sigmoid: OtherName { fatalError() }
@available(*, unavailable, message: "write hardSwish(_:)")
public var hard_swish: OtherName { fatalError() }
@available(*, unavailable, message: "write hardSwish(_:)")
public var hard_silu: OtherName { fatalError() }
@available(*, unavailable, message: "write hardSwish(_:)")
public var hardSilu: OtherName { fatalError() }
@available(*, unavailable, message: "write logSigmoid(_:)")
public var log_sigmoid: OtherName { fatalError() }
@available(*, unavailable, message: "write conv(_:_:strides:padding:)")
public var conv1d: OtherName { fatalError() }
@available(*, unavailable, message: "write conv(_:_:strides:padding:)")
public var conv2d: OtherName { fatalError() }
@available(*, unavailable, message: "write conv(_:_:strides:padding:)")
public var conv3d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var max_pool1d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var maxPool1d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var max_pool2d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var maxPool2d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var max_pool3d: OtherName { fatalError() }
@available(*, unavailable, message: "write maxPool(_:size:)")
public var maxPool3d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avg_pool1d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avgPool1d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avg_pool2d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avgPool2d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avg_pool3d: OtherName { fatalError() }
@available(*, unavailable, message: "write averagePool(_:size:)")
public var avgPool3d: OtherName { fatalError() }
@available(*, unavailable, message: "write resize(_:to:)")
public var interpolate: OtherName { fatalError() }
@available(*, unavailable, message: "write dotProductAttention(query:key:value:)")
public var scaled_dot_product_attention: OtherName { fatalError() }
@available(*, unavailable, message: "write dotProductAttention(query:key:value:)")
public var scaledDotProductAttention: OtherName { fatalError() }
@available(*, unavailable, message: "write the layer, Dropout(0.5)(x, training: true)")
public var dropout: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanSquaredError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var mean_squared_error: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanSquaredError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var meanSquaredError: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanSquaredError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var mse_loss: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanSquaredError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var mseLoss: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanAbsoluteError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var mean_absolute_error: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanAbsoluteError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var meanAbsoluteError: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanAbsoluteError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var l1_loss: OtherName { fatalError() }
@available(*, unavailable, message: "write MeanAbsoluteError()(yTrue, yPred); a loss for each sample has reduction: .none")
public var l1Loss: OtherName { fatalError() }
@available(*, unavailable, message: "write Huber()(yTrue, yPred); a loss for each sample has reduction: .none")
public var huber_loss: OtherName { fatalError() }
@available(*, unavailable, message: "write Huber()(yTrue, yPred); a loss for each sample has reduction: .none")
public var huberLoss: OtherName { fatalError() }
@available(*, unavailable, message: "write Huber()(yTrue, yPred); a loss for each sample has reduction: .none")
public var smooth_l1_loss: OtherName { fatalError() }
@available(*, unavailable, message: "write Huber()(yTrue, yPred); a loss for each sample has reduction: .none")
public var smoothL1Loss: OtherName { fatalError() }
@available(*, unavailable, message: "write Huber()(yTrue, yPred); a loss for each sample has reduction: .none")
public var huber: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var binary_crossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var binaryCrossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var binary_cross_entropy: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var binaryCrossEntropy: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(fromLogits: true)(yTrue, yPred)")
public var binary_cross_entropy_with_logits: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(fromLogits: true)(yTrue, yPred)")
public var binaryCrossEntropyWithLogits: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(fromLogits: true)(yTrue, yPred)")
public var sigmoid_cross_entropy_with_logits: OtherName { fatalError() }
@available(*, unavailable, message: "write BinaryCrossentropy(fromLogits: true)(yTrue, yPred)")
public var sigmoidCrossEntropyWithLogits: OtherName { fatalError() }
@available(*, unavailable, message: "write CategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var categorical_crossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write CategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var categoricalCrossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var sparse_categorical_crossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none")
public var sparseCategoricalCrossentropy: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true)(labels, logits)")
public var cross_entropy: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true)(labels, logits)")
public var crossEntropy: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true)(labels, logits)")
public var nll_loss: OtherName { fatalError() }
@available(*, unavailable, message: "write SparseCategoricalCrossentropy(fromLogits: true)(labels, logits)")
public var nllLoss: OtherName { fatalError() }
@available(*, unavailable, message: "write KLDivergence()(yTrue, yPred); a loss for each sample has reduction: .none")
public var kl_divergence: OtherName { fatalError() }
@available(*, unavailable, message: "write KLDivergence()(yTrue, yPred); a loss for each sample has reduction: .none")
public var klDivergence: OtherName { fatalError() }
@available(*, unavailable, message: "write KLDivergence()(yTrue, yPred); a loss for each sample has reduction: .none")
public var kl_div: OtherName { fatalError() }
@available(*, unavailable, message: "write KLDivergence()(yTrue, yPred); a loss for each sample has reduction: .none")
public var klDiv: OtherName { fatalError() }
@available(*, unavailable, message: "write CosineSimilarity()(yTrue, yPred); a loss for each sample has reduction: .none")
public var cosine_similarity: OtherName { fatalError() }
@available(*, unavailable, message: "write CosineSimilarity()(yTrue, yPred); a loss for each sample has reduction: .none")
public var cosineSimilarity: OtherName { fatalError() }
@available(*, unavailable, message: "write plotModel(_:to:)")
public var plot_model: OtherName { fatalError() }
@available(*, unavailable, message: "write plotModel(_:to:)")
public var model_to_dot: OtherName { fatalError() }
@available(*, unavailable, message: "write plotModel(_:to:)")
public var modelToDot: OtherName { fatalError() }
@available(*, unavailable, message: "write loadImage(_:), of MartletImages")
public var load_img: OtherName { fatalError() }
@available(*, unavailable, message: "write loadImage(_:), of MartletImages")
public var loadImg: OtherName { fatalError() }
@available(*, unavailable, message: "write loadImage(_:), of MartletImages")
public var img_to_array: OtherName { fatalError() }
@available(*, unavailable, message: "write loadImage(_:), of MartletImages")
public var imgToArray: OtherName { fatalError() }
@available(*, unavailable, message: "write saveImage(_:to:), of MartletImages")
public var save_img: OtherName { fatalError() }
@available(*, unavailable, message: "write saveImage(_:to:), of MartletImages")
public var saveImg: OtherName { fatalError() }
@available(*, unavailable, message: "write saveImage(_:to:), of MartletImages")
public var array_to_img: OtherName { fatalError() }
@available(*, unavailable, message: "write saveImage(_:to:), of MartletImages")
public var arrayToImg: OtherName { fatalError() }
@available(*, unavailable, message: "write imageDatasetFromDirectory(_:), of MartletImages")
public var image_dataset_from_directory: OtherName { fatalError() }
@available(*, unavailable, message: "write textDatasetFromDirectory(_:)")
public var text_dataset_from_directory: OtherName { fatalError() }
@available(*, unavailable, message: "write timeseriesDatasetFromArray(_:targets:sequenceLength:)")
public var timeseries_dataset_from_array: OtherName { fatalError() }
@available(*, unavailable, message: "write padSequences(_:)")
public var pad_sequences: OtherName { fatalError() }
@available(*, unavailable, message: "write Dataset.take(_:) and skip(_:), or Splits.trainTest(_:_:)")
public var split_dataset: OtherName { fatalError() }
@available(*, unavailable, message: "write Dataset.take(_:) and skip(_:), or Splits.trainTest(_:_:)")
public var splitDataset: OtherName { fatalError() }
@available(*, unavailable, message: "write Dataset.take(_:) and skip(_:), or Splits.trainTest(_:_:)")
public var train_test_split: OtherName { fatalError() }
@available(*, unavailable, message: "write Dataset.take(_:) and skip(_:), or Splits.trainTest(_:_:)")
public var trainTestSplit: OtherName { fatalError() }
@available(*, unavailable, message: "write clearSession()")
public var clear_session: OtherName { fatalError() }
@available(*, unavailable, message: "write setRandomSeed(_:)")
public var set_random_seed: OtherName { fatalError() }
@available(*, unavailable, message: "write setDTypePolicy(_:), or DTypePolicy(\"mixed_float16\")")
public var Policy: OtherName { fatalError() }
@available(*, unavailable, message: "write setDTypePolicy(_:)")
public var set_dtype_policy: OtherName { fatalError() }
@available(*, unavailable, message: "write setDTypePolicy(_:)")
public var setDtypePolicy: OtherName { fatalError() }
@available(*, unavailable, message: "write setDTypePolicy(_:)")
public var set_global_policy: OtherName { fatalError() }
@available(*, unavailable, message: "write setDTypePolicy(_:)")
public var setGlobalPolicy: OtherName { fatalError() }
@available(*, unavailable, message: "write Settings.defaultFloatType")
public var set_floatx: OtherName { fatalError() }
@available(*, unavailable, message: "write Settings.defaultFloatType")
public var setFloatx: OtherName { fatalError() }
@available(*, unavailable, message: "write Settings.defaultFloatType")
public var floatx: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var custom_object_scope: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var customObjectScope: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var get_custom_objects: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var getCustomObjects: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var register_keras_serializable: OtherName { fatalError() }
@available(*, unavailable, message: "write register(_:)")
public var registerKerasSerializable: OtherName { fatalError() }
@available(*, unavailable, message: "write Model.load(from:)")
public var load_model: OtherName { fatalError() }
@available(*, unavailable, message: "write Model.load(from:)")
public var loadModel: OtherName { fatalError() }
@available(*, unavailable, message: "write model.save(to:)")
public var save_model: OtherName { fatalError() }
@available(*, unavailable, message: "write model.save(to:)")
public var saveModel: OtherName { fatalError() }
@available(*, unavailable, message: "write model.clone()")
public var clone_model: OtherName { fatalError() }
@available(*, unavailable, message: "write model.clone()")
public var cloneModel: OtherName { fatalError() }
@available(*, unavailable, message: "write Model.fromJSON(_:)")
public var model_from_json: OtherName { fatalError() }
@available(*, unavailable, message: "write Model.fromJSON(_:)")
public var modelFromJson: OtherName { fatalError() }
@available(*, unavailable, message: "a pipeline chooses by itself: write prefetch()")
public var AUTOTUNE: OtherName { fatalError() }
@available(*, unavailable, message: "write x.shape[0] of a tensor, list.count of a list")
public var len: OtherName { fatalError() }
@available(*, unavailable, message: "write Double(x), or x.item()")
public var float: OtherName { fatalError() }
@available(*, unavailable, message: "write for (i, x) in list.enumerated()")
public var enumerate: OtherName { fatalError() }
@available(*, unavailable, message: "write try data.take(1).array()[0]")
public var next: OtherName { fatalError() }
@available(*, unavailable, message: "write data.makeIterator()")
public var iter: OtherName { fatalError() }

@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var np: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var tf: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var torch: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var keras: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var layers: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var ops: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var nn: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var F: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean()")
public var K: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var optimizers: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var losses: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var metrics: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var callbacks: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var initializers: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var regularizers: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var activations: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping()")
public var schedules: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var models: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var utils: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var datasets: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var preprocessing: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var mixed_precision: OtherModule { fatalError() }
@available(*, unavailable, message: "names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST()")
public var mixedPrecision: OtherModule { fatalError() }
@available(*, unavailable, message: "draw with history.plot(to: \"history.svg\"), or with a Plot")
public var plt: OtherModule { fatalError() }
@available(*, unavailable, message: "read tables with CSV(\"table.csv\")")
public var pd: OtherModule { fatalError() }
