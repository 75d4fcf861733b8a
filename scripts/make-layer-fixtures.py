#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/layers.json: what Keras's layers compute, in float64, on TensorFlow. Recurrent
layers are in make-recurrent-fixtures.py.

    scripts/make-layer-fixtures.py        (needs keras, tensorflow-cpu and numpy)

fixtures.py says how tensors are written. A case is `{"layer", "config", "weights", "inputs", "masks", "training",
"output", "scores", "weightsAfter", "tolerance"}`: the class name, Keras's configuration, all weights, the inputs, what
else the call was given under Keras's names, the output, the attention scores where they were asked for, the weights
after the call where it changes them, and how far the output may be off where TensorFlow computes in float32.

TensorFlow has no images with channels first on a CPU: those cases are computed with channels last, and what goes in and
comes out is transposed.
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.layers.merging.base_merge import Merge

from fixtures import Draw, tensor, write

warnings.filterwarnings("ignore")
draw = Draw(20240707)
cases = []


def case(layer, shapes, masks=None, training=False, scores=False, tolerance=1e-12, channels_first=False):
    """`shapes` are those of random inputs, or the inputs."""
    masks = masks or {}
    inputs = [x if isinstance(x, np.ndarray) else draw.uniform(x) for x in shapes]
    is_projected = isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention))
    is_scored = isinstance(layer, layers.Attention)
    is_list = is_scored or isinstance(layer, Merge)
    if is_projected:
        layer.build(*[x.shape for x in inputs])
    else:
        layer.build([x.shape for x in inputs] if is_list else inputs[0].shape)

    def value(w):
        if "int" in str(w.dtype):
            return np.asarray(w)
        return np.abs(draw.uniform(w.shape)) + 0.5 if w.name.endswith(("variance", "stddev")) else draw.uniform(w.shape)

    weights = [value(w) for w in layer.weights]
    layer.set_weights(weights)
    if isinstance(layer, layers.Normalization):
        layer.finalize_state()
    arguments = {k: v if isinstance(v, bool) else np.asarray(v) for k, v in masks.items()}
    if scores:
        arguments["return_attention_scores"] = True
    if is_projected:
        result = layer(*inputs, training=training, **arguments)
    elif is_scored:
        pair = [arguments.pop("query_mask", None), arguments.pop("value_mask", None)]
        mask = [None if m is None else tf.constant(m) for m in pair]
        result = layer(inputs, mask=mask, training=training, **arguments)
    else:
        given = inputs if is_list else inputs[0]
        result = layer(given, training=training, **arguments) if training else layer(given, **arguments)
    output, found = result if scores else (result, None)
    after = [np.asarray(w) for w in layer.get_weights()]
    changed = any((a != b).any() for a, b in zip(weights, after))
    config = keras.saving.serialize_keras_object(layer)["config"]
    output = np.asarray(output)
    if layer.dtype == "float32":  # where TensorFlow has no other
        config["dtype"], output, tolerance = "float64", output.astype(np.float64), 2e-6
    if channels_first:
        config["data_format"] = "channels_first"
        inputs = [np.moveaxis(x, -1, 1) for x in inputs]
        output = np.moveaxis(output, -1, 1) if output.ndim > 2 else output
    cases.append(dict(
        layer=type(layer).__name__.replace("GroupedQuery", "GroupQuery"),
        config=config, weights=[tensor(w) for w in weights],
        inputs=[tensor(x) for x in inputs],
        masks={k: v if isinstance(v, bool) else tensor(np.asarray(v)) for k, v in masks.items()}, training=training,
        output=tensor(output), tolerance=tolerance, scores=None if found is None else tensor(np.asarray(found)),
        weightsAfter=[tensor(w) for w in after] if changed else None))


kind = dict(dtype="float64")
bits = lambda *shape: draw.integers(shape, 0, 3) > 0

for axis in (-1, 1, [1, 2], [-1, -2]):
    case(layers.LayerNormalization(axis=axis, **kind), [(2, 3, 4)])
case(layers.LayerNormalization(center=False, scale=False, epsilon=0.1, **kind), [(3, 5)])
case(layers.LayerNormalization(rms_scaling=True, **kind), [(2, 3, 4)])
for axis in (-1, 1):
    for training in (False, True):
        case(layers.BatchNormalization(axis=axis, momentum=0.8, **kind), [(3, 2, 4)], training=training)
