#!/usr/bin/env python3
"""What NumPy, Keras, TensorFlow and PyTorch call things that have another name here. One table, from which Swift declarations
are made that no program can use: the compiler answers with the right name.

    scripts/other-names.py update     writes the declarations
    scripts/other-names.py check      fails when they are out of date
    scripts/other-names.py program    prints a program that uses every name, each with the words that the compiler must say
    scripts/other-names.py errors FILE ...    reads the compiler's output, and fails when the error of a line of these files
                                              does not have the words of its comment

A line of the table is `right name = other names`, or `!a sentence = other names`. A name in snake_case stands for its camelCase
too, unless a hyphen follows it, as where Martlet has that one.
"""
import re
import sys
import textwrap
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "Sources"
KEYWORDS = set("as case class default do else for func if in init is let repeat return self super switch try var where while".split())

# Members of tensors and variables. Names of functions that Martlet has are not here: they would hide these in extensions.
TENSOR = """
reshaped(_:) = reshape view reshape_as view_as resize unflatten
flattened() = flatten ravel
transposed(permutation:) = permute permute_dims
transposed() = transpose swapaxes swapdims T t mT mH H adjoint
movingAxis(_:to:) = moveaxis movedim
expandingDims(at:) = unsqueeze expand_dims
squeezed(axis:) = squeeze
broadcast(to:) = expand broadcast_to expand_as
tiled(_:) = tile
repeated(_:axis:) = repeat repeat_interleave
rolled(shift:axis:) = roll
reversed(axes:) = flip fliplr flipud
padded(_:) = pad
cast(to:) = astype type_as
!write x.cast(to: .float32) = float
!write x.cast(to: .float64) = double
!write x.cast(to: .float16) = half
!write x.cast(to: .bfloat16) = bfloat16
!write x.cast(to: .int64) = long
!write x.cast(to: .int32) = int
!write x.cast(to: .uint8) = byte
!write x.cast(to: .bool) = bool
scalars(as:) = numpy tolist
stopGradient() = detach data
elementCount = size numel nelement
!write x.shape[0], the number of rows, or x.elementCount = count len
!write x.elementCount * x.dtype.byteCount = nbytes
rank = ndim dim ndimension
max(axis:) = amax
min(axis:) = amin
standardDeviation(axis:) = std
variance(axis:) = var
product(axis:) = prod
cumulativeSum(axis:) = cumsum
cumulativeProduct(axis:) = cumprod
cumulativeMax(axis:) = cummax
cumulativeMin(axis:) = cummin
logSumExp(axis:) = logsumexp
logSoftmax(axis:) = log_softmax-
percentile(_:axis:) = quantile
!write x.log() / log(10.0) = log10
!write log(x / (1 - x)) = logit
squareRoot() = sqrt
reciprocalSquareRoot() = rsqrt
abs() = absolute
sign() = sgn
acos() = arccos
acosh() = arccosh
asin() = arcsin
asinh() = arcsinh
atan() = arctan
atanh() = arctanh
!write x * .pi / 180 = deg2rad
!write x * 180 / .pi = rad2deg
pow(_:) = power float_power
clipped(min:max:) = clip clamp clipping clip_by_value
!write x.clipped(min: 0) = clamp_min
!write x.clipped(max: 1) = clamp_max
isNaN() = isnan
isInfinite() = isinf
isFinite() = isfinite
!write `where`(x.isNaN(), 0, x) = nan_to_num
logicalAnd(_:) = logical_and-
logicalOr(_:) = logical_or-
logicalXor(_:) = logical_xor-
logicalNot() = logical_not-
!write x + y = add
!write x - y = sub subtract
!write x * y = mul multiply
!write x / y = div divide true_divide
!write -x = neg negative
!write x % y = remainder
!write floorDivide(x, y) = floor_divide-
!write matmul(x, y) = mm bmm mv
!write x .== y = eq equal
!write x .!= y = ne not_equal
!write x .> y = gt greater
!write x .>= y = ge greater_equal
!write x .< y = lt less
!write x .<= y = le less_equal
!write `where`(condition, x, y) = masked_fill
!write (x .!= 0).sum() = count_nonzero
allClose(to:) = allclose
isClose(to:) = isclose
sorted(axis:descending:) = sort msort partition
argsorted(axis:descending:) = argsort argpartition
topK(_:axis:) = topk top_k-
searchSorted(_:right:) = searchsorted
gathered(at:axis:) = gather take index_select
takenAlong(axis:indices:) = take_along_axis take_along_dim
scatteringAdd(at:axis:_:) = scatter_add index_add
booleanMask(_:) = masked_select boolean_mask- compress
nonZeroIndices() = nonzero argwhere
lowerTriangle(k:) = tril
upperTriangle(k:) = triu
diagonal(offset:) = diag
!write x[0], x[1..<3] or x[.all, 0] = narrow select
unstacked(axis:) = unbind unstack
split(count:axis:) = chunk
split(sizes:axis:) = tensor_split array_split split_with_sizes
determinant() = det
logDeterminant() = logdet slogdet
inverse() = inv
dtype = type
!write x.dtype.isFloatingPoint = is_floating_point
!a GradientTape gives gradients: tape.gradient(of: loss, withRespectTo: x) = grad backward
!write tape.watch(x) = requires_grad requires_grad_
!write withDevice(_:_:) = cuda cpu to_device
!write Tensor.zeros(_:) = new_zeros
!write Tensor.ones(_:) = new_ones
!write Tensor.full(_:_:) = new_full fill
!write NPY.write(x, to: "x.npy") = tofile dump
!tensors never change: there is nothing to copy = contiguous clone copy
!tensors never change: write x = x + y = add_ sub_ mul_ div_ zero_ fill_ copy_ clamp_ exp_ sqrt_ relu_ uniform_ normal_ masked_fill_ index_fill_ scatter_
"""

