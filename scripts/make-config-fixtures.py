"""Writes what Keras writes of its losses, metrics, optimizers and schedules: `configurations.json`.

    pip install keras tensorflow-cpu numpy && python3 scripts/make-config-fixtures.py
"""
import inspect
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras  # noqa: E402

from fixtures import write  # noqa: E402

# Arguments beside the defaults, for each class; those that a class cannot do without stand under its name alone.
REQUIRED = dict(
    IoU=dict(num_classes=3, target_class_ids=[0, 2]), MeanIoU=dict(num_classes=3), OneHotMeanIoU=dict(num_classes=3),
    OneHotIoU=dict(num_classes=3, target_class_ids=[1]), PrecisionAtRecall=dict(recall=0.4),
    RecallAtPrecision=dict(precision=0.4), SensitivityAtSpecificity=dict(specificity=0.4),
    SpecificityAtSensitivity=dict(sensitivity=0.4), CosineDecay=dict(initial_learning_rate=0.1, decay_steps=7),
    CosineDecayRestarts=dict(initial_learning_rate=0.1, first_decay_steps=7),
    ExponentialDecay=dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5),
    InverseTimeDecay=dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5),
    PiecewiseConstantDecay=dict(boundaries=[3, 5], values=[0.5, 0.25, 0.125]),
    PolynomialDecay=dict(initial_learning_rate=0.1, decay_steps=7))
# Other values of arguments, wherever a class takes them.
OTHER = dict(
    from_logits=True, label_smoothing=0.1, gamma=3.0, alpha=0.3, beta=0.75, q=0.7, margin=0.25, ignore_class=1, k=3,
    apply_class_balancing=True, remove_diagonal=False, reduction="sum", threshold=0.25, thresholds=[0.25, 0.75],
    top_k=2, class_id=1, curve="PR", num_thresholds=50, summation_method="majoring", average="macro",
    sparse_y_true=False, sparse_y_pred=True, class_aggregation="variance_weighted_average", num_regressors=2,
    momentum=0.5, nesterov=True, rho=0.75, epsilon=0.001, centered=True, amsgrad=True, beta_1=0.8, beta_2=0.9,
    weight_decay=0.02, clipnorm=0.5, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3, loss_scale_factor=2.0,
    gradient_accumulation_steps=2, initial_accumulator_value=0.2, learning_rate_power=-0.4, l1_regularization_strength=0.1,
    l2_regularization_strength=0.2, l2_shrinkage_regularization_strength=0.3, warmup_steps=4, relative_step=False,
    beta_2_decay=-0.7, clip_threshold=0.5, ns_steps=3, rms_rate=0.3, exclude_layers=["head"], adam_lr_ratio=0.5,
    staircase=True, power=2.0, cycle=True, t_mul=1.5, m_mul=0.8, warmup_target=0.3, learning_rate=0.25, name="other")


def classes(module, *abstract):
    for name, value in vars(module).items():
        if inspect.isclass(value) and not name.startswith("_") and name not in abstract:
            yield name, value


def configurations(kind, module, *abstract):
    made = set()
    for name, cls in sorted(classes(module, *abstract)):
        if cls in made:
            continue
        made.add(cls)
        required = REQUIRED.get(name, {})
        taken = inspect.signature(cls.__init__).parameters
        other = {key: value for key, value in OTHER.items() if key in taken}
        if name == "AUC":
            del other["thresholds"]
        for args in [{"name": "plain"}, required | other]:
            yield dict(kind=kind, object=keras.saving.serialize_keras_object(cls(**(required | args))))


O = keras.optimizers
special = [
    ("metric", keras.metrics.AUC(thresholds=[0.25, 0.5], name="auc")),
    ("metric", keras.metrics.AUC(multi_label=True, num_labels=2, name="auc")),
    ("metric", keras.metrics.MeanMetricWrapper(keras.losses.huber, name="h", delta=0.25)),
    ("optimizer", O.SGD(learning_rate=O.schedules.CosineDecay(0.1, 7), name="sgd")),
    ("optimizer", O.Adam(clipvalue=0.5, name="adam")), ("optimizer", O.Adam(global_clipnorm=0.5, name="adam")),
    ("optimizer", O.LossScaleOptimizer(O.Adam(name="adam"), initial_scale=1024.0, dynamic_growth_steps=10, name="loss_scale")),
    ("optimizer", O.MultiOptimizer(O.OptimizerMap(O.Adam(name="adam"), {"head": O.SGD(name="sgd")}), name="multi"))]
cases = [
    *configurations("loss", keras.losses, "Loss"), *configurations("metric", keras.metrics, "Metric", "MeanMetricWrapper"),
    *configurations("optimizer", O, "Optimizer", "OptimizerMap", "LossScaleOptimizer", "MultiOptimizer"),
    *configurations("schedule", O.schedules, "LearningRateSchedule"),
    *[dict(kind=kind, object=keras.saving.serialize_keras_object(value)) for kind, value in special]]
write("MartletNNTests/Fixtures/configurations.json", f"Keras {keras.__version__}", cases)
