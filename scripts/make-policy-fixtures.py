#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/policies.json: what Keras's layers compute under dtype policies, on TensorFlow.

    scripts/make-policy-fixtures.py        (needs keras, tensorflow-cpu and numpy)

The layers, weights and inputs are those of layers.json and recurrent.json, some for each class. A case is `{"file", "index",
"exact", "gradients", "policies"}`: the case there, the outputs in float32, the gradients of half the sum of the outputs'
squares with respect to the trainable weights in float32, and for each policy `{"outputs", "spreads"}`: the outputs, and how far
the gradients are from those in float32, as the root of the mean square. The second case of a class has two policies. What
TensorFlow has no kernel for is left out.
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import copy
import json
import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.layers.merging.base_merge import Merge

from fixtures import TESTS, tensor, write

warnings.filterwarnings("ignore")
POLICIES = ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"]
PER_CLASS = {"layers": 2, "recurrent": 7}


def array(json):
    values = [float(v) if isinstance(v, str) else v for v in json["values"]]
    dtype = json["dtype"].replace("float64", "float32")
    return np.array(values, dtype=dtype).reshape(json["shape"])


def with_policy(config, policy):
    """The configuration with another policy for the layer and those in it."""
    if isinstance(config, list):
        return [with_policy(c, policy) for c in config]
    if not isinstance(config, dict):
        return config
    # The weights are given, and TensorFlow has no orthogonal matrices of 16 bits.
    known = {"dtype": policy, "recurrent_initializer": "zeros"}
    return {k: known[k] if k in known and not (isinstance(v, str) and "int" in v) else with_policy(v, policy)
            for k, v in config.items()}


def make(name, config):
    own = {"LayerScale": LayerScale, "StochasticDepth": StochasticDepth, "GroupQueryAttention": layers.GroupQueryAttention}
    return (own.get(name) or getattr(layers, name)).from_config(copy.deepcopy(config))


def run(file, case, policy):
    """The outputs and the gradients of the weights, in float32, and the outputs' dtypes."""
    name = case["layer" if file == "layers" else "class"]
    layer = make(name, with_policy(case["config"], policy))
    inputs = [tf.constant(array(x)) for x in case["inputs"]]
    kwargs = {}
    given = inputs[0]
    if file == "recurrent":
        kwargs = dict(initial_state=inputs[1:]) if len(inputs) > 1 else {}
        if case["mask"]:
            kwargs["mask"] = tf.constant(array(case["mask"]).astype(bool))
        layer(inputs[0])
    else:
        masks = {k: v if isinstance(v, bool) else tf.constant(array(v).astype(bool)) for k, v in case["masks"].items()}
        is_projected = isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention))
        is_scored = isinstance(layer, layers.Attention)
        is_list = is_scored or isinstance(layer, Merge)
        kwargs = masks
        if case["training"]:
            kwargs["training"] = True
        if is_projected:
            layer.build(*[tuple(x.shape) for x in inputs])
        else:
            layer.build([tuple(x.shape) for x in inputs] if is_list else tuple(inputs[0].shape))
            given = inputs if is_list else inputs[0]
        if is_scored:
            pair = [masks.pop("query_mask", None), masks.pop("value_mask", None)]
            kwargs["mask"] = pair
    layer.set_weights([array(w) for w in case["weights"]])
    if isinstance(layer, layers.Normalization):
        layer.finalize_state()
    variables = [w.value for w in layer.trainable_weights]
    with tf.GradientTape() as tape:
        if file == "layers" and is_projected:
            outputs = layer(*inputs, **kwargs)
        else:
            outputs = layer(given, **kwargs)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        wide = [tf.cast(y, tf.float32) for y in outputs]
        total = tf.add_n([tf.reduce_sum(y * y) / 2 for y in wide])
    gradients = tape.gradient(total, variables, unconnected_gradients="zero")
    gradients = [tf.convert_to_tensor(g) for g in gradients]
    return ([y.numpy() for y in wide], [y.dtype.name for y in outputs], [tf.cast(g, tf.float32).numpy() for g in gradients])


def short(values, dtype="float32"):
    return dict(tensor(np.array([float(f"{v:.6g}") for v in values.ravel()], np.float64).reshape(values.shape)), dtype=dtype)


def rms(x):
    return float(f"{np.sqrt(np.mean(np.square(x, dtype=np.float64))):.3g}") if x.size else 0.0