# Members of the type Tensor.
STATIC = """
range(_:dtype:) = arange
linearSpace(from:to:count:) = linspace
zeros(_:dtype:) = empty
zeros(like:) = zeros_like empty_like
ones(like:) = ones_like
randomNormal(_:mean:standardDeviation:dtype:) = randn normal random_normal-
randomUniform(_:in:dtype:) = rand uniform random random_uniform-
randomTruncatedNormal(_:mean:standardDeviation:dtype:) = truncated_normal
randomIntegers(_:in:dtype:) = randint
randomBernoulli(_:probability:dtype:) = bernoulli
concatenate(_:axis:) = cat concat vstack hstack
oneHot(_:depth:) = one_hot-
!write Tensor([1, 2, 3]) = constant array from_numpy convert_to_tensor tensor
"""

# Members of variables alone.
VARIABLE = """
assignSubtract(_:) = assign_sub
assignAdd(_:) = assign_add-
"""

# Functions. What a name of Foundation, of the C library or of Swift hides is not here.
FUNCTION = """
!write x.sum(), or of a list of tensors list.sum() = sum reduce_sum add_n
!write x.mean() = mean reduce_mean
!write x.max() = amax reduce_max
!write x.min() = amin reduce_min
!write x.product() = prod reduce_prod
!write x.standardDeviation() = std reduce_std
!write x.median() = median
!write x.percentile(_:) = percentile quantile
!write x.argmax(axis:) = argmax
!write x.argmin(axis:) = argmin
!write x.argsorted(axis:) = argsort
!write x.cumulativeSum(axis:) = cumsum
!write x.cumulativeProduct(axis:) = cumprod
!write x.clipped(min:max:) = clip clamp clip_by_value-
!write x.reshaped(_:) = reshape
!write x.flattened() = flatten ravel
!write x.transposed() = transpose swapaxes
!write x.transposed(permutation:) = permute
!write x.movingAxis(_:to:) = moveaxis
!write x.expandingDims(at:) = expand_dims unsqueeze
!write x.squeezed() = squeeze
!write x.tiled(_:) = tile
!write x.repeated(_:axis:) = repeat_interleave
!write x.rolled(shift:axis:) = roll
!write x.reversed(axes:) = flip fliplr flipud
!write x.padded(_:) = pad
!write x.cast(to:) = cast
!write x.broadcast(to:) = broadcast_to
!write x.split(count:axis:) = split chunk
!write x.split(sizes:axis:) = array_split
!write x.unstacked(axis:) = unstack unbind
!write x.gathered(at:axis:) = take gather index_select embedding_lookup
!write x.takenAlong(axis:indices:) = take_along_axis
!write x.booleanMask(_:) = boolean_mask masked_select
!write x.nonZeroIndices() = nonzero argwhere
!write x.topK(_:) = top_k topk
!write x.searchSorted(_:) = searchsorted
!write x.unique() = unique
!write x.bincount() = bincount
!write x.lowerTriangle() = tril
!write x.upperTriangle() = triu
!write x.diagonal() = diag diagonal
!write x.trace() = trace
!write x.determinant() = det
!write x.inverse() = inv
!write x.cholesky() = cholesky
!write x.qr() = qr
!write x.norm() = norm
!write x.dot(y), or matmul(x, y) = dot mm bmm inner
!write abs(x) = absolute
!write pow(x, y) = power
!write -x = negative neg
!write x + y, or Add()([x, y]) for layers = add
!write x - y, or Subtract()([x, y]) for layers = subtract
!write x * y, or Multiply()([x, y]) for layers = multiply
!write x.mean(), or Average()([x, y]) for layers = average
!write x / y = divide true_divide
!write floorDivide(x, y) = floor_divide-
!write x .== y = equal
!write x .!= y = not_equal
!write x .> y = greater
!write x .>= y = greater_equal
!write x .< y = less
!write x .<= y = less_equal
!write x & y = logical_and
!write x | y = logical_or
!write !x = logical_not
!write (x .!= 0).sum() = count_nonzero
!write x.isClose(to:) = isclose
!write x.allClose(to:) = allclose
!write acos(x) = arccos
!write asin(x) = arcsin
!write atan(x) = arctan
!write atan2(y, x) = arctan2
!write x * .pi / 180 = deg2rad
!write x * 180 / .pi = rad2deg
!write `where`(x.isNaN(), 0, x) = nan_to_num
!write x.logSumExp() = logsumexp reduce_logsumexp
!write x.l2Normalized() = l2_normalize normalize
!write logSoftmax(_:axis:) = log_softmax-
!write x.stopGradient() = stop_gradient
!write x.scalars(as: Float.self) = convert_to_numpy
!write concatenate(_:axis:) = concat cat hstack vstack append
!write Tensor.meshgrid(_:) = meshgrid
!write Tensor.zeros(_:) = zeros empty
!write Tensor.ones(_:) = ones
!write Tensor.full(_:_:) = full fill
!write Tensor.eye(_:) = eye identity
!write Tensor.range(0..<n) = arange
!write Tensor.linearSpace(from:to:count:) = linspace
!write Tensor.zeros(like:) = zeros_like
!write Tensor.ones(like:) = ones_like
!write Tensor.oneHot(_:depth:) = one_hot to_categorical
!write Tensor(_:) = convert_to_tensor constant tensor array asarray as_tensor from_numpy
!write Tensor.randomNormal(_:) = randn random_normal standard_normal
!write Tensor.randomUniform(_:) = random_uniform
!write Tensor.randomIntegers(_:in:) = randint
!write x.shuffled(), or Dataset.shuffle = permutation
!write setRandomSeed(_:) = set_seed manual_seed random_seed
!write leakyReLU(_:) = leaky_relu
!write hardSigmoid(_:) = hard_sigmoid-
!write hardSwish(_:) = hard_swish- hard_silu
!write logSigmoid(_:) = log_sigmoid-
!write conv(_:_:strides:padding:) = conv1d conv2d conv3d
!write maxPool(_:size:) = max_pool1d max_pool2d max_pool3d
!write averagePool(_:size:) = avg_pool1d avg_pool2d avg_pool3d
!write resize(_:to:) = interpolate
!write dotProductAttention(query:key:value:) = scaled_dot_product_attention
!write the layer, Dropout(0.5)(x, training: true) = dropout
!write MeanSquaredError()(yTrue, yPred); a loss for each sample has reduction: .none = mean_squared_error mse_loss
!write MeanAbsoluteError()(yTrue, yPred); a loss for each sample has reduction: .none = mean_absolute_error l1_loss
!write Huber()(yTrue, yPred); a loss for each sample has reduction: .none = huber_loss smooth_l1_loss huber
!write BinaryCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none = binary_crossentropy binary_cross_entropy
!write BinaryCrossentropy(fromLogits: true)(yTrue, yPred) = binary_cross_entropy_with_logits sigmoid_cross_entropy_with_logits
!write CategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none = categorical_crossentropy
!write SparseCategoricalCrossentropy()(yTrue, yPred); a loss for each sample has reduction: .none = sparse_categorical_crossentropy
!write SparseCategoricalCrossentropy(fromLogits: true)(labels, logits) = cross_entropy nll_loss
!write KLDivergence()(yTrue, yPred); a loss for each sample has reduction: .none = kl_divergence kl_div
!write CosineSimilarity()(yTrue, yPred); a loss for each sample has reduction: .none = cosine_similarity
!write plotModel(_:to:) = plot_model- model_to_dot
!write loadImage(_:), of MartletImages = load_img img_to_array
!write saveImage(_:to:), of MartletImages = save_img array_to_img
!write imageDatasetFromDirectory(_:), of MartletImages = image_dataset_from_directory-
!write textDatasetFromDirectory(_:) = text_dataset_from_directory-
!write timeseriesDatasetFromArray(_:targets:sequenceLength:) = timeseries_dataset_from_array-
!write padSequences(_:) = pad_sequences-
!write Dataset.take(_:) and skip(_:), or Splits.trainTest(_:_:) = split_dataset train_test_split
!write clearSession() = clear_session-
!write setRandomSeed(_:) = set_random_seed-
!write setDTypePolicy(_:), or DTypePolicy("mixed_float16") = Policy
!write setDTypePolicy(_:) = set_dtype_policy set_global_policy
!write Settings.defaultFloatType = set_floatx floatx
!write register(_:) = custom_object_scope get_custom_objects register_keras_serializable
!write Model.load(from:) = load_model
!write model.save(to:) = save_model
!write model.clone() = clone_model
!write Model.fromJSON(_:) = model_from_json
!a pipeline chooses by itself: write prefetch() = AUTOTUNE
!write x.shape[0] of a tensor, list.count of a list = len
!write Double(x), or x.item() = float
!write for (i, x) in list.enumerated() = enumerate
!write try data.take(1).array()[0] = next
!write data.makeIterator() = iter
"""

