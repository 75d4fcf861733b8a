#!/usr/bin/env python3
"""Tortures the command line: damaged files, absurd options, full disks, kills. Needs Python 3.9 and nothing else.

    scripts/torture.py --cli .build/release/martlet [--minutes 10] [--seed 1] [--mutants N] [--keep FOLDER] [STAGE ...]

The stages are mutants, options, disk and kills; all of them by default. Mutants take the time that is left, or come to N. Each
mutant is a function of the seed and its number, so a run can be repeated, and one mutant alone with --number.

A command must end within 60 seconds and the memory limit, with code 0, or with code 1 and an `error:` line as the last one on
standard error. Everything else is a fault: a signal, a report of a sanitizer, a missing line, a half-written file. The inputs
of faults are kept with their commands, and the program ends with code 1.
"""
import argparse
import collections
import concurrent.futures
import gzip
import io
import json
import math
import os
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
EXTREMES = [-1, 0, 1, 2, 7, 2**31, 2**32 + 1, 2**53, 2**63 - 1, -2**63, 2**64, 1e-300, 1e308, 0.5, -0.5, float("nan"), float("inf")]
WORDS = ["", "x", "mse", "Dense", "float32", "none", "same", "é" * 50, "a" * 3000, "../../x", "\x00"]


# Running one command

class Outcome:
    """What became of one command: `kind` is a word for the counts; `fault` says what is wrong, or is None."""

    def __init__(self, kind, fault=None, error="", seconds=0.0, mebibytes=0.0):
        self.kind, self.fault, self.error, self.seconds, self.mebibytes = kind, fault, error, seconds, mebibytes


def fatal_line(text):
    """The first line that names a reason, with numbers and paths taken out, so that equal reasons count together."""
    for pattern in (r"SUMMARY: .*", r"Martlet: .*", r"Fatal error: .*", r".*[Oo]ut of memory.*", r".*terminat.*"):
        found = re.search(pattern, text)
        if found:
            return re.sub(r'"[^"]*"|\[[^\]]*\]|/[\w./-]+|-?\d[\d.e+-]*', "#", found[0])[:160]
    return (text.strip().splitlines() or ["nothing on standard error"])[-1][:160]


def judged(code, error, limit=None):
    if limit:
        return Outcome(limit.split()[0], limit, error)
    if code < 0:
        return Outcome("signal", f"{signal.Signals(-code).name}: {fatal_line(error)}", error)
    if code == 99:
        return Outcome("sanitizer", fatal_line(error), error)
    lines = error.strip().splitlines()
    if code in (1, 64):
        if not lines or not lines[-1].startswith("error: "):
            return Outcome("no line", f"code {code}, and the last line is no error: {fatal_line(error)}", error)
        if len(lines[-1]) > 4000:
            return Outcome("long line", f"an error line of {len(lines[-1])} characters", error)
        return Outcome("refused" if code == 1 else "usage", None, error)
    if code != 0:
        return Outcome("code", f"exit code {code}: {fatal_line(error)}", error)
    return Outcome("done", None, error)


class Martlet:
    def __init__(self, path, mebibytes):
        self.path, self.mebibytes = str(Path(path).resolve()), mebibytes
        options = "exitcode=99:abort_on_error=0:detect_leaks=0:allocator_may_return_null=1:handle_sigill=0"
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", MARTLET_NUM_THREADS="2", ASAN_OPTIONS=options)

    def start(self, arguments, **others):
        return subprocess.Popen([self.path] + [str(a) for a in arguments], env=self.environment, stdin=subprocess.DEVNULL, **others)

    def run(self, arguments, stdout=subprocess.DEVNULL, prepare=None):
        with tempfile.TemporaryFile() as errors:
            process = self.start(arguments, stdout=stdout, stderr=errors, preexec_fn=prepare)
            begun, limit, most = time.monotonic(), None, 0.0
            while process.poll() is None:
                most = max(most, resident(process.pid))
                if time.monotonic() - begun > SECONDS:
                    limit = f"hang of over {SECONDS} s: {arguments[0]}"
                elif most > self.mebibytes:
                    limit = f"memory above {self.mebibytes} MiB: {arguments[0]}"
                if limit:
                    process.kill()
                    process.wait()
                    break
                time.sleep(0.01)
            errors.seek(0)
            outcome = judged(process.returncode, errors.read().decode("utf-8", "replace"), limit)
        outcome.seconds, outcome.mebibytes = time.monotonic() - begun, most
        return outcome


def resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0


# Files

def npy(dtype, shape, data, version=(1, 0), order=False):
    text = repr({"descr": dtype, "fortran_order": order, "shape": tuple(shape)})
    head = text.encode("latin1", "replace").ljust(((len(text) + 75) // 64) * 64 - 11) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(head)) + head + data


def floats(values, shape):
    return npy("<f4", shape, struct.pack(f"<{len(values)}f", *values))


def npy_shape(data):
    found = re.search(rb"'shape': \(([^)]*)\)", data[:500])
    return [int(n) for n in found[1].split(b",") if n.strip()] if found else []


def read_archive(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_archive(entries):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()


class Seed:
    """A model with data that fits it: bytes by file name, `x0.npy`, `y0.npy`, ..."""

    def __init__(self, name, model, x, y):
        self.name, self.model, self.x, self.y = name, model, x, y
        self.ending = Path(name).suffix
        self.json = json.loads(read_archive(model)["config.json"]) if self.ending == ".keras" else None


def inputs_for(config):
    """Data for a model that came without: from the shapes of its input layers."""
    shapes = re.findall(r'"(?:batch_shape|batch_input_shape)": \[null, ([\d, ]*)\]', json.dumps(config))
    shapes = [[4] + [int(n) for n in text.split(",") if n.strip()] for text in dict.fromkeys(shapes)]
    return [floats([0.1 * (i % 7) for i in range(math.prod(shape))], shape) for shape in shapes[:1] if math.prod(shape) < 10000]


def seeds(martlet, corpus, folder):
    found = []
    for meta in sorted(corpus.glob("public/*/*/meta.json")) if corpus else []:
        case = meta.parent
        model = next((p for p in (case / "model.keras", case / "model.h5") if p.exists()), None)
        if model and model.stat().st_size < 100_000:
            x, y = ([p.read_bytes() for p in sorted(case.glob(f"{c}*.npy")) if re.fullmatch(c + r"\d*", p.stem)] for c in "xy")
            found.append(Seed(model.name, model.read_bytes(), x, y))
    for path in sorted((ROOT / "Tests/MartletNNTests/Fixtures").rglob("*")):
        if path.suffix not in (".keras", ".h5") or path.name.endswith(".weights.h5") or path.stat().st_size > 100_000:
            continue
        seed = Seed(path.name, path.read_bytes(), [], [])
        seed.x = inputs_for(seed.json) if seed.json else []
        out = Path(folder, "probe.npy")
        if seed.x and martlet.run(["predict", path, "--x", written(folder, "probe-x.npy", seed.x[0]), "-o", out]).kind == "done":
            seed.y = [out.read_bytes()]
        found.append(seed)
    return found


def written(folder, name, data):
    path = Path(folder, name)
    path.write_bytes(data)
    return path


# Mutants

def places(node, path=()):
    """All places in JSON, as paths."""
    yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(value, path + (key,))


def at(node, path):
    for key in path:
        node = node[key]
    return node


def mutated_json(rng, config, others):
    config = json.loads(json.dumps(config))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        part = rng.choice(("config", "config", "compile_config"))
        root = config.get(part) if isinstance(config, dict) else None
        root = config if root is None else root
        path = rng.choice([p for p in places(root) if p] or [None])
        if path is None:
            continue
        parent, key = at(root, path[:-1]), path[-1]
        value, action = parent[key], rng.random()
        if action < 0.1 and isinstance(parent, dict):
            del parent[key]
        elif action < 0.2 and isinstance(parent, list):
            parent.insert(key, json.loads(json.dumps(value)))
        elif action < 0.5 and isinstance(value, (int, float)) and not isinstance(value, bool):
            parent[key] = rng.choice(EXTREMES + [value + 1, value - 1, -value, value * 1000, [value, value], str(value)])
        elif action < 0.8:
            other = rng.choice(others)
            same = [p for p in places(other) if p and p[-1] == key]
            parent[key] = json.loads(json.dumps(at(other, rng.choice(same)))) if same else rng.choice(WORDS)
        else:
            parent[key] = rng.choice(EXTREMES + WORDS + [None, True, False, [], {}, [None], [value], {"class_name": value}, [[[]]]])
    return json.dumps(config).encode("utf-8", "surrogatepass")


def mutated_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 30))):
        if not data:
            break
        i, action = rng.randrange(len(data)), rng.random()
        if action < 0.4:
            data[i] ^= 1 << rng.randrange(8)
        elif action < 0.6:
            data[i] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif action < 0.75:
            field = rng.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, rng.getrandbits(64)))
            data[i:i + 8] = struct.pack("<Q", field)
        elif action < 0.85:
            del data[i:i + rng.choice((1, 4, 100))]
        elif action < 0.95:
            data[i:i] = data[rng.randrange(len(data)):][:rng.choice((1, 8, 200))]
        else:
            del data[i:]
    return bytes(data)


