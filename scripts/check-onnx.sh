#!/usr/bin/env bash
# Runs the node tests that the package onnx carries, 1,653 models with inputs and outputs, and demands that those pass which
# Docs/onnx-coverage.md does not list as failures (check-onnx.py). With --write it makes that page anew. With --train it trains
# three models that other projects ship, and checks their gradients numerically, in a minute or two. The packages are unpacked
# into .venv-onnx, which git ignores; where they cannot be had, this says so and ends with success. Needs a built martlet.
# CONFIGURATION is that of the build: release when it is not set.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

martlet=$(swift build -c "${CONFIGURATION:-release}" --show-bin-path)/martlet
if [ "${1:-}" = --train ]; then
  need python3-venv
  wheels=.venv-onnx-models
  [ -x "$wheels/bin/pip" ] || python3 -m venv "$wheels"
  if ! "$wheels/bin/pip" download -q --no-deps -d "$wheels" magika==1.0.3 basic-pitch==0.4.0 silero-vad==6.2.3; then
    echo "skipped: the models cannot be downloaded here, so none was trained."
    exit 0
  fi
  exec python3 scripts/check-onnx.py "$martlet" "$wheels/tests" --train "$wheels"/*.whl
fi
folder=.venv-onnx
if [ ! -d "$folder/onnx/backend/test/data/node" ]; then
  need python3-venv
  rm -rf "$folder"
  python3 -m venv "$folder"
  if ! "$folder/bin/pip" download -q --no-deps -d "$folder" onnx==1.20.1 2>"$folder/install.log"; then
    cat "$folder/install.log" >&2
    echo "skipped: the package onnx cannot be downloaded here, so none of its node tests ran."
    exit 0
  fi
  python3 -m zipfile -e "$folder"/onnx-*.whl "$folder"
fi
python3 scripts/check-onnx.py "$martlet" "$folder/onnx/backend/test/data/node" "$@"
