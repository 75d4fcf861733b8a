#!/usr/bin/env python3
"""Times Martlet and its peers in turn, in one session, and prints a table with ratios.

    scripts/bench.py --peers FOLDER [--python PYTHON] [--rounds 3] [--threads 2] WORKLOAD...

FOLDER holds the peers' runner (`peers.py --peer NAME --workload NAME --threads N --json`); PYTHON is an interpreter that
has the frameworks. Every figure is the median over the rounds of a run's median step; rounds alternate between all the
contestants, so that a machine whose speed drifts slows all of them alike.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".build/release/martlet-bench"
CALLS = {"keras-tf": "Keras fit", "tf-function": "tf.function", "torch": "PyTorch", "jax": "JAX", "tf": "TensorFlow eager"}


def run(command, cwd=None):
    # OPENBLAS_CORETYPE, where a machine has it set, pins older kernels.
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    out = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if out.returncode != 0:
        print(f"failed: {' '.join(map(str, command))}\n{out.stderr[-500:]}", file=sys.stderr)
        return None
    return json.loads(out.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder of the peers' runner")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the frameworks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--wait", type=float, default=0, help="for a quiet machine before a peer's run, seconds at most")
    parser.add_argument("workloads", nargs="+")
    args = parser.parse_args()

    print("| workload | Martlet, ms | " + " | ".join(f"{c}, ms" for c in list(CALLS.values())[:4])
          + " | share of the best | first step, s (Martlet; best) | peak MiB (Martlet; leanest) |")
    print("|" + "---|" * 9)
    for workload in args.workloads:
        peers = ["tf", "torch", "jax"] if workload.startswith("custom") else ["keras-tf", "tf-function", "torch", "jax"]
        runs = {name: [] for name in ["martlet", *peers]}
        for _ in range(args.rounds):
            for name in runs:
                common = ["--workload", workload, "--threads", str(args.threads), "--json"]
                result = (run([BENCH, *common]) if name == "martlet" else
                          run([args.python, "peers.py", "--peer", name, "--wait", str(args.wait), *common], args.peers))
                if result:
                    runs[name].append(result)
        of = lambda name, key: median(r[key] for r in runs[name]) if runs[name] and key in runs[name][0] else None
        step = {name: of(name, "ms_per_step_median") for name in runs}
        others = [step[p] for p in peers if step[p]]
        cell = lambda value: "" if value is None else f"{value:.3g}"
        firsts = [f for f in (of(p, "first_step_s") for p in peers) if f is not None]
        columns = [step.get("tf" if workload.startswith("custom") and p == "keras-tf" else p) for p in list(CALLS)[:4]]
        print(f"| {workload} | **{cell(step['martlet'])}** | " + " | ".join(map(cell, columns))
              + f" | {cell(step['martlet'] / min(others)) if others else ''}"
              + f" | {cell(of('martlet', 'first_step_s'))}; {cell(min(firsts)) if firsts else ''}"
              + f" | {of('martlet', 'peak_rss_mib'):.0f}; {min((of(p, 'peak_rss_mib') for p in peers if runs[p]), default=0):.0f} |",
              flush=True)


if __name__ == "__main__":
    main()