def mutated_array(rng, data):
    """Another array of numbers, well formed but not what was asked for; or damaged bytes."""
    if rng.random() < 0.3:
        return mutated_bytes(rng, data)
    shape = npy_shape(data)
    for _ in range(rng.choice((0, 1, 1, 2))):
        i = rng.randrange(len(shape) + 1)
        change = rng.random()
        if change < 0.3:
            shape.insert(i, rng.choice((1, 1, 2, 0)))
        elif change < 0.6 and shape:
            del shape[min(i, len(shape) - 1)]
        elif shape:
            shape[min(i, len(shape) - 1)] = rng.choice((0, 1, 2, 3, 5, 17))
    count = math.prod(shape)
    if count > 1_000_000:
        return mutated_bytes(rng, data)
    letter, most = rng.choice((("f", None), ("f", None), ("d", None), ("q", 2**63 - 1), ("i", 2**31 - 1), ("B", 255), ("?", 1)))
    odd = rng.choice((0.02, 0.3))
    values = []
    for _ in range(count):
        value = rng.choice((0, 1, 2, 3, rng.random()))
        if rng.random() < odd:
            value = rng.choice((float("nan"), float("inf"), 1e30, -1, 2**31, 2**63 - 1) if most is None else (most, most // 2, 9, -1))
        values.append(value if most is None else max(0 if letter in "B?" else -most, min(most, int(value))))
    name = {"f": "<f4", "d": "<f8", "q": "<i8", "i": "<i4", "B": "|u1", "?": "|b1"}[letter]
    return npy(name, shape, struct.pack(f"<{count}{letter}", *values))


LOSSES = ["mse", "mae", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "hinge", "kl_divergence",
          "cosine_similarity", "huber", "poisson", "ctc", "dice", "categorical_focal_crossentropy", "circle", "none", "nonsense"]
METRICS = ["accuracy", "auc", "precision", "recall", "mae", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy",
           "f1_score", "r2_score", "cosine_similarity", "mean_io_u", "pearson_correlation", "hinge", "binary_accuracy", "nonsense"]


def mutant(number, args, pool, folder):
    """Files of mutant `number` in `folder`, and the commands to run on them."""
    rng = random.Random(f"{args.seed}/{number}")
    form = rng.choices(("config", "weights", "archive", "data", "options", "images"), (45, 8, 12, 20, 10, 5))[0]
    if form == "images":
        return form, [image_command(rng, folder)]
    seed = rng.choice([s for s in pool if form not in ("data", "options") or s.y])
    model, x, y = seed.model, list(seed.x), list(seed.y)
    if form in ("config", "weights") and seed.json is not None:
        entries = read_archive(model)
        name = "config.json" if form == "config" else "model.weights.h5"
        others = [s.json for s in pool if s.json is not None]
        entries[name] = mutated_json(rng, seed.json, others) if form == "config" else mutated_bytes(rng, entries[name])
        model = write_archive(entries)
    elif form in ("config", "weights", "archive"):
        model = mutated_bytes(rng, model)
    elif form == "data":
        which = rng.choice((x, y))
        i = rng.randrange(len(which))
        which[i] = mutated_array(rng, which[i])
    path = written(folder, f"model{seed.ending}", model)
    given_x = [part for i, data in enumerate(x) for part in ("--x", written(folder, f"x{i}.npy", data))]
    data = given_x + [part for i, array in enumerate(y) for part in ("--y", written(folder, f"y{i}.npy", array))]
    choices = []
    if form == "options" or rng.random() < 0.3:
        choices = rng.choice((["--loss", rng.choice(LOSSES)], ["--metrics", ",".join(rng.sample(METRICS, 2))],
                              ["--loss", rng.choice(LOSSES), "--metrics", rng.choice(METRICS)], ["--no-compile", "--loss", "mse"]))
        if form == "options" and rng.random() < 0.3:
            choices += ["--sample-weight", written(folder, "w.npy", mutated_array(rng, y[0]))]
    if rng.random() < 0.2:
        choices += ["--batch-size", str(rng.choice((1, 3, 2**31, 2**63 - 1)))]
    commands = [["summary", path]]
    if x:
        commands.append(["predict", path] + given_x)
    if x and y:
        commands += [["evaluate", path] + data + choices]
        commands += [["fit", path, "--save", Path(folder, "out.keras")] + data + choices + rng.choice(([], ["--optimizer", "adam"]))]
    return form, rng.sample(commands, min(2, len(commands)))


def image_command(rng, folder):
    files = {}
    for part, count in (("train", 12), ("t10k", 6)):
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">IIII", 0x803, count, 12, 12) + bytes(range(144)) * count
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count))
    for name in rng.sample(sorted(files), rng.choice((1, 1, 2))):
        files[name] = mutated_bytes(rng, files[name])
    for name, data in files.items():
        if rng.random() < 0.4:
            data, name = gzip.compress(data, mtime=0), name + ".gz"
            data = mutated_bytes(rng, data) if rng.random() < 0.3 else data
        written(folder, name, data)
    return ["demo", "--data", folder, "--model", "mlp", "--epochs", "1", "--output", Path(folder, "out")]


