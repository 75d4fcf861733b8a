"""Damaged files that other programs and other runs left: ONNX, TFLite, SavedModel, weights of PyTorch, Optuna's journals, event
files, folders of runs, backups; and exports of damaged models. Each mutant is a function of a random generator.
"""
import json
import shutil
import signal
import struct
import subprocess
import time
import zipfile
from pathlib import Path

from mutants import ROOT, changed_json, encoded, floats, mutated_array, mutated_bytes, npy, read_archive, write_archive, written

FORMS = {"onnx": 12, "tflite": 10, "saved_model": 6, "torch": 4, "journal": 8, "space": 5, "events": 3, "run": 6, "backup": 4,
         "export": 12}
TESTS = ROOT / "Tests"


# Protocol buffers

def varint(value):
    value &= 2**64 - 1
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def fields(data):
    """The fields of a message as [number, kind, value], or None where the bytes are none."""
    found, i = [], 0

    def number():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError

    try:
        while i < len(data):
            tag = number()
            kind = tag & 7
            if tag >> 3 == 0 or kind not in (0, 1, 2, 5):
                return None
            if kind == 0:
                found.append([tag >> 3, 0, number()])
                continue
            size = number() if kind == 2 else 8 if kind == 1 else 4
            if i + size > len(data):
                return None
            found.append([tag >> 3, kind, data[i:i + size]])
            i += size
    except (IndexError, ValueError):
        return None
    return found


def message(parts):
    data = b""
    for number, kind, value in parts:
        data += varint(number << 3 | kind)
        data += varint(value) if kind == 0 else varint(len(value)) + value if kind == 2 else value
    return data