def cases():
    for file, count in PER_CLASS.items():
        seen = {}
        for index, case in enumerate(json.loads((TESTS / f"MartletNNTests/Fixtures/{file}.json").read_text())["cases"]):
            name = case["layer" if file == "layers" else "class"]
            # TensorFlow has no images with channels first on a CPU; some cases ask for more than one output.
            if case["config"].get("data_format") == "channels_first" or case.get("scores") or seen.get(name, 0) >= count:
                continue
            exact, _, gradients = run(file, case, "float32")
            found = {}
            for policy in POLICIES if seen.get(name, 0) == 0 else POLICIES[:2]:
                try:
                    outputs, dtypes, slopes = run(file, case, policy)
                except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError) as error:
                    print(f"{file} {index}, {name}, {policy}: {str(error).splitlines()[0][:120]}")
                    continue
                found[policy] = dict(
                    outputs=[short(y, d) for y, d in zip(outputs, dtypes)],
                    spreads=[rms(a - b) for a, b in zip(slopes, gradients)])
            seen[name] = seen.get(name, 0) + 1
            yield dict(file=file, index=index, exact=[short(y) for y in exact], gradients=[short(g) for g in gradients],
                       policies=found)


write("MartletNNTests/Fixtures/policies.json", f"Keras {keras.__version__} on TensorFlow {tf.__version__}", list(cases()))


# Whole models in files, with what they predict, and after three more steps.

def model_case(name, build, global_policy="float32", optimizer=None, suffix=".keras"):
    """A model that has trained for two steps, in a file."""
    keras.backend.clear_session()  # which forgets the policy
    keras.config.set_dtype_policy(global_policy)
    keras.utils.set_random_seed(1)
    model = build()
    random = np.random.RandomState(3)
    x = random.uniform(-1, 1, (8, *model.input_shape[1:])).astype("float32").round(3)
    y = random.uniform(-1, 1, (8, *model.output_shape[1:])).astype("float32").round(3)
    model.compile(optimizer or keras.optimizers.Adam(0.02, epsilon=1e-3), "mse")
    model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    path = TESTS / f"MartletNNTests/Fixtures/policies/{name}{suffix}"
    path.parent.mkdir(exist_ok=True)
    model.save(path)
    first = model.predict(x, verbose=0)
    model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    after = model.predict(x, verbose=0)
    found = model.optimizer
    scale = float(found.dynamic_scale.numpy()) if hasattr(found, "dynamic_scale") else None
    keras.config.set_dtype_policy("float32")
    return dict(
        name=f"{name}{suffix}", policy=global_policy, layers=[[l.name, l.compute_dtype, l.variable_dtype] for l in model.layers],
        x=tensor(x), y=tensor(y), dtype=str(first.dtype), first=short(first.astype("float32")),
        after=short(after.astype("float32")), scale=scale, iterations=int(getattr(found, "inner_optimizer", found)._iterations.numpy()))


def with_map():
    policies = keras.dtype_policies.DTypePolicyMap(default_policy="float32")
    policies["attention/(query|key)"] = "mixed_bfloat16"
    policies["attention/value"] = "mixed_float16"
    policies["norm"] = "mixed_float16"
    x = keras.Input((4, 6))
    y = layers.MultiHeadAttention(2, 3, name="attention", dtype=policies)(x, x)
    y = layers.LayerNormalization(name="norm", dtype=policies)(y)
    y = keras.Sequential([layers.Dense(5, activation="gelu", dtype="mixed_bfloat16"), layers.Dropout(0.0)], name="inner")(y)
    return keras.Model(x, layers.Dense(2, dtype="float32", name="head")(layers.Flatten(name="flat")(y)))


def shared():
    x = keras.Input((6,))
    dense = layers.Dense(6, activation="tanh", name="dense", dtype="mixed_bfloat16")
    y = layers.BatchNormalization(name="norm", dtype="mixed_bfloat16")(dense(dense(x)))
    return keras.Model(x, layers.Dense(2, name="head")(layers.Concatenate(name="join", dtype="mixed_float16")([x, y])))


def stack():
    return keras.Sequential([
        keras.Input((5, 4)), layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(4, activation="relu")), layers.GlobalAveragePooling1D(),
        layers.Dense(2, dtype="float32")])


def steep():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="tanh"), layers.Dense(2, dtype="float32")])


O = keras.optimizers
models = [
    model_case("map", with_map), model_case("shared", shared), model_case("bfloat16-stack", stack, "mixed_bfloat16"),
    model_case("float16-stack", stack, "mixed_float16"), model_case("shared", shared, suffix=".h5"),
    # The first gradients are infinite: steps are left out, before and after the file is written.
    model_case("overflow", steep, "mixed_float16", O.LossScaleOptimizer(
        O.SGD(0.05, momentum=0.9, clipnorm=1.0), initial_scale=2.0 ** 21, dynamic_growth_steps=2)),
    model_case("accumulating", steep, "mixed_float16", O.LossScaleOptimizer(
        O.Adam(0.02, epsilon=1e-3, gradient_accumulation_steps=2), initial_scale=2.0 ** 10)),
    model_case("pure", steep, "bfloat16", O.SGD(0.05)), model_case("pure-half", steep, "float16", O.SGD(0.05)),
]
write("MartletNNTests/Fixtures/policy-models.json", f"Keras {keras.__version__} on TensorFlow {tf.__version__}", models)
