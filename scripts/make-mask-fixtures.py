#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/masks: small models with masks, states and operations that Keras saved.

    scripts/make-mask-fixtures.py        (needs keras, tensorflow-cpu and numpy)

Beside each model NAME.keras stands NAME.npz: inputs x0, x1, ..., outputs y0, y1, ..., the targets t, and of `evaluate`,
then of `fit` over two epochs in batches of 3: "evaluated" (the loss and the metrics), "losses" (by epoch) and "after", the
predictions then.
"""
import os
import pathlib

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
from keras import layers, ops

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/masks"
BATCH, STEPS, WORDS = 6, 5, 7
random = np.random.RandomState(5)


def words(steps=STEPS):
    """Sentences of every length but 0, one with a gap, one with the padding in front."""
    x = random.randint(1, WORDS, (BATCH, steps)).astype("int32")
    for row, length in enumerate([steps, 1, 2, 3]):
        x[row, length:] = 0
    x[4, 1] = 0
    x[5, :2] = 0
    return x


def numbers(*shape):
    return random.uniform(-1, 1, (BATCH, *shape)).astype("f4")


def save(name, model, xs, loss="mse", metrics=(), classes=None):
    model.set_weights([random.uniform(0.2, 0.8, w.shape) * (1 if "variance" in v.path else random.choice([-1, 1], w.shape))
                       for v, w in zip(model.weights, model.get_weights())])
    y = model.predict(xs, verbose=0)
    arrays = {f"x{i}": x for i, x in enumerate(xs)}
    if isinstance(y, list):
        model.save(FOLDER / f"{name}.keras")
        np.savez(FOLDER / f"{name}.npz", **arrays, **{f"y{i}": value for i, value in enumerate(y)})
        return
    target = random.randint(0, classes, y.shape[:-1]).astype("int32") if classes else random.uniform(-1, 1, y.shape).astype("f4")
    model.compile("sgd", loss, metrics=list(metrics))
    model.save(FOLDER / f"{name}.keras")
    found = model.evaluate(xs, target, batch_size=3, verbose=0, return_dict=True)
    evaluated = [found["loss"]] + [value for key, value in found.items() if key != "loss"]
    losses = model.fit(xs, target, batch_size=3, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.savez(FOLDER / f"{name}.npz", **arrays, y0=y, t=target, evaluated=np.float32(evaluated), losses=np.float32(losses),
             after=model.predict(xs, verbose=0))


def stack():
    save("stack", keras.Sequential([
        keras.Input((STEPS,), dtype="int32"), layers.Embedding(WORDS, 3, mask_zero=True), layers.LSTM(4, return_sequences=True),
        layers.Dropout(0.0), layers.TimeDistributed(layers.Dense(3)), layers.Activation("tanh"),
        layers.Dense(3, activation="softmax")]), [words()], "sparse_categorical_crossentropy",
        ["accuracy", "sparse_categorical_crossentropy"], classes=3)


def pooled():
    x = keras.Input((STEPS,), dtype="int32")
    h = layers.Embedding(WORDS, 3, mask_zero=True)(x)
    h = layers.BatchNormalization(momentum=0.8)(h)
    h = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="concat")(h)
    h = layers.LayerNormalization()(h)
    h = layers.GlobalAveragePooling1D()(h)
    save("pooled", keras.Model(x, layers.Dense(2)(h)), [words()], metrics=["mae"])


def masking():
    x = keras.Input((STEPS, 3))
    h = layers.Masking(0.5)(x)
    h = layers.GRU(3, return_sequences=True, go_backwards=True, reset_after=False)(h)
    h = layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], return_sequences=True)(h)
    h = layers.SimpleRNN(3, return_sequences=True, zero_output_for_mask=True)(h)
    data = numbers(STEPS, 3)
    data[words() == 0] = 0.5
    save("masking", keras.Model(x, layers.Dense(1)(h)), [data], "mae", ["mse"])


def attention():
    a, b = keras.Input((STEPS,), dtype="int32"), keras.Input((4,), dtype="int32")
    embedding = layers.Embedding(WORDS, 4, mask_zero=True)
    query, value = embedding(a), embedding(b)
    parts = [layers.Attention(use_scale=True)([query, value]), layers.AdditiveAttention()([query, value])]
    parts.append(layers.MultiHeadAttention(2, 3)(query, value))
    parts.append(layers.GroupQueryAttention(2, 4, 2)(query, query, use_causal_mask=True))
    h = layers.Concatenate()([layers.Add()(parts[:2]), layers.Multiply()(parts[2:])])
    h = layers.Concatenate()([h, layers.Maximum()(parts[:3])])
    save("attention", keras.Model([a, b], layers.Dense(2)(layers.LSTM(3, return_sequences=True)(h))), [words(), words(4)],
         metrics=["mse"])


def translation():
    """First states passed in a call; as Keras does it, the mask then reaches the loss but not the layer."""
    a, b = keras.Input((STEPS,), dtype="int32"), keras.Input((4,), dtype="int32")
    embedding = layers.Embedding(WORDS, 3, mask_zero=True)
    _, h, c = layers.LSTM(4, return_state=True)(embedding(a))
    y = layers.LSTM(4, return_sequences=True)(embedding(b), initial_state=[h, c])
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="sum")(y)
    save("translation", keras.Model([a, b], layers.Dense(1)(y)), [words(), words(4)])


def nested():
    x = keras.Input((STEPS,), dtype="int32")
    h = layers.Embedding(WORDS, 4, mask_zero=True)(x)
    inner = keras.Sequential([keras.Input((STEPS, 4)), layers.LSTM(4, return_sequences=True)])
    graph_input = keras.Input((STEPS, 4))
    graph = keras.Model(graph_input, layers.GRU(4, return_sequences=True)(graph_input))
    y, scores = layers.MultiHeadAttention(2, 3)(inner(h), graph(h), return_attention_scores=True)
    save("nested", keras.Model(x, [y, scores]), [words()])


def explicit():
    """Masks passed by name."""
    x, seen = keras.Input((STEPS, 3)), keras.Input((STEPS,), dtype="bool")
    pairs = keras.Input((STEPS, STEPS), dtype="bool")
    h = layers.LSTM(4, return_sequences=True)(x, mask=seen)
    h = layers.MultiHeadAttention(2, 2)(h, h, key=x, attention_mask=pairs)
    h = layers.Attention()([h, h], mask=[seen, seen])
    save("explicit", keras.Model([x, seen, pairs], layers.Dense(2)(h)),
         [numbers(STEPS, 3), words() != 0, random.uniform(size=(BATCH, STEPS, STEPS)) < 0.7])


def operations():
    a, b = keras.Input((4, 3)), keras.Input((4, 3))
    i = layers.Dense(3, name="first")(a)
    results = [
        i + 1.5, 2 - i, i * b, i / 2, ops.abs(i)**2, -i, i @ ops.transpose(b, (0, 2, 1)), i[:, 1], i[:, 1:3], i[..., 0], i[:, ::2],
        i[:, -1, None], ops.mean(i, axis=1), ops.sum(i, axis=-1, keepdims=True), ops.max(i, axis=(1, 2)), ops.reshape(i, (-1, 12)),
        ops.concatenate([i, b], axis=1), ops.stack([i, b], axis=1), ops.squeeze(i[:, :1], axis=1), ops.expand_dims(i, 1),
        ops.where(i > 0, i, b), ops.clip(i, 0, 1), ops.softmax(i, axis=1), ops.relu(i), ops.gelu(i), ops.leaky_relu(i, 0.1),
        ops.einsum("abc,abc->ab", i, b), ops.split(i, 3, axis=2)[1], ops.norm(i, axis=-1), ops.take(i, [0, 2], axis=1),
        ops.one_hot(ops.argmax(i, axis=-1), 3), ops.tile(i, [1, 2, 1]), ops.repeat(i, 2, axis=1), ops.flip(i, 1),
        ops.pad(i, [[0, 0], [1, 1], [0, 0]]), ops.normalize(i, axis=-1), ops.ones_like(i), ops.matmul(i, ops.swapaxes(b, 1, 2)),
        ops.minimum(i, 0.3), ops.log_softmax(i), ops.var(i, axis=1), ops.std(i, axis=1), ops.cumsum(i, axis=1),
        ops.logsumexp(i, axis=1), ops.moveaxis(i, 1, 2), ops.roll(i, 1, axis=1), ops.top_k(i, 2)[0], ops.sort(i, axis=-1),
        ops.prod(i, axis=1), ops.floor(i), i // 2, i % 2, ops.arctan2(i, b), ops.tril(i), ops.sqrt(ops.abs(i)), ops.log1p(ops.abs(i)),
        ops.sigmoid(i), ops.tanh(i), ops.silu(i), ops.exp(i), ops.sin(i),
        ops.where(ops.any(ops.not_equal(i, 0), axis=-1, keepdims=True), i, 0.0),
        ops.where(ops.logical_and(i > 0, ops.logical_not(b > 0)), 1.0, i),
    ]
    flat = ops.concatenate([layers.Flatten()(y) if len(y.shape) > 1 else ops.reshape(y, (-1, 1)) for y in results], axis=-1)
    save("operations", keras.Model([a, b], flat), [numbers(4, 3), numbers(4, 3)])


FOLDER.mkdir(parents=True, exist_ok=True)
for make in (stack, pooled, masking, attention, translation, nested, explicit, operations):
    make()
    keras.backend.clear_session()
    print(make.__name__, (FOLDER / f"{make.__name__}.keras").stat().st_size)
