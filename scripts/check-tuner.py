#!/usr/bin/env python3
"""Checks studies in files with Optuna, with its dashboard, and with SIGKILL.

    python scripts/check-tuner.py MARTLET [--kills 10] [--dashboard optuna-dashboard]

MARTLET is the command. The Python needs Keras and Optuna; optuna-dashboard may be one of another environment. A study of
`martlet tune` that is killed at random moments must end with the trials and values of one that was not. Optuna must read the same
from the file, its dashboard must show what Martlet printed, Optuna must continue the study, and Martlet must continue that. A trial
that Optuna left running stays as it is until `--take-over`.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


def make_model(folder):
    numbers = np.random.RandomState(0)
    x = numbers.rand(300, 6).astype("float32")
    np.save(f"{folder}/x.npy", x)
    np.save(f"{folder}/y.npy", (x @ numbers.rand(6, 3)).argmax(1))
    model = keras.Sequential([
        keras.Input((6,)), keras.layers.Dense(16, activation="relu", name="hidden"), keras.layers.Dropout(0.1),
        keras.layers.Dense(3, activation="softmax", name="out")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(f"{folder}/model.keras")
    space = {
        "optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "log": True},
        "layers.hidden.units": {"type": "int", "low": 8, "high": 64, "step": 8},
        "layers.hidden.activation": ["relu", "tanh"], "batch_size": [4, 8]}
    with open(f"{folder}/space.json", "w") as file:
        json.dump(space, file)


def command(martlet, folder, study, trials):
    return [
        martlet, "tune", f"{folder}/model.keras", "--space", f"{folder}/space.json", "--x", f"{folder}/x.npy",
        "--y", f"{folder}/y.npy", "--validation-split", "0.2", "--epochs", "8", "--trials", str(trials), "--workers", "2",
        "--pruner", "median", "--study", f"{folder}/{study}.journal", "--quiet"]


def load(folder, study):
    storage = JournalStorage(JournalFileBackend(f"{folder}/{study}.journal"))
    return optuna.load_study(study_name="search", storage=storage, sampler=optuna.samplers.TPESampler(seed=0))


def outcomes(folder, study):
    """By trial what Optuna reads."""
    return [(t.number, t.state.name, t.values, sorted(t.params.items()), t.intermediate_values) for t in load(folder, study).trials]


def printed(text):
    """By trial what Martlet printed: state, value, parameters."""
    found = {}
    for number, state, value, parameters in re.findall(r"^trial (\d+) (\w+)(?:: \S+ (\S+))?; (.*)$", text, re.M):
        pairs = (pair.rsplit(" ", 1) for pair in parameters.split(", "))
        found[int(number)] = (state, float(value) if value else None, {name: json.loads(text) for name, text in pairs})
    return found


def check_dashboard(dashboard, journal, text):
    """The dashboard shows what Martlet printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([dashboard, journal, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.read().decode()

    try:
        for _ in range(600):
            try:
                studies = json.loads(get("/api/studies"))["study_summaries"]
                break
            except urllib.error.URLError:
                assert process.poll() is None, "optuna-dashboard ended"
                time.sleep(0.1)
        assert [(s["study_name"], s["directions"]) for s in studies] == [("search", ["minimize"])], studies
        shown = json.loads(get(f"/api/studies/{studies[0]['study_id']}"))["trials"]
        own = printed(text)
        assert [trial["number"] for trial in shown] == sorted(own)
        for trial in shown:
            state, value, parameters = own[trial["number"]]
            assert trial["state"].lower() == state, (trial, own)
            # Martlet prints values as float32.
            assert value is None or np.float32(trial["values"][0]) == np.float32(value), (trial, own)
            assert [p["name"] for p in trial["params"]] == list(parameters)
            for parameter in trial["params"]:
                external, expected = parameter["param_external_value"], parameters[parameter["name"]]
                assert external == expected if isinstance(expected, str) else float(external) == expected, (parameter, expected)
            steps = [report["step"] for report in trial["intermediate_values"]]
            assert steps == list(range(1, len(steps) + 1)) and steps
        importances = json.loads(get(f"/api/studies/{studies[0]['study_id']}/param_importances"))
        names = {entry["name"] for entry in importances["param_importances"][0]}
        assert names == set(next(iter(own.values()))[2]), importances
        assert len(get(f"/csv/{studies[0]['study_id']}").splitlines()) == len(shown) + 1
        assert "<html" in get(f"/dashboard/studies/{studies[0]['study_id']}").lower()
    finally:
        process.terminate()
        process.wait()
    print(f"The dashboard shows the {len(shown)} trials that Martlet printed.")


def check_left_trial(martlet, folder, trials):
    """A trial that a killed process of Optuna left."""
    code = ("import os, signal, sys, optuna\n"
            "from optuna.storages import JournalStorage\n"
            "from optuna.storages.journal import JournalFileBackend\n"
            "study = optuna.load_study(study_name='search', storage=JournalStorage(JournalFileBackend(sys.argv[1])))\n"
            "study.ask().suggest_int('layers.hidden.units', 8, 64, step=8)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n")
    subprocess.run([sys.executable, "-c", code, f"{folder}/whole.journal"], stderr=subprocess.DEVNULL)

    def state():
        return load(folder, "whole").trials[trials].state.name

    units = load(folder, "whole").trials[trials].params["layers.hidden.units"]
    load(folder, "whole").optimize(lambda trial: 1.0, n_trials=1)
    assert state() == "RUNNING", "Optuna's journals have no heartbeats: it leaves such trials"
    run = command(martlet, folder, "whole", trials + 3)
    assert "left them" in subprocess.run(run, check=True, capture_output=True, text=True).stderr
    assert state() == "RUNNING"
    subprocess.run(run + ["--take-over"], check=True, stdout=subprocess.DEVNULL)
    trial = load(folder, "whole").trials[trials]
    assert trial.state.name in ("COMPLETE", "PRUNED") and trial.params["layers.hidden.units"] == units, trial
    print("A trial that Optuna left running ran again with --take-over.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("martlet")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--dashboard", default=shutil.which("optuna-dashboard"))
    args = parser.parse_args()
    if not args.dashboard:
        sys.exit("Expected optuna-dashboard: install it, or name it with --dashboard.")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        make_model(folder)
        start = time.monotonic()
        run = [part for part in command(args.martlet, folder, "whole", args.trials) if part != "--quiet"]
        whole = subprocess.run(run, check=True, capture_output=True, text=True)
        seconds = time.monotonic() - start
        expected = outcomes(folder, "whole")
        best = json.loads(whole.stdout.splitlines()[-1])
        assert best["value"] == load(folder, "whole").best_value and best["trial"] == load(folder, "whole").best_trial.number
        print(f"Optuna reads {len(expected)} trials: {', '.join(sorted({t[1] for t in expected}))}.")

        check_dashboard(args.dashboard, f"{folder}/whole.journal", whole.stdout)

        kills = 0
        moments = random.Random(1)
        while kills < args.kills:
            process = subprocess.Popen(command(args.martlet, folder, "killed", args.trials), stdout=subprocess.DEVNULL)
            time.sleep(moments.uniform(0.05, 0.9) * seconds / args.kills * 2)
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        subprocess.run(command(args.martlet, folder, "killed", args.trials), check=True, stdout=subprocess.DEVNULL)
        found = outcomes(folder, "killed")
        for a, b in zip(expected, found):
            assert a == b, f"expected {a}, found {b}"
        assert len(expected) == len(found)
        print(f"Killed {kills} times: the same {len(found)} trials and values.")

        study = load(folder, "whole")
        study.optimize(lambda trial: trial.suggest_float("optimizer.learning_rate", 1e-4, 0.1, log=True), n_trials=2)
        study.enqueue_trial({"layers.hidden.units": 40})
        subprocess.run(command(args.martlet, folder, "whole", args.trials + 5), check=True, stdout=subprocess.DEVNULL)
        trials = load(folder, "whole").trials
        assert [t.number for t in trials] == list(range(args.trials + 5))
        assert all(t.state.is_finished() for t in trials)
        assert trials[args.trials + 2].params["layers.hidden.units"] == 40
        print("Optuna continued the study, and Martlet continued that.")
        check_left_trial(args.martlet, folder, args.trials + 5)


if __name__ == "__main__":
    main()
