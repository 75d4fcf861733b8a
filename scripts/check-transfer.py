#!/usr/bin/env python3
"""Fine-tunes a network from a file of Keras 2 with Keras and with Martlet, and compares.

    scripts/check-transfer.py MODEL.hdf5 --build .build/release [--data FOLDER] [--samples 2048]

Three checks: Martlet predicts as Keras does; the optimizer's state that Martlet reads is the file's; and with a new head behind the
layer add_4, on the same samples in the same order, each batch has the loss that it has in Keras: first with the rest frozen, two
epochs, then one of everything. --data has the IDX files of Fashion-MNIST, of which 28x28 images are resized to 64x64.
"""
import argparse
import gzip
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
import numpy as np

LAYER = "add_4"
BATCH = 64


def idx(folder, name):
    path = next(path for path in [folder / name, folder / (name + ".gz")] if path.exists())
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def resized(images):
    """28x28 pixels to 64x64 by linear interpolation, from -1 to 1, as the network expects."""
    places = np.clip((np.arange(64) + 0.5) * 28 / 64 - 0.5, 0, 27)
    low = np.floor(places).astype(int)
    high, share = np.minimum(low + 1, 27), (places - low).astype(np.float32)
    x = images.astype(np.float32)
    x = x[:, low] * (1 - share)[:, None] + x[:, high] * share[:, None]
    x = x[:, :, low] * (1 - share) + x[:, :, high] * share
    return (x / 127.5 - 1)[..., None].astype(np.float32)


def keras_losses(model, x, y, kernel, bias):
    import keras
    features = keras.layers.GlobalAveragePooling2D()(model.get_layer(LAYER).output)
    head = keras.layers.Dense(10, activation="softmax", name="new_head")
    tuned = keras.Model(model.inputs, head(features))
    head.set_weights([kernel, bias])
    losses = []
    for frozen, rate, epochs in [(True, 1e-2, 2), (False, 1e-4, 1)]:
        for layer in tuned.layers:
            if layer is not head:
                layer.trainable = not frozen
        tuned.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        for _ in range(epochs):
            for start in range(0, len(x), BATCH):
                losses.append(float(tuned.train_on_batch(x[start:start + BATCH], y[start:start + BATCH])))
    return np.array(losses)


def same_state(model, again):
    """How many tensors the optimizer's state in the old file has, and whether the new file has them all, bit for bit."""
    import h5py
    with h5py.File(model, "r") as file:
        group = file["optimizer_weights"]
        old = [group[name][()] for name in group.attrs["weight_names"]]
        weights = file["model_weights"]
        names = [name for layer in weights.attrs["layer_names"] for name in weights[layer].attrs["weight_names"]]
    with zipfile.ZipFile(again) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
        group = file["optimizer/vars"]
        new = [group[name][()] for name in sorted(group, key=int)]
    # Keras 2.0.5: the count of steps, all first moments by the names of weights, all second ones. Keras 3: the count, the rate, both
    # of each weight in the order of layers.
    count = (len(old) - 1) // 2
    trained = [name for name in names if b"moving_" not in (name if isinstance(name, bytes) else name.encode())]
    order = sorted(range(count), key=lambda place: trained[place])
    pairs = [(old[0], new[0])]
    for moment in range(2):
        pairs += [(old[1 + moment * count + number], new[2 + 2 * place + moment]) for number, place in enumerate(order)]
    return len(old), len(new) == 2 + 2 * count and all(np.array_equal(a, b) for a, b in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--build", type=Path, default=Path(".build/release"))
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--samples", type=int, default=2048)
    args = parser.parse_args()
    import keras
    x = resized(idx(args.data, "train-images-idx3-ubyte")[:args.samples])
    y = idx(args.data, "train-labels-idx1-ubyte")[:args.samples].astype(np.int64)
    model = keras.models.load_model(args.model, compile=False)
    expected = model.predict(x[:256], verbose=0)
    random = np.random.default_rng(3)
    kernel = random.uniform(-0.2, 0.2, [128, 10]).astype(np.float32)
    bias = np.zeros(10, np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, value in [("x", x), ("y", y), ("kernel", kernel), ("bias", bias), ("first", x[:256])]:
            np.save(folder / f"{file}.npy", value)
        subprocess.run([str(args.build / "martlet"), "predict", str(args.model), "--x", str(folder / "first.npy"),
                        "-o", str(folder / "own.npy")], check=True, stdout=subprocess.DEVNULL)
        difference = float(np.abs(np.load(folder / "own.npy") - expected).max())
        print(f"predictions of 256 images: largest difference {difference:.2g}")
        good = difference < 1e-5
        subprocess.run(
            [str(args.build / "TransferLearning"), str(args.model), LAYER] +
            [str(folder / f"{file}.npy") for file in ["x", "y", "kernel", "bias", "losses"]] +
            [str(folder / "again.keras")], check=True)
        own = np.load(folder / "losses.npy")
        count, is_same = same_state(args.model, folder / "again.keras")
        print(f"the optimizer's state: {count} tensors, {'all as' if is_same else 'not all as'} in the file")
        good = good and is_same
    losses = keras_losses(model, x, y, kernel, bias)
    steps = len(losses) // 3
    print("| part | batches | Keras: first | last | Martlet: first | last | largest difference |\n|---|---:|---:|---:|---:|---:|---:|")
    for part, start, end, bound in [("head", 0, 2 * steps, 1e-4), ("everything", 2 * steps, 3 * steps, 1e-4)]:
        a, b = losses[start:end], own[start:end]
        far = float(np.abs(a - b).max())
        good = good and far < bound and a[-1] < a[0]
        print(f"| {part} | {end - start} | {a[0]:.5f} | {a[-1]:.5f} | {b[0]:.5f} | {b[-1]:.5f} | {far:.2g} |")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
