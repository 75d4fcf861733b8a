#!/usr/bin/env bash
# All tests: the suites in release mode, with the kernels of older CPUs too, the examples, a client package that depends on
# this one, and the conformance corpus where it stands beside the project.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libssl-dev libhdf5-dev libzip-dev

# One build for everything: tests link what the package's products are made of.
swift build -c release --build-tests
swift build -c release
swift test -c release --skip-build
scripts/check-kernels.sh

for example in Quadratic TrainingLoop EarlyStoppingTrainer FocalLoss WarmUpCosine GradientMonitor CompiledLoop; do
  echo "example $example"
  .build/release/"$example" >/dev/null
done
scripts/check-client.sh

# Every model of the conformance corpus, where it stands beside the project. Real Keras is not needed.
corpus=../shared/conformance
python=${PYTHON:-python3}
if [ ! -f "$corpus/check.py" ]; then
  echo "conformance corpus: skipped, there is no $corpus/check.py"
elif ! "$python" -c 'import numpy, h5py' 2>/dev/null; then
  echo "conformance corpus: skipped, $python has no numpy and h5py"
else
  "$python" "$corpus/check.py" --cli "$PWD/.build/release/martlet" --corpus "$corpus/public" --no-keras --jobs 2
fi
