#!/usr/bin/env python3
"""Runs exported models in the real runtimes and compares them with Keras's predictions.

    scripts/check-exports.py --corpus FOLDER --cli .build/release/martlet [--format tflite,savedModel,onnx] [--family F ...]
                             [--case GLOB ...] [--coverage Docs/export-coverage.md]

FOLDER holds cases, FAMILY/NAME: a model that Keras wrote, its inputs and what Keras predicts (`meta.json` says where). A case
passes when the exported file loads in the runtime and gives Keras's predictions within 1e-4. --coverage writes the table of
all. Needs numpy, and of ai-edge-litert, tensorflow and onnxruntime those whose formats are checked.
"""
import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

FORMATS = {"tflite": "LiteRT", "savedModel": "TensorFlow", "onnx": "onnxruntime"}


def run_tflite(path, inputs):
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model_path=str(path))
    details = interpreter.get_input_details()
    for detail, x in zip(details, inputs):
        if list(detail["shape"]) != list(x.shape):
            interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    for detail, x in zip(details, inputs):
        interpreter.set_tensor(detail["index"], x.astype(detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def run_saved_model(path, inputs):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(1) if not tf.config.threading.get_intra_op_parallelism_threads() else None
    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]
    names = json.loads((path.parent / (path.name + ".json")).read_text())
    specs = signature.structured_input_signature[1]
    outputs = signature(**{name: tf.cast(x, specs[name].dtype) for name, x in zip(names["inputs"], inputs)})
    return [outputs[name].numpy() for name in names["outputs"]]


def run_onnx(path, inputs):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
             "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_}
    feed = {i.name: x.astype(types[i.type]) for i, x in zip(session.get_inputs(), inputs)}
    return session.run(None, feed)


RUN = {"tflite": run_tflite, "savedModel": run_saved_model, "onnx": run_onnx}
ENDING = {"tflite": ".tflite", "savedModel": "", "onnx": ".onnx"}


def difference(got, expected):
    """The largest difference, relative where numbers are above 1."""
    if got.shape != expected.shape:
        return f"shape {got.shape} in place of {expected.shape}"
    a, b = got.astype(np.float64), expected.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        error = np.where(same, 0, np.abs(a - b) / np.maximum(1, np.abs(b)))
    return float(error.max()) if error.size else 0.0


def check(case, meta, form, args, folder):
    """None for a pass, else the reason."""
    inputs = [np.load(case / x) for x in meta["x"]]
    if any(x.dtype.kind in "US" for x in inputs):
        return "strings"
    path = Path(folder) / ("model" + ENDING[form])
    command = [str(args.cli), "export", str(case / meta["model"]), "--to", str(path), "--json"]
    for x in inputs:
        command += ["--input-shape", ",".join(map(str, x.shape[1:]))]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=args.timeout)
    except subprocess.TimeoutExpired:
        return f"export: more than {args.timeout} s"
    if process.returncode != 0:
        return "export: " + (process.stderr.strip().splitlines() or ["no message"])[-1]
    if form == "savedModel":
        (path.parent / (path.name + ".json")).write_text(process.stdout.strip().splitlines()[-1])
    try:
        outputs = RUN[form](path, inputs)
    except Exception as error:  # whatever the runtime says
        return "runtime: " + str(error).strip().splitlines()[0][:200]
    expected = [np.load(case / y) for y in meta.get("pred_float32") or meta["pred"]]
    if len(outputs) != len(expected):
        return f"{len(outputs)} outputs in place of {len(expected)}"
    bound = 1e-4
    if "mixed" in case.parent.name:
        bound = 2e-2
    for got, wanted in zip(outputs, expected):
        error = difference(np.asarray(got), wanted)
        if isinstance(error, str):
            return error
        if not error <= bound:
            return f"differs by {error:.2g}"
    return None


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--format", default="tflite,savedModel,onnx")
    parser.add_argument("--family", action="append", default=[])
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--coverage", type=Path)
    return parser.parse_args()


def main():
    args = parsed()
    forms = args.format.split(",")
    counts = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    failures = []
    for meta_path in sorted(args.corpus.glob("*/*/meta.json")):
        case = meta_path.parent
        family = case.parent.name
        if args.family and family not in args.family:
            continue
        if args.case and not any(fnmatch.fnmatch(case.name, glob) for glob in args.case):
            continue
        meta = json.loads(meta_path.read_text())
        for form in forms:
            with tempfile.TemporaryDirectory() as folder:
                reason = check(case, meta, form, args, folder)
            counts[family][form][1] += 1
            counts[family][form][0] += reason is None
            if reason is not None:
                failures.append((f"{family}/{case.name}", form, reason))
                print(f"FAIL {family}/{case.name} {form}: {reason}", flush=True)
    lines = ["| family | " + " | ".join(FORMATS[f] for f in forms) + " |", "|---|" + "---|" * len(forms)]
    total = {form: [0, 0] for form in forms}
    for family in sorted(counts):
        cells = []
        for form in forms:
            passed, all_ = counts[family][form]
            total[form][0] += passed
            total[form][1] += all_
            cells.append(f"{passed} of {all_}")
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    lines.append("| all | " + " | ".join(f"{p} of {a} ({100 * p / max(a, 1):.1f} %)" for p, a in total.values()) + " |")
    print("\n".join(lines))
    if args.coverage:
        write_coverage(args.coverage, lines, failures)
    return 1 if failures else 0


def write_coverage(path, table, failures):
    text = ["# What can be exported", "",
            "Made by `scripts/check-exports.py`. Each model of the conformance corpus is exported, loaded by the format's own",
            "runtime, and compared with Keras's predictions: within 1e-4, relative where numbers are above 1 (`mixed_precision`:",
            "2e-2, as the file computes in `float32`).", ""] + table + ["", "## What fails", ""]
    grouped = defaultdict(list)
    for name, form, reason in failures:
        grouped[reason].append(f"{name} ({FORMATS[form]})")
    for reason in sorted(grouped):
        text.append(f"- {reason}: " + ", ".join(grouped[reason]))
    path.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    sys.exit(main())
