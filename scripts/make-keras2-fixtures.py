#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/keras2: small models that Keras 2 trained and saved, with what Keras 2 makes of them.

Needs Python 3.11 or older with tensorflow-cpu==2.15.*. Beside each model NAME stands NAME.npz: inputs x, targets t (one for
each output), the predictions y, the figures of `evaluate` under their names, and the predictions "after" and the loss of two
more epochs with the optimizer's state.
"""
import os
import pathlib
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.simplefilter("ignore")
import h5py
import numpy as np
import tensorflow as tf

keras, layers, optimizers = tf.keras, tf.keras.layers, tf.keras.optimizers
FOLDER = pathlib.Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/keras2"


def stack():
    """Old names of arguments, and a hard sigmoid of slope 0.2."""
    return keras.Sequential([
        layers.Dense(5, activation="hard_sigmoid", input_shape=(4,)), layers.LeakyReLU(alpha=0.1),
        layers.BatchNormalization(momentum=0.9), layers.ThresholdedReLU(theta=0.1), layers.Dropout(0.0),
        layers.Dense(1, activation="sigmoid")])


def recurrent():
    x = keras.Input((3, 4))
    y = layers.Bidirectional(layers.GRU(2, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True))(x)
    y = layers.Add()([y, layers.MultiHeadAttention(2, 2)(y, y)])
    y = layers.LSTM(3, recurrent_activation="hard_sigmoid")(layers.LayerNormalization()(y))
    return keras.Model(x, [layers.Dense(1, activation="sigmoid", name="a")(y), layers.Dense(2, name="b")(y)])


def images():
    """Not fused: TensorFlow's fused normalization corrects the variances that it averages, Keras 3 does not."""
    normalization = layers.BatchNormalization(fused=False)
    inner = keras.Sequential([layers.Conv2D(2, 3, use_bias=False, input_shape=(6, 6, 1)), normalization])
    x = keras.Input((6, 6, 1))
    y = layers.DepthwiseConv2D(2)(layers.ReLU(max_value=6.0, negative_slope=0.1)(inner(x)))
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(y)))


def operations():
    """Operations of TensorFlow as nodes."""
    x = keras.Input((4,))
    a, b = layers.Dense(3)(x), layers.Dense(3)(x)
    y = tf.nn.relu((1.0 - a) * b + a * 0.5) / (2.0 + tf.math.abs(b))
    y = tf.maximum(tf.sigmoid(a - (y - tf.reduce_mean(y, axis=1, keepdims=True)) ** 2), 0.2)
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(-y))


def order():
    """Functions that are several operations in Keras 3, or none, beside branches of about their length: the layers come in
    another order there."""
    x = keras.Input((4,))
    a, b = layers.Dense(3, name="u")(x), layers.Dense(3, name="v")(x)
    y = tf.math.squared_difference(a, 1.0) - tf.tanh(tf.tanh(b))
    a, b = layers.Dense(3, name="w")(y), layers.Dense(3, name="z")(y)
    y = tf.reshape(a, tf.shape(a)) * 0.5 + tf.tanh(tf.tanh(b))
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(y))


