#!/usr/bin/env python3
"""Writes what Keras's preprocessing layers of tables and text compute, on TensorFlow:
Tests/MartletNNTests/Fixtures/preprocessing.json, and models in Fixtures/preprocessing.

    scripts/make-preprocessing-fixtures.py        (needs keras, tensorflow-cpu and numpy)

fixtures.py says how tensors are written; one of strings has the dtype "string". A case is `{"layer", "config", "adapt",
"inputs", "output", "vocabulary", "boundaries"}`: the class name, the configuration before the layer was adapted, the batches that
it was adapted to (null: it was not), the inputs, the output, and what it had learned.
"""
import os
import zipfile

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import fixtures
from fixtures import TESTS, write

random = np.random.RandomState(20251127)
cases = []


def tensor(array):
    array = np.asarray(array)
    if array.dtype.kind in "USO":
        return dict(shape=list(array.shape), dtype="string",
                    values=[v.decode() if isinstance(v, bytes) else str(v) for v in array.ravel()])
    return fixtures.tensor(array)


def case(layer, *inputs, adapt=None):
    """`adapt` is a list of batches."""
    config = keras.saving.serialize_keras_object(layer)["config"]
    inputs = [np.asarray(x) for x in inputs]
    if adapt is not None:
        adapt = [np.asarray(x) for x in adapt]
        layer.adapt(adapt[0] if len(adapt) == 1 else iter(adapt))
    as_tensors = [tf.constant(x) for x in inputs]
    output = np.asarray(layer(as_tensors if len(inputs) > 1 else as_tensors[0]))
    vocabulary = None
    if hasattr(layer, "get_vocabulary"):
        vocabulary = [str(v) for v in layer.get_vocabulary()]
    cases.append(dict(
        layer=type(layer).__name__, config=config, adapt=adapt and [tensor(x) for x in adapt],
        inputs=[tensor(x) for x in inputs], output=tensor(output), vocabulary=vocabulary,
        boundaries=[float(x) for x in layer.bin_boundaries] if isinstance(layer, layers.Discretization) else None))


def hashing():
    texts = ["", "a", "ab", "fig", "pear", "apple", "blueberry", "sixteen letters!", "seventeen letters",
             "Äpfel und Birnen, 梨", "x" * 33, "the quick brown fox jumps over the lazy dog, and more of it", "y" * 64,
             "z" * 65, "0123456789" * 13, "A longer text, over two blocks of sixty-four bytes, and so it goes on. " * 3,
             "q" * 128, "r" * 129]
    for salt in (None, 133, [1, -2]):
        case(layers.Hashing(num_bins=2**31 - 1, salt=salt), texts)
        case(layers.Hashing(num_bins=97, salt=salt), [[0, -1, 5], [2**31, -2**62, 123456789]])
    case(layers.Hashing(num_bins=5, mask_value="fig"), [["fig", "pear"], ["", "fig"]])
    case(layers.Hashing(num_bins=5, mask_value=0), [[0, 1], [2, 0]])
    case(layers.Hashing(num_bins=1, mask_value=0), [[0, 1], [2, 0]])
    case(layers.Hashing(num_bins=4), [[0.2, -1.7], [2.9, 3.0]])
    for mode in ("one_hot", "multi_hot", "count"):
        case(layers.Hashing(num_bins=4, output_mode=mode), [["fig"], ["pear"], ["fig"]])
        case(layers.Hashing(num_bins=4, output_mode=mode), [["fig", "fig", "pear"], ["", "a", "b"]])
    case(layers.HashedCrossing(num_bins=2**31 - 1), ["A", "B", "A", "B", "Äpfel"], [101, 101, -7, 102, 102])
    case(layers.HashedCrossing(num_bins=7, output_mode="one_hot"), [["A"], ["B"], [""]], [[1], [2], [3]],
         [["x"], ["y"], ["y"]])
    case(layers.HashedCrossing(num_bins=7), [[3], [4]], [[1], [2]])