# Modules, as in `np.mean(x)` or `layers.Dense(10)`.
MODULE = """
!names stand alone, without a module: Dense(10), Adam(), Tensor.zeros([2]), tanh(x), x.mean() = np tf torch keras layers ops nn F K
!names stand alone, without a module: Adam(), MeanSquaredError(), L2(0.01), EarlyStopping() = optimizers losses metrics callbacks initializers regularizers activations schedules
!names stand alone, without a module: Model.load(from:), padSequences(_:), Datasets.fashionMNIST() = models utils datasets preprocessing mixed_precision
!draw with history.plot(to: "history.svg"), or with a Plot = plt
!read tables with CSV("table.csv") = pd
"""

# Members of the type Dataset.
DATASET_STATIC = """
fromTensorSlices(_:) = from_tensor_slices-
fromGenerator(length:_:) = from_generator-
files(matching:) = list_files
"""

DATASET = """
count = cardinality
paddedBatch(_:) = padded_batch-
onError(_:) = ignore_errors
!loop over the data set: for (x, y) in data = as_numpy_iterator make_one_shot_iterator
!write try data.take(1).array().first = get_next
!print the data set: it says what its elements are = element_spec
"""

CSV = """
!write try csv.rows.take(5).array() = head tail sample
!write csv.rows(missing: .skip), or missing: .skip where you take tensors = dropna
!write missing: .fill(0) where you take tensors = fillna
!write try csv.tensor(["a", "b"]): it has the columns that you name = drop pop iloc loc values to_numpy
!write csv.columns = dtypes info keys
"""

