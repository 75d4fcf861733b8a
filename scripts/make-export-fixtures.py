#!/usr/bin/env python3
"""Writes Tests/MartletExportTests/Fixtures/tflite: files that TensorFlow's converter makes of a small Keras network, and what
LiteRT computes from them; and `saved`, the same network as a SavedModel with its variables, and `saved-recurrent`, one with
loops. Needs tensorflow and keras.

usage: make-export-fixtures.py FOLDER
"""
import os
import sys
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
import keras
import numpy as np
import tensorflow as tf

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(3)
model = keras.Sequential([
    keras.Input((9, 8, 3)),
    keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
    keras.layers.BatchNormalization(),
    keras.layers.ReLU(6),
    keras.layers.DepthwiseConv2D(3, padding="same", activation="relu"),
    keras.layers.UpSampling2D(2, interpolation="bilinear"),
    keras.layers.AveragePooling2D(2, padding="same"),
    keras.layers.Conv2DTranspose(4, 3, strides=2, activation="tanh"),
    keras.layers.PReLU(shared_axes=[1, 2], alpha_initializer="random_uniform"),
    keras.layers.MaxPooling2D(3),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="elu"),
    keras.layers.Dense(5, activation="softmax"),
])
random = np.random.default_rng(5)
samples = random.normal(size=(64, 9, 8, 3)).astype(np.float32)
for variable in model.layers[1].weights[2:]:
    variable.assign(np.abs(random.normal(size=variable.shape)) + 0.5)
x = samples[:4]
np.save(folder / "x.npy", x)


def convert(kind):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        converter.representative_dataset = lambda: ([s[None]] for s in samples)
    return converter.convert()


for kind in ["float32", "float16", "dynamic", "int8"]:
    content = convert(kind)
    (folder / f"{kind}.tflite").write_bytes(content)
    interpreter = tf.lite.Interpreter(model_content=content)
    detail = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    np.save(folder / f"{kind}.npy", interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

# Most weights are 0, in one layer in blocks of four: files then hold the others alone, and DENSIFY operators.
sparse = keras.Sequential([
    keras.Input((6, 6, 8)), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"), keras.layers.Dense(16),
])
for layer, block in [(sparse.layers[0], 1), (sparse.layers[2], 4), (sparse.layers[3], 1)]:
    kernel = layer.kernel.numpy().reshape(-1, layer.kernel.shape[-1])
    kept = np.repeat(random.random((kernel.shape[0] // block, kernel.shape[1])) < 0.2, block, axis=0)
    layer.kernel.assign((kernel * kept).reshape(layer.kernel.shape))
sparse_x = random.normal(size=(4, 6, 6, 8)).astype(np.float32)
converter = tf.lite.TFLiteConverter.from_keras_model(sparse)
converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
(folder / "sparse.tflite").write_bytes(converter.convert())
np.save(folder / "sparse-x.npy", sparse_x)
np.save(folder / "sparse.npy", sparse.predict(sparse_x, verbose=0))

model.export(folder / "saved", verbose=False)
(folder / "saved" / "fingerprint.pb").unlink()
np.save(folder / "saved.npy", model.predict(x, verbose=0))

# Recurrent layers, whose steps are loops with subgraphs of their own.
recurrent_x = random.normal(size=(2, 7, 3)).astype(np.float32)
recurrent_x[0, 5:] = 0
np.save(folder / "recurrent-x.npy", recurrent_x)
for name, layers in {
    "lstm": [keras.layers.LSTM(5)],
    "gru": [keras.layers.GRU(6, return_sequences=True), keras.layers.GRU(4, reset_after=False, go_backwards=True)],
    "simple": [keras.layers.SimpleRNN(4, return_sequences=True)],
    "masked": [keras.layers.Masking(), keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))],
}.items():
    network = keras.Sequential([keras.Input((7, 3), batch_size=2), *layers])
    (folder / f"recurrent-{name}.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(network).convert())
    np.save(folder / f"recurrent-{name}.npy", network(recurrent_x).numpy())

# Recurrent layers of any number of steps in a SavedModel, whose loops keep steps in lists.
network = keras.Sequential([
    keras.Input((None, 3)), keras.layers.Masking(),
    keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)), keras.layers.GRU(3),
])
network.export(folder / "saved-recurrent", verbose=False)
(folder / "saved-recurrent" / "fingerprint.pb").unlink()
np.save(folder / "saved-recurrent.npy", network(recurrent_x).numpy())
