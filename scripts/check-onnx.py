#!/usr/bin/env python3
"""Runs the node tests of the package onnx with `martlet check-onnx`, and compares with Docs/onnx-coverage.md.

check-onnx.py MARTLET FOLDER [--write]

FOLDER has a folder for each test. A test that fails and is not listed is an error, and so is a listed one that passes. With
--write the page is made of the results.
"""
import collections
import os
import re
import subprocess
import sys

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


def main():
    martlet, folder = sys.argv[1:3]
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
