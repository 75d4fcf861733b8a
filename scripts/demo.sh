#!/usr/bin/env bash
# The main job: trains the convolutional network on Fashion-MNIST and leaves the weights, a table and a picture in
# martlet-output. Options are those of `martlet demo`: scripts/demo.sh --model mlp --epochs 2
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libssl-dev libhdf5-dev libzip-dev libpng-dev libjpeg62-turbo-dev \
  dataset-fashion-mnist
swift build -c release --product martlet
exec .build/release/martlet demo "$@"
