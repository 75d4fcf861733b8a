"""The page of the benchmarks: a section for each kind of machine, made of the results that bench.py keeps."""
import re
import sys
from statistics import median

PEERS = {"keras-tf": "Keras `fit`", "tf-function": "`tf.function`", "torch": "PyTorch", "jax": "JAX"}
TITLES = {"martlet": "Martlet", **PEERS}
WORKLOADS = [
    "mlp_mnist_b32", "mlp_mnist_b128", "tabular_b32", "cnn_mnist_b32", "cnn_mnist_b128", "resnet20_cifar_b64",
    "mlp_wide_b256", "lstm_b32", "gru_b32", "transformer_b16", "resnet50_b8", "mobilenetv2_b32", "unet_b8",
    "bert_mini_b16", "recsys_b1024", "autoencoder_b256", *(name + "_bf16" for name in (
        "mlp_wide_b256", "cnn_mnist_b128", "lstm_b32", "resnet20_cifar_b64", "transformer_b16", "resnet50_b8", "bert_mini_b16")),
    "predict_cnn_b1", "predict_cnn_b256", "predict_mlp_b1",
    "predict_resnet50_b1", "predict_bert_mini_b1", "custom_quadratic", "denormal_b32"]
NOISE = 0.15  # cores that others may use before a figure is marked


def value(runs, column, *keys):
    """The median over the rounds of the sum of some fields; None when the runner does not tell."""
    sums = [sum(r[k] for k in keys) for r in runs.get(column, []) if all(r.get(k) is not None for k in keys)]
    return median(sums) if sums else None


def step(runs, column):
    return value(runs, column, "ms_per_step_median")


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
    figure = step(runs, column)
    noisy = figure is not None and value(runs, column, "other_cores") > NOISE
    return ("~" if noisy else "") + (f"**{text(figure)}**" if column == "martlet" and figure else text(figure))


def columns(rows):
    """Martlet, and the peers that some row has figures of."""
    return [c for c in TITLES if c == "martlet" or any(c in r["runs"] for r in rows.values())]


def step_tables(threads, rows):
    shown, plural = columns(rows), "thread" if threads == "1" else "threads"
    peers, steps, starts = shown[1:], [], []
    for workload in (w for w in WORKLOADS if w in rows and w != "denormal_b32"):
        runs = rows[workload]["runs"]
        best = least(step(runs, c) for c in peers)
        steps.append(row(workload, *(step_cell(runs, c) for c in shown), ratio(step(runs, "martlet"), best)))
        first = lambda c: value(runs, c, "first_step_s")
        begun = lambda c: value(runs, c, "import_s", "first_step_s")
        memory = lambda c: value(runs, c, "peak_rss_mib")
        of_peers = lambda f: text(least(f(c) for c in peers))
        starts.append(row(
            workload, text(first("martlet")), of_peers(first), text(value(runs, "martlet", "process_to_first_step_s")),
            of_peers(begun), text(memory("martlet")), of_peers(memory)))
    parts = [] if not steps else [
        f"### Steps, {threads} {plural}\n", "Milliseconds per step, median.\n",
        table(["workload", *(TITLES[c] for c in shown), "share of the best peer"], steps)]
    if "denormal_b32" in rows:
        runs = rows["denormal_b32"]["runs"]
        parts += [f"The step of mlp_mnist_b32 on denormal weights, {threads} {plural}: {step_cell(runs, 'martlet')} ms, "
                  f"{ratio(step(runs, 'martlet'), step(runs, 'usual'))} times the usual step, {step_cell(runs, 'usual')} ms in "
                  "turn with it.\n"]
    return parts + ([] if not steps else [
        f"### Start and memory, {threads} {plural}\n",
        table(["workload", "first step, s", "quickest peer", "process start to first step, s", "quickest peer",
               "peak memory, MiB", "leanest peer"], starts)])