LAYER = """
trainableWeights = trainable_weights- trainable_variables-
nonTrainableWeights = non_trainable_weights- non_trainable_variables
getWeights() = get_weights-
setWeights(_:) = set_weights-
parameterCount = count_params
resetState() = reset_states reset_state-
weights = state_dict parameters named_parameters
isTrainable = requires_grad
addWeight(_:shape:) = add_weight- add_variable register_buffer register_parameter
addLoss(_:) = add_loss-
dtypePolicy = dtype_policy-
computeDType = compute_dtype
supportsMasking = supports_masking-
!override call(_ x: Tensor, in context: CallContext), and write layer(x) = forward
!write model.output(of: "layer") = get_output_at
"""

MODEL = """
trainOnBatch(_:_:) = train_on_batch-
testOnBatch(_:_:) = test_on_batch-
predictOnBatch(_:) = predict_on_batch-
saveWeights(to:) = save_weights-
loadWeights(from:) = load_weights- load_state_dict
toJSON() = to_json
layer(_:) = get_layer
load(from:) = load_model
fit(_:epochs:) = fit_generator
evaluate(_:) = evaluate_generator
predict(_:) = predict_generator
!write model.predict(x).argmax(axis: -1) = predict_classes
!write model.predict(x) = predict_proba
stopTraining = stop_training-
metricsNames = metrics_names-
resetMetrics() = reset_metrics-
inputs = input
!write model.outputs[0].shape = output_shape
!models are in training only where training: true says so = eval
!write model(x, training: true) in a loop of your own, or model.fit = train
"""

METRIC = """
update(_:_:sampleWeight:) = update_state-
reset() = reset_state- reset_states-
addState(_:shape:) = add_variable add_weight
"""