def functions(has_ellipsis):
    """Functions of TensorFlow with all that a call may say. Keras 2 cannot save an ellipsis in .keras files."""
    every = (...,) if has_ellipsis else (slice(None), slice(None))
    x = keras.Input((4, 5))
    a, b = layers.Dense(5, activation="tanh")(x), layers.Dense(5)(x)
    joined = tf.concat([a, b, a], axis=-1)
    first, middle, last = tf.split(joined, [3, 5, 7], axis=2)
    parts = tf.unstack(middle, axis=1)
    y = tf.add_n([parts[0], parts[1], parts[3], b[:, 2]]) + tf.stack([first, last[(*every, slice(3))]], axis=1)[:, 1, -1, ::2][:, :1]
    y = tf.reshape(y, (tf.shape(y)[0], 5, 1))
    y = tf.squeeze(tf.tile(tf.expand_dims(y, 1), [1, 2, 1, 1]), [3])
    y = tf.matmul(y, tf.transpose(b, [0, 2, 1])) + tf.matmul(a, b, transpose_b=True)[:, 1:3]
    y = tf.where(y > 0.1, y, tf.nn.leaky_relu(y)) + tf.nn.leaky_relu(y, alpha=0.3)
    y = tf.clip_by_value(y, -2.0, 2.5) - tf.nn.softmax(y, axis=1) / tf.reduce_logsumexp(y, axis=[1, 2], keepdims=True)
    y = tf.pad(y, [[0, 0], [1, 0], [0, 2]], constant_values=0.5) + tf.pad(y, [[0, 0], [1, 0], [2, 0]], mode="REFLECT")
    y = tf.gather(y, [2, 0], axis=1) + tf.slice(y, [0, 1, 0], [-1, 2, -1]) + tf.strided_slice(y, [0, 0, 0], [6, 2, 6])
    y = tf.math.l2_normalize(y, axis=-1) + tf.nn.gelu(y) * tf.nn.elu(y) + tf.math.divide_no_nan(y, tf.nn.relu(y))
    y = tf.roll(tf.reverse(y, [2]), 1, 1) + tf.cumsum(y, axis=2) - tf.repeat(y[:, :1], 2, axis=1)
    y = tf.nn.bias_add(y, [0.1, 0.2, 0.3, 0.0, -0.1, 0.5]) * tf.cast(tf.logical_not(y < -0.5), "float32")
    y = tf.tensordot(y, tf.constant([[1.0, 0.5], [0.0, -1.0]] * 3), axes=1) * [[2.0, 1.0], [1.0, -2.0]]
    hot = tf.one_hot(tf.argmax(y, axis=-1), 2) + tf.cast(y >= 0.0, tf.float32) * tf.sign(y) * tf.math.rsqrt(tf.abs(y) + 1.0)
    top, _ = tf.math.top_k(tf.image.resize(hot[(*every, slice(None), tf.newaxis)], (3, 4))[(*every, slice(None), 0)], 2)
    y = keras.backend.mean(tf.math.erf(top), axis=1) + tf.math.log1p(tf.math.reduce_std(y, 2)) + 1.0 - tf.math.floormod(y[:, 0], 0.7)
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(y))


def attention():
    """Sizes that follow from others, constants in calls of layers, and functions that several operations compute."""
    x = keras.Input((8, 6))
    y = layers.Dense(6, activation="tanh")(x)
    size = tf.shape(y)
    heads = tf.transpose(tf.reshape(y, [size[0], size[1], 2, 3]), [0, 2, 1, 3])
    scores = tf.nn.softmax(tf.matmul(heads, heads, transpose_b=True) / tf.sqrt(tf.cast(size[-1], tf.float32)))
    y += tf.reshape(tf.transpose(tf.matmul(scores, heads), [0, 2, 1, 3]), tf.concat([size[:-1], [6]], 0))
    y += layers.Embedding(8, 6)(tf.range(size[1]))
    y = layers.MultiHeadAttention(2, 3)(y, y, attention_mask=np.tril(np.ones((1, 8, 8), bool)))
    y = layers.Multiply()([y, np.linspace(.5, 1.5, 48, dtype="f4").reshape(1, 8, 6)])
    y = tf.concat([tf.tile(tf.constant([[[.1, .2, .3, .4, .5, .6]]]), [size[0], 1, 1]), y], 1)[:, 1:]
    y = tf.nn.conv1d(y, np.linspace(-1, 1, 36, dtype="f4").reshape(2, 6, 3), 1, "SAME")
    y = tf.nn.max_pool1d(y, 2, 2, "VALID") + tf.cumsum(y, axis=1, exclusive=True, reverse=True)[:, ::2]
    order = tf.argsort(y[:, :, 0], direction="DESCENDING")
    y = tf.gather(y, order, axis=1, batch_dims=1) + tf.math.l2_normalize(y, [1, 2]) + tf.norm(y, axis=-1, keepdims=True)
    mean, variance = tf.nn.moments(y, [1], keepdims=True)
    y = tf.nn.batch_normalization(y, mean, variance, tf.constant([.1, .2, .3]), None, 1e-3)
    y = tf.math.squared_difference(y, tf.roll(y, [1, -1], [1, 2])) + tf.one_hot(tf.argmax(y, -1), 3, 2.0, -1.0)
    y = tf.clip_by_norm(tf.nn.local_response_normalization(y[:, None], 1)[:, 0], 3.0, axes=[2]) // 0.01 * 0.001 + y
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(layers.Flatten()(y)))


