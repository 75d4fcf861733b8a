#!/usr/bin/env python3
"""Writes Tests/MartletExportTests/Fixtures/tflite: files that TensorFlow's converter makes of a small Keras network, and what
LiteRT computes from them; and `saved`, the same network as a SavedModel with its variables, `saved-recurrent`, one with
loops, `saved-pair`, one with two inputs and outputs, and `saved-blocks`, one with dilated convolutions; and files with two open
sizes, with integers as inputs, and with operators that move blocks; `saved-draws`, one with random numbers, and `saved-half`, one
that computes in 16 bits. Needs tensorflow and keras.

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


def lite(content, x):
    interpreter = tf.lite.Interpreter(model_content=content)
    detail = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return {d["name"]: interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()}


for kind in ["float32", "float16", "dynamic", "int8"]:
    content = convert(kind)
    (folder / f"{kind}.tflite").write_bytes(content)
    np.save(folder / f"{kind}.npy", next(iter(lite(content, x).values())))

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

# Two inputs and two outputs, neither in the order of their names.
zz, aa = keras.Input((4,), name="zz"), keras.Input((4,), name="aa")
hidden = keras.layers.Dense(3, activation="swish", name="h")(zz)
y2 = keras.layers.Dense(2, name="y2")(keras.layers.Concatenate()([hidden, aa]))
pair = keras.Model([zz, aa], [y2, keras.layers.Dense(2, name="y1")(hidden)])
pair_x = [random.normal(size=(3, 4)).astype(np.float32) for _ in range(2)]
pair.export(folder / "saved-pair", verbose=False)
(folder / "saved-pair" / "fingerprint.pb").unlink()
for index in range(2):
    np.save(folder / f"pair-x{index}.npy", pair_x[index])
    np.save(folder / f"pair-y{index}.npy", pair(pair_x)[index].numpy())

# Dilated convolutions, which TensorFlow writes with blocks.
dilated = keras.Sequential([
    keras.Input((10, 9, 2)), keras.layers.Conv2D(3, 3, dilation_rate=2, activation="tanh"),
    keras.layers.Conv2D(3, 3, dilation_rate=(1, 2), padding="same"), keras.layers.Reshape((6, 15)),
    keras.layers.Conv1D(4, 3, dilation_rate=2, padding="causal"),
])
blocks_x = random.normal(size=(3, 10, 9, 2)).astype(np.float32)
dilated.export(folder / "saved-blocks", verbose=False)
(folder / "saved-blocks" / "fingerprint.pb").unlink()
np.save(folder / "blocks-x.npy", blocks_x)
np.save(folder / "saved-blocks.npy", dilated(blocks_x).numpy())


class Moves(tf.Module):
    """Operators that move, repeat and count."""

    @tf.function(input_signature=[tf.TensorSpec((None, 5, 6, 2))])
    def __call__(self, x):
        parts = tf.space_to_batch(x, [2, 3], [[1, 0], [2, 1]])
        whole = tf.batch_to_space(tf.sin(parts), [2, 3], [[0, 1], [2, 0]])
        classes = tf.raw_ops.Bucketize(input=x, boundaries=[-0.5, 0.25, 1.0])
        return {"moved": tf.tile(whole, [1, 2, 1, 3]), "classes": classes}


moves = Moves()
moves_x = random.normal(size=(2, 5, 6, 2)).astype(np.float32)
converter = tf.lite.TFLiteConverter.from_concrete_functions([moves.__call__.get_concrete_function()], moves)
(folder / "moves.tflite").write_bytes(converter.convert())
np.save(folder / "moves-x.npy", moves_x)
for value in lite((folder / "moves.tflite").read_bytes(), moves_x).values():
    np.save(folder / ("moves-classes.npy" if value.dtype == np.int32 else "moves-moved.npy"), value)


class Masks(tf.Module):
    """Operators of SavedModels alone."""

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 6))])
    def __call__(self, x):
        return {
            "band": tf.linalg.band_part(x, 1, 2), "upper": tf.linalg.band_part(x, 0, -1),
            "rolled": tf.roll(x, [1, -8], [1, 2]), "classes": tf.raw_ops.Bucketize(input=x, boundaries=[-0.5, 0.25, 1.0]),
        }


masks = Masks()
masks_x = random.normal(size=(2, 4, 6)).astype(np.float32)
tf.saved_model.save(masks, str(folder / "saved-masks"), signatures=masks.__call__)
(folder / "saved-masks" / "fingerprint.pb").unlink()
np.save(folder / "masks-x.npy", masks_x)
for name, value in masks(masks_x).items():
    np.save(folder / f"masks-{name}.npy", value.numpy())

# An image of any size.
image = keras.Sequential([
    keras.Input((None, None, 2)), keras.layers.Conv2D(3, 3, padding="same", activation="relu"),
    keras.layers.GlobalAveragePooling2D(),
])
image_x = random.normal(size=(2, 5, 7, 2)).astype(np.float32)
(folder / "image.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(image).convert())
np.save(folder / "image-x.npy", image_x)
np.save(folder / "image.npy", image(image_x).numpy())

# Inputs and outputs in integers.
whole = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])
whole_x = random.normal(size=(16, 6)).astype(np.float32)
for kind in ["int8", "uint8"]:
    converter = tf.lite.TFLiteConverter.from_keras_model(whole)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([s[None]] for s in whole_x)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, kind)
    content = converter.convert()
    (folder / f"whole-{kind}.tflite").write_bytes(content)
    interpreter = tf.lite.Interpreter(model_content=content)
    scale, zero = interpreter.get_input_details()[0]["quantization"]
    limits = np.iinfo(kind)
    integers = np.clip(np.round(whole_x / scale + zero), limits.min, limits.max).astype(kind)
    scale, zero = interpreter.get_output_details()[0]["quantization"]
    np.save(folder / f"whole-{kind}-x.npy", integers)
    result = list(lite(content, integers).values())[0]
    np.save(folder / f"whole-{kind}.npy", ((result.astype(np.float64) - zero) * scale).astype(np.float32))

class Draws(tf.Module):
    """Random numbers: those of a seed, and others; bits as other numbers; cubic interpolation."""

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 5, 2))])
    def __call__(self, x):
        zero = 0 * tf.reduce_sum(x)
        return {
            "uniform": zero + tf.random.stateless_uniform((3, 7), [7, -11]),
            "normal": zero + tf.random.stateless_normal((9,), [1, 2]),
            "older_uniform": zero + tf.raw_ops.StatelessRandomUniform(shape=[2, 5], seed=tf.constant([3, 4])),
            "older_normal": zero + tf.raw_ops.StatelessRandomNormal(shape=[6], seed=tf.constant([1 << 40, 4], tf.int64)),
            "bits": zero + tf.bitcast(tf.constant([1065353216, -1073741824]), tf.float32),
            "larger": tf.image.resize(x, [7, 9], method="bicubic"), "smaller": tf.image.resize(x, [3, 2], method="bicubic"),
            "free_uniform": zero + tf.random.uniform((4, 500)), "free_normal": zero + tf.random.normal((4, 500)),
            "free_truncated": zero + tf.random.truncated_normal((4, 500)),
            "free_integers": tf.random.uniform((4, 500), 3, 9, tf.int32),
        }


draws = Draws()
draws_x = random.normal(size=(2, 4, 5, 2)).astype(np.float32)
tf.saved_model.save(draws, str(folder / "saved-draws"), signatures=draws.__call__)
(folder / "saved-draws" / "fingerprint.pb").unlink()
np.save(folder / "draws-x.npy", draws_x)
for name, value in draws(draws_x).items():
    if not name.startswith("free"):
        np.save(folder / f"draws-{name}.npy", value.numpy())

# A network that computes in 16 bits.
keras.config.set_dtype_policy("mixed_float16")
half = keras.Sequential([
    keras.Input((6, 5, 2)), keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(),
    keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(3, dtype="float32"),
])
half_x = random.normal(size=(4, 6, 5, 2)).astype(np.float32)
half.export(folder / "saved-half", verbose=False)
(folder / "saved-half" / "fingerprint.pb").unlink()
np.save(folder / "half-x.npy", half_x)
np.save(folder / "saved-half.npy", half(half_x).numpy())
