#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/*.json: what Keras computes, on TensorFlow.

    scripts/make-keras-fixtures.py        (needs keras, tensorflow-cpu and numpy)

The same versions on the same kind of processor write the same bytes; another one may differ in the last digits.
fixtures.py says how tensors are written. An "object" is what Keras writes of it: class name and configuration.

- activations.json, in float64: `{"op", "args", "inputs", "outputs", "outputGradient", "gradients"}` as
  make-op-fixtures.py describes it. Arguments have Keras's names in camel case; those left out have Keras's defaults.
- losses.json, in float64: the same with "object" in place of "args", and "tolerance" where TensorFlow computes in
  float32. The inputs are yTrue, yPred and perhaps the sample weights; the output is one value per sample (reduction
  "none") or reduced. A loss has a gradient for yPred alone.
- metrics.json, in float64: `{"object", "updates": [{"yTrue", "yPred", "sampleWeight", "result"}, ...], "tolerance"}`;
  `result` is the metric's value after this update and all before it, without a reset. yTrue is null for Mean and Sum.
- optimizers.json, in float32: the file has "variables", the initial values, "names", theirs, and "gradients", those of
  each step; a case is `{"object", "undecayed", "overflow", "trajectory", "final"}`: the names left out of weight decay,
  the step whose first gradient is infinite (null for none), the variables after each step, and at the end of a training.
- schedules.json, in float32: `{"object", "steps", "values"}`, the learning rate at these steps.
- weights.json, in float32: `{"kind": "regularizer" | "constraint", "object", "weight", "result"}`.
"""
import inspect
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf

from fixtures import Draw, number, tensor, write

SOURCE = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
FIXTURES = "MartletNNTests/Fixtures"
draw = Draw(20240301)


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def plain(args):
    """The arguments as they are written: names in camel case, schedules as what makes them."""
    def value(v):
        return number(v) if isinstance(v, float) else v
    return {camel(k): value(v) for k, v in args.items()}


def record(op, function, inputs, args, sources):
    """Values of `function` and gradients with respect to the inputs numbered in `sources`."""
    inputs = [np.asarray(x) for x in inputs]
    leaves = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        for i in sources:
            tape.watch(leaves[i])
        output = function(*leaves)
    seed = draw.uniform(output.shape, -1, 1)
    found = tape.gradient(output, [leaves[i] for i in sources], tf.constant(seed), unconnected_gradients="zero")
    gradients = [None] * len(inputs)
    for i, g in zip(sources, found):
        gradients[i] = tensor(g.numpy())
    case = args | dict(op=op, inputs=[tensor(x) for x in inputs], outputs=[tensor(output.numpy())])
    return case | (dict(outputGradient=tensor(seed), gradients=gradients) if sources
                   else dict(outputGradient=None, gradients=None))


def described(value):
    return keras.saving.serialize_keras_object(value)


def assert_complete(module, seen, *abstract):
    """Every class of Keras's module has a case."""
    classes = {value for name, value in vars(module).items() if inspect.isclass(value) and name not in abstract}
    missing = {value.__name__ for value in classes} - seen
    assert not missing, missing


def exact_relu(x, negative_slope=0.0, max_value=np.inf, threshold=0.0):
    return tf.where(x >= max_value, max_value + 0 * x, tf.where(x >= threshold, x, negative_slope * (x - threshold)))


def exact_gelu(x, approximate=False):
    inner = tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)) if approximate else tf.math.erf(x / np.sqrt(2))
    return 0.5 * x * (1 + inner)


# TensorFlow rounds the constants of these to float32, whatever the input; by Keras's definitions, in float64:
EXACT = dict(relu=exact_relu, leaky_relu=lambda x, negative_slope=0.2: exact_relu(x, negative_slope), gelu=exact_gelu)


