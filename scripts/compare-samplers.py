#!/usr/bin/env python3
"""Compares samplers with Optuna's on test functions: the medians of the best values after 25, 50 and 100 trials, whether ours are
worse or better (Mann-Whitney, one-sided, p < 0.05), and the processor's time of a trial. Besides the five functions of the benchmark
there are four others, which show whether settings are good for more than these; they do not decide the exit code.

    python scripts/compare-samplers.py [--samplers tpe gp] [--seeds 30] [--functions ../shared/peers] [--keep FOLDER]

Builds scripts/compare-samplers/main.swift in a package that depends on this one. The Python needs Optuna, SciPy, and PyTorch for gp.
`--functions` is a folder with peers_optuna.py, which defines the functions for Optuna. `--keep` keeps the runs of both, as JSON
lines; runs that are there are not repeated.
"""
import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).resolve().parent.parent
MANIFEST = """// swift-tools-version: 6.1
import PackageDescription
let package = Package(
    name: "compare", dependencies: [.package(name: "martlet", path: "%s")],
    targets: [.executableTarget(
        name: "Compare", dependencies: [.product(name: "MartletTuner", package: "martlet")], path: "Compare")])
"""


def levy(x):
    w = [1 + (v - 1) / 4 for v in x]
    inner = sum((a - 1) ** 2 * (1 + 10 * math.sin(math.pi * a + 1) ** 2) for a in w[:-1])
    return math.sin(math.pi * w[0]) ** 2 + inner + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)


def rastrigin(x):
    return 10 * len(x) + sum(v * v - 10 * math.cos(2 * math.pi * v) for v in x)


def griewank(x):
    return 1 + sum(v * v for v in x) / 4000 - math.prod(math.cos(v / math.sqrt(i)) for i, v in enumerate(x, 1))


def michalewicz(x):
    return -sum(math.sin(v) * math.sin(i * v * v / math.pi) ** 20 for i, v in enumerate(x, 1))


OTHERS = {
    "Levy4": (levy, [(-10, 10)] * 4), "Rastrigin5": (rastrigin, [(-5.12, 5.12)] * 5),
    "Griewank6": (griewank, [(-600, 600)] * 6), "Michalewicz5": (michalewicz, [(0, math.pi)] * 5)}


def ours(folder, sampler, seeds):
    package = folder / "package"
    (package / "Compare").mkdir(parents=True, exist_ok=True)
    (package / "Package.swift").write_text(MANIFEST % PACKAGE)
    (package / "Compare/main.swift").write_text((PACKAGE / "scripts/compare-samplers/main.swift").read_text())
    subprocess.run(["swift", "build", "-c", "release", "--package-path", package], check=True, stdout=sys.stderr)
    return subprocess.run(
        [package / ".build/release/Compare", sampler, str(seeds)], check=True, capture_output=True, text=True).stdout


def optunas(functions, sampler, seeds):
    import optuna
    sys.path.insert(0, str(functions))
    import peers_optuna
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    peers_optuna.SAMPLERS.update(gp=optuna.samplers.GPSampler, qmc=optuna.samplers.QMCSampler, cmaes=optuna.samplers.CmaEsSampler)
    lines = []
    peers_optuna.FUNCTIONS.update(OTHERS)
    for name in peers_optuna.FUNCTIONS:
        for seed in range(seeds):
            start = time.process_time()
            best, _ = peers_optuna.search(sampler, name, seed)
            ms = 1e3 * (time.process_time() - start) / max(peers_optuna.AFTER)
            lines.append(json.dumps(dict(function=name, seed=seed, best=best, ms=ms)) + "\n")
    return "".join(lines)


def runs(path, make):
    if not path.exists():
        path.write_text(make())
    by_name = {}
    for line in path.read_text().splitlines():
        run = json.loads(line)
        by_name.setdefault(run["function"], []).append(run)
    return by_name


def main():
    from scipy.stats import mannwhitneyu
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samplers", nargs="+", default=["tpe", "gp"])
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--functions", type=Path, default=PACKAGE.parent / "shared/peers")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    worse = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for sampler in args.samplers:
            own = runs(folder / f"martlet-{sampler}.jsonl", lambda: ours(folder, sampler, args.seeds))
            theirs = runs(folder / f"optuna-{sampler}.jsonl", lambda: optunas(args.functions, sampler, args.seeds))
            for name, found in own.items():
                parts = []
                for index, count in enumerate((25, 50, 100)):
                    a, b = ([run["best"][index] for run in group] for group in (found, theirs[name]))
                    verdict = ""
                    if mannwhitneyu(a, b, alternative="greater").pvalue < 0.05:
                        verdict, worse = " worse", worse + (name not in OTHERS)
                    elif mannwhitneyu(a, b, alternative="less").pvalue < 0.05:
                        verdict = " better"
                    parts.append(f"{count}: {median(a):.4g} / {median(b):.4g}{verdict}")
                ms = [median(run["ms"] for run in group) for group in (found, theirs[name])]
                print(f"{sampler:6} {name:12} {'; '.join(parts)}; ms of a trial {ms[0]:.3f} / {ms[1]:.3f}")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
