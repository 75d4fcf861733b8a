#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/models: small models that Keras saved, with inputs and what Keras predicts.

Needs the Python packages keras and tensorflow-cpu. Beside each model NAME stands NAME.npz: inputs x0, x1, ..., outputs
y0, y1, ... and, for models that Keras trained before it saved them, the targets t, the predictions "after" of one more
epoch, and that epoch's loss.
"""
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/models"


def save(name, model, shapes, after=None, below=None):
    """`below` is for inputs that are whole numbers: they are below it."""
    random = np.random.RandomState(1)
    xs = [random.uniform(-1, 1, (5, *shape)).astype("f4") if below is None
          else random.randint(0, below, (5, *shape)).astype("i4") for shape in shapes]
    model.save(FOLDER / name)
    ys = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    if isinstance(ys, dict):
        ys = [ys[key] for key in sorted(ys)]
    ys = ys if isinstance(ys, list) else [ys]
    arrays = {f"x{i}": x for i, x in enumerate(xs)} | {f"y{i}": y for i, y in enumerate(ys)}
    if after:
        arrays |= after(xs[0])
    np.savez(FOLDER / f"{name}.npz", **arrays)


def randomized(model, seed=3):
    """Weights that are nowhere their initial values."""
    random = np.random.RandomState(seed)
    model.set_weights([random.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    return model


def dense_stack():
    return keras.Sequential([
        keras.Input((4,)), layers.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01)),
        layers.BatchNormalization(momentum=0.9), layers.Dropout(0.3), layers.Dense(3)])


def shared():
    """A layer called three times, layers of one class in another order than their names, constants in the graph."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    last, dense = layers.Dense(2, name="dense"), layers.Dense(5, activation="relu", name="dense_9")
    joined = layers.Concatenate()([dense(a), dense(b), dense(a)])
    return keras.Model([a, b], last(joined) * 0.5 + 1.0, name="shared")


def nested():
    inner_input = keras.Input((5,))
    inner = keras.Model(inner_input, layers.Dense(5)(layers.Dense(3)(inner_input)), name="inner")
    stack = keras.Sequential([keras.Input((5,)), layers.Dense(5), layers.BatchNormalization()], name="stack")
    x = keras.Input((5,))
    first = inner(x)
    return keras.Model(x, layers.Add()([inner(first), stack(first), x]))


def dictionary():
    x = keras.Input((3,))
    return keras.Model(x, {"z": layers.Dense(1)(x), "b": layers.Dense(2)(x)})


def images():
    x = keras.Input((8, 8, 2))
    y = layers.MaxPooling2D()(layers.Conv2D(4, 3, padding="same", activation="relu")(x))
    return keras.Model(x, layers.Dense(2, activation="softmax")(layers.Flatten()(y)))


def trained(name, optimizer):
    keras.utils.clear_session()
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, activation="tanh"), layers.Dense(3)])
    model.compile(optimizer, "mse", metrics=["mae"])
    random = np.random.RandomState(2)
    t = random.uniform(-1, 1, (5, 3)).astype("f4")
    x = np.random.RandomState(1).uniform(-1, 1, (5, 4)).astype("f4")
    model.fit(x, t, batch_size=2, epochs=2, shuffle=False, verbose=0)

    def after(x):
        loss = model.fit(x, t, batch_size=2, epochs=1, shuffle=False, verbose=0).history["loss"][0]
        return {"t": t, "after": model.predict(x, verbose=0), "loss": np.float32(loss)}

    save(name, model, [(4,)], after)


def adapted():
    """Low-rank adapters, which files hold added to the weights. A model that is loaded begins with adapters of 0."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((5,)), layers.Embedding(4, 3), layers.Conv1D(4, 2, activation="tanh"),
        layers.EinsumDense("abc,cd->abd", (4, 3), bias_axes="d"), layers.Flatten(), layers.Dense(2, lora_rank=2)])
    for layer in model.layers[:2]:
        layer.enable_lora(2)
    model.layers[2].enable_lora(2, lora_alpha=1)  # of the others Keras forgets it
    model.set_weights([w * 0.3 for w in randomized(model).get_weights()])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x, t = np.arange(25).reshape(5, 5).astype("f4") % 4, np.random.RandomState(2).uniform(-1, 1, (5, 2)).astype("f4")
    model.fit(x, t, batch_size=2, epochs=2, shuffle=False, verbose=0)
    model.save(FOLDER / "adapters.keras")
    y = model.predict(x, verbose=0)
    again = keras.models.load_model(FOLDER / "adapters.keras")
    loss = again.fit(x, t, batch_size=2, epochs=1, shuffle=False, verbose=0).history["loss"][0]
    np.savez(FOLDER / "adapters.keras.npz", x0=x, y0=y, t=t, after=again.predict(x, verbose=0), loss=np.float32(loss))


def quantized():
    """Kernels of whole numbers, and rows of inputs rounded to such."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((8,)), layers.Dense(5, activation="tanh"), layers.Dense(4, use_bias=False), layers.Dense(3)])
    randomized(model).save(FOLDER / "int8.float.keras")
    model.quantize("int8")
    return model