def activations():
    table = [
        ("linear", {}), ("relu", {}), ("relu", dict(negative_slope=0.1)), ("relu", dict(max_value=1.5)),
        ("relu", dict(threshold=0.7)), ("relu", dict(negative_slope=0.2, max_value=1.2, threshold=0.5)),
        ("relu6", {}), ("leaky_relu", {}), ("leaky_relu", dict(negative_slope=0.3)), ("elu", {}),
        ("elu", dict(alpha=0.5)), ("selu", {}), ("celu", {}), ("celu", dict(alpha=0.6)), ("gelu", {}),
        ("gelu", dict(approximate=True)), ("silu", {}), ("sigmoid", {}), ("tanh", {}), ("softplus", {}),
        ("softsign", {}), ("exponential", {}), ("hard_sigmoid", {}), ("hard_silu", {}), ("mish", {}),
        ("log_sigmoid", {}), ("tanh_shrink", {}), ("soft_shrink", {}), ("soft_shrink", dict(threshold=0.8)),
        ("hard_shrink", {}), ("hard_shrink", dict(threshold=1.1)), ("hard_tanh", {}),
        ("threshold", dict(threshold=0.4, default_value=-1.0)), ("squareplus", {}), ("squareplus", dict(b=1.5)),
        ("sparse_plus", {}), ("sparse_sigmoid", {})]
    wide = np.array([-30, -8.3, -6.1, -4.2, -3.1, -2.9, -1.2, -0.9, -0.45, -1e-3, -1e-9,
                     1e-9, 1e-3, 0.35, 0.65, 0.95, 1.3, 2.8, 3.2, 5.7, 6.4, 31])
    for name, args in table:
        function = EXACT[name] if name in EXACT and (args or name != "relu") else getattr(keras.activations, name)
        for x in (draw.distinct((3, 7), -3.9, 3.9), wide if name != "exponential" else wide[1:-1]):
            yield record(camel(name), lambda x: function(x, **args), [x], dict(args=plain(args)), [0])
        special = np.array([0.0, 1, -1, 6, -6, np.inf, -np.inf, np.nan])
        infinite = not args and name in ("linear", "relu", "relu6", "elu", "sigmoid", "tanh", "softplus", "exponential")
        yield record(camel(name), lambda x: function(x, **args), [special if infinite else special[:5]],
                     dict(args=plain(args)), [])
    for name in ("softmax", "log_softmax", "sparsemax", "glu"):
        function = getattr(keras.activations, name)
        for shape, axis in [((3, 6), -1), ((4, 3), 0), ((2, 4, 3), 1), ((2, 2, 4), -1)]:
            args = dict(axis=axis)
            yield record(camel(name), lambda x: function(x, **args), [draw.distinct(shape)], dict(args=plain(args)),
                         [0])