OPTIMIZER = """
!write optimizer.apply(gradients, to: variables) = apply_gradients step
!record the loss with a GradientTape, and write optimizer.apply(gradients, to: variables) = minimize compute_gradients
!gradients are values: there is nothing to set to zero = zero_grad
variables = state_dict
config = get_config
"""

HISTORY = """
epochs = epoch
!write history["loss"] = params
"""

LOGS = """
!write logs["loss"] = get
!write for (name, value) in logs = items
"""

# Classes of torch.nn and torch.utils.
TORCH = """
!write Dense(units): the input says how many features come in = Linear
!write Conv1D(filters, kernelSize): the input says how many channels come in = Conv1d
!write Conv2D(filters, kernelSize): the input says how many channels come in = Conv2d
!write Conv3D(filters, kernelSize): the input says how many channels come in = Conv3d
!write Conv2DTranspose(filters, kernelSize): the input says how many channels come in = ConvTranspose2d
!write MaxPooling2D(2) = MaxPool2d
!write AveragePooling2D(2) = AvgPool2d
!write GlobalAveragePooling2D(), or AdaptiveAveragePooling2D([7, 7]) = AdaptiveAvgPool2d
!write BatchNormalization() = BatchNorm1d BatchNorm2d BatchNorm3d
!write LayerNormalization() = LayerNorm
!write SpatialDropout2D(0.5) = Dropout2d
!write SparseCategoricalCrossentropy(fromLogits: true), which takes (labels, outputs) = CrossEntropyLoss NLLLoss
!write BinaryCrossentropy(), which takes (labels, outputs) = BCELoss
!write BinaryCrossentropy(fromLogits: true), which takes (labels, outputs) = BCEWithLogitsLoss
!write MeanSquaredError(), which takes (labels, outputs) = MSELoss
!write MeanAbsoluteError(), which takes (labels, outputs) = L1Loss
!write Huber(), which takes (labels, outputs) = SmoothL1Loss HuberLoss
!write KLDivergence(), which takes (labels, outputs) = KLDivLoss
!write Dataset.fromTensorSlices(x, y).shuffle(1000).batch(32) = DataLoader
!write Variable(_:), or addWeight(_:shape:) in a layer = Parameter
!an array of layers is one: var blocks: [Layer] = ModuleList
!only what a GradientTape records has gradients: leave it out = no_grad
!write StepDecay, and give it to the optimizer as its learning rate = StepLR
"""

# Keras Tuner's and Optuna's. `Int` is a member of one class alone: of a protocol it would hide the type in every class that conforms.
HYPER_PARAMETERS = """
int(_:min:max:step:sampling:) = Int
float(_:min:max:step:sampling:) = Float
boolean(_:) = Boolean
choice(_:_:) = Choice
!a value that is fixed is a constant of the program = Fixed
"""

TRIAL = """
int(_:_:step:log:) = suggest_int
float(_:_:step:log:) = suggest_float suggest_uniform suggest_loguniform suggest_discrete_uniform
choice(_:_:) = suggest_categorical
shouldPrune = should_prune-
setUserAttribute(_:_:) = set_user_attr
"""

STUDY = """
bestParams = best_params-
bestValue = best_value-
bestTrial = best_trial-
bestTrials = best_trials-
setUserAttribute(_:_:) = set_user_attr
"""

TUNER = """
bestModels(_:) = get_best_models
bestHyperParameters(_:) = get_best_hyperparameters
resultsSummary(_:) = results_summary-
"""

TUNERS = """
!write ModelTuner(objective: "val_loss", maxTrials: 10, sampler: RandomSampler()) { parameters in ... } = RandomSearch
!write ModelTuner(objective: "val_loss", maxTrials: 10) { parameters in ... } = BayesianOptimization
!write ModelTuner(objective: "val_loss", maxTrials: 10, pruner: HyperbandPruner()) { parameters in ... } = Hyperband
!write ModelTuner(objective: "val_loss", maxTrials: 10, sampler: GridSampler(...)) { parameters in ... } = GridSearch
!write try Study(direction: .minimize) = create_study load_study
"""

