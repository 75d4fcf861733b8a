#!/usr/bin/env python3
"""Runs exported models in the real runtimes and compares them with Keras's predictions.

    scripts/check-exports.py --corpus FOLDER --cli .build/release/martlet [--format tflite,savedModel,onnx,imported]
                             [--family F ...] [--case GLOB ...] [--coverage Docs/export-coverage.md] [--quantize int8]

FOLDER holds cases, FAMILY/NAME: a model that Keras wrote, its inputs and what Keras predicts (`meta.json` says where). A case
passes when the exported file loads in the runtime and gives Keras's predictions within 1e-4. `imported` is the ONNX file that
`martlet import` makes a model of again, which Keras runs. With --quantize the files are rounded, calibrated with the inputs: they
pass when they agree with Keras's predictions within the bound of the kind. ONNX files, whose rounding is specified to the last
bit, must also give what Martlet computes of them, within three of the output's integers for all but a thousandth of the numbers;
LiteRT rounds in the middle of products. --coverage writes the table of all, also of runs whose --results are
given by --merge. Needs numpy, and of ai-edge-litert, tensorflow, onnxruntime and keras those whose formats are checked.
"""
import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

FORMATS = {"tflite": "LiteRT", "savedModel": "TensorFlow", "onnx": "onnxruntime", "imported": "ONNX, imported by Keras"}


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


def run_keras(path, inputs):
    import keras
    model = keras.saving.load_model(path, compile=False)
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], batch_size=len(inputs[0]), verbose=0)
    return outputs if isinstance(outputs, list) else [outputs]


RUN = {"tflite": run_tflite, "savedModel": run_saved_model, "onnx": run_onnx, "imported": run_keras}
ENDING = {"tflite": ".tflite", "savedModel": "", "onnx": ".onnx", "imported": ".onnx"}


def difference(got, expected):
    """The largest difference, relative where numbers are above 1."""
    if got.shape != expected.shape:
        return f"shape {got.shape} in place of {expected.shape}"
    a, b = got.astype(np.float64), expected.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        error = np.where(same, 0, np.abs(a - b) / np.maximum(1, np.abs(b)))
    return float(error.max()) if error.size else 0.0


# The largest difference of a rounded file, in units of the largest output, or of 1: what `martlet export` allows.
ROUNDED = {"float16": 0.02, "dynamic": 0.2, "int8": 0.5, "int16x8": 0.5}


def check_rounded(path, inputs, outputs, expected, args, folder):
    """None when a rounded file computes what Keras and Martlet do, else the reason."""
    for got, wanted in zip(outputs, expected):
        if got.shape != wanted.shape:
            return f"shape {got.shape} in place of {wanted.shape}"
        unit = max(1.0, float(np.abs(wanted).max(initial=0)))
        error = float(np.abs(got.astype(np.float64) - wanted).max(initial=0)) / unit
        if not error <= ROUNDED[args.quantize]:
            return f"differs by {error:.2g} of the largest output"
    if len(outputs) > 1 or path.suffix != ".onnx":
        return None
    files = []
    for place, x in enumerate(inputs):
        files += ["--x", f"{folder}/x{place}.npy"]
        np.save(files[-1], x)
    command = [str(args.cli), "predict", str(path), *files, "-o", f"{folder}/y.npy"]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        return "predict: " + (process.stderr.strip().splitlines() or ["no message"])[-1]
    own = np.load(f"{folder}/y.npy").astype(np.float64)
    step = 3 * max(float(np.ptp(own)), 1e-6) / 255
    far = float((np.abs(own - outputs[0]) > step).mean())
    return None if far <= 1e-3 else f"Martlet computes something else of the file for {100 * far:.2g} % of the numbers"