def losses():
    binary = lambda shape: draw.integers(shape, 0, 2).astype(np.float64)
    signs = lambda shape: 2 * binary(shape) - 1
    unit = lambda shape: draw.uniform(shape, 0.02, 0.98)
    positive = lambda shape: draw.uniform(shape, 0.1, 3)
    one_hot = lambda shape: np.eye(shape[-1])[draw.integers(shape[:-1], 0, shape[-1])]
    labels = lambda shape: draw.integers(shape[:-1], 0, shape[-1])

    def distribution(shape):
        x = draw.uniform(shape, 0.1, 1)
        return draw.rounded(x / x.sum(-1, keepdims=True))

    smooth = dict(label_smoothing=0.1)
    logits = dict(from_logits=True)
    table = [
        ("MeanSquaredError", draw.uniform, draw.uniform, [{}]),
        ("MeanAbsoluteError", draw.uniform, draw.uniform, [{}]),
        ("MeanAbsolutePercentageError", positive, draw.uniform, [{}]),
        ("MeanSquaredLogarithmicError", positive, positive, [{}]),
        ("Huber", draw.uniform, draw.uniform, [{}, dict(delta=0.4)]),
        ("LogCosh", draw.uniform, draw.uniform, [{}]),
        ("Hinge", signs, draw.uniform, [{}]), ("Hinge", binary, draw.uniform, [{}]),
        ("SquaredHinge", signs, draw.uniform, [{}]), ("SquaredHinge", binary, draw.uniform, [{}]),
        ("CategoricalHinge", one_hot, draw.uniform, [{}]),
        ("KLDivergence", distribution, distribution, [{}]),
        ("Poisson", positive, positive, [{}]),
        ("CosineSimilarity", draw.uniform, draw.uniform, [{}, dict(axis=1)]),
        ("BinaryCrossentropy", binary, unit, [{}, smooth]),
        ("BinaryCrossentropy", binary, draw.uniform, [logits, logits | smooth]),
        ("BinaryFocalCrossentropy", binary, unit, [{}, dict(gamma=3.0, apply_class_balancing=True, alpha=0.3), smooth]),
        ("BinaryFocalCrossentropy", binary, draw.uniform, [logits]),
        ("CategoricalCrossentropy", one_hot, distribution, [{}, smooth]),
        ("CategoricalCrossentropy", distribution, draw.uniform, [logits, logits | smooth]),
        ("CategoricalFocalCrossentropy", one_hot, distribution, [{}, dict(alpha=0.5, gamma=1.5), smooth]),
        ("CategoricalFocalCrossentropy", one_hot, draw.uniform, [logits]),
        ("CategoricalGeneralizedCrossEntropy", labels, distribution, [{}, dict(q=0.8)]),
        ("SparseCategoricalCrossentropy", labels, distribution, [{}, dict(ignore_class=1)]),
        ("SparseCategoricalCrossentropy", labels, draw.uniform, [logits, logits | dict(ignore_class=1)]),
        ("Dice", binary, unit, [{}, dict(axis=(1,))]), ("Tversky", binary, unit, [{}, dict(alpha=0.3, beta=0.7, axis=(1,))]),
        ("Circle", labels, unit, [{}, dict(gamma=2.0, margin=0.25, remove_diagonal=False)]),
        ("BinaryCrossentropy", binary, unit, [dict(axis=1)]),
        ("BinaryFocalCrossentropy", binary, draw.uniform, [logits | smooth | dict(axis=1)])]

    seen = set()

    def case(name, inputs, args, reduction):
        loss = getattr(keras.losses, name)(**args, reduction=reduction, dtype="float64")
        # TensorFlow's log 2, its CTC and the margins of Circle are float32.
        tolerance = dict(LogCosh=4e-9, CTC=1e-5, Circle=1e-6, Tversky=1e-7).get(name, 1e-13)
        seen.add(name)
        # Keras forgets the axis of CosineSimilarity when it writes it.
        value = described(loss)
        value["config"] = args | value["config"]
        return record(name, loss, inputs, dict(object=value, tolerance=tolerance), [1])

    for name, true, predicted, variants in table:
        for args in variants:
            for shape in [(4, 3), (2, 3, 4)]:
                if name in ("CategoricalGeneralizedCrossEntropy", "Circle") and len(shape) > 2:
                    continue  # takes one label per row
                whole = name in ("Dice", "Tversky") and not args
                y, p = true(shape), predicted(shape)
                if name == "Circle":
                    y = np.array([0, 1, 0, 1])
                yield case(name, [y, p], args, "none")
                if name == "CategoricalCrossentropy":
                    y = one_hot(shape)  # whose sum is 1: rounded distributions have another gradient on TensorFlow
                if not whole:
                    weights = draw.uniform(shape[:1], 0, 2)
                    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
                        if len(shape) == 2:
                            yield case(name, [y, p, weights], args, reduction)
    for lengths in ([3, 3], [2, 0]):
        sequence = draw.integers((2, 3), 1, 4)
        for row, length in zip(sequence, lengths):
            row[length:] = 0
        yield case("CTC", [sequence, draw.uniform((2, 8, 4))], {}, "none")

    # Probabilities that are exactly 0 or 1 are kept 1e-7 from the ends.
    ends = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    right = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    yield case("BinaryCrossentropy", [right, ends], {}, "none")
    yield case("CategoricalCrossentropy", [right, ends], {}, "none")
    yield case("SparseCategoricalCrossentropy", [np.array([1, 1, 0]), ends], {}, "none")
    far = np.array([[-1000.0, 1000.0], [80.0, -80.0], [0.0, 0.0]])
    yield case("BinaryCrossentropy", [right, far], logits, "none")
    yield case("CategoricalCrossentropy", [right, far], logits, "none")
    # Probabilities that do not add up to 1: the categorical losses divide by their sum.
    yield case("CategoricalCrossentropy", [one_hot((3, 4)), positive((3, 4))], {}, "none")
    yield case("SparseCategoricalCrossentropy", [labels((3, 4)), positive((3, 4))], {}, "none")

    for shape in [(5, 3), (3, 2, 4)]:
        y, p = draw.uniform(shape), draw.uniform(shape)
        sparse, scores = labels(shape), draw.uniform(shape)
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none"):
            per_sample = (*shape[:1], *[1] * (len(shape) - 2))
            for weights in [None, draw.uniform(per_sample, 0, 2), draw.uniform(shape[:-1], 0, 2)]:
                extra = [] if weights is None else [weights]
                yield case("MeanSquaredError", [y, p, *extra], {}, reduction)
                yield case("SparseCategoricalCrossentropy", [sparse, scores, *extra], logits, reduction)
    assert_complete(keras.losses, seen, "Loss")


