#!/usr/bin/env python3
"""Has tensorboard read the event files that tests left in a folder (check-tensorboard.sh), and compares every value with those
of TensorFlow and Keras in Tests/MartletNNTests/Fixtures/events/expected.json.

usage: check-tensorboard.py FOLDER        (a Python with tensorboard and pillow; TensorFlow is not needed)
"""
import io
import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
from PIL import Image
from tensorboard import program
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

FOLDER = Path(sys.argv[1])
EXPECTED = json.loads((Path(__file__).parent.parent / "Tests/MartletNNTests/Fixtures/events/expected.json").read_text())
checked = 0


def expect(condition, what):
    global checked
    checked += 1
    if not condition:
        sys.exit(f"tensorboard: {what}")


def close(found, expected, tolerance, what):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    expect(found.shape == expected.shape and np.all(np.abs(found - expected) <= tolerance * np.maximum(1, np.abs(expected))),
           f"{what}: expected {expected}, received {found}")


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data))).flatten().tolist()


def compare(run, rows, tolerance):
    """Each value of a run as tensorboard's reader gives it."""
    events = EventAccumulator(str(run), size_guidance={"tensors": 0})
    events.Reload()
    wanted = [row for row in rows if row["plugin"] != "graph_def"]
    for row in wanted:
        what = f"{run.name}: {row['tag']} at step {row['step']}"
        metadata = events.SummaryMetadata(row["tag"])
        expect(metadata.plugin_data.plugin_name == row["plugin"], f"{what}: {metadata}")
        found = [e for e in events.Tensors(row["tag"]) if e.step == row["step"]]
        # Two weights' histograms may share tag and step nowhere: one event for each.
        expect(len(found) == 1, f"{what}: {len(found)} events")
        array = tensor_util.make_ndarray(found[0].tensor_proto)
        if row["plugin"] == "images":
            expect([item.decode() for item in array[:2]] == row["size"], f"{what}: {array[:2]}")
            for ours, theirs in zip(array[2:], row["pixels"], strict=True):
                close(pixels(ours), theirs, 0 if tolerance < 1e-9 else 1, what)
        elif row["plugin"] == "graph_keras_model":
            expect(json.loads(array.item())["class_name"] == json.loads(row["texts"][0])["class_name"], what)
        elif "texts" in row:
            expect([item.decode() for item in array.flatten()] == row["texts"], f"{what}: {array}")
        elif "per_second" in row["tag"]:
            expect(float(array) > 0, what)
        else:
            values, theirs = array.astype(float).reshape(-1), np.asarray(row["values"])
            if row["plugin"] == "histograms" and tolerance > 1e-9:
                # A weight that differs in its last bit may fall into the next bucket.
                close(values[2::3].sum(), theirs[2::3].sum(), 0, what)
                values, theirs = np.delete(values, np.s_[2::3]), np.delete(theirs, np.s_[2::3])
            close(values, theirs, tolerance, what)
    tags = {row["tag"] for row in wanted}
    extra = set(events.Tags()["tensors"]) - tags - {"_hparams_/session_end_info"}
    expect(not extra, f"{run.name}: tags that nothing expects: {extra}")
    return events


def trial(events):
    start = plugin_data_pb2.HParamsPluginData.FromString(
        events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content)
    end = plugin_data_pb2.HParamsPluginData.FromString(
        events.SummaryMetadata("_hparams_/session_end_info").plugin_data.content)
    expect(end.session_end_info.status == 1, f"the end of the trial: {end}")
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in start.session_start_info.hparams.items()}


events = compare(FOLDER / "writer", EXPECTED["tensorflow"], 1e-12)
expect(trial(events) == {"rate": 0.5, "units": 16, "optimizer": "adam", "bias": True}, f"hyperparameters: {trial(events)}")
for run in ("train", "validation"):
    events = compare(FOLDER / "keras" / run, EXPECTED["batch"][run], 2e-6)
    expect(events.Tags()["graph"] == (run == "train"), f"the graph of {run}")
    if run == "train":
        names = {node.name for node in events.Graph().node}
        expect({"pixels", "conv/Conv2D", "head/kernel"} <= names, f"nodes: {names}")
events = EventAccumulator(str(FOLDER / "trial"), size_guidance={"tensors": 0})
events.Reload()
expect(trial(events) == {"rate": 0.1, "optimizer": "sgd", "augmented": False}, f"hyperparameters: {trial(events)}")

