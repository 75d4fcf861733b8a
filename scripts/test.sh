#!/usr/bin/env bash
# All tests: the suites in release mode, the examples, and a client package that depends on this one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libssl-dev libhdf5-dev libzip-dev

# One build for everything: tests link what the package's products are made of.
swift build -c release --build-tests
swift build -c release
swift test -c release --skip-build

for example in Quadratic TrainingLoop EarlyStoppingTrainer FocalLoss WarmUpCosine GradientMonitor; do
  echo "example $example"
  .build/release/"$example" >/dev/null
done
scripts/check-client.sh