APPLICATIONS = """
!write Applications.convNeXtBase(...), of MartletApplications = ConvNeXtBase
!write Applications.convNeXtLarge(...), of MartletApplications = ConvNeXtLarge
!write Applications.convNeXtSmall(...), of MartletApplications = ConvNeXtSmall
!write Applications.convNeXtTiny(...), of MartletApplications = ConvNeXtTiny
!write Applications.convNeXtXLarge(...), of MartletApplications = ConvNeXtXLarge
!write Applications.denseNet121(...), of MartletApplications = DenseNet121
!write Applications.denseNet169(...), of MartletApplications = DenseNet169
!write Applications.denseNet201(...), of MartletApplications = DenseNet201
!write Applications.efficientNetB0(...), of MartletApplications = EfficientNetB0
!write Applications.efficientNetB1(...), of MartletApplications = EfficientNetB1
!write Applications.efficientNetB2(...), of MartletApplications = EfficientNetB2
!write Applications.efficientNetB3(...), of MartletApplications = EfficientNetB3
!write Applications.efficientNetB4(...), of MartletApplications = EfficientNetB4
!write Applications.efficientNetB5(...), of MartletApplications = EfficientNetB5
!write Applications.efficientNetB6(...), of MartletApplications = EfficientNetB6
!write Applications.efficientNetB7(...), of MartletApplications = EfficientNetB7
!write Applications.mobileNetV2(...), of MartletApplications = MobileNetV2
!write Applications.mobileNetV3Large(...), of MartletApplications = MobileNetV3Large
!write Applications.mobileNetV3Small(...), of MartletApplications = MobileNetV3Small
!write Applications.resNet101(...), of MartletApplications = ResNet101
!write Applications.resNet101V2(...), of MartletApplications = ResNet101V2
!write Applications.resNet152(...), of MartletApplications = ResNet152
!write Applications.resNet152V2(...), of MartletApplications = ResNet152V2
!write Applications.resNet50(...), of MartletApplications = ResNet50
!write Applications.resNet50V2(...), of MartletApplications = ResNet50V2
!write Applications.vgg16(...), of MartletApplications = VGG16
!write Applications.vgg19(...), of MartletApplications = VGG19
!write Applications.xception(...), of MartletApplications = Xception
"""

# Initializers of layers with the shape of the input, which is a layer of its own here.
INPUT_SHAPE = """
Dense = _ units: Int, activation: ActivationFunction?, inputShape
Dense = _ units: Int, inputShape, activation: ActivationFunction? = nil
Dense = _ units: Int, useBias: Bool, inputShape
Flatten BatchNormalization LayerNormalization = inputShape
Conv = _ filters: Int, _ kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil, inputShape
Conv = _ filters: Int, kernelSize: any PerAxis, padding: Padding = .valid, activation: ActivationFunction? = nil, inputShape
Conv = _ filters: Int, _ kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil, inputShape
Conv = _ filters: Int, kernelSize: (Int, Int), padding: Padding = .valid, activation: ActivationFunction? = nil, inputShape
LSTM GRU SimpleRNN = _ units: Int, activation: ActivationFunction? = nil, returnSequences: Bool = false, inputShape
LSTM GRU SimpleRNN = _ units: Int, inputShape, returnSequences: Bool
Bidirectional TimeDistributed = _ layer: Layer, inputShape
Normalization = axis: Int? = -1, inputShape
Normalization = inputShape, axis: Int?
Rescaling = _ scale: Double, offset: Double = 0, inputShape
Dropout SpatialDropout1D SpatialDropout2D GaussianNoise = _ amount: Double, inputShape
Masking = maskValue: Double = 0, inputShape
Reshape = _ targetShape: [Int], inputShape
Activation = _ activation: ActivationFunction, inputShape
RandomFlip = _ mode: RandomFlip.Mode = .horizontalAndVertical, inputShape
RandomRotation RandomZoom = _ factor: Double, inputShape
Resizing = _ height: Int, _ width: Int, inputShape
"""
OPTIMIZERS = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion Muon Nadam RMSprop SGD ScheduleFreeAdamW".split()
# Something of each type of an argument, for the program.
VALUES = {
    "Int": "8", "Double": "0.5", "Bool": "true", "Layer": "LSTM(2)", "[Int]": "[4]", "any PerAxis": "3", "(Int, Int)": "(3, 3)",
    "ActivationFunction": ".relu", "Int?": "nil", "any LearningRate": "0.1",
}

