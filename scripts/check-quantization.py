#!/usr/bin/env python3
"""Compares the rounded files that Martlet and others make of one model: TFLite files with those of TensorFlow's converter, by
accuracy, size, and time in LiteRT, and ONNX files with those of ONNX Runtime's quantizer.

    scripts/check-quantization.py convert --model model.keras --data FOLDER --files FOLDER --cli .build/release/martlet
    scripts/check-quantization.py measure --data FOLDER --files FOLDER [--seconds 2]
    scripts/check-quantization.py onnx --model model.keras --data FOLDER --files FOLDER --cli .build/release/martlet

`convert` needs tensorflow and keras, `measure` ai-edge-litert, `onnx` onnxruntime and onnx, so that each may have a Python of its
own. --data has the IDX
files of Fashion-MNIST; `martlet demo --run FOLDER` trains the model. Calibration takes 256 training images. Times are of one image on
one thread: the smallest mean of several rounds, the two makers' files in turn.
"""
import argparse
import gzip
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import numpy as np

KINDS = ["none", "float16", "dynamic", "int8", "int16x8"]


def idx(folder, name):
    path = next(path for path in [folder / name, folder / (name + ".gz")] if path.exists())
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def images(folder, part):
    x = idx(folder, f"{part}-images-idx3-ubyte")[..., None].astype(np.float32) / 255
    return x, idx(folder, f"{part}-labels-idx1-ubyte")


def convert(args):
    import keras
    import tensorflow as tf
    args.files.mkdir(parents=True, exist_ok=True)
    samples = images(args.data, "train")[0][:256]
    np.save(args.files / "calibration.npy", samples)
    model = keras.models.load_model(args.model, compile=False)
    for kind in KINDS:
        command = [str(args.cli), "export", str(args.model), "--to", str(args.files / f"martlet-{kind}.tflite"),
                   "--quantize", kind]
        if kind in ["int8", "int16x8"]:
            command += ["--calibration", str(args.files / "calibration.npy")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if kind != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if kind == "int16x8":
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
        if kind in ["int8", "int16x8"]:
            converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
        (args.files / f"tensorflow-{kind}.tflite").write_bytes(converter.convert())


def interpreter(path, batch):
    from ai_edge_litert.interpreter import Interpreter
    made = Interpreter(model_path=str(path), num_threads=1)
    detail = made.get_input_details()[0]
    made.resize_tensor_input(detail["index"], [batch, 28, 28, 1])
    made.allocate_tensors()
    return made


def accuracy(path, x, y):
    made = interpreter(path, 100)
    (source,), (result,) = made.get_input_details(), made.get_output_details()
    right = 0
    for start in range(0, len(x), 100):
        made.set_tensor(source["index"], x[start:start + 100])
        made.invoke()
        right += int((made.get_tensor(result["index"]).argmax(axis=1) == y[start:start + 100]).sum())
    return right / len(x)


def milliseconds(makers, x, seconds):
    """The smallest mean of rounds of each file."""
    made = {name: interpreter(path, 1) for name, path in makers.items()}
    for run in made.values():
        run.set_tensor(run.get_input_details()[0]["index"], x[:1])
        for _ in range(50):
            run.invoke()
    best = {name: float("inf") for name in made}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, run in made.items():
            start = time.perf_counter()
            for _ in range(50):
                run.invoke()
            best[name] = min(best[name], (time.perf_counter() - start) / 50)
    return {name: 1000 * value for name, value in best.items()}


def measure(args):
    x, y = images(args.data, "t10k")
    print("| weights and activations | accuracy | TensorFlow's | size | TensorFlow's | time | TensorFlow's |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind in KINDS:
        files = {name: args.files / f"{name}-{kind}.tflite" for name in ["martlet", "tensorflow"]}
        times = milliseconds(files, x, args.seconds)
        cells = []
        for values, form in [({name: 100 * accuracy(path, x, y) for name, path in files.items()}, "%.2f %%"),
                             ({name: path.stat().st_size / 1000 for name, path in files.items()}, "%.1f kB"),
                             (times, "%.3f ms")]:
            cells += [form % values["martlet"], form % values["tensorflow"]]
        print("| `%s` | %s |" % (kind, " | ".join(cells)), flush=True)


def onnx(args):
    import onnxruntime
    from onnxruntime import quantization
    args.files.mkdir(parents=True, exist_ok=True)
    samples = images(args.data, "train")[0][:256]
    np.save(args.files / "calibration.npy", samples)
    for kind in ["none", "float16", "int8"]:
        command = [str(args.cli), "export", str(args.model), "--to", str(args.files / f"martlet-{kind}.onnx"), "--quantize", kind]
        if kind == "int8":
            command += ["--calibration", str(args.files / "calibration.npy")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter(np.split(samples, 8))

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else {name: batch}

    session = onnxruntime.InferenceSession(args.files / "martlet-none.onnx")
    name = session.get_inputs()[0].name
    quantization.quantize_static(
        args.files / "martlet-none.onnx", args.files / "onnxruntime-int8.onnx", Reader(), per_channel=True,
        quant_format=quantization.QuantFormat.QDQ, weight_type=quantization.QuantType.QInt8,
        activation_type=quantization.QuantType.QInt8)

    x, y = images(args.data, "t10k")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    print("| file | accuracy | size | time | operators that run |\n|---|---:|---:|---:|---|")
    for file in ["martlet-none", "martlet-float16", "martlet-int8", "onnxruntime-int8"]:
        path = args.files / f"{file}.onnx"
        options.optimized_model_filepath = str(args.files / f"{file}-optimized.onnx")
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        right = sum(int((session.run(None, {name: x[i:i + 100]})[0].argmax(1) == y[i:i + 100]).sum())
                    for i in range(0, len(x), 100))
        best, end = float("inf"), time.monotonic() + args.seconds
        while time.monotonic() < end:
            start = time.perf_counter()
            for _ in range(50):
                session.run(None, {name: x[:1]})
            best = min(best, (time.perf_counter() - start) / 50)
        print("| `%s` | %.2f %% | %.1f kB | %.3f ms | %s |" % (
            file, 100 * right / len(x), path.stat().st_size / 1000, 1000 * best,
            ", ".join(operators(options.optimized_model_filepath))), flush=True)


def operators(path):
    import onnx
    return [node.op_type for node in onnx.load(path).graph.node]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["convert", "measure", "onnx"])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--cli", type=Path, default=Path(".build/release/martlet"))
    parser.add_argument("--seconds", type=float, default=2)
    args = parser.parse_args()
    {"convert": convert, "measure": measure, "onnx": onnx}[args.step](args)


if __name__ == "__main__":
    sys.exit(main())
