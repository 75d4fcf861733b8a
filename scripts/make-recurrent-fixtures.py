#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/recurrent.json: what Keras's recurrent layers compute, on TensorFlow.

    scripts/make-recurrent-fixtures.py        (needs keras, tensorflow-cpu and numpy)

A case is `{"class", "config", "inputs", "mask", "weights", "outputs", "outputGradients", "gradients"}` in float64:
Keras's class and configuration; the sequences and perhaps first states; the mask or null; the weights in Keras's order;
all outputs; the weight of each in a sum, and that sum's gradients with respect to the inputs and then the weights.
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from fixtures import Draw, tensor, write

draw = Draw(20240607)
BATCH, STEPS, FEATURES, UNITS = 3, 4, 3, 2
MASK = np.array([[False, True, False, True], [True, True, False, False], [False, False, False, False]])


def case(layer, states=0, masked=False, features=(FEATURES,), state=(UNITS,)):
    inputs = [draw.uniform((BATCH, STEPS, *features))] + [draw.uniform((BATCH, *state), -1, 1) for _ in range(states)]
    leaves = [tf.constant(x) for x in inputs]
    kwargs = dict(initial_state=leaves[1:]) if states else {}
    if masked:
        kwargs["mask"] = tf.constant(MASK)
    layer(leaves[0])
    for weight in layer.weights:
        low, high = (0.5, 1.5) if "variance" in weight.name else (-1, 1)
        weight.assign(draw.uniform(weight.shape, low, high))
    variables = [w.value for w in layer.trainable_weights]
    weights = [tensor(w.numpy()) for w in layer.weights]
    with tf.GradientTape() as tape:
        for leaf in leaves:
            tape.watch(leaf)
        outputs = layer(leaves[0], **kwargs)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        seeds = [draw.uniform(y.shape, -1, 1) for y in outputs]
        total = tf.add_n([tf.reduce_sum(y * s) for y, s in zip(outputs, seeds)])
    gradients = tape.gradient(total, leaves + variables, unconnected_gradients="zero")
    return {"class": type(layer).__name__, "config": layer.get_config(), "inputs": [tensor(x) for x in inputs],
            "mask": tensor(MASK) if masked else None, "weights": weights,
            "outputs": [tensor(y.numpy()) for y in outputs], "outputGradients": [tensor(s) for s in seeds],
            "gradients": [tensor(g.numpy()) for g in gradients]}


def cases():
    keras.backend.set_floatx("float64")
    for kind, states in ((layers.SimpleRNN, 1), (layers.LSTM, 2), (layers.GRU, 1)):
        yield case(kind(UNITS))
        yield case(kind(UNITS, return_sequences=True, return_state=True, use_bias=False), states)
        yield case(kind(UNITS, go_backwards=True, return_sequences=True), states)
        yield case(kind(UNITS, return_sequences=True, return_state=True), states, masked=True)
        yield case(kind(UNITS, return_state=True, go_backwards=True), states, masked=True)
        yield case(kind(UNITS, return_sequences=True, zero_output_for_mask=True), states, masked=True)
        yield case(kind(UNITS, activation="relu", return_sequences=True), states, masked=True)
    for options in (dict(), dict(use_bias=False), dict(recurrent_activation="hard_sigmoid")):
        yield case(layers.GRU(UNITS, reset_after=False, return_sequences=True, **options), 1, masked=True)
    yield case(layers.LSTM(UNITS, recurrent_activation="hard_sigmoid"), 2)
    yield case(layers.RNN([layers.LSTMCell(UNITS), layers.GRUCell(3)], return_sequences=True), masked=True)
    yield case(layers.RNN(layers.SimpleRNNCell(UNITS), return_state=True), 1)
    for mode in ("concat", "sum", "mul", "ave", None):
        yield case(layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True), merge_mode=mode), masked=True)
    yield case(layers.Bidirectional(layers.GRU(UNITS, return_state=True)), 2)
    yield case(layers.TimeDistributed(layers.Dense(UNITS, activation="tanh")))
    yield case(layers.TimeDistributed(layers.BatchNormalization()))
    yield case(layers.ConvLSTM1D(UNITS, 2), features=(5, 2))
    yield case(layers.ConvLSTM1D(UNITS, 3, strides=2, padding="same", return_sequences=True, return_state=True), 2,
               features=(5, 2), state=(3, UNITS))
    yield case(layers.ConvLSTM1D(UNITS, 2, dilation_rate=2, return_sequences=True, go_backwards=True), masked=True,
               features=(5, 2))
    yield case(layers.ConvLSTM2D(UNITS, (2, 3), recurrent_activation="hard_sigmoid", return_state=True), masked=True,
               features=(4, 3, 2))
    yield case(layers.ConvLSTM2D(UNITS, 2, strides=(1, 2), use_bias=False, activation="relu", unit_forget_bias=False),
               features=(3, 4, 1))
    yield case(layers.ConvLSTM3D(UNITS, 2, padding="same", return_sequences=True), features=(2, 3, 2, 1))
    yield case(layers.Bidirectional(layers.ConvLSTM2D(UNITS, 2, padding="same", return_sequences=True)), masked=True,
               features=(2, 3, 1))


write("MartletNNTests/Fixtures/recurrent.json",
      f"Keras {keras.__version__} on TensorFlow {tf.__version__}", list(cases()))
