#!/usr/bin/env bash
# Times Martlet and its peers in turn and writes the tables of Docs/benchmarks.md; an hour and a half on a quiet
# machine. Options: scripts/bench.sh --help.
set -euo pipefail
cd "$(dirname "$0")/.."
# Where it is set, it pins OpenBLAS to older kernels.
unset OPENBLAS_CORETYPE
swift build -c release --product martlet-bench >&2
exec python3 scripts/bench.py "$@"
