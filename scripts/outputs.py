"""The stage `disk` of torture.py: every subcommand with streams that are closed or full, and every file and folder that one
writes where it cannot be written.
"""
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from mutants import crc32c, png_chunk, written

STREAMS = {"no input": (0,), "no errors": (2,), "no stream": (0, 1, 2)}


def limit_files(size):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def close(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def empty(folder):
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def is_whole(martlet, path):
    """Whether a file that the command wrote is not a half one, as far as its kind shows it."""
    if not path.is_file():
        return False
    data = path.read_bytes()
    if path.suffix == ".json":
        try:
            return isinstance(json.loads(data), dict)
        except ValueError:
            return False
    if path.suffix == ".html":
        return data.endswith(b"</html>\n")
    if path.suffix == ".svg":
        return data.endswith(b"</svg>\n")
    if path.suffix == ".npy":
        return data[:6] == b"\x93NUMPY"
    if path.suffix == ".png":
        return data.endswith(b"IEND\xaeB`\x82")
    if path.suffix == ".journal":
        return data.endswith(b"\n") and all(isinstance(json.loads(line), dict) for line in data.splitlines())
    if path.suffix in (".keras", ".onnx", ".tflite") or path.suffix == ".h5" and not path.name.endswith(".weights.h5"):
        return martlet.run(["summary", path]).kind == "done"
    return True


class Outputs:
    """What the commands read, and the checks. `run` is the torture, which counts."""

    def __init__(self, run):
        self.run, self.martlet = run, run.martlet
        self.folder, self.model, self.data = run.job()
        self.x = self.data[:2]
        self.make_sources()

    def path(self, name):
        return self.folder / name

    def make_sources(self):
        written(self.folder, "space.json", b'{"batch_size": [2, 3]}')
        written(self.folder, "t.csv", b"a,b\n1,2\n3,4\n")
        length = struct.pack("<Q", 4)
        written(self.folder, "a.tfrecord", length + crc32c(length) + b"\x0a\x02\x0a\x00" + crc32c(b"\x0a\x02\x0a\x00"))
        self.path("images/class").mkdir(parents=True)
        head = struct.pack(">IIBBBBB", 4, 3, 8, 2, 0, 0, 0)
        parts = [(b"IHDR", head), (b"IDAT", zlib.compress((b"\x00" + b"\x80" * 12) * 3)), (b"IEND", b"")]
        written(self.path("images/class"), "0.png", b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts))
        for made in (["export", self.model, "--to", self.path("seed.onnx")],
                     ["fit", self.model, "--quiet", "--run", self.path("watched")] + self.data):
            outcome = self.martlet.run(made)
            self.run.note("disk", outcome, made, name="made")
            if outcome.kind != "done":
                raise SystemExit(f"Expected {made[0]} to work: {outcome.fault or outcome.error}")

    def writers(self):
        """Commands that write, by what they write: the arguments before the place, a name for it. Folders end in a slash."""
        fit, export, tune = ["fit", self.model] + self.data, ["export", self.model, "--to"], self.tune()
        study = ["--study", self.path("kept.journal")]
        return [
            (["predict", self.model] + self.x + ["-o"], "out.npy"),
            (fit + ["--save"], "out.keras"), (fit + ["--save"], "out.h5"), (fit + ["--history"], "history.json"),
            (fit + ["--run"], "run/"), (fit + ["--tensorboard"], "events/"),
            (fit + ["--backup"], "backup/"), (self.demo() + ["--output"], "demo/"), (self.demo() + ["--run"], "run/"),
            (export, "out.onnx"), (export, "out.tflite"), (export, "saved/"),
            (["import", self.path("seed.onnx"), "--to"], "out.keras"), (["import", self.path("seed.onnx"), "--to"], "out.h5"),
            (["data", self.path("images"), "--sheet"], "sheet.png"),
            (["report", self.path("watched"), "-o"], "page.html"),
            (tune + ["--report"], "page.html"), (tune + study + ["--save"], "out.keras"), (tune + ["--study"], "new.journal"),
        ]

    def tune(self):
        return ["tune", self.model, "--space", self.path("space.json"), "--trials=2", "--epochs=1"] + self.data

    def demo(self):
        return ["demo", "--data", "digits", "--model", "mlp", "--limit", "40", "--epochs", "1"]

    def printers(self):
        """Commands that print, by name. Each is run anew in a folder that stands for `OUT`."""
        watched = self.path("watched")
        commands = {
            "summary": [["summary", self.model]],
            "predict": [["predict", self.model] + self.x],
            "evaluate": [["evaluate", self.model] + self.data, ["evaluate", self.model, "--json"] + self.data],
            "fit": [["fit", self.model] + self.data, ["fit", self.model, "--run", "OUT/run"] + self.data],
            "tune": [self.tune(), self.tune() + ["--quiet", "--study", "OUT/s.journal"]],
            "export": [["export", self.model, "--to", "OUT/out.onnx"], ["export", self.model, "--to", "OUT/out", "--json"]],
            "import": [["import", self.path("seed.onnx"), "--to", "OUT/out.keras"]],
            "data": [["data", self.path("t.csv")], ["data", self.path("a.tfrecord"), "--json"], ["data", self.path("images")]],
            "watch": [["watch", watched, "--once"], ["watch", watched]],
            "report": [["report", watched, "-o", "OUT/page.html"]],
            "logs": [["logs", watched], ["logs", watched, "--csv"], ["logs", watched, "--json"], ["logs", watched, "--tags"]],
            "run": [["run", "-n", "1", "--", self.martlet.path, "summary", self.model]] if shutil.which("mpirun") else [],
            "demo": [self.demo() + ["--output", "OUT/demo"]],
            "doctor": [["doctor"], ["doctor", "--json"]],
        }
        # Those that the command has, so that a new one cannot be left out.
        text = subprocess.run([self.martlet.path, "--help"], capture_output=True, text=True).stdout
        names = re.findall(r"^  ([a-z][a-z-]+)  +\S", text[text.index("SUBCOMMANDS"):], re.MULTILINE)
        self.run.check("disk", set(names) == set(commands), f"other subcommands: {names}", ["--help"], "subcommands")
        return [["--help"], ["--version"]] + [c for n in names for c in [[n, "--help"]] + commands.get(n, [])]

    def check(self, condition, fault, arguments, name):
        self.run.check("disk", condition, fault, arguments, name)

    def all(self):
        for number, command in enumerate(self.printers()):
            self.streams(command, number)
        for base, name in self.writers():
            self.places(base, name)
        self.one_file_for_two()

    # Streams

    def streams(self, command, number):
        """A command that prints: what cannot be printed is an error, and what is not needed may be missing."""
        def anew():
            out = tempfile.mkdtemp(dir=self.folder)
            return [str(part).replace("OUT", out) if str(part).startswith("OUT") else part for part in command]

        def refused(kind, **others):
            outcome = self.martlet.run(anew(), **others)
            self.run.note("disk", outcome, command, name=f"{kind}-{number}")
            self.check(outcome.kind == "refused", f"{kind} as output: {outcome.kind} ({command[0]})", command,
                       f"{kind}-{number}")

        with open("/dev/full", "wb") as full:
            refused("full", stdout=full)
        reading, writing = os.pipe()
        os.close(reading)
        refused("broken pipe", stdout=writing)
        os.close(writing)
        refused("closed stream", prepare=lambda: close([1]))
        with tempfile.TemporaryFile() as file:
            refused("file above the limit", stdout=file, prepare=lambda: limit_files(0))
        self.early(anew(), number)
        for kind, descriptors in STREAMS.items():
            code = self.code(anew(), descriptors)
            expected = 1 if 1 in descriptors else 0
            self.check(code == expected, f"{kind}: code {code} ({command[0]})", command, f"{kind}-{number}")

    def early(self, command, number):
        """A reader that goes away after a byte. What was written by then may be all."""
        reading, writing = os.pipe()
        process = self.martlet.start(command, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        error = process.communicate(timeout=60)[1].decode("utf-8", "replace")
        last = (error.strip().splitlines() or [""])[-1]
        is_right = process.returncode == 0 or process.returncode == 1 and last.startswith("error: ")
        self.check(is_right, f"a pipe that closes: code {process.returncode}, {last[:80]} ({command[0]})", command,
                   f"early-{number}")

    def code(self, command, descriptors):
        """The exit code of a command without these streams."""
        process = self.martlet.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     preexec_fn=lambda: close(descriptors))
        return process.wait(60)

    # Files and folders

    def places(self, base, name):
        """A file or folder that a command writes: above the limit, on full and read-only disks, as a device, behind links."""
        kept = self.kept_folder if name.endswith("/") else self.kept_whole
        name = name.rstrip("/")
        for size in (0, 1, 100, 4096):
            kept(base, self.place() / name, f"{name}-{size}", prepare=lambda: limit_files(size))
        outcome = kept(base, self.place() / name, f"{name}-enough", prepare=lambda: limit_files(1 << 40))
        self.check(outcome.kind == "done", f"a limit that is not reached: {outcome.kind} ({base[0]})", base, f"{name}-enough")
        kept(base, Path("/dev/full"), f"{name}-device")
        kept(base, self.path("missing") / "there" / name, f"{name}-missing")
        place = self.place()
        (place / name).symlink_to(place / name)
        kept(base, place / name, f"{name}-circle", old=None)
        place = self.place()
        (place / name).symlink_to(place / "missing" / name)
        kept(base, place / name, f"{name}-link", old=None)
        if os.geteuid() != 0:
            place = self.place()
            place.chmod(stat.S_IRUSR | stat.S_IXUSR)
            kept(base, place / name, f"{name}-read-only", old=None)
            place.chmod(stat.S_IRWXU)
        self.mounted(kept, base, name)

    def place(self):
        return Path(tempfile.mkdtemp(dir=self.folder))

    def mounted(self, kept, base, name):
        """Disks that are small, full and read-only, where the user may mount some."""
        place = self.place()
        mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.run.counts["disk"]["no tmpfs here"] += 1
            return
        try:
            kept(base, place / name, f"{name}-tmpfs", old=None)
            empty(place)
            written(place, "filler", b"x" * 4096)
            kept(base, place / name, f"{name}-full-tmpfs", old=None)
            empty(place)
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
            kept(base, place / name, f"{name}-read-only", old=None)
        finally:
            subprocess.run(["umount", place])

    def entries(self, folder):
        return set(os.listdir(folder)) if folder.is_dir() else set()

    def kept_whole(self, base, target, name, prepare=None, old=b"old"):
        """The old file stays as it was, or the new one is whole; nothing else is left in the folder."""
        arguments = base + [target]
        is_device = target.parent == Path("/dev")
        # A study goes on with the file that is there.
        old = None if is_device or not target.parent.is_dir() or target.suffix == ".journal" else old
        if old:
            target.write_bytes(old)
        before = self.entries(target.parent)
        outcome = self.martlet.run(arguments, prepare=prepare)
        self.run.note("disk", outcome, arguments, name=name)
        if is_device:
            self.check(outcome.kind == "refused", f"{target} as a file: {outcome.kind} ({base[0]})", arguments, name)
            return outcome
        if outcome.kind == "done":
            self.check(is_whole(self.martlet, target), f"code 0, and the file is not whole ({base[0]})", arguments, name)
        elif target.suffix != ".journal":
            new = target.read_bytes() if target.is_file() else None
            self.check(new == old, f"an error, and the old file is gone ({base[0]})", arguments, name)
        # What a study keeps beside its file goes with it.
        left = {n for n in self.entries(target.parent) - before - {target.name} if ".journal" not in n}
        self.check(not left, f"files are left: {sorted(left)[:3]} ({base[0]})", arguments, name)
        return outcome

    def kept_folder(self, base, target, name, prepare=None, old=None):
        """A folder holds files that are whole, or the command has an error."""
        arguments = base + [target]
        outcome = self.martlet.run(arguments, prepare=prepare)
        self.run.note("disk", outcome, arguments, name=name)
        if target.parent == Path("/dev"):
            self.check(outcome.kind == "refused", f"{target} as a folder: {outcome.kind} ({base[0]})", arguments, name)
            return outcome
        files = [p for p in target.rglob("*") if p.is_file()] if target.is_dir() else []
        left = [p.name for p in files if p.name.endswith(".tmp")]
        self.check(not left, f"a temporary file is left: {left[:3]} ({base[0]})", arguments, name)
        broken = [p.name for p in files if not is_whole(self.martlet, p)]
        self.check(not broken, f"files are not whole: {broken[:3]} ({base[0]})", arguments, name)
        # A backup is deleted at the end.
        if outcome.kind == "done" and "--backup" not in base:
            self.check(bool(files), f"code 0, and nothing is there ({base[0]})", arguments, name)
        return outcome

    def one_file_for_two(self):
        """Outputs that would take each other's place, or that of what is read."""
        def own(name, data):
            return written(self.place(), name, data)

        model, x = own("model.keras", self.model.read_bytes()), own("x.npy", Path(self.data[1]).read_bytes())
        y, space = own("y.npy", Path(self.data[3]).read_bytes()), own("space.json", self.path("space.json").read_bytes())
        onnx = own("seed.onnx", self.path("seed.onnx").read_bytes())
        data = ["--x", x, "--y", y]
        fit, tune = ["fit", model] + data, ["tune", model, "--space", space, "--trials=1", "--epochs=1"] + data
        study = ["--study", self.path("two.journal")]
        kept = [model, x, y, space, onnx]
        before = [path.read_bytes() for path in kept]
        images, records = self.path("images"), self.path("watched")
        for command in [
            ["predict", model, "--x", x, "-o", x], ["predict", model, "--x", x, "-o", model],
            fit + ["--history", x], fit + ["--history", model], fit + ["--save", self.path("a.keras"), "--history",
                                                                       self.path("a.keras")],
            fit + ["--run", self.path("r"), "--history", self.path("r/records.jsonl")],
            fit + ["--run", self.path("r"), "--save", self.path("r/model.keras")],
            tune + ["--study", space], tune + ["--report", space], tune + study + ["--save", model],
            tune + study + ["--report", study[1]], tune + ["--report", y],
            ["export", onnx, "--to", onnx], ["import", onnx, "--to", onnx],
            ["data", images, "--sheet", images / "class/0.png"],
            ["report", records, "-o", records / "model.keras"], ["report", records, "-o", records / "records.jsonl"],
        ]:
            outcome = self.martlet.run(command)
            self.run.note("disk", outcome, command, name=f"two-{command[0]}")
            self.check(outcome.kind == "refused", f"one file for two: {outcome.kind} ({command[0]})", command,
                       f"two-{command[0]}")
            self.check([path.read_bytes() for path in kept] == before, f"an input is gone ({command[0]})", command,
                       f"two-{command[0]}")
