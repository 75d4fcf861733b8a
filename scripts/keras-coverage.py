#!/usr/bin/env python3
"""Writes Docs/keras-coverage.md: what of Keras's public names Martlet has, by Keras's own lists.

    PYTHON scripts/keras-coverage.py        (PYTHON has keras and tensorflow-cpu; needs no build)

A class counts as had when Martlet's registries list it, another name when the sources declare it. How a name is written in
Swift says spellings.py; scripts/check-client.sh compiles all spellings. A name counts as tested by what
names it: a file of numbers from Keras, a test that runs over the whole registry, or a test file.
"""
import inspect
import os
import pathlib
import re

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import keras

import spellings

ROOT = pathlib.Path(__file__).parent.parent
NN = ROOT / "Sources/MartletNN"
SOURCES = {p: p.read_text() for p in sorted((ROOT / "Sources").rglob("*.swift"))}
TESTS = {p: p.read_text() for p in sorted((ROOT / "Tests").rglob("*.swift"))}
FIXTURES = {p: p.read_text() for p in sorted((ROOT / "Tests/MartletNNTests/Fixtures").glob("*.json"))}
KERAS_ONLY = {"deserialize", "serialize", "get", "legacy", "schedules"}

# Why a name is left out; what stands in no line here and is not there is missing.
REASONS = dict(
    FlaxLayer="wraps another framework's model", JaxLayer="wraps another framework's model",
    TorchModuleWrapper="wraps another framework's model",
    InputSpec="layers check shapes in `outputShapes(for:)`", Wrapper="a base class without behaviour: subclass `Layer`",
    OrbaxCheckpoint="Orbax is JAX's checkpoint library",
    distribute_strategy="a strategy has `scope`", distribute_reduction_method="a strategy adds in a tree",
    rematerialized_call="a step keeps its activations: take smaller batches, or `gradientAccumulationSteps`",
    get_build_config="layers are built for the shapes in the file", build_from_config="layers are built for the shapes in the file",
    input_spec="layers check shapes in `outputShapes(for:)`", loss="what `compile` was given; `computeLoss` computes it",
    jit_compile="steps are compiled unless `runEagerly`",
    stateless_call="for JAX's pure functions", stateless_compute_loss="for JAX's pure functions",
    get_state_tree="`getWeights` and `optimizer.variables`", set_state_tree="`setWeights` and `optimizer.variables`",
    symbolic_call="calling a layer with a `SymbolicTensor`", add_metric="Keras 2's", compiled_loss="Keras 2's",
    compiled_metrics="Keras 2's", compute_output_spec="`outputShapes(for:)` and `outputType(for:)`",
    input_dtype="`computeDType`")
REASONS["QuantizedDTypePolicy"] = "read from and written to the files of int8 layers"
for name in "QuantizedFloat8DTypePolicy GPTQDTypePolicy AWQDTypePolicy Int4DTypePolicy".split():
    REASONS[name] = "of the modes there is int8"

for name in "quantized_build quantized_call quantization_mode get_quantization_layer_structure".split():
    REASONS[name] = "inside of `quantize`"

# Where Swift has another word, or another place, for the same.
RENAMED = {
    ("layers", "Input"): "func Input", ("callbacks", "ProgbarLogger"): "class ProgressBar",
    ("layers", "TFSMLayer"): "class TensorFlowModel", ("Model", "export"): "func export",
    ("callbacks", "TensorBoard"): "class TensorBoard", ("optimizers", "OptimizerMap"): "class MultiOptimizer",
    ("Model", "add_loss"): "func addLoss", ("Model", "add_weight"): "func addWeight",
    ("Model", "add_variable"): "func addWeight", ("Model", "build"): "func ensureBuilt",
    ("Model", "compute_output_shape"): "func outputShapes", ("Model", "count_params"): "var parameterCount",
    ("Model", "from_config"): "static func fromJSON", ("Model", "get_config"): "var config",
    ("Model", "get_layer"): "func layer(_ name", ("Model", "make_train_function"): "func makeTrainFunction",
    ("Model", "trainable"): "var isTrainable", ("Model", "variables"): "var weights",
    ("Model", "non_trainable_variables"): "var nonTrainableWeights",
    ("Model", "compile_from_config"): "struct CompileConfiguration",
    ("Model", "get_compile_config"): "struct CompileConfiguration",
    ("Model", "input"): "var inputs", ("Model", "output"): "var outputs", ("Model", "path"): "var path",
    ("Model", "compute_metrics"): "func updateMetrics", ("Model", "get_metrics_result"): "func metricsResult",
    ("Model", "loss"): None,
    ("Model", "load_own_variables"): "func loadWeights", ("Model", "save_own_variables"): "func saveWeights",
    ("Model", "to_json"): "func toJSON", ("Model", "run_eagerly"): "var runsEagerly",
    ("Model", "compute_mask"): "func computeMasks", ("Model", "jit_compile"): None,
    ("Model", "dtype_policy"): "var dtypePolicy", ("Model", "compute_dtype"): "var computeDType",
    ("Model", "variable_dtype"): "var variableDType", ("dtype_policies", "FloatDTypePolicy"): "struct DTypePolicy",
    ("mixed_precision", "set_dtype_policy"): "func setDTypePolicy", ("mixed_precision", "dtype_policy"): "var dtypePolicy",
}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def registered(folder, registry):
    """The class names in a registry and its extensions."""
    start = re.compile(rf"^\s*(?:package |public )?(?:enum|extension) {registry}\b", re.MULTILINE)
    text = "\n".join(t[m.start():] for p, t in SOURCES.items() if folder in p.parts for m in [start.search(t)] if m)
    return set(re.findall(r"\b([A-Z]\w*)\.self", text)) | set(re.findall(r'"([A-Z]\w*)"', text))