# The file, its head, and in it: the table, the extension that the names are in (None for functions), what they look like.
FILES = [
    ("MartletCore/Tensor/OtherNames.swift", "", [
        (TENSOR, "extension OtherlyNamedTensor", "public var {}: OtherName"),
        (STATIC, "extension OtherlyNamedTensor", "public static var {}: OtherName"),
        (VARIABLE, "extension OtherlyNamed where Self == Variable", "public var {}: OtherName")]),
    ("MartletCore/Tensor/OtherFunctions.swift", "", [
        (FUNCTION, None, "public var {}: OtherName"), (MODULE, None, "public var {}: OtherModule")]),
    ("MartletData/OtherNames.swift", "import MartletCore\n\n", [
        (DATASET, "extension Dataset", "public var {}: OtherName"), (DATASET_STATIC, "extension Dataset", "public static var {}: OtherName"),
        (CSV, "extension CSV", "public var {}: OtherName")]),
    ("MartletNN/OtherNames.swift", "import MartletCore\n", [
        (LAYER, "extension OtherlyNamed where Self: Layer", "public var {}: OtherName"),
        (MODEL, "extension OtherlyNamed where Self: Model", "public var {}: OtherName"),
        (METRIC, "extension OtherlyNamed where Self: Metric", "public var {}: OtherName"),
        (OPTIMIZER, "extension OtherlyNamed where Self: Optimizer", "public var {}: OtherName"),
        (HISTORY, "extension OtherlyNamed where Self: History", "public var {}: OtherName"),
        (LOGS, "extension Logs", "public var {}: OtherName"), (TORCH, None, "public var {}: OtherModule")]),
    ("MartletTuner/OtherNames.swift", "import MartletCore\n\nextension Trial: OtherlyNamed {}\n"
        "extension Study: OtherlyNamed {}\nextension ModelTuner: OtherlyNamed {}\n", [
        (HYPER_PARAMETERS, "extension HyperParameters", "public var {}: OtherName"),
        (TRIAL, "extension OtherlyNamed where Self == Trial", "public var {}: OtherName"),
        (STUDY, "extension OtherlyNamed where Self == Study", "public var {}: OtherName"),
        (TUNER, "extension OtherlyNamed where Self == ModelTuner", "public var {}: OtherName"),
        (TUNERS, None, "public var {}: OtherModule")]),
    ("MartletApplications/OtherNames.swift", "import MartletCore\n", [(APPLICATIONS, None, "public var {}: OtherModule")]),
]
# What the program writes before a name.
PLACES = {
    id(TENSOR): ["x.{}", "v.{}"], id(STATIC): ["Tensor.{}"], id(VARIABLE): ["v.{}"], id(FUNCTION): ["{}"], id(MODULE): ["{}"],
    id(DATASET_STATIC): ["Dataset<Tensor>.{}"], id(DATASET): ["data.{}"], id(CSV): ["csv.{}"], id(LAYER): ["layer.{}"], id(MODEL): ["model.{}"], id(METRIC): ["metric.{}"],
    id(OPTIMIZER): ["optimizer.{}"], id(HISTORY): ["history.{}"], id(LOGS): ["logs.{}"], id(TORCH): ["{}"],
    id(HYPER_PARAMETERS): ["parameters.{}"], id(TRIAL): ["trial.{}"], id(STUDY): ["study.{}"], id(TUNER): ["tuner.{}"],
    id(TUNERS): ["{}"], id(APPLICATIONS): ["{}"],
}


def forms(name):
    """A name of the table as users write it."""
    if name.endswith("-"):
        return [name[:-1]]
    if name.endswith("_") or name.startswith("_") or "_" not in name:
        return [name]
    first, *rest = name.split("_")
    return [name, first + "".join(part[:1].upper() + part[1:] for part in rest)]


def entries(table):
    """The other names of a table, each with what it is renamed to, or with a sentence."""
    seen = set()
    for line in table.strip().splitlines():
        right, names = line.rsplit(" = ", 1)
        for name in (form for name in names.split() for form in forms(name)):
            if name in seen:
                sys.exit(f"other-names.py: {name} is twice in a table")
            seen.add(name)
            yield name, right


def attribute(right):
    text = right.removeprefix("!").replace('"', '\\"')
    return f'@available(*, unavailable, {"message" if right.startswith("!") else "renamed"}: "{text}")'


def quoted(name):
    return f"`{name}`" if name in KEYWORDS else name


def swift(head, parts):
    text = "// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.\n\n"
    text += head + ("\n" if head else "")
    blocks = []
    for table, extension, form in parts:
        indent = "    " if extension else ""
        lines = [
            f"{indent}{line}" for name, right in entries(table)
            for line in (attribute(right), form.format(quoted(name)) + " { fatalError() }")]
        body = "\n".join(lines)
        blocks.append(f"{extension} {{\n{body}\n}}" if extension else body)
    return text + "\n\n".join(blocks) + "\n"


LABELS = "MartletNN/OtherLabels.swift"