def quantized_language():
    """Tables and sums over axes, quantized. Keras cannot quantize equations with an ellipsis."""
    keras.utils.set_random_seed(5)
    x = keras.Input((4,), dtype="int32")
    tied, own = layers.ReversibleEmbedding(7, 6, logit_soft_cap=3.0), layers.ReversibleEmbedding(7, 6, tie_weights=False)
    y = layers.Add()([layers.Embedding(7, 6)(x), tied(x), own(x)])
    y = layers.EinsumDense("abc,cde->abde", (4, 2, 3), bias_axes="de", activation="tanh")(y)
    y = layers.EinsumDense("abde,dec->abc", (4, 6), bias_axes="c")(y)
    y = layers.EinsumDense("abc,bcd->adb", (5, 4), activation="tanh")(y)
    y = layers.EinsumDense("abc,cd->abd", (None, 6))(y)
    model = keras.Model(x, [tied(y, reverse=True), own(y, reverse=True)])
    random = np.random.RandomState(3)
    model.set_weights([random.uniform(-0.9, 0.9, w.shape) for w in model.get_weights()])
    model.save(FOLDER / "int8-language.float.keras")
    model.quantize("int8")
    return model


def weights_quantized():
    """Quantized weights alone: inputs are not rounded."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((3, 8)), layers.EinsumDense("abc,cd->abd", (None, 5), activation="tanh"), layers.Dense(4)])
    config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
    randomized(model).save(FOLDER / "int8-weights.float.keras")
    model.quantize(config=config)
    return model


def reversible():
    """A table there and back, with masks, and one with a matrix of its own for the way back."""
    keras.utils.set_random_seed(5)
    x = keras.Input((4,), dtype="int32")
    tied = layers.ReversibleEmbedding(7, 6, mask_zero=True, logit_soft_cap=2.0)
    own = layers.ReversibleEmbedding(7, 6, tie_weights=False, reverse_dtype="float32")
    steps = layers.LSTM(6, return_sequences=True)(tied(x))
    model = keras.Model(x, [tied(steps, reverse=True), own(layers.Add()([own(x), steps]), reverse=True)])
    return randomized(model)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for ending in ["keras", "h5"]:
        for name, make, shapes in [
            ("stack", dense_stack, [(4,)]), ("shared", shared, [(4,), (4,)]), ("nested", nested, [(5,)]),
            ("images", images, [(8, 8, 2)]), ("dictionary", dictionary, [(3,)]),
        ]:
            keras.utils.clear_session()
            if (name, ending) == ("dictionary", "h5"):
                continue
            save(f"{name}.{ending}", randomized(make()), shapes)
    trained("adam.keras", keras.optimizers.Adam(0.01))
    trained("momentum.keras", keras.optimizers.SGD(0.01, momentum=0.9))
    trained("adam.h5", keras.optimizers.Adam(0.01, amsgrad=True))
    trained("average.h5", keras.optimizers.Nadam(0.01, use_ema=True, ema_momentum=0.7, gradient_accumulation_steps=2))
    adapted()
    save("int8.keras", quantized(), [(8,)])
    save("int8-language.keras", quantized_language(), [(4,)], below=7)
    save("int8-weights.keras", weights_quantized(), [(3, 8)])
    save("reversible.keras", reversible(), [(4,)], below=7)
    save("reversible.h5", reversible(), [(4,)], below=7)
    keras.utils.clear_session()
    randomized(dense_stack()).save_weights(FOLDER / "stack.weights.h5")


if __name__ == "__main__":
    main()
