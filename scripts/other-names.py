#!/usr/bin/env python3
"""What NumPy, Keras, TensorFlow and PyTorch call things that have another name here. From these tables Swift
declarations are made that no program can use: the compiler answers with the right name.

    scripts/other-names.py update     writes the declarations
    scripts/other-names.py check      fails when they are out of date
    scripts/other-names.py program    prints a program that uses every name, each with the words that the compiler must say
    scripts/other-names.py errors FILE ...    reads the compiler's output, and fails when the error of a line of these files
                                              does not have the words of its comment

The tables are in the folder other-names. A line of a table is `right name = other names`, or `!a sentence = other names`. A name
in snake_case stands for its camelCase too, unless a hyphen follows it, as where Martlet has that one. Lines that begin with `# `
are comments.
"""
import re
import sys
import textwrap
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "Sources"
KEYWORDS = set("as case class default do else for func if in init is let repeat return self super switch try var where while".split())


def table(name):
    """The lines of a table, without its comments."""
    lines = (Path(__file__).parent / "other-names" / f"{name}.txt").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("# "))


TENSOR = table("tensor")
STATIC = table("static")
VARIABLE = table("variable")
FUNCTION = table("function")
MODULE = table("module")
DATASET_STATIC = table("dataset-static")
DATASET = table("dataset")
CSV = table("csv")
LAYER = table("layer")
MODEL = table("model")
METRIC = table("metric")
OPTIMIZER = table("optimizer")
HISTORY = table("history")
LOGS = table("logs")
TORCH = table("torch")
HYPER_PARAMETERS = table("hyper-parameters")
TRIAL = table("trial")
STUDY = table("study")
TUNER = table("tuner")
TUNERS = table("tuners")
APPLICATIONS = table("applications")
INPUT_SHAPE = table("input-shape")
OPTIMIZERS = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion Muon Nadam RMSprop SGD ScheduleFreeAdamW".split()
# Something of each type of an argument, for the program.
VALUES = {
    "Int": "8", "Double": "0.5", "Bool": "true", "Layer": "LSTM(2)", "[Int]": "[4]", "any PerAxis": "3", "(Int, Int)": "(3, 3)",
    "ActivationFunction": ".relu", "Int?": "nil", "any LearningRate": "0.1",
}

