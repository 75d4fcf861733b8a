#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/layers.json: what Keras's normalization and attention layers compute, in float64,
on TensorFlow.

    scripts/make-layer-fixtures.py        (needs keras, tensorflow-cpu and numpy)

fixtures.py says how tensors are written. A case is `{"layer", "config", "weights", "inputs", "masks", "training",
"output", "scores", "weightsAfter"}`: the class name, Keras's configuration, all weights, the inputs, what else the call
was given under Keras's names, the output, the attention scores where they were asked for, and the weights after the call
where it changes them.
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from fixtures import Draw, tensor, write

warnings.filterwarnings("ignore")
draw = Draw(20240707)
cases = []


def case(layer, shapes, masks=None, training=False, scores=False):
    masks = masks or {}
    inputs = [draw.uniform(shape) for shape in shapes]
    is_projected = isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention))
    is_scored = isinstance(layer, layers.Attention)
    if is_projected:
        layer.build(*[x.shape for x in inputs])
    else:
        layer.build([x.shape for x in inputs] if is_scored else inputs[0].shape)
    weights = [np.abs(draw.uniform(w.shape)) + 0.5 if "variance" in w.name else draw.uniform(w.shape)
               for w in layer.weights]
    layer.set_weights(weights)
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
        result = layer(inputs[0], training=training, **arguments) if training else layer(inputs[0], **arguments)
    output, found = result if scores else (result, None)
    after = [np.asarray(w) for w in layer.get_weights()]
    changed = any((a != b).any() for a, b in zip(weights, after))
    cases.append(dict(
        layer=type(layer).__name__.replace("GroupedQuery", "GroupQuery"),
        config=keras.saving.serialize_keras_object(layer)["config"], weights=[tensor(w) for w in weights],
        inputs=[tensor(x) for x in inputs],
        masks={k: v if isinstance(v, bool) else tensor(np.asarray(v)) for k, v in masks.items()}, training=training,
        output=tensor(np.asarray(output)), scores=None if found is None else tensor(np.asarray(found)),
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

write("MartletNNTests/Fixtures/layers.json", f"Keras {keras.__version__} on TensorFlow {tf.__version__}, float64", cases)
