#!/usr/bin/env python3
"""How the names of Keras that Martlet has are written in Swift.

    scripts/spellings.py update     puts the spellings into Docs/keras-coverage.md
    scripts/spellings.py program    prints a Swift program that mentions each: it compiles only if all are right
"""
import re
import sys
from pathlib import Path

COVERAGE = Path(__file__).parent.parent / "Docs/keras-coverage.md"
HEAD = "| name | supported | in Swift | tested by, or why not |\n|---|---|---|---|"
MEAN_METRICS = """BinaryCrossentropy CategoricalCrossentropy CategoricalHinge CosineSimilarity Hinge KLDivergence LogCoshError
    MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge""".split()
PROTOCOLS = {"Initializer", "Regularizer", "Constraint", "LearningRateSchedule"}
OTHER = {
    "Input": "Input(_:)", "OptimizerMap": "MultiOptimizer", "ProgbarLogger": "ProgressBar", "Identity": "IdentityInitializer",
    "leaky_relu": ".leakyReLU", "threshold": ".threshold(_:defaultValue:)", "kl_divergence": "KLDivergence",
    "TFSMLayer": "TensorFlowModel", "FloatDTypePolicy": "DTypePolicy", "set_dtype_policy": "setDTypePolicy(_:)", "dtype_policy": "Settings.dtypePolicy",
}
# For members of a model: the spelling, and Swift code with it where a bare mention is ambiguous.
MODEL = {
    "add_loss": "addLoss(_:)", "add_variable": "addWeight(_:shape:)",
    "add_weight": ("addWeight(_:shape:)", 'addWeight("a", shape: [])'),
    "build": "ensureBuilt(for:)", "call": ("call(_:in:)", "call(x, in: CallContext())"),
    "compile": ("compile(optimizer:loss:metrics:)", 'try compile(optimizer: "sgd", loss: "mse", metrics: [])'),
    "compute_metrics": "updateMetrics(_:predictions:loss:)", "get_metrics_result": "metricsResult()", "input": "inputs",
    "output": "outputs", "make_test_function": "makeTestFunction(for:)", "make_predict_function": "makePredictFunction()",
    "metrics_names": "metricsNames", "metrics_variables": "metricsVariables", "reset_metrics": "resetMetrics()",
    "predict_step": "predictStep(_:)", "path": "path", "inputs": "inputs", "outputs": "outputs",
    "compile_from_config": "fromJSON(_:)", "get_compile_config": "toJSON()", "from_config": "fromJSON(_:)",
    "to_json": "toJSON()", "compute_loss": "computeLoss(_:predictions:)", "compute_mask": "computeMasks(_:masks:)",
    "compute_output_shape": "outputShapes(for:)", "count_params": "parameterCount", "dtype": "dtype",
    "dtype_policy": "dtypePolicy", "compute_dtype": "computeDType", "variable_dtype": "variableDType",
    "evaluate": ("evaluate(_:_:)", "try evaluate(x, x)"), "export": ("export(to:)", 'try export(to: "a.onnx")'), "fit": ("fit(_:_:)", "try fit(x, x)"), "get_config": "config",
    "get_layer": "layer(_:)", "get_weights": "getWeights()", "layers": "layers",
    "load_own_variables": ("loadWeights(from:byName:skipMismatch:)", 'try loadWeights(from: "a.weights.h5")'),
    "load_weights": ("loadWeights(from:byName:skipMismatch:)", 'try loadWeights(from: "a.weights.h5", skipMismatch: true)'),
    "losses": "losses",
    "quantize": ("quantize(_:roundsInputs:filters:)", 'try quantize("int8")'),
    "make_train_function": "makeTrainFunction(for:)", "metrics": "metrics", "non_trainable_variables": "nonTrainableWeights",
    "non_trainable_weights": "nonTrainableWeights", "predict": ("predict(_:)", "try predict(x)"),
    "predict_on_batch": ("predictOnBatch(_:)", "try predictOnBatch(x)"), "run_eagerly": "runsEagerly",
    "save": ("save(to:)", 'try save(to: "a.keras")'), "save_own_variables": ("saveWeights(to:)", 'try saveWeights(to: "a.npz")'),
    "save_weights": ("saveWeights(to:)", 'try saveWeights(to: "a.weights.h5")'),
    "set_weights": "setWeights(_:)", "summary": ("summary()", "summary()"), "supports_masking": "supportsMasking",
    "test_on_batch": ("testOnBatch(_:_:)", "try testOnBatch(x, x)"), "test_step": ("testStep(_:)", "testStep(Batch(inputs: [x], targets: [x]))"),
    "train_on_batch": ("trainOnBatch(_:_:)", "try trainOnBatch(x, x)"), "train_step": ("trainStep(_:)", "trainStep(Batch(inputs: [x], targets: [x]))"),
    "trainable": "isTrainable", "trainable_variables": "trainableVariables", "trainable_weights": "trainableWeights",
    "variables": "weights", "weights": "weights",
}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def pascal(name, classes):
    """The class of a function, `MeanSquaredError` of `mean_squared_error`."""
    return next((c for c in classes if c.lower() == name.replace("_", "").lower()), None)