case(layers.BatchNormalization(center=False, scale=False, **kind), [(5, 3)], training=True)
case(layers.BatchNormalization(**kind), [(3, 4, 2)], dict(mask=bits(3, 4)), training=True)
for groups, axis, shape in [(2, -1, (2, 3, 4)), (2, 1, (2, 4, 3)), (-1, -1, (2, 3, 3, 2)), (1, -1, (2, 3, 2)), (3, -1, (2, 6))]:
    case(layers.GroupNormalization(groups=groups, axis=axis, **kind), [shape])
for axis in (-1, 1, [1, 2]):
    if axis != 1:  # where Keras fails
        case(layers.RMSNormalization(axis=axis, **kind), [(2, 3, 4)])
    case(layers.UnitNormalization(axis=axis, **kind), [(2, 3, 4)])
for equation, shape, axes, given in [
        ("abc,cd->abd", (None, 5), "d", (2, 3, 4)), ("abc,cde->abde", (None, 2, 3), "d", (2, 3, 4)),
        ("...x,xy->...y", 5, "y", (2, 3, 4)), ("ab...,bc->ac...", 5, "c", (2, 3, 4)), ("abc,cd->adb", (5, None), "d", (2, 3, 4))]:
    case(layers.EinsumDense(equation, output_shape=shape, bias_axes=axes, activation="relu", **kind), [given])

triple = [(2, 3, 4), (2, 5, 3), (2, 5, 4)]
for arguments in (dict(), dict(use_scale=True), dict(use_scale=True, score_mode="concat")):
    case(layers.Attention(**arguments, **kind), triple)
    case(layers.Attention(**arguments, **kind), triple,
         dict(query_mask=bits(2, 3), value_mask=bits(2, 5), use_causal_mask=True), scores=True)
case(layers.Attention(**kind), triple[:2][:1] * 2, dict(use_causal_mask=True))
case(layers.AdditiveAttention(**kind), triple)
case(layers.AdditiveAttention(use_scale=False, **kind), triple, dict(value_mask=bits(2, 5)), scores=True)

pair = [(2, 4, 3), (2, 5, 4)]
# Dims whose root is exact: TensorFlow rounds the scale to float32.
heads = dict(num_heads=2, key_dim=4, **kind)
none_seen = bits(2, 4, 5)
none_seen[1, 2] = False
case(layers.MultiHeadAttention(**heads), pair)
case(layers.MultiHeadAttention(value_dim=2, use_bias=False, output_shape=5, **heads), [*pair, (2, 5, 2)])
case(layers.MultiHeadAttention(use_gate=True, output_shape=[2, 3], **heads), pair, scores=True)
case(layers.MultiHeadAttention(**heads), pair, dict(use_causal_mask=True))
case(layers.MultiHeadAttention(sliding_window=2, **heads), pair, dict(use_causal_mask=True))
case(layers.MultiHeadAttention(**heads), pair, dict(attention_mask=none_seen))
case(layers.MultiHeadAttention(**heads), pair, dict(attention_mask=none_seen), scores=True)
case(layers.MultiHeadAttention(**heads), [*pair, (2, 5, 2)],
     # Keras drops a query_mask that is passed (it takes the one on the tensor), so none is.
     dict(value_mask=bits(2, 5), key_mask=bits(2, 5), use_causal_mask=True))
case(layers.MultiHeadAttention(**heads), [(2, 2, 3, 4), (2, 2, 2, 4)], scores=True)
case(layers.MultiHeadAttention(attention_axes=[2], **heads), [(2, 2, 3, 4), (2, 2, 2, 4)])
case(layers.MultiHeadAttention(attention_axes=[1], **heads), [(2, 3, 2, 4), (2, 2, 2, 4)], scores=True)
groups = dict(head_dim=4, num_query_heads=4, num_key_value_heads=2, **kind)
case(layers.GroupQueryAttention(**groups), pair)
case(layers.GroupQueryAttention(use_gate=True, **groups), pair, dict(attention_mask=bits(2, 4, 5), use_causal_mask=True))
case(layers.GroupQueryAttention(sliding_window=2, use_bias=False, **groups), [*pair, (2, 5, 2)], scores=True)

def both(make, shape, **arguments):
    """With channels last and first."""
    case(make(**arguments), [shape])
    case(make(**arguments), [shape], channels_first=True)