def encoding():
    for mode in ("one_hot", "multi_hot", "count"):
        for x in ([[2], [0], [1]], [[0, 1, 1], [3, 2, 5]], [[[0, 1], [1, 1]], [[3, 2], [2, 2]]], [2, 0, 2]):
            case(layers.CategoryEncoding(num_tokens=4, output_mode=mode), x)
    x = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]
    for mode in ("int", "one_hot", "multi_hot", "count"):
        case(layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0], output_mode=mode), np.float32(x))
    case(layers.Discretization(bin_boundaries=[0.0, 0.1, 2.0]), np.int32([[-1, 0, 1, 2, 3]]))
    case(layers.Discretization(bin_boundaries=[0.0, 0.1, 2.0]), np.float32([np.nan, np.inf, -np.inf, 0.1]))
    for bins, epsilon, sizes in ((4, 0.01, [30]), (6, 0.01, [150, 40, 310]), (3, 0.1, [7, 90]), (49, 0.02, [1000])):
        batches = [np.float32(random.randn(n, 2).round(3)) for n in sizes]
        case(layers.Discretization(num_bins=bins, epsilon=epsilon), batches[0][:8], adapt=batches)


def lookups():
    fruit = [["pear", "fig", "", "fig"], ["Äpfel", "plum", "fig", "pear"]]
    words = ["fig", "pear", "Äpfel"]
    unknown = [["pear", "kiwi", ""], ["梨", "fig", "plum"]]
    for options in (
            {}, dict(mask_token=""), dict(mask_token="[MASK]", num_oov_indices=2), dict(num_oov_indices=3, salt=[3, 4]),
            dict(output_mode="multi_hot", mask_token=""), dict(output_mode="count", num_oov_indices=2),
            dict(output_mode="count", max_tokens=9, pad_to_max_tokens=True), dict(output_mode="one_hot"),
            dict(output_mode="tf_idf", idf_weights=[0.5, 0.25, 2.0]),
            dict(output_mode="tf_idf", idf_weights=[0.5, 0.25, 2.0], max_tokens=8, pad_to_max_tokens=True)):
        case(layers.StringLookup(vocabulary=words, **options), unknown)
    case(layers.StringLookup(vocabulary=words, num_oov_indices=0), [["pear"], ["Äpfel"]])
    case(layers.StringLookup(vocabulary=["", "[UNK]", "fig"], mask_token=""), unknown)
    case(layers.StringLookup(vocabulary=words, output_mode="one_hot"), [["pear"], ["kiwi"]])
    for options in ({}, dict(mask_token=""), dict(max_tokens=4), dict(output_mode="multi_hot"),
                    dict(output_mode="tf_idf"), dict(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True)):
        case(layers.StringLookup(**options), unknown, adapt=[fruit])
        case(layers.StringLookup(**options), unknown, adapt=[fruit, [["kiwi"], ["fig"]], [["plum", "plum"]]])
    case(layers.StringLookup(output_mode="tf_idf"), unknown, adapt=[["fig", "pear", "fig"]])
    case(layers.StringLookup(vocabulary=words, invert=True), [[0, 1, 2], [3, 4, -1]])
    case(layers.StringLookup(vocabulary=words, invert=True, mask_token="", num_oov_indices=2), [[0, 1, 2], [3, 4, 5]])

    numbers = [[12, 36, 36], [-5, 1138, 7]]
    for options in (
            {}, dict(mask_token=0), dict(num_oov_indices=3), dict(num_oov_indices=3, oov_method="farmhash"),
            dict(num_oov_indices=3, oov_method="farmhash", salt=[5, 6]), dict(output_mode="multi_hot", mask_token=7),
            dict(output_mode="count", num_oov_indices=2), dict(output_mode="one_hot"),
            dict(output_mode="tf_idf", idf_weights=[0.5, 0.25, 2.0])):
        case(layers.IntegerLookup(vocabulary=[12, 36, 1138], **options), numbers)
    case(layers.IntegerLookup(), numbers, adapt=[[[3, 3], [36, 7]]])
    case(layers.IntegerLookup(output_mode="tf_idf", max_tokens=3), numbers, adapt=[[[3, 3], [36, 7]]])
    case(layers.IntegerLookup(vocabulary=[12, 36, 1138], invert=True, mask_token=0), [[0, 1, 2], [3, 4, 5]])
    case(layers.IntegerLookup(vocabulary=[2**40, -3]), [[-3, 2**40]])


