#!/usr/bin/env bash
# Exports models that Keras wrote, runs them in LiteRT, TensorFlow and ONNX Runtime, and compares with Keras's predictions
# (check-exports.py). Without arguments the six models of the tests; with a folder of cases as the first argument, those, and the
# counts go to Docs/export-coverage.md. Then the same models in int8, in LiteRT and ONNX Runtime, and models that leave axes open
# (check-open-exports.py). Other arguments go to
# check-exports.py, which then runs once. The runtimes are installed in .venv-exports, which git ignores; where that fails, this
# says so and ends with success. EXPORT_PYTHON names an interpreter that has them already.
# Needs a build; CONFIGURATION is that of the build: release when it is not set.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

python=${EXPORT_PYTHON:-.venv-exports/bin/python}
modules="import numpy, ai_edge_litert.interpreter, tensorflow, onnxruntime"
if ! "$python" -c "$modules" 2>/dev/null; then
  need python3-venv
  venv=.venv-exports
  rm -rf "$venv"
  python3 -m venv "$venv"
  python=$venv/bin/python
  if ! "$venv/bin/pip" install -q ai-edge-litert tensorflow-cpu onnxruntime 2>"$venv/install.log"; then
    cat "$venv/install.log" >&2
    echo "skipped: the runtimes cannot be installed here, so no export was run in them."
    exit 0
  fi
fi

corpus=Tests/MartletExportTests/Fixtures/models
options=()
if [ $# -gt 0 ] && [ -d "$1" ]; then
  corpus=$1
  shift
  options=(--coverage Docs/export-coverage.md)
fi
check() {
  "$python" scripts/check-exports.py --corpus "$corpus" --cli ".build/${CONFIGURATION:-release}/martlet" "$@"
}
check "${options[@]}" "$@"
if [ $# -eq 0 ]; then
  check --quantize int8 --format tflite,onnx
  "$python" scripts/check-open-exports.py --cli ".build/${CONFIGURATION:-release}/martlet"
fi
