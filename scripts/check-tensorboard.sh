#!/usr/bin/env bash
# Has the real tensorboard read what Martlet writes, and compares every value: as its own reader of event files gives it, and
# as its server gives it to the browser (check-tensorboard.py). tensorboard is installed in .venv-tensorboard, which git ignores;
# where that fails, this says so and ends with success. Needs built tests. CONFIGURATION is that of the build: release when it
# is not set.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

venv=.venv-tensorboard
if ! "$venv/bin/python" -c "import tensorboard" 2>/dev/null; then
  need python3-venv
  rm -rf "$venv"
  python3 -m venv "$venv"
  # The packages that tensorboard imports; setuptools has the module pkg_resources.
  if ! "$venv/bin/pip" install -q tensorboard pillow 'setuptools<81' 2>"$venv/install.log"; then
    cat "$venv/install.log" >&2
    echo "skipped: tensorboard cannot be installed here, so nothing was checked with it."
    exit 0
  fi
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
MARTLET_EVENTS=$folder swift test -c "${CONFIGURATION:-release}" --skip-build --filter \
  'SummaryWriterTests/everyKind|SummaryWriterTests/figures|TensorBoardTests/asKeras|TensorBoardTests/hyperParametersWithTheirValues' >"$folder.log" 2>&1 || {
  cat "$folder.log" >&2
  exit 1
}
rm "$folder.log"
"$venv/bin/python" scripts/check-tensorboard.py "$folder"
