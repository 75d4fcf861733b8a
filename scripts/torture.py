#!/usr/bin/env python3
"""Tortures the command line: damaged files, absurd options, full disks, kills. Needs Python 3.9 and nothing else.

    scripts/torture.py --cli .build/release/martlet [--minutes 10] [--seed 1] [--mutants N] [--keep FOLDER] [STAGE ...]

The stages are disk, options, kills, backups and mutants; all of them by default. Mutants take the time that is left, or come
to N. Each mutant is a function of the seed and its number, so a run can be repeated, and one mutant alone with --number.

A command must end within 60 seconds and the memory limit, with code 0, or with code 1 and an `error:` line as the last one on
standard error. Everything else is a fault: a signal, a report of a sanitizer, a missing line, a half-written file. The inputs
of faults are kept with their commands, and the program ends with code 1.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import exchanged
from mutants import ROOT, mutant, read_archive, seeds, written
from outputs import Outputs, is_whole
from running import SECONDS, Martlet, Outcome, fatal_line, preload_of

# Stages

class Run:
    def __init__(self, args):
        self.scratch = Path(tempfile.mkdtemp(prefix="martlet-torture-"))
        preload = preload_of(self.scratch)
        self.args, self.martlet = args, Martlet(args.cli, args.memory, preload)
        self.sanitized = Martlet(args.sanitized, args.memory, preload) if args.sanitized else self.martlet
        self.exchange, self.unfit = None, []
        self.counts, self.faults = collections.defaultdict(collections.Counter), collections.defaultdict(list)
        self.slowest, self.largest = (0.0, ""), (0.0, "")
        self.end = time.monotonic() + args.minutes * 60
        self.pool = seeds(self.martlet, args.corpus, self.scratch)
        if not any(seed.y for seed in self.pool):
            sys.exit("Expected models with data, of Tests/MartletNNTests/Fixtures or of --corpus. Found none.")

    def note(self, stage, outcome, arguments, folder=None, name=""):
        self.counts[stage][outcome.kind] += 1
        self.slowest = max(self.slowest, (outcome.seconds, f"{stage} {name} {arguments[0]}"))
        self.largest = max(self.largest, (outcome.mebibytes, f"{stage} {name} {arguments[0]}"))
        if outcome.fault is None:
            return
        kept = self.args.keep / re.sub(r"[ /]", "-", f"{stage}-{name}")
        self.faults[outcome.fault].append(kept)
        if len(self.faults[outcome.fault]) > 10:
            return
        if folder and not kept.exists():
            shutil.copytree(folder, kept, ignore_dangling_symlinks=True)
        kept.mkdir(parents=True, exist_ok=True)
        words = [str(a).replace(str(folder), str(kept)) if folder else str(a) for a in arguments]
        with open(kept / "command.txt", "a") as file:
            file.write(f"martlet {shlex.join(words)}\n{outcome.fault}\n{outcome.error[:4000]}\n")

    def check(self, stage, condition, fault, arguments, name=""):
        """Counts one more thing that must hold."""
        self.note(stage, Outcome("held") if condition else Outcome("broken", fault), arguments, name=name)

    def mutants(self):
        self.exchange = self.exchange or exchanged.Exchange(self.martlet, self.scratch)
        self.sanitized.warming = self.warming()

        def one(number):
            folder = self.scratch / str(number)
            folder.mkdir()
            rng = random.Random(f"{self.args.seed}/{number}/form")
            forms = {name: weight for name, weight in exchanged.FORMS.items() if name in self.args.forms}
            if forms and ("models" not in self.args.forms or rng.random() < 0.4):
                form = rng.choices(list(forms), list(forms.values()))[0]
                commands = exchanged.exchanged(rng, form, self.exchange, folder)
            else:
                form, commands = mutant(number, self.args, self.pool, folder)
            return number, folder, [(form, self.whole(command), command) for command in commands]

        first = self.args.number if self.args.number is not None else self.args.first
        last = first + (1 if self.args.number is not None else self.args.mutants or 10**9)
        waiting, number, ended, begun = set(), first, 0, time.monotonic()
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
                        self.counts["commands on mutants"][command[0]] += 1
                    shutil.rmtree(folder)
                    ended += 1
                    if ended % 1000 == 0:
                        faults = sum(map(len, self.faults.values()))
                        print(f"{ended} mutants from {first} on: {sum(self.counts['commands on mutants'].values())} commands, "
                              f"{faults} faults, {time.monotonic() - begun:.0f} s", flush=True)

    def warming(self):
        """A sound command of each kind that mutants run, on one thread: what a server runs before it copies itself."""
        folder, model, data = self.job()
        x, saved, source = data[:2], folder / "saved", self.exchange
        older = next((written(folder, "older.h5", s.model) for s in self.pool if s.ending == ".h5" and s.x), model)
        commands = [["summary", model], ["summary", older], ["predict", model, "-o", folder / "p.npy"] + x,
                    ["evaluate", model] + data, ["fit", model, "--save", folder / "a.keras"] + data,
                    ["fit", model, "--save", folder / "a.h5", "--loss=mse", "--metrics=mae", "--optimizer=adam"] + data,
                    ["export", model, "--to", folder / "a.onnx"], ["export", model, "--to", folder / "a.tflite"],
                    ["export", model, "--to", saved], ["tune", source.model, "--space", source.path("space.json"),
                                                       "--trials", "2"] + source.tune,
                    ["logs", source.path("run")], ["report", source.path("run"), "-o", folder / "page.html"],
                    ["demo", "--data", "digits", "--model", "mlp", "--limit=40", "--epochs=1", "--output", folder / "demo"]]
        for path in (folder / "a.onnx", folder / "a.tflite", saved):
            commands += [["summary", path], ["predict", path] + x, ["import", path, "--to", folder / "b.keras"]]
        return commands

    def whole(self, command):
        """The outcome of a command on damaged files: it keeps a study's lines, and writes what it was asked for."""
        after = {command[i]: Path(command[i + 1]) for i in range(len(command) - 1) if str(command[i]).startswith("-")}
        study = after.get("--study")
        before = study.read_bytes() if study and study.exists() else b""
        outcome = self.sanitized.run(command, forks=True)
        # What a process finds that is no copy of another is the command's own.
        if outcome.fault and (alone := self.sanitized.run(command)).fault:
            outcome = alone
        elif outcome.fault:
            outcome.fault += " (not in a process of its own)"
        if outcome.fault is None and before and not study.read_bytes().startswith(before[:before.rfind(b"\n") + 1]):
            outcome.fault = "the study has lost lines"
        for option in ("--to", "--save", "-o", "--report", "--sheet"):
            if outcome.kind == "done" and option in after and not after[option].exists():
                outcome.fault = f"code 0 without the file of {option} ({command[0]})"
        return outcome

    def job(self):
        """A model that trains, with its data, as arguments."""
        while True:
            folder = Path(tempfile.mkdtemp(dir=self.scratch))
            seed = next(s for s in self.pool if s.json is not None and len(s.x) == len(s.y) == 1 and s not in self.unfit)
            x, y = (written(folder, f"{c}.npy", data) for c, data in (("x", seed.x[0]), ("y", seed.y[0])))
            model, data = written(folder, "model.keras", seed.model), ["--x", x, "--y", y]
            if self.martlet.run(["fit", model] + data).kind == "done":
                return folder, model, data
            self.unfit.append(seed)

    def options(self):
        folder, model, data = self.job()
        out = folder / "out"
        demo = ["demo", "--data", "digits", "--model", "mlp", "--output", out]
        bases = {
            "summary": (["summary", model], ["--width", "--memory"]),
            "predict": (["predict", model] + data[:2], ["--batch-size", "--memory"]),
            "evaluate": (["evaluate", model] + data, ["--batch-size"]),
            "fit": (["fit", model] + data, ["--batch-size", "--epochs", "--seed", "--validation-split", "--early-stopping",
                                            "--learning-rate", "--replicas", "--shards"]),
            "backup": (["fit", model, "--backup", folder / "backup"] + data, ["--backup-every"]),
            "run": (["fit", model, "--run", folder / "run"] + data, ["--checkpoint-steps", "--checkpoint-minutes"]),
            "demo": (demo, ["--batch-size", "--epochs", "--seed", "--learning-rate", "--limit"]),
            "export": (["export", model, "--to", folder / "out.onnx"], ["--tolerance", "--memory", "--max-accuracy-drop"]),
            "import": (["import", folder / "seed.onnx", "--to", folder / "out.keras"], ["--tolerance", "--memory"]),
            "tune": (["tune", model, "--space", written(folder, "space.json", b'{"batch_size": [2, 3]}'), "--trials=2",
                      "--epochs=1"] + data,
                     ["--trials", "--workers", "--lookahead", "--epochs", "--validation-split", "--timeout", "--batch-size",
                      "--seed"]),
            "data": (["data", data[1]], ["--first"]),
            "watch": (["watch", folder / "watched", "--once"], ["--interval"]),
            "ranks": (["run", "-n=1", "--", "true"], ["--restarts", "--min-ranks"]),
        }
        for made in (["export", model, "--to", folder / "seed.onnx"],
                     ["fit", model, "--quiet", "--run", folder / "watched"] + data):
            self.note("options", self.martlet.run(made), made, name="made")
        values = ["-1", "0", "1", "40", str(2**31), str(2**63 - 1), str(-2**63), str(2**63), "99999999999", "nan", "inf", "-inf",
                  "1e400", "1e-400", "", " ", "0x10", "१"]
        for command, (base, names) in bases.items():
            for name in names:
                for value in values:
                    if name in ("--epochs", "--trials") and value.isascii() and value.isdigit() and int(value) > 40:
                        continue  # it would train for ever, as asked
                    arguments = [a for a in base if not str(a).startswith(name + "=")]
                    place = arguments.index("--") if "--" in arguments else len(arguments)
                    arguments.insert(place, f"{name}={value}")
                    if command == "demo":
                        arguments += [] if name == "--limit" else ["--limit=40"]
                        arguments += [] if name == "--epochs" else ["--epochs=1"]
                    shutil.rmtree(folder / "run", ignore_errors=True)
                    self.note("options", self.martlet.run(arguments), arguments, name=f"{command}{name}={value}")

    def disk(self):
        Outputs(self).all()

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
            self.check("kills", is_whole(self.martlet, out), f"{sent.name}: the saved model is not whole", arguments, name)
            self.check("kills", not history.exists() or is_whole(self.martlet, history), f"{sent.name}: half a history",
                       arguments, name)
            if code == 128 + sent:
                last = (error.strip().splitlines() or [""])[-1]
                self.check("kills", last.startswith("error: ") and "out.keras" in last and history.exists(),
                           f"{sent.name}: not said or not saved: {last[:100]}", arguments, name)
            shutil.rmtree(folder)

    def backups(self):
        """Training with a backup, killed again and again and started anew, has the files of one that went straight on."""
        rng = random.Random(f"{self.args.seed}/backups")
        killed = 0
        while killed < self.args.kills:
            folder, model, data = self.job()
            options = ["fit", model, "--epochs", 200, "--batch-size", rng.choice((1, 3, 32)), "--seed", 7, "--early-stopping", 150]
            started = time.monotonic()
            straight = options + ["--save", folder / "a.keras", "--history", folder / "a.json"] + data
            self.note("backups", self.martlet.run(straight), straight)
            seconds = time.monotonic() - started
            again = options + ["--save", folder / "b.keras", "--history", folder / "b.json", "--backup", folder / "backup"] + data
            code = None
            for attempt in range(20):
                with tempfile.TemporaryFile() as errors:
                    process = self.martlet.start(again, stdout=subprocess.DEVNULL, stderr=errors)
                    try:
                        code = process.wait(rng.uniform(0.02, seconds) if attempt < 19 else SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
                        killed += 1
                        self.counts["backups"]["killed"] += 1
            name = f"{killed}"
            self.check("backups", code == 0, f"the last run: code {code}", again, name)
            if code == 0:
                weights = [read_archive((folder / f"{x}.keras").read_bytes())["model.weights.h5"] for x in "ab"]
                self.check("backups", weights[0] == weights[1], "other weights", again, name)
                histories = [(folder / f"{x}.json").read_bytes() for x in "ab"]
                self.check("backups", histories[0] == histories[1], "another history", again, name)
                self.check("backups", not (folder / "backup").exists(), "the backup is left", again, name)
            shutil.rmtree(folder)

    def report(self):
        print("\nstage                    outcome: count")
        for stage, counts in sorted(self.counts.items()):
            print(f"{stage:24} " + ", ".join(f"{kind}: {count}" for kind, count in counts.most_common()))
        print(f"slowest: {self.slowest[0]:.1f} s ({self.slowest[1]}); largest: {self.largest[0]:.0f} MiB ({self.largest[1]})")
        total = sum(map(len, self.faults.values()))
        kept = f", kept in {self.args.keep}" if total else ""
        print(f"{total} faults of {len(self.faults)} kinds, seed {self.args.seed}{kept}")
        for fault, kept in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            print(f"{len(kept):6}  {fault}\n        {kept[0]}")
        shutil.rmtree(self.scratch, ignore_errors=True)
        return 1 if total else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--cli", type=Path, required=True)
    parser.add_argument("--sanitized", type=Path, help="the command for mutants, built with --sanitize=address")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, help="this many mutants, whatever the time")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant, to go on with an earlier run")
    parser.add_argument("--number", type=int, help="only this mutant")
    every_form = ["models"] + list(exchanged.FORMS)
    parser.add_argument("--forms", default=",".join(every_form), help="the forms of mutants, separated by commas")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--memory", type=int, default=2048, help="the limit for a command, in MiB")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--corpus", type=Path, default=ROOT / "../shared/conformance")
    parser.add_argument("--keep", type=Path, default=ROOT / ".build-torture", help="the folder for inputs of faults")
    args = parser.parse_args()
    every = ["disk", "options", "kills", "backups", "mutants"]
    stages = args.stages or every
    unknown = set(stages) - set(every)
    if unknown:
        parser.error(f"expected some of {', '.join(every)}. Received: {', '.join(unknown)}")
    args.forms = args.forms.split(",")
    if not set(args.forms) <= set(every_form):
        parser.error(f"expected some of {', '.join(every_form)}. Received: {', '.join(args.forms)}")
    args.corpus = args.corpus if args.corpus.exists() else None
    # A shell's `&` has it ignored, which the commands would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    run = Run(args)
    try:
        for stage in stages:
            print(f"{stage} ...", flush=True)
            getattr(run, stage)()
    except KeyboardInterrupt:
        print("interrupted: what came so far")
    sys.exit(run.report())


if __name__ == "__main__":
    main()
