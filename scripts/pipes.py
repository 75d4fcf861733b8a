#!/usr/bin/env python3
"""Times the input pipelines of Martlet and its peers in turn, and prints a table with ratios.

    scripts/pipes.py --peers FOLDER --python PYTHON --data FOLDER [--rounds 3]

--peers is the folder of the peers' runner, `pipelines.py`, and PYTHON an interpreter that has the peers. The data is made with
TensorFlow where --data does not have it. Without --peers Martlet runs alone, on data that is there. Build first: swift build -c
release --product martlet-bench. Each figure is the best of the rounds; contestants alternate.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / ".build/release/martlet-bench"
PIPES = ["pipe_fashion_b32", "pipe_fashion_augment_b32", "pipe_tfrecord_b128", "pipe_jpeg_b32"]


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{command[0]} failed: {done.stderr[-500:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder of the peers' runner")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pipes", nargs="+", choices=PIPES, default=PIPES)
    parser.add_argument("--json", type=Path, help="a file for all results")
    args = parser.parse_args()
    runner = args.peers and args.peers / "pipelines.py"
    if runner and not (args.data / "jpeg/labels.txt").exists():
        subprocess.run([args.python, runner, "--make", "--data", args.data], check=True)

    results = []
    print(f"{'pipe':26} workers  {'peer':8} samples/s   first  first batch s  start MiB  peak MiB  worker MiB  mean    ratio")
    for pipe in args.pipes:
        for workers in args.workers:
            best = {}
            for _ in range(args.rounds):
                for peer in ["martlet"] + (["tf.data", "torch"] if runner else []):
                    own = [BENCH, "--workload", pipe]
                    command = own if peer == "martlet" else [args.python, runner, "--peer", peer, "--pipe", pipe]
                    result = run(command + ["--data", args.data, "--workers", workers, "--json"])
                    if result:
                        results.append(result)
                        if result["samples_per_s"] > best.get(peer, {"samples_per_s": 0})["samples_per_s"]:
                            best[peer] = result
            for peer, r in best.items():
                ratio = best["martlet"]["samples_per_s"] / r["samples_per_s"] if "martlet" in best else float("nan")
                print(f"{pipe:26} {workers:7}  {peer:8} {r['samples_per_s']:9.0f} {r['samples_per_s_first']:7.0f} "
                      f"{r['first_batch_s_min']:14.4f} {r['start_rss_mib']:10} {r['peak_rss_mib']:9} "
                      f"{r['peak_rss_worker_mib']:11} {r['mean']:7.4f} {ratio:6.2f}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