def check(case, meta, form, args, folder):
    """None for a pass, else the reason."""
    inputs = [np.load(case / x) for x in meta["x"]]
    if any(x.dtype.kind in "US" for x in inputs):
        return "strings"
    path = Path(folder) / ("model" + ENDING[form])
    command = [str(args.cli), "export", str(case / meta["model"]), "--to", str(path), "--json"]
    for x in inputs:
        command += ["--input-shape", ",".join(map(str, x.shape[1:]))]
    if args.quantize:
        command += ["--quantize", args.quantize]
        for place, x in enumerate(inputs):
            np.save(f"{folder}/calibration{place}.npy", x)
            command += ["--calibration", f"{folder}/calibration{place}.npy"]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=args.timeout)
    except subprocess.TimeoutExpired:
        return f"export: more than {args.timeout} s"
    if process.returncode != 0:
        return "export: " + (process.stderr.strip().splitlines() or ["no message"])[-1]
    if form == "savedModel":
        (path.parent / (path.name + ".json")).write_text(process.stdout.strip().splitlines()[-1])
    if form == "imported":
        file, path = path, path.with_suffix(".keras")
        process = subprocess.run([str(args.cli), "import", str(file), "--to", str(path)], capture_output=True, text=True)
        if process.returncode != 0:
            return "import: " + (process.stderr.strip().splitlines() or ["no message"])[-1]
    try:
        outputs = RUN[form](path, inputs)
    except Exception as error:  # whatever the runtime says
        return "runtime: " + str(error).strip().splitlines()[0][:200]
    expected = [np.load(case / y) for y in meta.get("pred_float32") or meta["pred"]]
    if len(outputs) != len(expected):
        return f"{len(outputs)} outputs in place of {len(expected)}"
    if args.quantize:
        return check_rounded(path, inputs, [np.asarray(y) for y in outputs], expected, args, folder)
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
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--cli", type=Path, default=Path(".build/release/martlet"))
    parser.add_argument("--format", default="tflite,savedModel,onnx")
    parser.add_argument("--family", action="append", default=[])
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--quantize", choices=list(ROUNDED))
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--coverage", type=Path)
    parser.add_argument("--results", type=Path, help="writes the reason of each failure, null for a pass, as JSON")
    parser.add_argument("--merge", type=Path, action="append", default=[], help="adds results of earlier runs")
    return parser.parse_args()


def main():
    args = parsed()
    results = {}
    for path in args.merge:
        for name, by_form in json.loads(path.read_text()).items():
            results.setdefault(name, {}).update(by_form)
    for meta_path in sorted(args.corpus.glob("*/*/meta.json")) if args.corpus else []:
        case = meta_path.parent
        name = f"{case.parent.name}/{case.name}"
        if args.family and case.parent.name not in args.family:
            continue
        if args.case and not any(fnmatch.fnmatch(case.name, glob) for glob in args.case):
            continue
        meta = json.loads(meta_path.read_text())
        for form in args.format.split(","):
            with tempfile.TemporaryDirectory() as folder:
                reason = check(case, meta, form, args, folder)
            results.setdefault(name, {})[form] = reason
            if reason is not None:
                print(f"FAIL {name} {form}: {reason}", flush=True)
    if args.results:
        args.results.write_text(json.dumps(results, indent=1))
    forms = [form for form in FORMATS if any(form in by_form for by_form in results.values())]
    table = counts(results, forms)
    print("\n".join(table))
    failures = [(name, form, by_form[form]) for name, by_form in sorted(results.items()) for form in forms if by_form.get(form)]
    if args.coverage:
        write_coverage(args.coverage, table, failures)
    return 1 if failures and not args.coverage else 0


def counts(results, forms):
    """The table of passes by family."""
    lines = ["| family | " + " | ".join(FORMATS[form] for form in forms) + " |", "|---|" + "---|" * len(forms)]
    for family in sorted({name.split("/")[0] for name in results}) + [""]:
        cells = []
        for form in forms:
            cases = [by_form[form] for name, by_form in results.items() if name.startswith(family) and form in by_form]
            passed = sum(reason is None for reason in cases)
            cells.append(f"{passed} of {len(cases)}" + ("" if family else f" ({100 * passed / max(len(cases), 1):.1f} %)"))
        lines.append(f"| {family or 'all'} | " + " | ".join(cells) + " |")
    return lines


def write_coverage(path, table, failures):
    text = ["# What can be exported", "",
            "Made by `scripts/check-exports.py`. Each model of the conformance corpus is exported, loaded by the format's own",
            "runtime, and compared with Keras's predictions: within 1e-4, relative where numbers are above 1 (`mixed_precision`:",
            "2e-2, as the file computes in `float32`).", ""] + table + ["", "## What fails", ""]
    grouped = defaultdict(list)
    for name, form, reason in failures:
        reason = re.sub(r"^export: error: (layer )?[\w/]+( \(in layer [\w/]+\))?: ", "", reason)
        grouped[reason].append(f"{name} ({FORMATS[form]})")
    for reason in sorted(grouped):
        text.append(f"- {reason}: " + ", ".join(grouped[reason]))
    path.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    sys.exit(main())
