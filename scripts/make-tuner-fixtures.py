#!/usr/bin/env python3
"""Makes the fixtures of MartletTuner with Optuna: a journal and what Optuna reads in it, pruners' decisions, densities of Parzen
estimators, hypervolumes, importances.

    python scripts/make-tuner-fixtures.py
"""
import json
import math
import os
import random
import warnings

import numpy as np
import optuna
from optuna._hypervolume import compute_hypervolume
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.distributions import distribution_to_json
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study._multi_objective import _fast_non_domination_rank
from optuna.trial import TrialState

FOLDER = os.path.join(os.path.dirname(__file__), "..", "Tests", "MartletTunerTests", "Fixtures")
warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def write(name, value):
    with open(os.path.join(FOLDER, name), "w") as file:
        json.dump(value, file, indent=None)
        file.write("\n")


def trial_json(trial):
    return dict(
        number=trial.number, state=trial.state.value, values=trial.values, params=trial.params,
        distributions={k: distribution_to_json(d) for k, d in trial.distributions.items()},
        intermediate={str(k): v for k, v in trial.intermediate_values.items()},
        user=trial.user_attrs, constraints=trial.constraints)


def journal():
    """A study of one objective and one of two in one file."""
    path = os.path.join(FOLDER, "optuna.journal")
    if os.path.exists(path):
        os.remove(path)
    storage = JournalStorage(JournalFileBackend(path))
    study = optuna.create_study(
        study_name="digits ü", storage=storage, direction="maximize", sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=4))
    study.set_user_attr("data", {"name": "digits", "count": 1797})
    study.enqueue_trial({"units": 64, "kind": "tanh"})

    def objective(trial):
        units = trial.suggest_int("units", 32, 500, step=32)
        rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
        drop = trial.suggest_float("drop", 0, 0.5, step=0.1)
        kind = trial.suggest_categorical("kind", ["relu", "tanh", None, 3, 1.5, True])
        if kind == "relu":
            trial.suggest_int("depth", 1, 64, log=True)
        trial.set_user_attr("note", f"{units}\n\"{kind}\"")
        trial.set_constraint("size", units - 300)
        for step in range(4):
            trial.report(rate * step + drop if trial.number != 3 else math.nan, step)
            if trial.number == 2 and step == 2:
                raise optuna.TrialPruned()
        if trial.number == 4:
            raise ValueError("no value")
        return math.inf if trial.number == 5 else math.sin(units) + rate

    study.optimize(objective, n_trials=9, catch=(ValueError,))
    study.ask()
    study.enqueue_trial({"units": 96})
    two = optuna.create_study(study_name="two", storage=storage, directions=["minimize", "maximize"])
    for x, y in [(1, 1), (2, 3), (3, 2), (0, 0), (2, 2.5)]:
        two.add_trial(optuna.trial.create_trial(
            params={"x": float(x)}, distributions={"x": FloatDistribution(0, 4)}, values=[float(x), float(y)]))
    write("optuna.json", {
        s.study_name: dict(
            directions=[d.value for d in s.directions], trials=[trial_json(t) for t in s.trials], user=s.user_attrs,
            best=[t.number for t in (s.best_trials if len(s.directions) > 1 else [s.best_trial])])
        for s in (study, two)})


def pruners():
    """Decisions of pruners about trials that report random values, step by step."""
    kinds = {
        "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=3),
        "median warm": lambda: optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=3, interval_steps=2, n_min_trials=2),
        "percentile 25": lambda: optuna.pruners.PercentilePruner(25, n_startup_trials=1),
        "halving": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        "halving auto": lambda: optuna.pruners.SuccessiveHalvingPruner(),
        "halving late": lambda: optuna.pruners.SuccessiveHalvingPruner(
            min_resource=2, reduction_factor=3, min_early_stopping_rate=1, bootstrap_count=2),
        "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9, reduction_factor=3),
        "hyperband auto": lambda: optuna.pruners.HyperbandPruner(),
        "threshold": lambda: optuna.pruners.ThresholdPruner(lower=0.1, upper=1.2, n_warmup_steps=1, interval_steps=2),
        "patient": lambda: optuna.pruners.PatientPruner(None, patience=1, min_delta=0.05),
        "patient median": lambda: optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(n_startup_trials=2), patience=2),
    }
    cases = []
    for name, make in kinds.items():
        for direction in ("minimize", "maximize"):
            numbers = random.Random(name + direction)
            reports = [[round(numbers.uniform(0, 1) + 0.3 * math.cos(step), 3) for step in range(10)] for _ in range(16)]
            for trial in (4, 11):
                reports[trial][5] = math.nan
            study = optuna.create_study(study_name="bracket", direction=direction, pruner=make())
            pruned = []
            for row in reports:
                trial = study.ask()
                end = None
                for step, value in enumerate(row):
                    trial.report(value, step)
                    if trial.should_prune():
                        end = step
                        break
                study.tell(trial, state=TrialState.PRUNED) if end is not None else study.tell(trial, row[-1])
                pruned.append(end)
            cases.append(dict(pruner=name, direction=direction, reports=reports, pruned=pruned))
    write("pruners.json", cases)


