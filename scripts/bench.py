#!/usr/bin/env python3
"""Times Martlet and its peers in turn, in one session, and writes the tables with ratios into Docs/benchmarks.md.

    scripts/bench.sh --peers FOLDER --python PYTHON

FOLDER holds the peers' runner (`peers.py --peer NAME --workload NAME --threads N --json`), PYTHON is an interpreter that has
the frameworks. Without them Martlet runs alone. A figure is the median over the rounds of a run's median step; contestants
alternate, so that a machine whose speed drifts slows all of them alike.
"""
import argparse
import datetime
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".build/release/martlet-bench"
PAGE = ROOT / "Docs/benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PEERS = {"keras-tf": "Keras `fit`", "tf-function": "`tf.function`", "torch": "PyTorch", "jax": "JAX"}
TITLES = {"martlet": "Martlet", **PEERS}
WORKLOADS = [
    "mlp_mnist_b32", "mlp_mnist_b128", "tabular_b32", "cnn_mnist_b32", "cnn_mnist_b128", "resnet20_cifar_b64",
    "mlp_wide_b256", "lstm_b32", "gru_b32", "transformer_b16", "predict_cnn_b1", "predict_cnn_b256", "custom_quadratic"]
BUSY = ["mlp_mnist_b32", "cnn_mnist_b32", "lstm_b32"]
TABLES = ["workloads", "busy", "scaling", "overhead"]
NOISE = 0.15  # cores that others may use before a figure is marked
LIMIT = 180  # seconds of one run
VERSIONS = """
from importlib.metadata import distributions
known = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
names = ["tensorflow", "tensorflow-cpu", "keras", "torch", "jax", "optax"]
print(", ".join(f"{n} {known[n]}" for n in names if n in known))
"""


def run(args, name, workload, threads):
    """The result of one run, or None when the contestant is absent, fails, or takes too long."""
    command = [BENCH] if name == "martlet" else [args.python, "peers.py", "--peer", name]
    command += ["--workload", workload, "--threads", str(threads), "--seconds", str(args.seconds), "--json"]
    command += ["--steps", str(args.steps)] if args.steps else []
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    print(f"{workload}, threads {threads}: {name}", end=" ", file=sys.stderr, flush=True)
    try:
        out = subprocess.run(command, cwd=args.peers if name != "martlet" else None, env=environment,
                             capture_output=True, text=True, timeout=LIMIT)
        if out.returncode == 0:
            result = json.loads(out.stdout.strip().splitlines()[-1])
            print(f"{result.get('ms_per_step_median', '')} ms", file=sys.stderr, flush=True)
            return result
        print(f"  failed: {out.stderr[-500:]}", file=sys.stderr)
    except subprocess.TimeoutExpired:
        print(f"  stopped after {LIMIT} s", file=sys.stderr)
    return None


def contestants(args, workload):
    """Martlet and its peers, each with the column that it stands in."""
    eager = workload.startswith("custom")
    peers = {p: "tf" if eager and p == "keras-tf" else p for p in PEERS if not (eager and p == "tf-function")}
    return {"martlet": "martlet", **(peers if args.peers else {})}


def measure(args, workload, threads):
    """column -> the results of all rounds."""
    runs = {}
    for _ in range(args.rounds):
        for column, name in contestants(args, workload).items():
            result = run(args, name, workload, threads)
            if result:
                runs.setdefault(column, []).append(result)
    return runs


def value(runs, column, *keys):
    """The median over the rounds of the sum of some fields; None when the runner does not tell."""
    sums = [sum(r[k] for k in keys) for r in runs.get(column, []) if all(r.get(k) is not None for k in keys)]
    return median(sums) if sums else None


def text(number):
    return "" if number is None else f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def least(values):
    known = [v for v in values if v is not None]
    return min(known) if known else None


def ratio(a, b):
    return "" if a is None or b is None else f"{a / b:.2f}"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(*head), "|" + "---|" * len(head), *rows]) + "\n"


def step_cell(runs, column):
    step = value(runs, column, "ms_per_step_median")
    noisy = step is not None and value(runs, column, "other_cores") > NOISE
    return ("~" if noisy else "") + (f"**{text(step)}**" if column == "martlet" and step else text(step))


def workload_tables(args, threads, runs):
    columns = [c for c in TITLES if c == "martlet" or args.peers]
    steps, starts = [], []
    for workload, found in runs.items():
        step = lambda c: value(found, c, "ms_per_step_median")
        best = least(step(c) for c in columns[1:])
        steps.append(row(workload, *(step_cell(found, c) for c in columns), ratio(step("martlet"), best)))
        first = lambda c: value(found, c, "first_step_s")
        begun = lambda c: value(found, c, "import_s", "first_step_s")
        memory = lambda c: value(found, c, "peak_rss_mib")
        of_peers = lambda f: text(least(f(c) for c in columns[1:]))
        starts.append(row(
            workload, text(first("martlet")), of_peers(first), text(value(found, "martlet", "process_to_first_step_s")),
            of_peers(begun), text(memory("martlet")), of_peers(memory)))
    plural = "thread" if threads == 1 else "threads"
    return "\n".join([
        f"## Steps, {threads} {plural}\n", "Milliseconds per step, median.\n",
        table(["workload", *(TITLES[c] for c in columns), "share of the best peer"], steps),
        f"### Start and memory, {threads} {plural}\n",
        table(["workload", "first step, s", "quickest peer", "process start to first step, s", "quickest peer",
               "peak memory, MiB", "leanest peer"], starts)])


