#!/usr/bin/env bash
# Times training steps in two ranks of one thread each, beside our own step with one and with two threads and beside PyTorch DDP
# with gloo, on a quiet machine of two cores.
#
# Usage: scripts/bench-distributed.sh [--steps N] [workload...]
#   PEERS=FOLDER PYTHON=python   the folder of peers_ddp.py and a Python with PyTorch; without PEERS our figures alone
#   BUILD=FOLDER                 a build of martlet-bench with the trait MPI; without it one is made in .build-mpi
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
. "$package/scripts/setup.sh"
need "${libraries[@]}" libopenmpi-dev openmpi-bin python3
steps=200
if [ "${1:-}" = --steps ]; then
    steps=$2
    shift 2
fi
workloads=("$@")
[ $# -gt 0 ] || workloads=(mlp_mnist_b128 cnn_mnist_b128 resnet20_cifar_b64)
build=${BUILD:-}
if [ -z "$build" ]; then
    swift build --package-path "$package" --scratch-path "$package/.build-mpi" --traits MPI -c release --product martlet-bench >&2
    build=$package/.build-mpi/release
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

ours() { # setup workload command...
    local setup=$1 workload=$2
    shift 2
    "$@" "$build/martlet-bench" --workload "$workload" --steps "$steps" --seconds 1e9 --json \
        | sed "s/^/ours $setup $workload /" >>"$lines"
}

for workload in "${workloads[@]}"; do
    MARTLET_NUM_THREADS=1 ours 1x1 "$workload" taskset -c 0
    MARTLET_NUM_THREADS=2 ours 1x2 "$workload" taskset -c 0,1
    MARTLET_NUM_THREADS=1 ours 2x1 "$workload" mpirun --quiet -n 2 --oversubscribe --bind-to core
    if [ -n "${PEERS:-}" ]; then
        (cd "$PEERS" && "${PYTHON:-python3}" peers_ddp.py --steps "$steps" "$workload") | sed "s/^/peer ddp $workload /" >>"$lines"
    fi
done
python3 - "$lines" <<'PYTHON'
import json, sys

rows = {}
for line in open(sys.argv[1]):
    who, setup, workload, text = line.split(" ", 3)
    result, row = json.loads(text), rows.setdefault(workload, {})
    if who == "ours":
        row[setup] = result["ms_per_step_median"]
        row["others"] = max(row.get("others", 0), result["other_cores"] - (setup == "2x1"))
    else:
        row |= {"ddp " + name: run["ms_per_step_median"] for name, run in result["runs"].items()}
print("ms of a step, of one batch for all; processes x threads\n")
print(f"{'workload':22s}{'1x1':>9s}{'1x2':>9s}{'2x1':>9s}{'DDP 1x2':>9s}{'DDP 2x1':>9s}{'of DDP':>8s}{'of 1x2':>8s}"
      "  busy cores of others")
for workload, row in rows.items():
    ddp = row.get("ddp 2x1")
    print(f"{workload:22s}{row['1x1']:9.3f}{row['1x2']:9.3f}{row['2x1']:9.3f}"
          + (f"{row['ddp 1x2']:9.3f}{ddp:9.3f}{row['2x1'] / ddp:8.2f}" if ddp else f"{'':26s}")
          + f"{row['2x1'] / row['1x2']:8.2f}  {row['others']:.2f}")
print("\nwanted: of DDP at most 0.6, of 1x2 at most 1.15")
PYTHON