def densities():
    """Log densities of Parzen estimators, of numbers and choices."""
    spaces = {
        "float": {"x": FloatDistribution(-1, 3)},
        "log": {"x": FloatDistribution(1e-4, 1, log=True)},
        "step": {"x": FloatDistribution(0, 1, step=0.25)},
        "int": {"x": IntDistribution(1, 9, step=2)},
        "log int": {"x": IntDistribution(1, 100, log=True)},
        "choice": {"x": CategoricalDistribution(["a", "b", "c"])},
        "all": {"a": FloatDistribution(-1, 3), "b": IntDistribution(1, 50, log=True), "c": CategoricalDistribution([1, 2, 3, 4])},
    }
    cases = []
    for name, space in spaces.items():
        # The order of equal observations, of which widths depend, is only defined up to 16.
        for count in (0, 1, 2, 7, 40 if name in ("float", "log", "choice") else 16):
            study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=count))
            points = []
            for _ in range(count + 6):
                trial = study.ask(space)
                points.append([d.to_internal_repr(trial.params[k]) for k, d in space.items()])
                study.tell(trial, 0.0)
            columns = {k: np.array([p[i] for p in points[:count]]) for i, k in enumerate(space)}
            parameters = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
            estimator = _ParzenEstimator(columns, space, parameters)
            at = points[count:]
            values = estimator.log_pdf({k: np.array([p[i] for p in at]) for i, k in enumerate(space)})
            cases.append(dict(
                name=f"{name} {count}", space={k: distribution_to_json(d) for k, d in space.items()}, observations=points[:count],
                points=at, values=list(values)))
    write("densities.json", cases)


def fronts():
    """Ranks of domination and hypervolumes."""
    cases = []
    numbers = np.random.RandomState(0)
    for count, objectives in ((1, 2), (5, 2), (20, 2), (8, 3), (25, 3), (9, 4)):
        losses = np.round(numbers.rand(count, objectives), 2)
        cases.append(dict(
            losses=losses.tolist(), ranks=_fast_non_domination_rank(losses).tolist(),
            hypervolume=float(compute_hypervolume(losses, np.full(objectives, 1.1)))))
    write("fronts.json", cases)


def importances():
    """PED-ANOVA of studies at random points."""
    cases = []
    space = {
        "a": FloatDistribution(-1, 1), "b": FloatDistribution(1e-3, 1, log=True), "c": IntDistribution(0, 9),
        "d": CategoricalDistribution(["x", "y"]), "e": IntDistribution(1, 200, log=True), "f": FloatDistribution(0, 1, step=0.1)}
    for direction in ("minimize", "maximize"):
        study = optuna.create_study(direction=direction, sampler=optuna.samplers.RandomSampler(seed=3))
        for _ in range(60):
            trial = study.ask(space)
            p = trial.params
            study.tell(trial, p["a"] ** 2 + 0.3 * math.log(p["b"]) ** 2 + 0.1 * p["c"] + (p["d"] == "x") + 0.01 * p["e"] + p["f"])
        cases.append(dict(
            direction=direction, space={k: distribution_to_json(d) for k, d in space.items()},
            trials=[dict(params=[d.to_internal_repr(t.params[k]) for k, d in space.items()], value=t.value) for t in study.trials],
            importances=PedAnovaImportanceEvaluator().evaluate(study)))
    write("importances.json", cases)


if __name__ == "__main__":
    journal()
    pruners()
    densities()
    fronts()
    importances()