def transfer():
    """A model that is called as in prediction also while the whole is trained, and twice in a row."""
    i = keras.Input((4,))
    base = keras.Model(i, layers.BatchNormalization(momentum=0.5)(layers.Dense(4)(i)), name="base")
    x = keras.Input((4,))
    y = base(base(x, training=False), training=False)
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(y)))


def words():
    """A table of which a batch reads some rows: the first optimizers of Keras 2 leave the others as they are."""
    return keras.Sequential([
        layers.Embedding(7, 2, input_length=3), layers.Flatten(), layers.Dense(2, activation="tanh"),
        layers.Dense(1, activation="sigmoid")])


def save(name, model, compiled, classes=2):
    """Trains, saves, and trains on."""
    path = FOLDER / name
    random = np.random.RandomState(1)
    if isinstance(model.layers[0], layers.Embedding):
        # The batches have few rows in common, and the last row is in none.
        x = np.array([[0, 1, 2], [2, 3, 0], [1, 1, 0], [4, 5, 4], [5, 3, 3], [4, 4, 5]], "f4")
    else:
        x = random.uniform(-1, 1, (6, *model.input_shape[1:])).astype("f4")
    ts = [np.arange(6) % classes] if len(model.outputs) == 1 else [np.arange(6) % 2, random.uniform(-1, 1, (6, 2))]
    ts = [t.astype("f4") for t in ts]
    t = ts if len(ts) > 1 else ts[0]
    model.compile(**compiled)
    model.fit(x, t, batch_size=3, epochs=2, shuffle=False, verbose=0)
    model.save(path)
    listed = lambda y: y if isinstance(y, list) else [y]
    arrays = {"x": x} | {f"t{i}": t for i, t in enumerate(ts)}
    arrays |= {f"y{i}": y for i, y in enumerate(listed(model.predict(x, verbose=0)))}
    arrays |= {f"evaluate/{k}": np.float32(v) for k, v in
               model.evaluate(x, t, batch_size=3, verbose=0, return_dict=True).items()}
    loss = model.fit(x, t, batch_size=3, epochs=2, shuffle=False, verbose=0).history["loss"]
    arrays |= {"loss": np.float32(loss)}
    arrays |= {f"after{i}": y for i, y in enumerate(listed(model.predict(x, verbose=0)))}
    np.savez(f"{path}.npz", **arrays)
    print(f"{name}: {path.stat().st_size:,} bytes")