# Strides with dilation are for depthwise convolutions alone.
images = [(2, 7, 4), (2, 6, 5, 4), (2, 4, 5, 3, 2)]
for rank, shape in enumerate(images, 1):
    conv = getattr(layers, f"Conv{rank}D")
    make = lambda **given: conv(4, **given, **kind)
    both(make, shape, kernel_size=3, activation="relu")
    both(make, shape, kernel_size=2, strides=2, padding="same", groups=2, use_bias=False)
    both(make, shape, kernel_size=2, dilation_rate=2, padding="same")
    transposed = getattr(layers, f"Conv{rank}DTranspose")
    make = lambda **given: transposed(3, **given, **kind)
    both(make, shape, kernel_size=3, activation="tanh")
    both(make, shape, kernel_size=2, strides=3)
    both(make, shape, kernel_size=3, strides=2, padding="same")
    case(make(kernel_size=3, strides=2, padding="same", output_padding=0), [shape])
    case(make(kernel_size=3, strides=2, padding="valid", output_padding=1), [shape])
    for pool in ("Max", "Average"):
        kind = dict(dtype="float32" if rank == 3 else "float64")
        make = getattr(layers, f"{pool}Pooling{rank}D")
        both(lambda **given: make(**given, **kind), shape, pool_size=2)
        both(lambda **given: make(**given, **kind), shape, pool_size=3, strides=2, padding="same")
        make = getattr(layers, f"Global{pool}Pooling{rank}D")
        both(lambda **given: make(**given, **kind), shape)
        both(lambda **given: make(**given, **kind), shape, keepdims=True)
        make = getattr(layers, f"Adaptive{pool}Pooling{rank}D")
        both(lambda **given: make(**given, **kind), shape, output_size=3)
    kind = dict(dtype="float64")
    pairs = (1, 2) if rank == 1 else [[1, 2], [0, 1], [2, 0]][:rank]
    case(getattr(layers, f"ZeroPadding{rank}D")(pairs, **kind), [shape])
    case(getattr(layers, f"Cropping{rank}D")(pairs, **kind), [shape])
    case(getattr(layers, f"SpatialDropout{rank}D")(0.3, **kind), [shape])
    if rank > 1:
        both(lambda **given: getattr(layers, f"ZeroPadding{rank}D")(pairs, **given, **kind), shape)
        both(lambda **given: getattr(layers, f"Cropping{rank}D")(pairs, **given, **kind), shape)
    if rank < 3:
        make = lambda **given: getattr(layers, f"DepthwiseConv{rank}D")(**given, **kind)
        both(make, shape, kernel_size=3, activation="relu")
        both(make, shape, kernel_size=2, strides=2, padding="same", depth_multiplier=3)
        both(make, shape, kernel_size=3, dilation_rate=2, padding="same", use_bias=False)
        both(make, shape, kernel_size=2, strides=2, dilation_rate=2, padding="same")
        make = lambda **given: getattr(layers, f"SeparableConv{rank}D")(5, **given, **kind)
        both(make, shape, kernel_size=3, activation="relu")
        both(make, shape, kernel_size=2, strides=2, padding="same", depth_multiplier=3, use_bias=False)
        both(make, shape, kernel_size=3, dilation_rate=2, padding="same")
case(layers.Conv1D(4, 3, padding="causal", dilation_rate=2, **kind), [images[0]])
case(layers.Conv1D(4, 3, padding="causal", strides=2, **kind), [images[0]])
case(layers.Conv2D(4, (2, 3), strides=(2, 1), padding="same", **kind), [images[1]])

case(layers.UpSampling1D(3, **kind), [images[0]])
both(lambda **given: layers.UpSampling3D((2, 1, 3), **given, **kind), images[2])
interpolations = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]
for interpolation in interpolations:
    single = 1e-12 if interpolation == "nearest" else 2e-6
    case(layers.UpSampling2D((2, 3), interpolation=interpolation, **kind), [images[1]], tolerance=single)
    for antialias in (False, True):
        for height, width in [(4, 9), (11, 3), (1, 1), (6, 8)]:
            case(layers.Resizing(height, width, interpolation=interpolation, antialias=antialias, **kind), [images[1]],
                 tolerance=single)
    bytes_ = draw.integers((2, 5, 7, 3), 0, 256).astype(np.int32)
    case(layers.Resizing(4, 9, interpolation=interpolation, **kind), [bytes_])
for shape in [(1, 7, 4, 2), (1, 4, 9, 2), (1, 5, 5, 2)]:
    for height, width in [(4, 4), (3, 6), (8, 2)]:
        case(layers.Resizing(height, width, crop_to_aspect_ratio=True, **kind), [shape], tolerance=2e-6)
        case(layers.Resizing(height, width, pad_to_aspect_ratio=True, fill_value=0.5, **kind), [shape], tolerance=2e-6)