def busy_table(rows, quiet, cores):
    """Steps while another process keeps one core busy, beside those of the quiet session."""
    shown, lines = columns(rows), []
    for workload in (w for w in WORKLOADS if w in rows):
        before = quiet.get(str(rows[workload]["threads"]), {}).get(workload, {"runs": {}})["runs"]
        cells = []
        for column in shown:
            figure = step(rows[workload]["runs"], column)
            slower = ratio(figure, step(before, column))
            cells.append(text(figure) + (f" ({slower} times)" if slower else ""))
        lines.append(row(workload, *cells))
    threads = next(iter(rows.values()))["threads"]
    return ["### One core busy\n", f"Milliseconds per step, {threads} threads, while another process uses one of {cores} cores; "
            "in brackets how many times slower than in the quiet session above.\n",
            table(["workload", *(TITLES[c] for c in shown)], lines)]


def scaling_table(result):
    points = {(p["width"], p["batch"]): p for p in result["scaling"]}
    widths, batches = (sorted({key[i] for key in points}) for i in (0, 1))
    rows = [row(str(w), *(f"{text(points[w, b]['ms_median'])} ({text(points[w, b]['gflop_per_s'])})" for b in batches))
            for w in widths]
    return ["### Step time over batch size and width\n", "Milliseconds per training step (GFLOP/s of the matrix products alone), "
            f"{result['threads']} threads: 784 features, two hidden layers of the width, 10 classes, Adam.\n",
            table(["width \\ batch", *map(str, batches)], rows)]


def overhead_table(result):
    rows = [row(name, text(ns)) for name, ns in sorted(result["overhead_ns"].items())]
    return ["### Overhead\n", "Nanoseconds of an op on one element, the least of many repetitions: what an op costs that has no "
            "work. Compiled ops are timed inside of one function.\n", table(["what", "ns"], rows)]


def span(values):
    """One value, or the least and the greatest."""
    ordered = sorted(set(values))
    return " to ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in dict.fromkeys([ordered[0], ordered[-1]]))


def introduction(results):
    rows = [r for rows in [*results.get("steps", {}).values(), results.get("busy", {})] for r in rows.values()]
    if not rows:
        return ""
    of_rows = lambda key: span(r[key] for r in rows)
    held = " ".join(f"{name}={value}" for name, value in results["simd"].items())
    lines = [f"Measured {of_rows('date')} on {results['cores']} cores. Contestants ran in turn, each {of_rows('seconds')} s in a "
             f"round; rounds: {of_rows('rounds')}. A figure is the median of the rounds' medians. "
             f"{f'`{held}`' if held else '`OPENBLAS_CORETYPE` unset'}. ~ marks figures while other processes used more than "
             f"{NOISE} cores: they rank nobody."]
    if any(column in PEERS for r in rows for column in r["runs"]):
        lines.append(f"Peers: {results['peers']}. In `custom_quadratic`, which is eager, the first peer is TensorFlow's eager "
                     "mode. The share is Martlet's time as a part of the best peer's.")
    else:
        lines.append("The peers were absent: Martlet ran alone.")
    return "\n".join(lines) + "\n"


def section(results):
    """The section of a machine, in Markdown."""
    steps = results.get("steps", {})
    parts = [f"## {results['machine']}\n", introduction(results)]
    for threads in sorted(steps, key=int, reverse=True):
        parts += step_tables(threads, steps[threads])
    if results.get("busy"):
        parts += busy_table(results["busy"], steps, results["cores"])
    if results.get("scaling"):
        parts += scaling_table(results["scaling"])
    if results.get("overhead"):
        parts += overhead_table(results["overhead"])
    return "\n".join(parts)


def with_section(page, machine, content):
    """The page with this content as the machine's section: in its place, or behind the last section."""
    begin, end = (f"<!-- measured on {machine}: {edge} -->" for edge in ("begin", "end"))
    filled = f"{begin}\n\n{content}\n{end}"
    if begin in page and end in page.split(begin)[1]:
        return page.split(begin)[0] + filled + page.split(end, 1)[1]
    ends = list(re.finditer(r"<!-- measured on .*: end -->", page))
    if not ends or begin in page:
        sys.exit("Expected a page with sections between lines <!-- measured on MACHINE: begin --> and <!-- ... end -->.")
    return page[:ends[-1].end()] + "\n\n" + filled + page[ends[-1].end():]
