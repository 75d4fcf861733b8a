#!/usr/bin/env python3
"""Checks studies in files with Optuna and with SIGKILL.

    python scripts/check-tuner.py MARTLET [--kills 10]

MARTLET is the command. The Python needs Keras and Optuna. A study of `martlet tune` that is killed at random moments must end with
the trials and values of one that was not. Optuna must read the same from the file, continue it, and Martlet must continue that.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import tempfile
import time

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("martlet")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--trials", type=int, default=24)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        make_model(folder)
        start = time.monotonic()
        whole = subprocess.run(command(args.martlet, folder, "whole", args.trials), check=True, capture_output=True, text=True)
        seconds = time.monotonic() - start
        expected = outcomes(folder, "whole")
        best = json.loads(whole.stdout)
        assert best["value"] == load(folder, "whole").best_value and best["trial"] == load(folder, "whole").best_trial.number
        print(f"Optuna reads {len(expected)} trials: {', '.join(sorted({t[1] for t in expected}))}.")

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


if __name__ == "__main__":
    main()