# What the browser gets.
server = program.TensorBoard()
server.configure(argv=[None, "--logdir", str(FOLDER), "--port", "0", "--host", "127.0.0.1", "--reload_interval", "0"])
url = server.launch()


def get(path, body=None, **arguments):
    address = f"{url}data/{path}" + ("?" + urllib.parse.urlencode(arguments) if arguments else "")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = response.read()
    return answer if path.endswith("graph") else json.loads(answer)


runs = get("runs")
expect(set(runs) >= {"writer", "keras/train", "keras/validation", "trial"}, f"runs: {runs}")
for run in ("train", "validation"):
    scalars = [row for row in EXPECTED["batch"][run] if row["plugin"] == "scalars"]
    for tag in sorted({row["tag"] for row in scalars}):
        rows = [row for row in scalars if row["tag"] == tag]
        points = get("plugin/scalars/scalars", run=f"keras/{run}", tag=tag)
        expect([p[1] for p in points] == [row["step"] for row in rows], f"{tag}: {points}")
        if "per_second" not in tag:
            close([p[2] for p in points], [row["values"][0] for row in rows], 2e-6, tag)
histograms = get("plugin/histograms/histograms", run="writer", tag="weights")
expect([h[1] for h in histograms] == [0, 1, 300], f"histograms: {histograms}")
text = get("plugin/text/text", run="writer", tag="words")
expect("<strong>words</strong>" in text[0]["text"], f"text: {text}")
curves = get("plugin/pr_curves/pr_curves", run="writer", tag="curve/pr_curves")["writer"]
rows = np.reshape([row for row in EXPECTED["tensorflow"] if row["plugin"] == "pr_curves"][0]["values"], (6, 5))
# The server leaves out thresholds above all predictions.
expect(len(curves) == 1 and len(curves[0]["precision"]) == 4, f"PR curves: {curves}")
close(curves[0]["precision"], rows[4][:4], 1e-6, "precision")
close(curves[0]["recall"], rows[5][:4], 1e-6, "recall")
images = get("plugin/images/images", run="writer", tag="colours", sample=1)
with urllib.request.urlopen(f"{url}data/plugin/images/individualImage?{images[0]['query']}", timeout=60) as response:
    expect(response.headers["Content-Type"] == "image/png", f"images: {response.headers}")
    theirs = [row for row in EXPECTED["tensorflow"] if row["tag"] == "colours"][0]["pixels"][1]
    expect(pixels(response.read()) == theirs, "the second of two images")
for tag, start in [("loss", b"<svg "), ("other", b"<?xml ")]:
    figures = get("plugin/images/images", run="figures", tag=tag, sample=0)
    with urllib.request.urlopen(f"{url}data/plugin/images/individualImage?{figures[0]['query']}", timeout=60) as response:
        # TensorBoard up to 2.20 calls it image/svg+xml; later ones know pixels only.
        expect(response.read().startswith(start), f"the figure {tag}")
conceptual = get("plugin/graphs/graph", run="keras/train", tag="keras", conceptual="true").decode()
expect('name: "net/head"' in conceptual or "head" in conceptual, f"the graph of layers: {conceptual}")
graph = get("plugin/graphs/graph", run="keras/train", conceptual="false").decode()
expect('name: "conv/Conv2D"' in graph and 'input: "conv/kernel"' in graph, f"the graph: {graph}")
experiment = get("plugin/hparams/experiment", body={"experimentName": ""})
names = {info["name"] for info in experiment["hparamInfos"]}
expect(names == {"rate", "units", "optimizer", "bias", "augmented"}, f"hyperparameters: {names}")
tags = {(info["name"].get("group", ""), info["name"]["tag"]) for info in experiment["metricInfos"]}
expect({("", "val_loss"), ("train", "epoch_loss"), ("validation", "epoch_loss")} <= tags, f"metrics: {tags}")
metrics = [{"name": {"group": "", "tag": "val_loss"}}]
groups = get("plugin/hparams/session_groups", body={
    "experimentName": "", "allowedStatuses": ["STATUS_SUCCESS"], "colParams": [{"metric": m["name"]} for m in metrics],
    "sliceSize": 10})
values = [v["value"] for g in groups["sessionGroups"] for v in g.get("metricValues", []) if v["name"]["tag"] == "val_loss"]
points = get("plugin/scalars/scalars", run="trial", tag="val_loss")
expect(values == [points[-1][2]], f"the last value of the trial: {values}, expected {points[-1]}")
print(f"tensorboard reads every value: {checked} checks passed")
os._exit(0)
