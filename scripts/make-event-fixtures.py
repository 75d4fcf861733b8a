#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/events: event files by real TensorFlow, with what it takes them to hold, and what real
Keras's TensorBoard callback writes for a small model.

Needs TensorFlow, Keras and tensorboard.
"""
import glob
import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp
from tensorboard.plugins.pr_curve import summary as pr_curve

FOLDER = Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/events"


def events(pattern):
    for path in sorted(glob.glob(str(pattern))):
        for record in tf.data.TFRecordDataset(path):
            yield tf.compat.v1.Event.FromString(record.numpy())


def described(pattern):
    """Each value: its tag, plugin, step, and its numbers, texts, or the pixels of its images."""
    rows = []
    for event in events(pattern):
        if event.HasField("graph_def"):
            rows.append({"tag": "", "plugin": "graph_def", "step": event.step})
        for value in event.summary.value:
            row = {"tag": value.tag, "plugin": value.metadata.plugin_data.plugin_name, "step": event.step}
            if value.HasField("simple_value"):
                row["values"] = [value.simple_value]
            elif value.HasField("tensor"):
                array = tf.make_ndarray(value.tensor)
                row["shape"] = list(array.shape)
                if row["plugin"] == "images":
                    row["size"] = [item.decode() for item in array[:2]]
                    row["pixels"] = [tf.io.decode_png(item).numpy().flatten().tolist() for item in array[2:]]
                elif array.dtype == object:
                    row["texts"] = [item.decode() for item in array.flatten()]
                else:
                    row["values"] = array.astype(float).flatten().tolist()
            rows.append(row)
    return rows


def ours(step):
    """The numbers that the Swift tests write too."""
    return np.sin(np.arange(24, dtype=np.float64) * (step + 1)).astype(np.float32)


def tensorflow(folder):
    writer = tf.summary.create_file_writer(folder)
    with writer.as_default():
        for step in (0, 1, 300):
            tf.summary.scalar("loss", 1 / (step + 1), step=step, description="The *loss*." if step == 0 else None)
            tf.summary.histogram("weights", ours(step), step=step, buckets=5)
        tf.summary.histogram("equal", [2.0, 2.0, 2.0], step=1, buckets=3)
        tf.summary.histogram("none", np.zeros([0]), step=1, buckets=2)
        tf.summary.image("grey", ours(2).reshape(1, 4, 6, 1), step=2)
        tf.summary.image("colours", ours(0).reshape(2, 2, 2, 3) * 0.5 + 0.5, step=2)
        tf.summary.image("bytes", np.arange(24, dtype=np.uint8).reshape(1, 2, 3, 4) * 10, step=2)
        tf.summary.text("words", "some **words** – é", step=3)
        tf.summary.text("table", [["a", "b"], ["c", "d"]], step=3)
        hp.hparams({"rate": 0.5, "units": 16, "optimizer": "adam", "bias": True}, trial_id="trial")
        labels = ours(0) > 0
        predictions = np.abs(ours(4))
        curve = pr_curve.pb("curve", labels, predictions, num_thresholds=5)
        tf.summary.experimental.write_raw_pb(curve.SerializeToString(), step=4)
    writer.close()


def older(path):
    """As TensorFlow 1 and PyTorch write."""
    v1 = tf.compat.v1
    rows = [
        v1.Event(wall_time=1.5, file_version="brain.Event:2"),
        v1.Event(wall_time=2.5, step=7, summary=v1.Summary(value=[
            v1.Summary.Value(tag="loss", simple_value=0.25),
            v1.Summary.Value(tag="weights", histo=tf.compat.v1.HistogramProto(
                min=0, max=1, num=3, sum=1, sum_squares=1, bucket_limit=[0, 0.5, 1], bucket=[1, 0, 2]))])),
        v1.Event(wall_time=3.5, step=8, summary=v1.Summary(value=[v1.Summary.Value(tag="loss", simple_value=0.125)])),
    ]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in rows:
            writer.write(row.SerializeToString())


def kernel(shape):
    return ((np.arange(np.prod(shape)) * 7 % 5 - 2) / 4).astype(np.float32).reshape(shape)


def with_keras(folder, **options):
    model = keras.Sequential([
        keras.Input((6, 6, 1), name="pixels"), keras.layers.Conv2D(2, 3, name="conv", activation="relu"),
        keras.layers.Flatten(name="flat"), keras.layers.Dense(3, name="head", activation="softmax")], name="net")
    model.set_weights([kernel(w.shape) for w in model.weights])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.cos(np.arange(12 * 36)).astype(np.float32).reshape(12, 6, 6, 1)
    y = np.arange(12) % 3
    model.fit(x[:8], y[:8], batch_size=4, epochs=2, shuffle=False, verbose=0, validation_data=(x[8:], y[8:]),
              callbacks=[keras.callbacks.TensorBoard(folder, **options)])
    return {run: described(f"{folder}/{run}/*tfevents*") for run in ("train", "validation")}


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
with tempfile.TemporaryDirectory() as temporary:
    tensorflow(temporary + "/tensorflow")
    [path] = glob.glob(temporary + "/tensorflow/*tfevents*")
    shutil.copy(path, FOLDER / "tensorflow.tfevents")
    older(FOLDER / "older.tfevents")
    every = with_keras(
        temporary + "/batch", histogram_freq=1, write_images=True, write_steps_per_second=True, update_freq="batch")
    epochs = with_keras(temporary + "/epoch", write_graph=False)
    second = with_keras(temporary + "/second", write_graph=False, update_freq=2)
content = {"tensorflow": described(FOLDER / "tensorflow.tfevents"), "batch": every, "epoch": epochs, "second": second}
(FOLDER / "expected.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