# The file, its head, and in it: the table, the extension that the names are in (None for functions), what they look like.
FILES = [
    ("MartletCore/Tensor/OtherNames.swift", "", [
        (TENSOR, "extension OtherlyNamedTensor", "public var {}: OtherName"),
        (STATIC, "extension OtherlyNamedTensor", "public static var {}: OtherName"),
        (VARIABLE, "extension OtherlyNamed where Self == Variable", "public var {}: OtherName")]),
    ("MartletCore/Tensor/OtherFunctions.swift", "", [
        (FUNCTION, None, "public var {}: OtherName"), (MODULE, None, "public var {}: OtherModule")]),
    ("MartletData/OtherNames.swift", "import MartletCore\n\n", [
        (DATASET, "extension Dataset", "public var {}: OtherName"), (DATASET_STATIC, "extension Dataset", "public static var {}: OtherName"),
        (CSV, "extension CSV", "public var {}: OtherName")]),
    ("MartletNN/OtherNames.swift", "import MartletCore\n", [
        (LAYER, "extension OtherlyNamed where Self: Layer", "public var {}: OtherName"),
        (MODEL, "extension OtherlyNamed where Self: Model", "public var {}: OtherName"),
        (METRIC, "extension OtherlyNamed where Self: Metric", "public var {}: OtherName"),
        (OPTIMIZER, "extension OtherlyNamed where Self: Optimizer", "public var {}: OtherName"),
        (HISTORY, "extension OtherlyNamed where Self: History", "public var {}: OtherName"),
        (LOGS, "extension Logs", "public var {}: OtherName"), (TORCH, None, "public var {}: OtherModule")]),
    ("MartletTuner/OtherNames.swift", "import MartletCore\n\nextension Trial: OtherlyNamed {}\n"
        "extension Study: OtherlyNamed {}\nextension ModelTuner: OtherlyNamed {}\n", [
        (HYPER_PARAMETERS, "extension HyperParameters", "public var {}: OtherName"),
        (TRIAL, "extension OtherlyNamed where Self == Trial", "public var {}: OtherName"),
        (STUDY, "extension OtherlyNamed where Self == Study", "public var {}: OtherName"),
        (TUNER, "extension OtherlyNamed where Self == ModelTuner", "public var {}: OtherName"),
        (TUNERS, None, "public var {}: OtherModule")]),
    ("MartletApplications/OtherNames.swift", "import MartletCore\n", [(APPLICATIONS, None, "public var {}: OtherModule")]),
]
# What the program writes before a name.
PLACES = {
    id(TENSOR): ["x.{}", "v.{}"], id(STATIC): ["Tensor.{}"], id(VARIABLE): ["v.{}"], id(FUNCTION): ["{}"], id(MODULE): ["{}"],
    id(DATASET_STATIC): ["Dataset<Tensor>.{}"], id(DATASET): ["data.{}"], id(CSV): ["csv.{}"], id(LAYER): ["layer.{}"], id(MODEL): ["model.{}"], id(METRIC): ["metric.{}"],
    id(OPTIMIZER): ["optimizer.{}"], id(HISTORY): ["history.{}"], id(LOGS): ["logs.{}"], id(TORCH): ["{}"],
    id(HYPER_PARAMETERS): ["parameters.{}"], id(TRIAL): ["trial.{}"], id(STUDY): ["study.{}"], id(TUNER): ["tuner.{}"],
    id(TUNERS): ["{}"], id(APPLICATIONS): ["{}"],
}


def forms(name):
    """A name of the table as users write it."""
    if name.endswith("-"):
        return [name[:-1]]
    if name.endswith("_") or name.startswith("_") or "_" not in name:
        return [name]
    first, *rest = name.split("_")
    return [name, first + "".join(part[:1].upper() + part[1:] for part in rest)]


def entries(table):
    """The other names of a table, each with what it is renamed to, or with a sentence."""
    seen = set()
    for line in table.strip().splitlines():
        right, names = line.rsplit(" = ", 1)
        for name in (form for name in names.split() for form in forms(name)):
            if name in seen:
                sys.exit(f"other-names.py: {name} is twice in a table")
            seen.add(name)
            yield name, right


def attribute(right):
    text = right.removeprefix("!").replace('"', '\\"')
    return f'@available(*, unavailable, {"message" if right.startswith("!") else "renamed"}: "{text}")'


def quoted(name):
    return f"`{name}`" if name in KEYWORDS else name


def swift(head, parts):
    text = "// Names of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.\n\n"
    text += head + ("\n" if head else "")
    blocks = []
    for table, extension, form in parts:
        indent = "    " if extension else ""
        lines = [
            f"{indent}{line}" for name, right in entries(table)
            for line in (attribute(right), form.format(quoted(name)) + " { fatalError() }")]
        body = "\n".join(lines)
        blocks.append(f"{extension} {{\n{body}\n}}" if extension else body)
    return text + "\n\n".join(blocks) + "\n"


LABELS = "MartletNN/OtherLabels.swift"