def texts():
    corpus = ["The cat, the DOG!", "a cat sat", "", "  dog\t\tsat\non the mat -- Größe ÄÖ"]
    x = ["the cat sat on a dog", "", "MAT? a unicorn", "größe ÄÖ 梨"]
    for options in (
            {}, dict(max_tokens=5), dict(output_sequence_length=3), dict(standardize=None), dict(standardize="lower"),
            dict(standardize="strip_punctuation"), dict(split="character", output_sequence_length=12), dict(ngrams=2),
            dict(ngrams=(2, 3)), dict(output_mode="multi_hot"), dict(output_mode="count", ngrams=3),
            dict(output_mode="count", max_tokens=40, pad_to_max_tokens=True), dict(output_mode="tf_idf"),
            dict(output_mode="tf_idf", max_tokens=6), dict(split="character", ngrams=2)):
        case(layers.TextVectorization(**options), x, adapt=[corpus])
        case(layers.TextVectorization(**options), [[v] for v in x], adapt=[corpus[:2], corpus[2:]])
    words = [["the", "Cat!"], ["", "dog"]]
    case(layers.TextVectorization(split=None), words, adapt=[words])
    case(layers.TextVectorization(split=None, ngrams=2, output_sequence_length=4), words, adapt=[words])
    case(layers.TextVectorization(split=None, output_mode="count"), words, adapt=[words])
    case(layers.TextVectorization(vocabulary=["cat", "dog"]), x)
    case(layers.TextVectorization(vocabulary=["cat", "dog"], output_mode="tf_idf", idf_weights=[0.5, 2.0]), x)


def feature_space(space, table, new):
    """The adapted columns and the inputs are in the order of the features."""
    config = keras.saving.serialize_keras_object(space)["config"]
    space.adapt(tf.data.Dataset.from_tensor_slices(table).batch(2))
    output = np.asarray(space({k: np.asarray(v) for k, v in new.items()}))
    cases.append(dict(
        layer="FeatureSpace", config=config, adapt=[tensor(v) for v in table.values()],
        inputs=[tensor(v) for v in new.values()], output=tensor(output), vocabulary=None, boundaries=None))
    return space


def spaces():
    kind = keras.utils.FeatureSpace
    table = dict(size=np.float32([1, 2, 4, 8]), age=np.float32([3, 5, 5, 9]), level=np.float32([0.1, 0.9, 0.4, 0.6]),
                 code=np.int32([7, 7, 9, 3]), city=np.array(["Oslo", "Rome", "Oslo", ""]), shop=np.array(["a", "b", "c", "d"]),
                 number=np.int32([11, 12, 13, 14]), rank=np.float32([1, 2, 3, 4]))
    new = {k: v[:3] for k, v in table.items()} | dict(city=np.array(["Rome", "Paris", "Oslo"]))
    space = feature_space(kind(dict(
        size="float", age="float_normalized", level=kind.float_discretized(num_bins=3), code="integer_categorical",
        city=kind.string_categorical(num_oov_indices=2), shop="string_hashed", number=kind.integer_hashed(num_bins=5),
        rank=kind.float_rescaled(scale=0.5, offset=1.0)),
        crosses=[("city", "code"), kind.cross(("shop", "number"), crossing_dim=6)], crossing_dim=8, hashing_dim=4), table, new)
    feature_space(kind(dict(text=kind.feature("string", layers.TextVectorization(output_mode="tf_idf"), "float"))),
                  dict(text=np.array(["a b", "b c", "c"])), dict(text=np.array(["c c", "d a"])))
    folder = TESTS / "MartletNNTests/Fixtures/preprocessing"
    folder.mkdir(parents=True, exist_ok=True)
    space.save(folder / "space.keras")
    model("features", keras.Model(space.get_inputs(), layers.Dense(1)(space.get_encoded_features())),
          {k: v.reshape(-1, 1) for k, v in new.items()})
    np.savez(folder / "space.npz", **{f"x{i}": v for i, v in enumerate(new.values())},
             y=np.asarray(space({k: np.asarray(v) for k, v in new.items()})))