def initializers():
    """Of each class, the initializers that nobody can use: the parameters, the sentence, and a call."""
    found = {}

    def add(name, parameters, message):
        arguments = []
        for parameter in parameters:
            label, type_ = re.fullmatch(r"(?:_ )?(\w+): (.*)", parameter).groups()
            if " = " not in type_:
                value = "[4]" if type_ == "Any" else VALUES[type_.removesuffix("?") if type_ not in VALUES else type_]
                arguments.append(value if parameter.startswith("_ ") else f"{label}: {value}")
        kind = "Conv2D" if name == "Conv" else name
        found.setdefault(name, []).append((", ".join(parameters), message, f"{kind}({', '.join(arguments)})"))

    for line in INPUT_SHAPE.strip().splitlines():
        names, parameters = line.split(" = ", 1)
        for name in names.split():
            for label in ["inputShape", "input_shape"]:
                given = [f"{label}: Any" if p == "inputShape" else p for p in re.split(r", (?![^()]*\))", parameters)]
                add(name, given, "inputShape is a layer of its own: begin the model with InputLayer([...])")
    for name in OPTIMIZERS:
        for label, right in [("clipnorm", "clipNorm"), ("clipvalue", "clipValue"), ("globalClipnorm", "globalClipNorm")]:
            for rate in ["learningRate: any LearningRate = 0.001", "_ learningRate: any LearningRate"]:
                add(name, [rate, f"{label}: Double"], f"write {name}(learningRate: 0.001, {right}: 1)")
    return found


def labels():
    text = "// Labels of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.\n\n"
    text += "import MartletCore\n"
    for name, all_initializers in initializers().items():
        text += f"\nextension {name} {{\n"
        for parameters, message, _ in all_initializers:
            head = f"    public convenience init({parameters})"
            if len(head) > 108:
                lines = textwrap.fill(parameters, 118, initial_indent=" " * 8, subsequent_indent=" " * 8, break_on_hyphens=False)
                head = f"    public convenience init(\n{lines}\n    )"
            text += f'    @available(*, unavailable, message: "{message}")\n{head} {{ fatalError() }}\n'
        text += "}\n"
    return text


def program():
    lines = [
        "import Martlet", "import MartletApplications", "import MartletTuner", "",
        "// Every name of scripts/other-names.py. Each line must fail, with the words of its comment.",
        "func otherNames(",
        "    x: Tensor, v: Variable, data: Dataset<Tensor>, csv: CSV, layer: Layer, model: Model, metric: Metric,",
        "    optimizer: Optimizer, history: History, logs: Logs, parameters: HyperParameters, trial: Trial, study: Study,",
        "    tuner: ModelTuner", ") {"]
    for _, _, parts in FILES:
        for table in {id(part[0]): part[0] for part in parts}.values():
            for name, right in entries(table):
                words = f"'{name}' is unavailable" if right.startswith("!") else f"'{name}' has been renamed to '{right}'"
                lines += [f"    let _: Any = {place.format(quoted(name) if place == '{}' else name)}  // {words}"
                          for place in PLACES[id(table)]]
    lines += [
        f"    _ = {call}  // {message}" for all_initializers in initializers().values() for _, message, call in all_initializers]
    return "\n".join(lines + ["}"]) + "\n"


def files():
    """What is made: of each path the text."""
    return {path: swift(head, parts) for path, head, parts in FILES} | {LABELS: labels()}


def missing(path, output):
    """The lines of a program whose error is not the one that its comment asks for."""
    found = {}
    for name, line, text in re.findall(r"([^/\s]+\.swift):(\d+):\d+: error: (.*)", output):
        if name == Path(path).name:
            found.setdefault(int(line), []).append(text)
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        words = line.partition("  // ")[2]
        if words and line.startswith("    ") and not any(words in text for text in found.get(number, [])):
            yield f"{path}:{number}: expected an error with: {words}. Received: {found.get(number, 'none')}."


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["program"]:
            print(program(), end="")
        case ["update"]:
            for path, text in files().items():
                (SOURCES / path).write_text(text)
        case ["check"]:
            stale = [path for path, text in files().items() if (SOURCES / path).read_text() != text]
            if stale:
                sys.exit(f"Out of date: {', '.join(stale)}. Run scripts/other-names.py update.")
        case ["errors", *files] if files:
            output = sys.stdin.read()
            wrong = [line for file in files for line in missing(file, output)]
            if wrong:
                sys.exit("\n".join(wrong))
            print("misspelled names:", sum(Path(file).read_text().count("  // ") for file in files), "each with its message")
        case _:
            sys.exit(__doc__)
