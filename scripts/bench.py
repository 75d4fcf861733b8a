#!/usr/bin/env python3
"""Times Martlet and its peers in turn, in one session, and writes the tables with ratios into Docs/benchmarks.md.

    scripts/bench.sh --peers FOLDER --python PYTHON

FOLDER holds the peers' runner (`peers.py --peer NAME --workload NAME --threads N --json`), PYTHON is an interpreter that has
the frameworks. Without them Martlet runs alone. A figure is the median over the rounds of a run's median step; contestants
alternate, so that a machine whose speed drifts slows all of them alike.

The page has a section for each kind of machine, named by its CPU and SIMD level. Results are kept in .build-bench, from which
the section of this machine is written: what is measured again replaces its row as a whole, so that no row mixes sessions.
`--tables` without names measures nothing and writes the section again.
"""
import argparse
import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from bench_page import PEERS, WORKLOADS, section, with_section
from machine import machine_name, usable_cores

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".build/release/martlet-bench"
PAGE = ROOT / "Docs/benchmarks.md"
RESULTS = ROOT / ".build-bench"
BUSY = ["mlp_mnist_b32", "cnn_mnist_b32", "lstm_b32"]
TABLES = ["workloads", "busy", "scaling", "overhead"]
# What holds Martlet and its peers to a SIMD level.
SIMD = {"avx2": {"MARTLET_SIMD": "avx2", "OPENBLAS_CORETYPE": "Haswell", "ONEDNN_MAX_CPU_ISA": "AVX2",
                 "XLA_FLAGS": "--xla_cpu_max_isa=AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}}
VERSIONS = """
from importlib.metadata import distributions
known = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
names = ["tensorflow", "tensorflow-cpu", "keras", "torch", "jax", "optax"]
print(", ".join(f"{n} {known[n]}" for n in names if n in known))
"""


def environment(args):
    # Where it is set, OPENBLAS_CORETYPE pins OpenBLAS to older kernels.
    variables = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    for name, value in SIMD.get(args.simd, {}).items():
        others = variables.get(name, "") + " " if name == "XLA_FLAGS" else ""
        variables[name] = (others + value).strip()
    return variables


def run(args, name, workload, threads):
    """The result of one run, or None when the contestant is absent, fails, or takes too long."""
    command = [BENCH] if name == "martlet" else [args.python, "peers.py", "--peer", name]
    command += ["--workload", workload, "--threads", str(threads), "--seconds", str(args.seconds), "--json"]
    command += ["--steps", str(args.steps)] if args.steps else []
    print(f"{workload}, threads {threads}: {name}", end=" ", file=sys.stderr, flush=True)
    try:
        out = subprocess.run(command, cwd=args.peers if name != "martlet" else None, env=environment(args),
                             capture_output=True, text=True, timeout=args.limit)
        if out.returncode == 0:
            result = json.loads(out.stdout.strip().splitlines()[-1])
            print(f"{result.get('ms_per_step_median', '')} ms", file=sys.stderr, flush=True)
            first, last = result.get("loss_first"), result.get("loss_last")
            if first is not None and not last < first and workload != "denormal_b32":
                print(f"  the loss did not fall: {first} at first, {last} after warming up", file=sys.stderr)
            return result
        print(f"  failed: {out.stderr[-500:]}", file=sys.stderr)
    except subprocess.TimeoutExpired:
        print(f"  stopped after {args.limit} s", file=sys.stderr)
    return None


def contestants(args, workload):
    """column -> who runs what for it."""
    if workload == "denormal_b32":
        return {"martlet": ("martlet", workload), "usual": ("martlet", "mlp_mnist_b32")}
    eager = workload.startswith("custom")
    peers = {p: ("tf" if eager and p == "keras-tf" else p, workload) for p in PEERS if not (eager and p == "tf-function")}
    everybody = {"martlet": ("martlet", workload), **(peers if args.peers else {})}
    return {column: run for column, run in everybody.items() if column in args.contestants}


def measure(args, workload, threads):
    """A row: the results of all rounds by column, and how they came about."""
    runs = {}
    for _ in range(args.rounds):
        for column, (name, what) in contestants(args, workload).items():
            result = run(args, name, what, threads)
            if result:
                runs.setdefault(column, []).append(result)
    return {"date": str(datetime.date.today()), "rounds": args.rounds, "seconds": args.seconds, "runs": runs}


def measure_busy(args, workload, threads):
    """A row while another process keeps one core busy."""
    spin = f"import os\nos.sched_setaffinity(0, {{{max(os.sched_getaffinity(0))}}})\nwhile True: pass"
    other = subprocess.Popen([sys.executable, "-c", spin])
    try:
        return measure(args, workload, threads)
    finally:
        other.kill()
        other.wait()


def measure_all(args, results):
    """Puts into `results` what is asked for; yields after each part."""
    first = args.threads[0]
    if "workloads" in args.tables:
        for threads in args.threads:
            for workload in args.workloads:
                results.setdefault("steps", {}).setdefault(str(threads), {})[workload] = measure(args, workload, threads)
                yield
    if "busy" in args.tables:
        for workload in (w for w in BUSY if w in args.workloads):
            row = {"threads": first, **measure_busy(args, workload, first)}
            results.setdefault("busy", {})[workload] = row
            yield
    for table in ("scaling", "overhead"):
        if table in args.tables:
            results[table] = run(args, "martlet", table, first) or sys.exit(f"{table}: expected a result of {BENCH}.")
            yield


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder of the peers' runner")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the frameworks")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1], help="one table for each; the first for the rest")
    parser.add_argument("--seconds", type=float, default=1.5, help="of timing in a run, from 20 steps on")
    parser.add_argument("--steps", type=int, help="timed steps at most")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a run is stopped")
    parser.add_argument("--simd", choices=SIMD, help="holds Martlet and its peers to this SIMD level")
    parser.add_argument("--machine", help="name of the machine, in place of the one made from its CPU and SIMD level")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS, metavar="NAME")
    columns = ["martlet", *PEERS]
    parser.add_argument("--contestants", nargs="+", choices=columns, default=columns, metavar="NAME",
                        help=f"those to run, of {', '.join(columns)}; rows lose the others' figures")
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=TABLES, metavar="NAME",
                        help=f"of {', '.join(TABLES)}")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose section is replaced; - prints it")
    args = parser.parse_args()
    args.machine = args.machine or machine_name(args.simd)
    if args.peers and not (args.peers / "peers.py").exists():
        print(f"No peers.py in {args.peers}: Martlet runs alone.", file=sys.stderr)
        args.peers = None
    return args


def main():
    args = parsed()
    prints = str(args.output) == "-"
    if not prints:
        with_section(args.output.read_text(), args.machine, "")  # a page without place is told before anything is measured
    store = RESULTS / (re.sub(r"\W+", "-", args.machine).strip("-").lower() + ".json")
    results = json.loads(store.read_text()) if store.exists() else {}
    if not results and not args.tables:
        sys.exit(f"{store}: expected results of {args.machine}. Received: none.")
    results |= {"machine": args.machine, "cores": usable_cores(), "simd": SIMD.get(args.simd, {})}
    if args.peers:
        results["peers"] = subprocess.run([args.python, "-c", VERSIONS], capture_output=True, text=True).stdout.strip()
    RESULTS.mkdir(exist_ok=True)
    for _ in measure_all(args, results):
        # At once, so that an interrupted session leaves what it measured.
        store.write_text(json.dumps(results))
        if not prints:
            args.output.write_text(with_section(args.output.read_text(), args.machine, section(results)))
    if prints:
        print(section(results))
    elif not args.tables:
        args.output.write_text(with_section(args.output.read_text(), args.machine, section(results)))


if __name__ == "__main__":
    main()