def pipeline():
    case(layers.Pipeline([layers.Rescaling(2.0, offset=1.0), layers.Flatten()]), np.float32([[[1, 2], [3, 4]]]))


def model(name, built, inputs):
    """A compiled model's file, its inputs and predictions; what it predicts after an epoch of training."""
    keras.utils.set_random_seed(5)
    folder = TESTS / "MartletNNTests/Fixtures/preprocessing"
    folder.mkdir(parents=True, exist_ok=True)
    built.compile("sgd", "mse")
    built.save(folder / f"{name}.keras")
    if isinstance(inputs, dict):  # Keras flattens dictionaries in the order of their keys
        given = {f"x{i}": np.asarray(inputs[k]) for i, k in enumerate(sorted(inputs))}
        fed = {k: tf.constant(v) for k, v in inputs.items()}
    else:
        given = {f"x{i}": np.asarray(x) for i, x in enumerate(inputs)}
        as_tensors = [tf.constant(x) for x in given.values()]
        fed = tuple(as_tensors) if len(inputs) > 1 else as_tensors[0]
    before = np.asarray(built(fed))
    targets = np.float32(random.randn(*before.shape).round(3))
    built.fit(tf.data.Dataset.from_tensors((fed, targets)), verbose=0)
    np.savez(folder / f"{name}.npz", **given, y=before, t=targets, after=np.asarray(built(fed)))


def models():
    corpus = ["the cat sat on the mat", "a dog sat", "the dog ran", "cats and dogs"]
    vectorize = layers.TextVectorization(output_mode="tf_idf", ngrams=2)
    vectorize.adapt(corpus)
    model("tf-idf", keras.Sequential([keras.Input((), dtype="string"), vectorize, layers.Dense(2)]), [corpus])
    vectorize = layers.TextVectorization()
    vectorize.adapt(corpus)
    model("words", keras.Sequential([
        keras.Input((1,), dtype="string"), vectorize, layers.Embedding(vectorize.vocabulary_size(), 3),
        layers.GlobalAveragePooling1D(), layers.Dense(1)]), [[[t] for t in corpus]])
    kind, code, size = (keras.Input((1,), dtype=t, name=n) for t, n in
                        (("string", "kind"), ("int64", "code"), ("float32", "size")))
    kinds, codes, sizes = layers.StringLookup(), layers.IntegerLookup(output_mode="tf_idf"), layers.Discretization(num_bins=3)
    data = [[["fig"], ["pear"], ["fig"], [""]], [[4], [2**40], [-1], [4]], np.float32([[0.5], [-1], [2], [0.25]])]
    kinds.adapt(data[0])
    codes.adapt(data[1])
    sizes.adapt(data[2])
    parts = [layers.Flatten()(layers.Embedding(6, 2)(kinds(kind))), codes(code),
             layers.CategoryEncoding(3, output_mode="one_hot")(sizes(size)),
             layers.HashedCrossing(5, output_mode="one_hot")((kind, code)),
             layers.Hashing(4, output_mode="one_hot", salt=2**40)(kind)]
    model("table", keras.Model([kind, code, size], layers.Dense(1)(layers.Concatenate()(parts))), data)


hashing()
encoding()
lookups()
texts()
pipeline()
spaces()
write("MartletNNTests/Fixtures/preprocessing.json", f"keras {keras.__version__}, tensorflow {tf.__version__}", cases)
models()