def spelling(group, name, classes):
    """The Swift spelling of a name of Keras's, None where there is none."""
    if group == "Model":
        known = MODEL.get(name)
        return known if known is None or isinstance(known, str) else known[0]
    if group == "activations":
        return OTHER.get(name, "." + camel(name))
    if name in OTHER and not (name == "Identity" and group != "initializers"):
        return OTHER[name]
    if name in PROTOCOLS:
        return name
    own = name if name[0].isupper() else pascal(name, classes)
    if group == "metrics" and own in MEAN_METRICS:
        start = 2 if own.startswith("KL") else 1
        return ".logCosh()" if own == "LogCoshError" else f".{own[:start].lower()}{own[start:]}()"
    if group == "metrics" and name[0].islower() and own in LOSSES:
        return f"MeanMetricWrapper({own}())"
    return own


def statement(group, written):
    """Swift code that mentions a spelling."""
    if group == "Model":
        code = next((v[1] for v in MODEL.values() if not isinstance(v, str) and v[0] == written), written)
        if written == "fromJSON(_:)":
            return "_ = Model.fromJSON(_:)"
        if code == written and code.endswith("()"):
            code = code.removesuffix("()")
        return f"_ = {'try ' if code.startswith('try ') else ''}model.{code.removeprefix('try ')}"
    if group == "activations":
        call = ".threshold(0, defaultValue: 0)" if "(" in written else written
        return f"let _: ActivationFunction = {call}"
    if written == "Input(_:)":
        return "_ = Input([1])"
    if written.startswith("."):
        return f"_ = MeanMetricWrapper{written}"
    if "(" in written:
        return f"_ = {written}"
    return f"_ = (any {written}).self" if written in PROTOCOLS else f"_ = {written}.self"


def rows(text):
    """Each line of the tables: its group, its cells, and the Swift spelling, None where it has none."""
    group, lines = None, text.splitlines()
    classes = {}
    for line in lines:
        if line.startswith("## keras."):
            group = line.removeprefix("## keras.")
        if group and line.startswith("| `"):
            classes.setdefault(group, []).extend(re.findall(r"`([A-Z]\w*)`", line.split("|")[1]))
    LOSSES[:] = classes.get("losses", [])
    group = None
    for line in lines:
        if line.startswith("## keras."):
            group = line.removeprefix("## keras.")
        if not group or not line.startswith("| `"):
            yield line, None, None, None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`(\w+)`", cells[0])
        known = classes[group] + (LOSSES if group == "metrics" else [])
        yield line, group, cells, spelling(group, names[0], known) if cells[1] == "yes" else None


LOSSES = []


def updated(text):
    lines = []
    for line, group, cells, written in rows(text):
        if group:
            if cells[1] == "yes" and not written:
                sys.exit(f"keras.{group}: no Swift spelling is known of {cells[0]}")
            lines.append(f"| {cells[0]} | {cells[1]} | {f'`{written}`' if written else ''} | {cells[-1]} |")
        else:
            lines.append(line)
    text = "\n".join(lines) + "\n"
    return text.replace("| name | supported | tested by, or why not |\n|---|---|---|", HEAD)


def program(text):
    statements = dict.fromkeys(statement(group, written) for _, group, _, written in rows(text) if written)
    body = "\n".join("    " + line for line in statements)
    return f"import Martlet\nimport MartletExport\n\nfunc kerasNames(_ model: Model, _ x: Tensor) throws {{\n{body}\n}}\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        COVERAGE.write_text(updated(COVERAGE.read_text()))
    else:
        print(program(COVERAGE.read_text()), end="")