def initializers():
    """Of each class, the initializers that nobody can use: the parameters, the sentence, and a call."""
    found = {}

    def add(name, parameters, message):
        arguments = []
        for parameter in parameters:
            label, type_ = re.fullmatch(r"(?:_ )?(\w+): (.*)", parameter).groups()
            if " = " not in type_:
                value = "[4]" if type_ == "Any" else VALUES[type_.removesuffix("?") if type_ not in VALUES else type_]
                arguments.append(value if parameter.startswith("_ ") else f"{label}: {value}")
        kind = "Conv2D" if name == "Conv" else name
        found.setdefault(name, []).append((", ".join(parameters), message, f"{kind}({', '.join(arguments)})"))

    for line in INPUT_SHAPE.strip().splitlines():
        names, parameters = line.split(" = ", 1)
        for name in names.split():
            for label in ["inputShape", "input_shape"]:
                given = [f"{label}: Any" if p == "inputShape" else p for p in re.split(r", (?![^()]*\))", parameters)]
                add(name, given, "inputShape is a layer of its own: begin the model with InputLayer([...])")
    for name in OPTIMIZERS:
        for label, right in [("clipnorm", "clipNorm"), ("clipvalue", "clipValue"), ("globalClipnorm", "globalClipNorm")]:
            for rate in ["learningRate: any LearningRate = 0.001", "_ learningRate: any LearningRate"]:
                add(name, [rate, f"{label}: Double"], f"write {name}(learningRate: 0.001, {right}: 1)")
    return found


def labels():
    text = "// Labels of other libraries, that the compiler answers with Martlet's. Made by scripts/other-names.py: do not edit.\n\n"
    text += "import MartletCore\n"
    for name, all_initializers in initializers().items():
        text += f"\nextension {name} {{\n"
        for parameters, message, _ in all_initializers:
            head = f"    public convenience init({parameters})"
            if len(head) > 108:
                lines = textwrap.fill(parameters, 118, initial_indent=" " * 8, subsequent_indent=" " * 8, break_on_hyphens=False)
                head = f"    public convenience init(\n{lines}\n    )"
            text += f'    @available(*, unavailable, message: "{message}")\n{head} {{ fatalError() }}\n'
        text += "}\n"
    return text


def program():
    lines = [
        "import Martlet", "import MartletApplications", "import MartletTuner", "",
        "// Every name of scripts/other-names.py. Each line must fail, with the words of its comment.",
        "func otherNames(",
        "    x: Tensor, v: Variable, data: Dataset<Tensor>, csv: CSV, layer: Layer, model: Model, metric: Metric,",
        "    optimizer: Optimizer, history: History, logs: Logs, parameters: HyperParameters, trial: Trial, study: Study,",
        "    tuner: ModelTuner", ") {"]
    for _, _, parts in FILES:
        for table in {id(part[0]): part[0] for part in parts}.values():
            for name, right in entries(table):
                words = f"'{name}' is unavailable" if right.startswith("!") else f"'{name}' has been renamed to '{right}'"
                lines += [f"    let _: Any = {place.format(quoted(name) if place == '{}' else name)}  // {words}"
                          for place in PLACES[id(table)]]
    lines += [
        f"    _ = {call}  // {message}" for all_initializers in initializers().values() for _, message, call in all_initializers]
    return "\n".join(lines + ["}"]) + "\n"


def files():
    """What is made: of each path the text."""
    return {path: swift(head, parts) for path, head, parts in FILES} | {LABELS: labels()}


def missing(path, output):
    """The lines of a program whose error is not the one that its comment asks for."""
    found = {}
    for name, line, text in re.findall(r"([^/\s]+\.swift):(\d+):\d+: error: (.*)", output):
        if name == Path(path).name:
            found.setdefault(int(line), []).append(text)
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        words = line.partition("  // ")[2]
        if words and line.startswith("    ") and not any(words in text for text in found.get(number, [])):
            yield f"{path}:{number}: expected an error with: {words}. Received: {found.get(number, 'none')}."


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["program"]:
            print(program(), end="")
        case ["update"]:
            for path, text in files().items():
                (SOURCES / path).write_text(text)
        case ["check"]:
            stale = [path for path, text in files().items() if (SOURCES / path).read_text() != text]
            if stale:
                sys.exit(f"Out of date: {', '.join(stale)}. Run scripts/other-names.py update.")
        case ["errors", *files] if files:
            output = sys.stdin.read()
            wrong = [line for file in files for line in missing(file, output)]
            if wrong:
                sys.exit("\n".join(wrong))
            print("misspelled names:", sum(Path(file).read_text().count("  // ") for file in files), "each with its message")
        case _:
            sys.exit(__doc__)