def mutated_message(rng, data, depth=0):
    """Another message: one field, at any depth, has another value, comes twice, or is gone."""
    parts = fields(data)
    if not parts or depth > 12:
        return mutated_bytes(rng, data)
    i, action = rng.randrange(len(parts)), rng.random()
    number, kind, value = parts[i]
    if kind == 2 and value and (depth == 0 or action < 0.7):
        nested = fields(value)
        if nested and not (value.isascii() and rng.random() < 0.5):
            parts[i][2] = mutated_message(rng, value, depth + 1)
            return message(parts)
    if action < 0.1:
        del parts[i]
    elif action < 0.2:
        parts.insert(rng.randrange(len(parts) + 1), list(parts[i]))
    elif action < 0.3:
        other = rng.choice(parts)
        parts[i][1:] = other[1:]
    elif action < 0.35:
        parts[i][0] = rng.choice((1, 2, 3, 5, 7, 8, 9, 20))
    elif kind == 0:
        extremes = (0, 1, 2, 3, 7, 11, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
        parts[i][2] = rng.choice(extremes + (value + 1, value * 2, max(0, value - 1)))
    elif kind == 2:
        # Packed numbers and raw data; or a text.
        choices = [b"", b"\xff" * 10, value[:-1], value * 2, struct.pack("<q", rng.choice((-1, 0, 2**31, 2**62, -2**63))),
                   mutated_bytes(rng, value), b"".join(varint(rng.choice((0, 1, 3, 2**63 - 1, 2**64 - 1))) for _ in range(4))]
        parts[i][2] = rng.choice(choices)
    else:
        parts[i][2] = bytes(rng.randrange(256) for _ in value)
    return message(parts)


def mutated_words(rng, data):
    """Numbers of a FlatBuffer replaced, at places where they may stand."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        size = rng.choice((1, 2, 4, 4, 4))
        i = rng.randrange(len(data) // size) * size
        value = int.from_bytes(data[i:i + size], "little")
        value = rng.choice((0, 1, 2, 3, 8, 100, value + 1, value - 1, value * 2, value + 4, 2**31, 2**31 - 1, -1, -4, 2**16,
                            rng.getrandbits(8 * size)))
        data[i:i + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes(data)


# What mutants are made from

class Exchange:
    """What mutants are made from: files that a sound command writes, once, and those of the tests."""

    def __init__(self, martlet, folder):
        self.folder = Path(folder, "exchanged")
        self.folder.mkdir()
        self.martlet = martlet
        self.model = TESTS / "MartletNNTests/Fixtures/models/adam.keras"
        self.config = json.loads(read_archive(self.model.read_bytes())["config.json"])
        self.x = written(self.folder, "x.npy", floats([0.1 * (i % 13) - 0.5 for i in range(48)], [12, 4]))
        self.y = written(self.folder, "y.npy", floats([0.1 * (i % 7) for i in range(36)], [12, 3]))
        self.data = ["--x", self.x, "--y", self.y]
        self.models = [self.model] + [self.with_layer(name) for name in ("Conv", "LSTM", "Attention")]
        self.onnx, self.tflite, self.saved = [], [], []
        self.make_exports()
        self.read_fixtures()
        self.make_torch()
        self.make_runs()

    def path(self, name):
        return self.folder / name

    def do(self, *arguments):
        outcome = self.martlet.run(arguments)
        if outcome.kind != "done":
            raise SystemExit(f"Expected {arguments[0]} to work: {outcome.fault or outcome.error}")

    def with_layer(self, word):
        """A small model of the tests that has a layer whose name holds the word."""
        models = sorted((TESTS / "MartletExportTests/Fixtures/models").rglob("model.keras"))
        return next(m for m in models if word in read_archive(m.read_bytes())["config.json"].decode())

    def input_of(self, model):
        found = sorted(model.parent.glob("x*.npy"))
        return self.x if model == self.model else found[0] if len(found) == 1 else None

    def make_exports(self):
        for number, model in enumerate(self.models):
            x = self.input_of(model)
            kinds = [[], ["--quantize", "float16"]]
            if x:
                kinds.append(["--quantize", "int8", "--calibration", x])
            for kind, options in enumerate(kinds + ([["--quantize", "int16x8", "--calibration", x]] if x else [])):
                for ending in ("tflite", "onnx"):
                    path = self.path(f"{number}-{kind}.{ending}")
                    # A model that cannot be exported in some kind is no seed.
                    if self.martlet.run(["export", model, "--to", path, "--tolerance", "10"] + options).kind == "done":
                        getattr(self, ending).append((path.read_bytes(), x and x.read_bytes()))
            folder = self.path(f"{number}-saved")
            if self.martlet.run(["export", model, "--to", folder]).kind == "done":
                self.saved.append((folder, x))

    def read_fixtures(self):
        fixtures = TESTS / "MartletExportTests/Fixtures"
        for path in sorted((fixtures / "tflite").glob("*.tflite")):
            x = fixtures / "tflite" / ("sparse-x.npy" if path.stem == "sparse" else "x.npy")
            self.tflite.append((path.read_bytes(), x.read_bytes()))
        self.saved.append((fixtures / "tflite/saved", fixtures / "tflite/x.npy"))
        types = {1: "<f4", 2: "|u1", 3: "|i1", 6: "<i4", 7: "<i8", 9: "|b1", 11: "<f8"}
        with zipfile.ZipFile(fixtures / "onnx-nodes.zip") as archive:
            names = archive.namelist()
            for name in sorted(n for n in names if n.endswith("model.onnx")):
                test, arrays = name.rsplit("/", 1)[0], []
                for given in sorted(n for n in names if n.startswith(test + "/test_data_set_0/input_")):
                    parts = fields(archive.read(given)) or []
                    kind = next((v for n, _, v in parts if n == 2), 0)
                    shape = [v for n, k, v in parts if n == 1 and k == 0]
                    raw = next((v for n, _, v in parts if n == 9), None)
                    arrays.append(npy(types[kind], shape, raw) if kind in types and raw is not None else None)
                self.onnx.append((archive.read(name), arrays if arrays and all(arrays) else None))

    def make_torch(self):
        """The state dict of the model, as PyTorch names it, and its map."""
        layers = [layer["config"] for layer in self.config["config"]["layers"] if layer["class_name"] == "Dense"]
        sizes, header, blob, self.mapping = [4] + [layer["units"] for layer in layers], {}, b"", {}
        for number, layer in enumerate(layers):
            self.mapping[layer["name"]] = f"fc{number}"
            for name, shape in (("weight", [sizes[number + 1], sizes[number]]), ("bias", [sizes[number + 1]])):
                count = shape[0] * (shape[1] if len(shape) > 1 else 1)
                data = struct.pack(f"<{count}f", *[0.01 * i for i in range(count)])
                offsets = [len(blob), len(blob) + len(data)]
                header[f"fc{number}.{name}"] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
                blob += data
        self.tensors, self.blob = header, blob
        self.resnet = (TESTS / "MartletExportTests/Fixtures/torch/resnet18.safetensors").read_bytes()
        weights, mapping = self.written_torch(self.folder, json.dumps(header).encode()), self.path("map.json")
        mapping.write_text(json.dumps(self.mapping))
        self.do("import", weights, "--into", self.model, "--mapping", mapping, "--to", self.path("torch.keras"))

    def written_torch(self, folder, header):
        return written(folder, "weights.safetensors", struct.pack("<Q", len(header)) + header + self.blob)

    def make_runs(self):
        self.space = {"optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "log": True}, "batch_size": [4, 8],
                      "layers.dense.units": {"type": "int", "low": 2, "high": 8, "step": 2},
                      "layers.dense.activation": ["relu", "tanh"]}
        space = written(self.folder, "space.json", json.dumps(self.space).encode())
        # A space may ask for layers as large as the machine.
        self.tune = ["--epochs", "1", "--quiet", "--batch-size", "8", "--memory", "1024"] + self.data
        self.do("tune", self.model, "--space", space, "--study", self.path("s.journal"), "--trials", "6", *self.tune)
        self.journals = [(self.path("s.journal").read_bytes(), "search"),
                         ((TESTS / "MartletTunerTests/Fixtures/optuna.journal").read_bytes(), "digits ü")]
        self.do("fit", self.model, "--run", self.path("run"), "--epochs", "2", "--quiet", *self.data)
        events = TESTS / "MartletNNTests/Fixtures/events"
        files = sorted(events.glob("*.tfevents")) + sorted(self.path("run").rglob("events.out*"))
        self.events = [path.read_bytes() for path in files]
        backup = ["fit", self.model, "--backup", self.path("backup"), "--epochs", "1000000", "--seed", "7"] + self.data
        process = self.martlet.start(backup, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not self.path("backup/latest.weights.h5").exists():
            if time.monotonic() > end:
                raise SystemExit("Expected a backup within a minute.")
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()


# Mutants

def exchanged(rng, form, source, folder):
    """The commands of a mutant of one of `FORMS`, with its files in `folder`."""
    return globals()[f"{form}_commands"](rng, source, folder)


def model_commands(rng, path, arrays, folder):
    """What may be done with a model's file of another program."""
    given = [part for i, data in enumerate(arrays or []) for part in ("--x", written(folder, f"x{i}.npy", data))]
    sizes = rng.choice(("4", "9,7,3", "0", "-1", "99999999999,99999999999", "", ",", "x"))
    shape = rng.choice(([], [], ["--input-shape", sizes]))
    commands = [["summary", path], ["import", path, "--to", folder / "out.keras"] + shape,
                ["export", path, "--to", folder / rng.choice(("out.tflite", "out.onnx", "out"))] + shape]
    if given:
        commands += [["predict", path] + given + ["-o", folder / "out.npy"]] * 2
    return [rng.choice(commands)]


def onnx_commands(rng, source, folder):
    data, given = rng.choice(source.onnx)
    arrays = given if isinstance(given, list) or given is None else [given]
    data = mutated_message(rng, data) if rng.random() < 0.85 else mutated_bytes(rng, data)
    if rng.random() < 0.3:
        data = mutated_message(rng, data)
    if arrays and rng.random() < 0.15:
        arrays = list(arrays)
        i = rng.randrange(len(arrays))
        arrays[i] = mutated_array(rng, arrays[i])
    return model_commands(rng, written(folder, "m.onnx", data), arrays, folder)


def tflite_commands(rng, source, folder):
    data, x = rng.choice(source.tflite)
    data = mutated_words(rng, data) if rng.random() < 0.85 else mutated_bytes(rng, data)
    return model_commands(rng, written(folder, "m.tflite", data), [x] if x else None, folder)


def saved_model_commands(rng, source, folder):
    saved, x = rng.choice(source.saved)
    path = folder / "saved"
    shutil.copytree(saved, path)
    path.chmod(0o755)
    files = sorted(p for p in path.rglob("*") if p.is_file())
    target = rng.choice([path / "saved_model.pb"] * 3 + files)
    data = target.read_bytes()
    target.unlink()
    if rng.random() > 0.03:
        change = mutated_message if target.suffix == ".pb" and rng.random() < 0.85 else mutated_bytes
        target.write_bytes(change(rng, data))
    return model_commands(rng, path, [x.read_bytes()] if x else None, folder)


def torch_commands(rng, source, folder):
    header, mapping = json.dumps(source.tensors).encode(), dict(source.mapping)
    if rng.random() < 0.15:
        weights = written(folder, "w.safetensors", mutated_bytes(rng, source.resnet))
        return [["import", weights, "--network", rng.choice(("resnet18", "resnet34", "x")), "--to", folder / "out.keras"]]
    if rng.random() < 0.7:
        header = encoded(changed_json(rng, source.tensors, [source.config]))
    elif rng.random() < 0.5:
        header = mutated_bytes(rng, header)
    text = encoded(mapping if rng.random() < 0.6 else changed_json(rng, mapping, [source.config]))
    return [["import", source.written_torch(folder, header), "--into", source.model, "--mapping",
             written(folder, "map.json", text), "--to", folder / rng.choice(("out.keras", "out.h5"))]]


def tune_command(rng, source, folder, space, options):
    # Each option is fixed but one in ten, which is anything.
    def some(*choices):
        return rng.choice(choices[1:]) if rng.random() < 0.1 else choices[0]

    command = ["tune", source.model, "--space", space, "--trials", some("3", "7", "0", "8"),
               "--sampler", rng.choice(("tpe", "gp", "cmaes", "random", "quasi-random")),
               "--pruner", rng.choice(("none", "median", "asha", "hyperband"))] + source.tune + options
    return command + rng.choice(([], [], ["--report", folder / "page.html"], ["--workers", "2"], ["--take-over"],
                                 ["--timeout", "0.2"], ["--validation-split", "0.3"], ["--lookahead", "3"],
                                 ["--direction", "maximize"]))


def mutated_lines(rng, data, others):
    """A file of lines of JSON with lines that are changed, gone, twice, in another order, torn or of someone else."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        i, action = rng.randrange(len(lines)), rng.random()
        if action < 0.5:
            try:
                lines[i] = encoded(changed_json(rng, json.loads(lines[i]), others))
            except (ValueError, TypeError, RecursionError):
                lines[i] = rng.choice((b"{}", b"null", b"[]", b'{"op_code": 4}', b"\x00" * 20, b"1e999", b"[" * 5000))
        elif action < 0.6:
            del lines[i:i + rng.choice((1, 1, 3))]
        elif action < 0.7:
            lines.insert(rng.randrange(len(lines) + 1), lines[i])
        elif action < 0.8:
            j = rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
        elif action < 0.9:
            lines[i] = lines[i][:rng.randrange(len(lines[i]) + 1)]
        else:
            lines[i] = mutated_bytes(rng, lines[i])
        lines = lines or [b""]
    text = b"\n".join(lines)
    return text[:rng.randrange(len(text) + 1)] if rng.random() < 0.1 else text


def journal_commands(rng, source, folder):
    data, name = rng.choice(source.journals)
    others = [json.loads(line) for line in source.journals[0][0].splitlines()]
    journal = written(folder, "s.journal", mutated_lines(rng, data, others))
    space = source.path("space.json")
    options = ["--study", journal, "--name", name] + rng.choice(([], [], ["--save", folder / "best.keras"]))
    return [tune_command(rng, source, folder, space, options)]


def space_commands(rng, source, folder):
    space = encoded(changed_json(rng, source.space, [source.space, source.config]))
    space = mutated_bytes(rng, space) if rng.random() < 0.1 else space
    study = ["--study", folder / "s.journal"]
    options = rng.choice(([], [], study, study + ["--save", folder / "best.keras"]))
    return [tune_command(rng, source, folder, written(folder, "space.json", space), options)]


def events_commands(rng, source, folder):
    path = written(folder, "events.out.tfevents.1.x", mutated_bytes(rng, rng.choice(source.events)))
    return [["logs", rng.choice((path, folder))] + rng.choice(([], ["--csv"], ["--json"], ["--tags"], ["--tag", "*loss*"]))]


def run_commands(rng, source, folder):
    run = folder / "run"
    shutil.copytree(source.path("run"), run)
    files = sorted(p for p in run.rglob("*") if p.is_file() and p.suffix != ".html")
    for target in rng.sample(files, rng.choice((1, 1, 2))):
        data = target.read_bytes()
        if target.suffix in (".json", ".jsonl") and rng.random() < 0.8:
            target.write_bytes(mutated_lines(rng, data, [source.config]))
        elif rng.random() < 0.05:
            target.unlink()
        else:
            target.write_bytes(mutated_bytes(rng, data))
    resume = ["fit", source.model, "--run", run, "--resume", "--epochs", "3", "--quiet"] + source.data
    both = ["report", run, source.path("run"), "-o", folder / "page.html"]
    return [rng.choice((["report", run], both, ["watch", run, "--once"], resume, resume))]


def backup_commands(rng, source, folder):
    backup = folder / "backup"
    shutil.copytree(source.path("backup"), backup)
    for target in sorted(backup.iterdir()):
        target.write_bytes(mutated_bytes(rng, target.read_bytes()))
    return [["fit", source.model, "--backup", backup, "--epochs", "2", "--seed", "7", "--quiet"] + source.data]


def export_commands(rng, source, folder):
    """A model, mostly with another configuration, as a file for other programs."""
    model, x = rng.choice([(m, source.input_of(m)) for m in source.models])
    entries = read_archive(model.read_bytes())
    config = json.loads(entries["config.json"])
    if rng.random() < 0.7:
        entries["config.json"] = encoded(config | {"config": changed_json(rng, config["config"], [config, source.config])})
    elif rng.random() < 0.4:
        entries["model.weights.h5"] = mutated_bytes(rng, entries["model.weights.h5"])
    path = written(folder, "m.keras", write_archive(entries))
    command = ["export", path, "--to", folder / rng.choice(("out.tflite", "out.onnx", "out"))]
    kind = rng.choice((None, None, "float16", "dynamic", "int8", "int8", "int16x8", "x"))
    command += ["--quantize", kind] if kind else []
    if x and (kind in ("int8", "int16x8") or rng.random() < 0.1):
        data = x.read_bytes() if rng.random() < 0.6 else mutated_array(rng, x.read_bytes())
        command += ["--calibration", written(folder, "x.npy", data)]
        if rng.random() < 0.2:
            command += ["--max-accuracy-drop", rng.choice(("0.01", "5%", "0", "-1", "nan", "x", "1e400"))]
            command += ["--y", written(folder, "y.npy", mutated_array(rng, floats([0, 1] * 6, [12])))]
    if rng.random() < 0.2:
        command += ["--tolerance", rng.choice(("10", "0", "-1", "nan", "inf", "1e-30"))]
    if rng.random() < 0.1:
        command += ["--input-shape", rng.choice(("4", "9,7,3", "0", "-1", "99999999999", "2147483647,2147483647", "", ","))]
    return [command + rng.choice(([], ["--json"]))]