REGISTRIES = {
    "layers": ("Layers", "LayerRegistry"), "losses": ("Losses", "LossRegistry"),
    "metrics": ("Metrics", "MetricRegistry"), "optimizers": ("Optimizers", "OptimizerRegistry"),
    "optimizers.schedules": ("Schedules", "ScheduleRegistry"),
    "initializers": ("Initializers", "InitializerRegistry"), "regularizers": ("Regularizers", "RegularizerRegistry"),
    "constraints": ("Constraints", "ConstraintRegistry")}
NUMBERS = {
    "layers": ["layers", "recurrent", "images"], "losses": ["losses"], "metrics": ["metrics"], "optimizers": ["optimizers"],
    "optimizers.schedules": ["schedules"], "regularizers": ["weights"], "constraints": ["weights"],
    "activations": ["activations"]}
OVER_ALL = {"layers": "UniversalLayerTests", "losses": "UniversalPartTests", "metrics": "UniversalPartTests",
            "optimizers": "UniversalPartTests", "initializers": "InitializerTests"}


def declaration(pattern):
    return any(re.search(re.escape(pattern) + r"\b", text) for text in SOURCES.values())


def is_there(group, name):
    if (group, name) in RENAMED:
        wanted = RENAMED[group, name]
        return wanted is not None and declaration(wanted)
    if group in REGISTRIES and name in registered(*REGISTRIES[group]):
        return True
    if group == "initializers" and name == "Identity":
        return "IdentityInitializer" in registered(*REGISTRIES[group])
    if group == "activations":
        text = "\n".join(t for p, t in SOURCES.items() if "Activations" in p.parts)
        return f'"{name}"' in text or re.search(rf"static (?:let|var|func) {camel(name)}\b", text) is not None
    if group == "Model":
        swift = camel(name)
        text = "\n".join(t for p, t in SOURCES.items() if NN in p.parents)
        return re.search(rf"(?:public|open)[\w() ]* (?:func|var|let) {swift}\b", text) is not None
    return re.search(rf"(?:public|open)[\w ]* (?:class|protocol|struct) {name}\b", "\n".join(SOURCES.values())) is not None


def tests(group, name, swift):
    found = []
    for fixture in NUMBERS.get(group, []):
        text = FIXTURES[ROOT / f"Tests/MartletNNTests/Fixtures/{fixture}.json"]
        if re.search(rf'"(?:{name}|{camel(name)})"', text):
            found.append(f"Keras's numbers (`{fixture}.json`)")
    if group in OVER_ALL and name in registered(*REGISTRIES[group]):
        found.append(f"`{OVER_ALL[group]}`")
    if not found:
        pattern = re.compile(rf"\b{re.escape(swift)}\b")
        found = [f"`{p.stem}`" for p, text in TESTS.items() if pattern.search(text)][:2]
    return ", ".join(found)


def names(group, module):
    """The names of the module, those of one object together, the class's own first."""
    by_object = {}
    for name in sorted(n for n in dir(module) if not n.startswith("_")):
        value = getattr(module, name)
        if inspect.ismodule(value) or name in KERAS_ONLY:
            continue
        by_object.setdefault(id(value), (value, []))[1].append(name)
    for value, all_names in by_object.values():
        own = getattr(value, "__name__", all_names[0])
        yield sorted(all_names, key=lambda n: (n != own, n))


def row(group, all_names):
    name = next((n for n in all_names if is_there(group, n)), None)
    aliases = ", ".join(f"`{n}`" for n in all_names)
    if name is None:
        # A function that is what a class computes.
        twin = next((n for n in CLASSES.get(group, []) for f in all_names if n.lower() == f.replace("_", "").lower()), None)
        if twin:
            return aliases, "yes", f"as `{twin}`"
        reason = next((REASONS[n] for n in all_names if n in REASONS), "missing")
        return aliases, "no", reason
    swift = RENAMED.get((group, name)) or (camel(name) if group in ("Model", "activations") else name)
    swift = swift.split()[-1].split("(")[-1] if group != "Model" else swift.split()[-1].split("(")[0]
    return aliases, "yes", tests(group, name, swift) or "**no test names it**"


CLASSES = {}
sections = []
groups = [*REGISTRIES, "activations", "callbacks", "dtype_policies", "mixed_precision", "Model"]
for group in groups:
    module = keras
    for part in group.split("."):
        module = getattr(module, part)
    if group == "Model":
        listed = [[n] for n in sorted(dir(module)) if not n.startswith("_")]
    else:
        listed = list(names(group, module))
    CLASSES[group] = [n for all_names in listed for n in all_names if n[0].isupper() and is_there(group, n)]
    # The metrics' functions are the losses' and the metrics' classes.
    if group == "metrics":
        CLASSES[group] += CLASSES["losses"]
    rows = sorted(row(group, all_names) for all_names in listed)
    had = sum(r[1] == "yes" for r in rows)
    title = f"keras.{group}"
    lines = "\n".join("| {} | {} | {} |".format(*r) for r in rows)
    sections.append((f"| `{title}` | {had} | {len(rows)} |",
                     f"## {title}\n\n| name | supported | tested by, or why not |\n|---|---|---|\n{lines}\n"))

(ROOT / "Docs/keras-coverage.md").write_text(spellings.updated(f"""# Keras coverage

Made by `scripts/keras-coverage.py` from the public names of Keras {keras.__version__}: do not edit. Aliases of one
object share a line. Names of serialization (`get`, `serialize`, `deserialize`) are left out: Martlet reads and writes the
same JSON through `make(from:)` and `config`.

| names | supported | total |
|---|---|---|
{chr(10).join(s[0] for s in sections)}

{chr(10).join(s[1] for s in sections)}"""))