def metrics():
    def updates(true, predicted, weights, count=3):
        for _ in range(count):
            yield true(), predicted(), weights() if weights else None

    n = 8
    scores = lambda *shape: lambda: draw.uniform(shape, 0.01, 0.99)
    single = lambda *shape: lambda: draw.uniform(shape, 0.01, 0.99).astype(np.float32)  # all that in_top_k takes
    values = lambda *shape: lambda: draw.uniform(shape)
    bits = lambda *shape: lambda: draw.integers(shape, 0, 2).astype(np.float64)
    ids = lambda classes, *shape: lambda: draw.integers(shape, 0, classes)
    one_hot = lambda classes: lambda: np.eye(classes)[draw.integers((n,), 0, classes)]
    positive = lambda: draw.uniform((n, 2), 0.1, 3)
    weights = lambda: draw.uniform((n,), 0, 2)
    binary = (bits(n, 1), scores(n, 1))
    table = [
        ("Accuracy", {}, ids(3, n, 1), ids(3, n, 1)), ("BinaryAccuracy", {}, *binary),
        ("BinaryAccuracy", dict(threshold=0.3), bits(n, 3), scores(n, 3)),
        ("CategoricalAccuracy", {}, one_hot(4), scores(n, 4)),
        ("SparseCategoricalAccuracy", {}, ids(4, n), scores(n, 4)),
        ("SparseCategoricalAccuracy", {}, ids(4, n, 1), scores(n, 4)),
        ("TopKCategoricalAccuracy", dict(k=2), one_hot(6), single(n, 6)),
        ("SparseTopKCategoricalAccuracy", dict(k=2), ids(6, n), single(n, 6)),
        ("Precision", {}, *binary), ("Recall", {}, *binary), ("Precision", dict(thresholds=[0.2, 0.5, 0.8]), *binary),
        ("Recall", dict(thresholds=[0.2, 0.5, 0.8]), *binary),
        ("Precision", dict(top_k=2), one_hot(5), scores(n, 5)), ("Recall", dict(top_k=2), one_hot(5), scores(n, 5)),
        ("Precision", dict(class_id=1), one_hot(3), scores(n, 3)),
        ("Recall", dict(class_id=1), one_hot(3), scores(n, 3)),
        ("TruePositives", {}, *binary), ("FalsePositives", {}, *binary), ("TrueNegatives", {}, *binary),
        ("FalseNegatives", {}, *binary), ("AUC", {}, *binary), ("AUC", dict(num_thresholds=5), *binary),
        ("AUC", dict(summation_method="majoring"), *binary), ("AUC", dict(summation_method="minoring"), *binary),
        ("AUC", dict(curve="PR"), *binary), ("AUC", dict(curve="PR", summation_method="majoring"), *binary),
        ("AUC", dict(curve="PR", summation_method="minoring"), *binary),
        ("AUC", dict(thresholds=[0.1, 0.35, 0.8]), *binary),
        ("AUC", dict(from_logits=True), bits(n, 1), values(n, 1)),
        ("AUC", dict(multi_label=True, num_labels=3), bits(n, 3), scores(n, 3)),
        ("AUC", dict(multi_label=True, num_labels=2, curve="PR"), bits(n, 2), scores(n, 2)),
        ("Mean", {}, None, values(n)), ("Sum", {}, None, values(n)),
        ("MeanSquaredError", {}, values(n, 2), values(n, 2)), ("MeanAbsoluteError", {}, values(n, 2), values(n, 2)),
        ("RootMeanSquaredError", {}, values(n, 2), values(n, 2)),
        ("BinaryCrossentropy", {}, *binary), ("CategoricalCrossentropy", {}, one_hot(3), scores(n, 3)),
        ("SparseCategoricalCrossentropy", dict(from_logits=True), ids(3, n), values(n, 3)),
        ("SparseCategoricalCrossentropy", dict(ignore_class=1), ids(3, n), scores(n, 3)),
        ("BinaryCrossentropy", dict(from_logits=True, label_smoothing=0.1), bits(n, 2), values(n, 2)),
        ("CategoricalCrossentropy", dict(from_logits=True, label_smoothing=0.1), one_hot(3), values(n, 3)),
        ("MeanAbsolutePercentageError", {}, positive, values(n, 2)),
        ("MeanSquaredLogarithmicError", {}, positive, positive), ("LogCoshError", {}, values(n, 2), values(n, 2)),
        ("Hinge", {}, bits(n, 2), values(n, 2)), ("SquaredHinge", {}, bits(n, 2), values(n, 2)),
        ("CategoricalHinge", {}, one_hot(3), values(n, 3)), ("KLDivergence", {}, scores(n, 3), scores(n, 3)),
        ("Poisson", {}, positive, positive), ("CosineSimilarity", {}, values(n, 3), values(n, 3)),
        ("R2Score", {}, values(n, 2), values(n, 2)), ("R2Score", dict(class_aggregation=None), values(n, 2), values(n, 2)),
        ("R2Score", dict(class_aggregation="variance_weighted_average"), values(n, 2), values(n, 2)),
        ("R2Score", dict(num_regressors=3), values(n, 2), values(n, 2)),
        ("PearsonCorrelation", {}, values(n, 5), values(n, 5)),
        ("ConcordanceCorrelation", {}, values(n, 5), values(n, 5)),
        ("PearsonCorrelation", dict(axis=1), values(n, 3, 2), values(n, 3, 2)),
        ("ConcordanceCorrelation", dict(axis=1), values(n, 3, 2), values(n, 3, 2)),
        *[(name, args, one_hot(4), scores(n, 4)) for name in ("F1Score", "FBetaScore")
          for args in ({}, dict(average="micro"), dict(average="macro"), dict(average="weighted"), dict(threshold=0.4))],
        ("FBetaScore", dict(beta=0.5, average="macro", threshold=0.6), bits(n, 3), scores(n, 3)),
        *[(name, {key: bound} | more, bits(n, 1), scores(n, 1)) for name, key in (
            ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"),
            ("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"))
          # Not a fraction that the counts reach: TensorFlow rounds the bound to float32.
          for bound in (0.31, 0.79) for more in ({}, dict(num_thresholds=20))],
        ("PrecisionAtRecall", dict(recall=0.41, class_id=1), bits(n, 3), scores(n, 3)),
        *[(name, dict(thresholds=[0.2, 0.7]), *binary)
          for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")],
        ("IoU", dict(num_classes=3, target_class_ids=[0, 2]), ids(3, n), ids(3, n)),
        ("IoU", dict(num_classes=3, target_class_ids=[0], sparse_y_pred=False, ignore_class=1), ids(3, n), scores(n, 3)),
        ("MeanIoU", dict(num_classes=3), ids(3, n), ids(3, n)),
        ("MeanIoU", dict(num_classes=4, ignore_class=0), ids(3, n), ids(3, n)),
        ("BinaryIoU", {}, bits(n), scores(n)), ("BinaryIoU", dict(target_class_ids=[1], threshold=0.3), bits(n), scores(n)),
        ("OneHotIoU", dict(num_classes=3, target_class_ids=[0, 2]), one_hot(3), scores(n, 3)),
        ("OneHotIoU", dict(num_classes=3, target_class_ids=[1], sparse_y_pred=True), one_hot(3), ids(3, n)),
        ("OneHotMeanIoU", dict(num_classes=3), one_hot(3), scores(n, 3))]
    seen = {"MeanMetricWrapper"}
    for name, args, true, predicted in table:
        for weighted in (None, weights):
            metric = getattr(keras.metrics, name)(**args, dtype="float64")
            done = []
            for y, p, w in updates(true or (lambda: None), predicted, weighted):
                metric.update_state(*[x for x in (y, p) if x is not None], sample_weight=w)
                done.append({k: v if v is None else tensor(v) for k, v in dict(
                    yTrue=y, yPred=p, sampleWeight=w, result=np.asarray(metric.result(), np.float64)).items()})
            seen.add(name)
            # TensorFlow computes overlaps in float32.
            tolerance = 3e-9 if name == "LogCoshError" else 1e-7 if name.endswith("IoU") else 1e-12
            yield dict(object=described(metric), updates=done, tolerance=tolerance)
    assert_complete(keras.metrics, seen, "Metric")


def optimizers(variables, names, gradients):
    O = keras.optimizers
    schedule = lambda: O.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)
    fast = dict(learning_rate=0.1)
    own = dict(
        SGD=[dict(momentum=0.9), dict(momentum=0.9, nesterov=True)],
        Adam=[dict(beta_1=0.8, beta_2=0.9, epsilon=1e-3), dict(amsgrad=True)],
        AdamW=[dict(weight_decay=0.2, amsgrad=True)],
        RMSprop=[dict(centered=True), dict(rho=0.8, momentum=0.9), dict(momentum=0.5, centered=True, epsilon=1e-3)],
        Adagrad=[dict(initial_accumulator_value=0.5, epsilon=1e-3)], Adadelta=[dict(rho=0.8, epsilon=1e-3)],
        Adamax=[dict(beta_1=0.8, beta_2=0.9, epsilon=1e-3)], Nadam=[dict(beta_1=0.8, beta_2=0.9, epsilon=1e-3)],
        Ftrl=[dict(learning_rate_power=-0.4, initial_accumulator_value=0.3, beta=0.2),
              dict(l1_regularization_strength=0.05, l2_regularization_strength=0.1,
                   l2_shrinkage_regularization_strength=0.02)],
        Lion=[dict(beta_1=0.8, beta_2=0.9)], Lamb=[dict(beta_1=0.8, beta_2=0.9, epsilon=1e-3)],
        Adafactor=[dict(beta_2_decay=-0.7, clip_threshold=0.5), dict(relative_step=False, epsilon_2=0.01)],
        Muon=[dict(nesterov=False, momentum=0.8), dict(exclude_layers=["kern.*"], adam_lr_ratio=0.5),
              dict(exclude_embeddings=False, rms_rate=None, ns_steps=3)],
        ScheduleFreeAdamW=[dict(beta_1=0.8, beta_2=0.9, warmup_steps=3), dict(weight_decay=0.1)])
    common = [dict(clipnorm=0.7), dict(clipvalue=0.3), dict(global_clipnorm=0.9), dict(weight_decay=0.05),
              dict(use_ema=True, ema_momentum=0.6), dict(use_ema=True, ema_momentum=0.6, ema_overwrite_frequency=2),
              dict(gradient_accumulation_steps=2), dict(loss_scale_factor=4.0), dict(learning_rate=schedule())]
    makers = []
    for name, variants in own.items():
        cls = getattr(O, name)
        for args in [{}, fast, *[fast | v for v in variants + common]]:
            makers.append((lambda cls=cls, args=args: cls(**args), [], None))
        makers.append((lambda cls=cls: cls(learning_rate=0.1, weight_decay=0.3), ["bias", "scale"], None))
    adam = lambda: O.Adam(learning_rate=0.1, name="adam")
    for scale, growth, overflow in [(8.0, 2, None), (1024.0, 3, 1), (4.0, 2, 3)]:
        makers.append((lambda scale=scale, growth=growth: O.LossScaleOptimizer(
            adam(), initial_scale=scale, dynamic_growth_steps=growth, name="loss_scale"), [], overflow))
    makers.append((lambda: O.MultiOptimizer(O.OptimizerMap(adam(), {"b.*": O.SGD(0.1, momentum=0.5, name="sgd")}),
                                            name="multi"), [], None))
    seen = set()
    for make, undecayed, overflow in makers:
        optimizer = make()
        seen.add(type(optimizer).__name__)
        slots = [keras.Variable(v, name=name) for v, name in zip(variables, names)]
        if undecayed:
            optimizer.exclude_from_weight_decay(var_names=undecayed)
        if isinstance(optimizer, O.ScheduleFreeAdamW):
            # Its momentum_old is meant to be the value before; on TensorFlow alone it is the variable itself, which has
            # changed by the time it is read. A new variable in its place keeps the old one's value.
            optimizer.assign_sub = lambda variable, change: setattr(
                variable, "_value", tf.Variable(variable.value - change))
        trajectory = []
        for number, step in enumerate(gradients):
            step = [tf.constant(g) for g in step]
            if number == overflow:
                step[0] = step[0] * np.inf
            optimizer.apply(step, slots)
            trajectory.append([tensor(s.numpy()) for s in slots])
        optimizer.finalize_variable_values(slots)
        yield dict(object=described(optimizer), undecayed=undecayed, overflow=overflow, trajectory=trajectory,
                   final=[tensor(s.numpy()) for s in slots])
    assert_complete(O, seen, "Optimizer", "OptimizerMap")


