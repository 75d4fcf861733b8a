#!/usr/bin/env bash
# The main job: trains the convolutional network on Fashion-MNIST and leaves the weights, a table and a picture in
# martlet-output. Options are those of `martlet demo`: scripts/demo.sh --model mlp --epochs 2
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need "${libraries[@]}" dataset-fashion-mnist
swift build -c release --product martlet
exec .build/release/martlet demo "$@"