def binary(optimizer):
    return dict(optimizer=optimizer, loss=keras.losses.BinaryCrossentropy(),
                metrics=["accuracy", "mae", keras.metrics.AUC(num_thresholds=20), keras.metrics.Precision()])


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    legacy = optimizers.legacy
    decay = lambda: optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)
    for ending in ["keras", "h5"]:
        for name, make, compiled in [
            ("adam", stack, lambda: binary("adam")),
            ("sgd", stack, lambda: binary(optimizers.SGD(0.05))),
            ("adafactor", stack, lambda: binary(optimizers.Adafactor(0.05))),
            ("outputs", recurrent, lambda: dict(
                optimizer=optimizers.Adamax(0.01), loss={"a": "binary_crossentropy", "b": keras.losses.Huber()},
                loss_weights={"a": 1.0, "b": 0.5}, metrics={"a": ["accuracy"], "b": [keras.metrics.MeanSquaredError()]})),
            ("images", images, lambda: dict(
                optimizer=optimizers.RMSprop(decay(), momentum=0.5),
                loss="sparse_categorical_crossentropy", metrics=["accuracy"])),
        ]:
            keras.utils.set_random_seed(5)
            save(f"{name}.{ending}", make(), compiled(), classes=3 if name == "images" else 2)
    keras.utils.set_random_seed(5)
    save("operations.h5", operations(), binary(optimizers.Adadelta(0.5)))
    for ending in ["keras", "h5"]:
        keras.utils.set_random_seed(5)
        save(f"functions.{ending}", functions(ending == "h5"), binary(optimizers.SGD(0.02)))
        keras.utils.set_random_seed(5)
        save(f"order.{ending}", order(), binary("adam"))
        keras.utils.set_random_seed(5)
        save(f"transfer.{ending}", transfer(), binary(optimizers.SGD(0.2)))
        keras.utils.set_random_seed(5)
        save(f"attention.{ending}", attention(), binary(optimizers.SGD(0.05)))
    # The optimizers of before TensorFlow 2.11, whose state is in .h5 files only.
    for name, optimizer in [
        ("legacy-adam", legacy.Adam(0.002, decay=0.1, amsgrad=True)), ("legacy-momentum", legacy.SGD(0.02, momentum=0.9)),
        ("legacy-ftrl", legacy.Ftrl(0.1)), ("legacy-rmsprop", legacy.RMSprop(0.001, momentum=0.5)), ("legacy-adamax", legacy.Adamax(0.01, decay=0.5)),
    ]:
        keras.utils.set_random_seed(5)
        save(f"{name}.h5", stack(), binary(optimizer))
    for name, optimizer in [
        ("adam", legacy.Adam(0.02)), ("momentum", legacy.SGD(0.2, momentum=0.9, nesterov=True)),
        ("rmsprop", legacy.RMSprop(0.01)), ("centered", legacy.RMSprop(0.01, centered=True)),
        ("rmsprop-momentum", legacy.RMSprop(0.01, momentum=0.5)),
        ("centered-momentum", legacy.RMSprop(0.01, momentum=0.5, centered=True)),
        ("adagrad", legacy.Adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-3)),
        ("adadelta", legacy.Adadelta(1.0)), ("adamax", legacy.Adamax(0.02)), ("nadam", legacy.Nadam(0.02)),
        ("ftrl", legacy.Ftrl(0.1)),
    ]:
        keras.utils.set_random_seed(5)
        save(f"words-legacy-{name}.h5", words(), binary(optimizer))
    # Compiled, Keras 2's Nadam takes the product of its momenta once for every variable, not once for every step.
    for name, optimizer, eagerly in [
        ("nadam", optimizers.Nadam(0.02), True), ("centered", optimizers.RMSprop(0.01, momentum=0.5, centered=True), False),
        ("ftrl", optimizers.Ftrl(0.1), False),
    ]:
        keras.utils.set_random_seed(5)
        save(f"words-{name}.keras", words(), binary(optimizer) | dict(run_eagerly=eagerly))
    for name, optimizer in [("ordered-adam", legacy.Adam(0.02)), ("ordered-momentum", legacy.SGD(0.2, momentum=0.9))]:
        keras.utils.set_random_seed(5)
        save(f"{name}.h5", deep(), binary(optimizer))
        reorder(FOLDER / f"{name}.h5")


def deep():
    """Twelve layers with weights: their names are in another order than they are, `dense_10` before `dense_2`."""
    return keras.Sequential(
        [layers.Dense(3, activation="tanh", input_shape=(4,), name="dense_1")]
        + [layers.Dense(3, activation="tanh", name=f"dense_{i}") for i in range(2, 12)]
        + [layers.Dense(1, activation="sigmoid", name="dense_12")])


def reorder(path):
    """Puts the optimizer's state into the order of Keras before 2.0.7, whose optimizers got the weights sorted by name
    (`_collect_trainable_weights` of keras/engine/training.py), and has the file say that such a version wrote it."""
    with h5py.File(path, "r+") as file:
        group = file["optimizer_weights"]
        names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["weight_names"]]
        values = {name: group[name][()] for name in names}
        weights = [w.decode() if isinstance(w, bytes) else w for layer in file["model_weights"].attrs["layer_names"]
                   for w in file["model_weights"][layer].attrs["weight_names"]]
        # Behind the count of steps: a moment of each weight, then the next moment.
        first, moments = names[:1], names[1:]
        assert len(moments) % len(weights) == 0 and values[names[0]].shape == ()
        order = sorted(range(len(weights)), key=lambda i: weights[i])
        assert order != sorted(order)
        blocks = [moments[i:i + len(weights)] for i in range(0, len(moments), len(weights))]
        group.attrs["weight_names"] = np.array([n.encode() for n in first + [b[i] for b in blocks for i in order]])
        file.attrs["keras_version"] = "2.0.6"


if __name__ == "__main__":
    main()