def schedules():
    seen = set()
    steps = [0, 1, 5, 9, 10, 11, 20, 37, 50, 99, 100, 250]
    rate = dict(initial_learning_rate=0.1)
    for name, args in [
            ("ExponentialDecay", rate | dict(decay_steps=20, decay_rate=0.5)),
            ("ExponentialDecay", rate | dict(decay_steps=20, decay_rate=0.5, staircase=True)),
            ("InverseTimeDecay", rate | dict(decay_steps=20, decay_rate=0.5)),
            ("InverseTimeDecay", rate | dict(decay_steps=20, decay_rate=0.5, staircase=True)),
            ("PolynomialDecay", rate | dict(decay_steps=50)),
            ("PolynomialDecay", rate | dict(decay_steps=50, end_learning_rate=0.01, power=2.0)),
            ("PolynomialDecay", rate | dict(decay_steps=20, end_learning_rate=0.01, power=0.5, cycle=True)),
            ("PiecewiseConstantDecay", dict(boundaries=[10, 50], values=[1.0, 0.5, 0.1])),
            ("CosineDecay", rate | dict(decay_steps=100)), ("CosineDecay", rate | dict(decay_steps=100, alpha=0.1)),
            ("CosineDecay", dict(initial_learning_rate=0.0, decay_steps=90, warmup_target=0.1, warmup_steps=10)),
            ("CosineDecay", rate | dict(decay_steps=50, alpha=0.2, warmup_target=0.5, warmup_steps=20)),
            ("CosineDecayRestarts", rate | dict(first_decay_steps=10)),
            ("CosineDecayRestarts", rate | dict(first_decay_steps=22, t_mul=1.5, m_mul=0.8, alpha=0.1)),
            ("CosineDecayRestarts", rate | dict(first_decay_steps=20, t_mul=1.0, m_mul=0.9))]:
        schedule = getattr(keras.optimizers.schedules, name)(**args)
        seen.add(name)
        yield dict(object=described(schedule), steps=steps,
                   values=tensor(np.array([np.float32(schedule(s)) for s in steps])))
    assert_complete(keras.optimizers.schedules, seen, "LearningRateSchedule")