def busy_table(args, threads, quiet):
    """Steps while another process keeps one core busy, beside those of the quiet session."""
    core = max(os.sched_getaffinity(0))
    spin = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    other = subprocess.Popen([sys.executable, "-c", spin])
    try:
        runs = {w: measure(args, w, threads) for w in BUSY if w in args.workloads}
    finally:
        other.kill()
        other.wait()
    columns = [c for c in TITLES if c == "martlet" or args.peers]
    rows = []
    for workload, found in runs.items():
        cells = []
        for column in columns:
            step, before = (value(r, column, "ms_per_step_median") for r in (found, quiet.get(workload, {})))
            slower = ratio(step, before)
            cells.append(text(step) + (f" ({slower} times)" if slower else ""))
        rows.append(row(workload, *cells))
    return "\n".join([
        "## One core busy\n", f"Milliseconds per step, {threads} threads, while another process uses one of "
        f"{os.cpu_count()} cores; in brackets how many times slower than in the quiet session above.\n",
        table(["workload", *(TITLES[c] for c in columns)], rows)])


def martlet_alone(args, workload, threads):
    return run(args, "martlet", workload, threads) or sys.exit(f"{workload}: expected a result of {BENCH}.")


def scaling_table(args, threads):
    result = martlet_alone(args, "scaling", threads)
    points = {(p["width"], p["batch"]): p for p in result["scaling"]}
    widths, batches = (sorted({key[i] for key in points}) for i in (0, 1))
    rows = [row(str(w), *(f"{text(points[w, b]['ms_median'])} ({text(points[w, b]['gflop_per_s'])})" for b in batches))
            for w in widths]
    return "\n".join([
        "## Step time over batch size and width\n",
        f"Milliseconds per training step (GFLOP/s of the matrix products alone), {threads} threads: 784 features, two hidden "
        "layers of the width, 10 classes, Adam.\n", table(["width \\ batch", *map(str, batches)], rows)])


def overhead_table(args, threads):
    result = martlet_alone(args, "overhead", threads)
    rows = [row(name, text(ns)) for name, ns in sorted(result["overhead_ns"].items())]
    return "\n".join([
        "## Overhead\n", "Nanoseconds of an op on one element, the least of many repetitions: what an op costs that has no "
        "work. Compiled ops are timed inside of one function.\n", table(["what", "ns"], rows)])


def introduction(args):
    with open("/proc/cpuinfo") as f:
        cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown CPU")
    lines = [f"Measured on {datetime.date.today()}: {cpu}, {len(os.sched_getaffinity(0))} cores; median of {args.rounds} "
             f"round{'' if args.rounds == 1 else 's'} of {args.seconds:g} s per contestant, taken in turn; `OPENBLAS_CORETYPE` "
             f"unset. ~ marks figures while other processes used more than {NOISE} cores: they rank nobody."]
    if args.peers:
        versions = subprocess.run([args.python, "-c", VERSIONS], capture_output=True, text=True).stdout.strip()
        lines.append(f"Peers: {versions}. In `custom_quadratic`, which is eager, the first peer is TensorFlow's eager mode. The "
                     "share is Martlet's time as a part of the best peer's.")
    else:
        lines.append("The peers were absent: Martlet ran alone.")
    return "\n".join(lines) + "\n"


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder of the peers' runner")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the frameworks")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1], help="one table for each; the first for the rest")
    parser.add_argument("--seconds", type=float, default=1.5, help="of timing in a run, from 20 steps on")
    parser.add_argument("--steps", type=int, help="timed steps at most")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS, metavar="NAME")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose measured part is replaced; - prints")
    args = parser.parse_args()
    if args.peers and not (args.peers / "peers.py").exists():
        print(f"No peers.py in {args.peers}: Martlet runs alone.", file=sys.stderr)
        args.peers = None
    return args


def tables(args):
    """The parts of the page, each as soon as it is measured."""
    quiet, first = {}, args.threads[0]
    if "workloads" in args.tables:
        for threads in args.threads:
            found = {w: measure(args, w, threads) for w in args.workloads}
            quiet = quiet or found
            yield workload_tables(args, threads, found)
    if "busy" in args.tables:
        yield busy_table(args, first, quiet)
    if "scaling" in args.tables:
        yield scaling_table(args, first)
    if "overhead" in args.tables:
        yield overhead_table(args, first)


def main():
    args = parsed()
    page = None if str(args.output) == "-" else args.output.read_text()
    if page is not None and not (BEGIN in page and END in page.split(BEGIN)[1]):
        sys.exit(f"{args.output}: expected the lines {BEGIN} and {END}, between which the tables go.")
    parts = []
    for part in itertools.chain([introduction(args)], tables(args)):
        parts.append(part)
        if page is None:
            print(part, flush=True)
        else:
            # At once, so that an interrupted session leaves what it measured.
            measured = "\n".join(parts)
            args.output.write_text(f"{page.split(BEGIN)[0]}{BEGIN}\n\n{measured}\n{END}{page.split(END)[1]}")


if __name__ == "__main__":
    main()