vectors = (3, 4)
case(layers.Dense(3, activation="relu", **kind), [vectors])
case(layers.Dense(3, use_bias=False, **kind), [(2, 3, 4)])
case(layers.Embedding(6, 3, **kind), [draw.integers((2, 5), 0, 6)])
case(layers.Identity(**kind), [vectors])
case(layers.Activation("softplus", **kind), [vectors])
for arguments in (dict(), dict(max_value=1.5, negative_slope=0.1, threshold=0.25)):
    case(layers.ReLU(**arguments, **kind), [vectors], tolerance=1e-7)
case(layers.LeakyReLU(**kind), [vectors], tolerance=1e-7)
case(layers.ELU(0.5, **kind), [vectors])
case(layers.PReLU(**kind), [(2, 3, 4)])
case(layers.PReLU(shared_axes=[1], **kind), [(2, 3, 4)])
case(layers.Softmax(**kind), [vectors])
case(layers.Softmax(axis=1, **kind), [(2, 3, 4)])
case(layers.Softmax(axis=[1, 3], **kind), [(2, 3, 4, 2)])
for layer in (layers.Dropout(0.3, **kind), layers.AlphaDropout(0.3, **kind), layers.GaussianDropout(0.3, **kind),
              layers.GaussianNoise(0.3, **kind), layers.ActivityRegularization(0.1, 0.2, **kind), layers.Flatten(**kind),
              layers.Reshape((2, -1), **kind), layers.Permute((2, 1), **kind), layers.Rescaling(0.5, -1.0, **kind)):
    case(layer, [(2, 3, 4)])
case(layers.Flatten(data_format="channels_first", **kind), [(2, 3, 4, 2)])
case(layers.RepeatVector(3, **kind), [vectors])

for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
    case(getattr(layers, name)(**kind), [(2, 3, 4), (2, 3, 4)])
    case(getattr(layers, name)(**kind), [(2, 3, 4), (2, 1, 4)])
for name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
    case(getattr(layers, name)(**kind), [(2, 3, 4), (2, 4), (2, 1, 1)])
case(layers.Concatenate(**kind), [(2, 3, 4), (2, 3, 1)])
case(layers.Concatenate(axis=1, **kind), [(2, 3, 4), (2, 1, 4), (2, 2, 4)])
for axes, shapes in [(1, [(2, 3), (2, 3)]), (-1, [(2, 3, 4), (2, 5, 4)]), ((2, 1), [(2, 3, 4), (2, 4, 5)]),
                     ((1, 2), [(2, 4), (2, 3, 4)]), ((2, 3), [(2, 3, 4, 2), (2, 5, 2, 4)]),
                     ((1, 1), [(2, 3, 4, 2), (2, 3)])]:
    for normalize in (False, True):
        case(layers.Dot(axes, normalize=normalize, **kind), shapes)

case(layers.Normalization(**kind), [(3, 4)])
case(layers.Normalization(axis=(1, 2), invert=True, **kind), [(2, 3, 4)])
case(layers.Normalization(axis=1, mean=[1.0, 2.0, 3.0], variance=[4.0, 0.25, 0.0], **kind), [(2, 3, 4)])
case(layers.Normalization(axis=None, mean=1.5, variance=4.0, **kind), [(2, 3, 4)])
case(layers.Normalization(axis=(1, 2), mean=[1.0, 2.0, 3.0, 4.0], variance=[4.0, 0.25, 1.0, 2.0], **kind), [(2, 3, 4)])
for training in (False, True):
    case(layers.SpectralNormalization(layers.Dense(3, **kind), **kind), [(4, 2)], training=training)
    case(layers.SpectralNormalization(layers.Conv2D(3, 2, **kind), power_iterations=3, **kind), [images[1]],
         training=training)

for training, masks in ((False, None), (True, None), (True, dict(mask=bits(3, 4)))):
    case(layers.BatchNormalization(momentum=0.8, renorm=True, renorm_momentum=0.7,
                                   renorm_clipping=dict(rmax=1.3, rmin=0.6, dmax=0.5), **kind),
         [(3, 4, 2)], masks, training=training)
case(layers.BatchNormalization(axis=1, renorm=True, center=False, scale=False, **kind), [(5, 3, 2)], training=True)
case(layers.Rescaling([0.5, 2.0, -1.0], [1.0, 0.0, -1.0], **kind), [(2, 4, 3)])
case(LayerScale(0.5, 4, **kind), [(2, 3, 4)])
case(StochasticDepth(0.3, **kind), [(2, 3, 4)])

write("MartletNNTests/Fixtures/layers.json", f"Keras {keras.__version__} on TensorFlow {tf.__version__}, float64", cases)