# Stages

class Run:
    def __init__(self, args):
        self.args, self.martlet = args, Martlet(args.cli, args.memory)
        self.counts, self.faults = collections.defaultdict(collections.Counter), collections.defaultdict(list)
        self.slowest, self.largest = (0.0, ""), (0.0, "")
        self.end = time.monotonic() + args.minutes * 60
        self.scratch = Path(tempfile.mkdtemp(prefix="martlet-torture-"))
        self.pool = seeds(self.martlet, args.corpus, self.scratch)
        if not any(seed.y for seed in self.pool):
            sys.exit("Expected models with data, of Tests/MartletNNTests/Fixtures or of --corpus. Found none.")

    def note(self, stage, outcome, arguments, folder=None, name=""):
        self.counts[stage][outcome.kind] += 1
        self.slowest = max(self.slowest, (outcome.seconds, f"{stage} {name} {arguments[0]}"))
        self.largest = max(self.largest, (outcome.mebibytes, f"{stage} {name} {arguments[0]}"))
        if outcome.fault is None:
            return
        kept = self.args.keep / f"{stage}-{name or sum(map(len, self.faults.values()))}".replace("/", "-")
        if folder and not kept.exists():
            shutil.copytree(folder, kept, ignore_dangling_symlinks=True)
        kept.mkdir(parents=True, exist_ok=True)
        line = " ".join(str(a).replace(str(folder), str(kept)) if folder else str(a) for a in arguments)
        with open(kept / "command.txt", "a") as file:
            file.write(f"martlet {line}\n{outcome.fault}\n{outcome.error[:4000]}\n")
        self.faults[f"{stage}: {outcome.fault}"].append(kept)

    def check(self, stage, condition, fault, arguments, name=""):
        """Counts one more thing that must hold."""
        self.note(stage, Outcome("held") if condition else Outcome("broken", fault), arguments, name=name)

    def mutants(self):
        def one(number):
            folder = self.scratch / str(number)
            folder.mkdir()
            form, commands = mutant(number, self.args, self.pool, folder)
            results = [(form, self.martlet.run(command), command) for command in commands]
            return number, folder, results

        first = self.args.number if self.args.number is not None else 0
        last = first + (1 if self.args.number is not None else self.args.mutants or 10**9)
        waiting, number = set(), first
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as workers:
            while waiting or number < last:
                while number < last and len(waiting) < 2 * self.args.jobs:
                    if not self.args.mutants and self.args.number is None and time.monotonic() > self.end:
                        last = number
                        break
                    waiting.add(workers.submit(one, number))
                    number += 1
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    index, folder, results = future.result()
                    for form, outcome, command in results:
                        self.note(f"mutants of {form}", outcome, command, folder, str(index))
                    shutil.rmtree(folder)

    def job(self):
        """A model that trains for long, with its data, as arguments."""
        seed = next(s for s in self.pool if s.json is not None and len(s.x) == len(s.y) == 1)
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        x, y = (written(folder, f"{c}.npy", data) for c, data in (("x", seed.x[0]), ("y", seed.y[0])))
        return folder, written(folder, "model.keras", seed.model), ["--x", x, "--y", y]

    def options(self):
        folder, model, data = self.job()
        out = folder / "out"
        demo = ["demo", "--data", "digits", "--model", "mlp", "--output", out]
        bases = {
            "summary": (["summary", model], ["--width"]),
            "predict": (["predict", model] + data[:2], ["--batch-size"]),
            "evaluate": (["evaluate", model] + data, ["--batch-size"]),
            "fit": (["fit", model] + data, ["--batch-size", "--epochs", "--seed", "--validation-split", "--early-stopping",
                                            "--learning-rate"]),
            "demo": (demo, ["--batch-size", "--epochs", "--seed", "--learning-rate", "--limit"]),
        }
        values = ["-1", "0", "1", "40", str(2**31), str(2**63 - 1), str(-2**63), str(2**63), "99999999999", "nan", "inf", "-inf",
                  "1e400", "1e-400", "", " ", "0x10", "१"]
        for command, (base, names) in bases.items():
            for name in names:
                for value in values:
                    if name == "--epochs" and value.isascii() and value.isdigit() and int(value) > 40:
                        continue  # it would train for ever, as asked
                    arguments = base + [f"{name}={value}"]
                    if command == "demo":
                        arguments += [] if name == "--limit" else ["--limit=40"]
                        arguments += [] if name == "--epochs" else ["--epochs=1"]
                    self.note("options", self.martlet.run(arguments), arguments, name=f"{command}{name}={value}")

    def disk(self):
        folder, model, data = self.job()
        predict, fit = ["predict", model] + data[:2], ["fit", model] + data
        commands = [["--help"], ["--version"], ["fit", "--help"], ["doctor"], ["doctor", "--json"], ["summary", model], predict,
                    ["evaluate", model] + data, ["evaluate", model, "--json"] + data, fit,
                    ["demo", "--data", "digits", "--model", "mlp", "--limit", "40", "--epochs", "1", "--output", folder / "demo"]]
        for number, arguments in enumerate(commands):
            with open("/dev/full", "wb") as full:
                outcome = self.martlet.run(arguments, stdout=full)
            self.note("disk", outcome, arguments, name=f"full-{number}")
            self.check("disk", outcome.kind == "refused", f"/dev/full as output: {outcome.kind}", arguments, f"full-{number}")
            reading, writing = os.pipe()
            os.close(reading)
            outcome = self.martlet.run(arguments, stdout=writing)
            os.close(writing)
            self.note("disk", outcome, arguments, name=f"pipe-{number}")
            self.check("disk", outcome.kind == "refused", f"a closed pipe as output: {outcome.kind}", arguments, f"pipe-{number}")
        targets = [(predict + ["-o"], "out.npy"), (fit + ["--save"], "out.keras"), (fit + ["--save"], "out.h5"),
                   (fit + ["--history"], "history.json")]
        for base, name in targets:
            for size in (0, 1, 100, 4096, 1 << 40):
                place = Path(tempfile.mkdtemp(dir=folder))
                self.kept_whole(base, place / name, f"{name}-{size}", lambda: limit_files(size))
            self.kept_whole(base, Path("/dev/full"), f"{name}-device")
            place = Path(tempfile.mkdtemp(dir=folder))
            place.chmod(stat.S_IRUSR | stat.S_IXUSR)
            self.kept_whole(base, place / name, f"{name}-read-only")
            place.chmod(stat.S_IRWXU)
            place = Path(tempfile.mkdtemp(dir=folder))
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place], stderr=subprocess.DEVNULL).returncode == 0:
                try:
                    self.kept_whole(base, place / name, f"{name}-tmpfs")
                    written(place, "filler", b"x" * 4096)
                    self.kept_whole(base, place / name, f"{name}-full-tmpfs")
                finally:
                    subprocess.run(["umount", place])
            else:
                self.counts["disk"]["no tmpfs here"] += 1

    def kept_whole(self, base, target, name, prepare=None):
        """The old file stays as it was, or the new one is whole; nothing else is left in the folder."""
        arguments = base + [target]
        old = b"old" if target.parent != Path("/dev") else None
        if old and os.access(target.parent, os.W_OK):
            target.write_bytes(old)
        before = set(os.listdir(target.parent))
        outcome = self.martlet.run(arguments, prepare=prepare)
        self.note("disk", outcome, arguments, name=name)
        if old is None:
            self.check("disk", outcome.kind == "refused", f"{target} as a file: {outcome.kind}", arguments, name)
            return
        new = target.read_bytes() if target.exists() else b""
        if outcome.kind == "done":
            self.check("disk", new != old and self.is_whole(target), "code 0, and the file is not whole", arguments, name)
        else:
            self.check("disk", new in (old, b""), "an error, and the old file is gone", arguments, name)
        self.check("disk", set(os.listdir(target.parent)) <= before | {target.name}, "a temporary file is left", arguments, name)

    def is_whole(self, path):
        if path.suffix == ".json":
            try:
                return isinstance(json.loads(path.read_text()), dict)
            except ValueError:
                return False
        if path.suffix == ".npy":
            return path.read_bytes()[:6] == b"\x93NUMPY"
        return self.martlet.run(["summary", path]).kind == "done"

    def kills(self):
        rng = random.Random(f"{self.args.seed}/kills")
        count = self.args.kills
        for number in range(count):
            folder, model, data = self.job()
            out, history = folder / "out.keras", folder / "history.json"
            shutil.copy(model, out)
            sent = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 4]
            epochs = rng.choice((3, 1000000))
            arguments = ["fit", model, "--epochs", epochs, "--save", out, "--history", history] + data
            with tempfile.TemporaryFile() as errors:
                process = self.martlet.start(arguments, stdout=subprocess.DEVNULL, stderr=errors)
                time.sleep(rng.uniform(0.05, 1.5))
                process.send_signal(sent)
                try:
                    code = process.wait(SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    code = None
                errors.seek(0)
                error = errors.read().decode("utf-8", "replace")
            name = f"{sent.name}-{number}"
            # Before training the signal has its usual effect.
            allowed = {0, -sent, 128 + sent}
            self.check("kills", code in allowed, f"{sent.name}: code {code}: {fatal_line(error)}", arguments, name)
            self.check("kills", self.is_whole(out), f"{sent.name}: the saved model is not whole", arguments, name)
            self.check("kills", not history.exists() or self.is_whole(history), f"{sent.name}: half a history", arguments, name)
            if code == 128 + sent:
                last = (error.strip().splitlines() or [""])[-1]
                self.check("kills", last.startswith("error: ") and "out.keras" in last and history.exists(),
                           f"{sent.name}: not said or not saved: {last[:100]}", arguments, name)
            shutil.rmtree(folder)

    def report(self):
        print("\nstage                    outcome: count")
        for stage, counts in sorted(self.counts.items()):
            print(f"{stage:24} " + ", ".join(f"{kind}: {count}" for kind, count in counts.most_common()))
        print(f"slowest: {self.slowest[0]:.1f} s ({self.slowest[1]}); largest: {self.largest[0]:.0f} MiB ({self.largest[1]})")
        total = sum(map(len, self.faults.values()))
        print(f"{total} faults of {len(self.faults)} kinds, seed {self.args.seed}" + (f", kept in {self.args.keep}" if total else ""))
        for fault, kept in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            print(f"{len(kept):6}  {fault}\n        {kept[0]}")
        shutil.rmtree(self.scratch, ignore_errors=True)
        return 1 if total else 0


def limit_files(size):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, help="this many mutants, whatever the time")
    parser.add_argument("--number", type=int, help="only this mutant")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--memory", type=int, default=2048, help="the limit for a command, in MiB")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--corpus", type=Path, default=ROOT / "../shared/conformance")
    parser.add_argument("--keep", type=Path, default=ROOT / ".build-torture", help="the folder for inputs of faults")
    args = parser.parse_args()
    stages = args.stages or ["disk", "options", "kills", "mutants"]
    unknown = set(stages) - {"disk", "options", "kills", "mutants"}
    if unknown:
        parser.error(f"expected disk, options, kills or mutants. Received: {', '.join(unknown)}")
    args.corpus = args.corpus if args.corpus.exists() else None
    run = Run(args)
    for stage in stages:
        print(f"{stage} ...", flush=True)
        getattr(run, stage)()
    sys.exit(run.report())


if __name__ == "__main__":
    main()