def weights():
    shapes = [(3, 4), (4,), (2, 3, 2, 4)]
    R, C = keras.regularizers, keras.constraints
    values = [
        ("regularizer", R.L1(0.2)), ("regularizer", R.L2(0.3)), ("regularizer", R.L1L2(0.1, 0.2)),
        ("regularizer", R.OrthogonalRegularizer(0.2)), ("regularizer", R.OrthogonalRegularizer(0.2, mode="columns")),
        ("constraint", C.NonNeg()), ("constraint", C.MaxNorm(1.5)), ("constraint", C.MaxNorm(1.0, axis=1)),
        ("constraint", C.UnitNorm()), ("constraint", C.UnitNorm(axis=[0, 1])), ("constraint", C.MinMaxNorm(0.5, 1.5)),
        ("constraint", C.MinMaxNorm(0.5, 1.5, rate=0.25, axis=1))]
    for kind, value in values:
        for shape in shapes:
            axis = getattr(value, "axis", 0)
            if len(shape) <= np.max(axis) or isinstance(value, R.OrthogonalRegularizer) and len(shape) != 2:
                continue
            weight = draw.uniform(shape).astype(np.float32)
            result = tensor(np.asarray(value(tf.constant(weight))))
            yield dict(kind=kind, object=described(value), weight=tensor(weight), result=result)
    assert_complete(R, {type(v).__name__ for _, v in values}, "Regularizer")
    assert_complete(C, {type(v).__name__ for _, v in values}, "Constraint")


keras.config.set_floatx("float64")
for group in (activations, losses, metrics):
    write(f"{FIXTURES}/{group.__name__}.json", SOURCE + ", float64", list(group()))

keras.config.set_floatx("float32")
names = ["kernel", "bias", "embedding", "scale", "filters"]
variables = [draw.uniform(shape).astype(np.float32) for shape in [(2, 3), (4,), (3, 2), (), (2, 1, 2, 3)]]
gradients = [[draw.uniform(v.shape, -1, 1).astype(np.float32) for v in variables] for _ in range(5)]
gradients[2][1][:] = 0
write(f"{FIXTURES}/optimizers.json", SOURCE + ", float32", list(optimizers(variables, names, gradients)),
      names=names, variables=[tensor(v) for v in variables], gradients=[[tensor(g) for g in step] for step in gradients])
write(f"{FIXTURES}/schedules.json", SOURCE + ", float32", list(schedules()))
write(f"{FIXTURES}/weights.json", SOURCE + ", float32", list(weights()))
