#!/usr/bin/env bash
# All tests: the suites in release mode, with each engine of products and the kernels of older CPUs too, the examples, a
# client package that depends on this one and has the code of the documents, event files in the real tensorboard, exports in
# LiteRT, TensorFlow and ONNX Runtime, a short torture of the command, and the conformance corpus where it stands beside the
# project. A test that is skipped is a failure. PYTHON names the interpreter that checks
# the corpus; it needs numpy and h5py.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need "${libraries[@]}" dataset-fashion-mnist python3-numpy python3-h5py

# What stands beside the project is run; so it is missed now, not after the build.
corpus=../shared/conformance
if [ -e "$corpus" ]; then
  [ -f "$corpus/check.py" ] || { echo "Expected a checker at $corpus/check.py." >&2; exit 1; }
  python=$(python_with numpy h5py)
fi

scripts/module-graph.py --check
# A suite without a session of its own shares random numbers and names of layers with what runs beside it.
if grep -rnE '^(@Suite|(struct|final class) [A-Za-z0-9]*Tests)' Tests --include='*.swift' | grep -v 'ownSession'; then
  echo "Expected @Suite(.ownSession)." >&2
  exit 1
fi
# A client package builds everything twice more. The largest module compiles on one core, so the builds share the time.
mkdir -p .build
scripts/check-client.sh >.build/client.log 2>&1 &
client=$!
trap 'kill "$client" 2>/dev/null || true' EXIT
# One build for everything: tests link what the package's products are made of.
swift build -c release --build-tests
swift build -c release
swift test -c release --skip-build 2>&1 | tee .build/test.log
if grep -E '(Test|Suite) .* skipped' .build/test.log >.build/skipped.log; then
  echo "These tests were skipped, so this machine lacks what they need:" >&2
  cat .build/skipped.log >&2
  exit 1
fi

# What multiplies matrices, once more by each engine that the CPU does not get by itself.
products='ProductTests|MatMulTests|ConvolutionTests|ConvolutionFloatTests|RecurrentSequenceTests|AttentionTests|PreparedWeightTests'
for setting in MARTLET_GEMM=openblas MARTLET_GEMM=own; do
  echo "$setting"
  env "$setting" swift test -c release --skip-build --filter "$products"
done
env MARTLET_SIMD=sse2 MARTLET_GEMM=own swift test -c release --skip-build --filter "$products"
scripts/check-kernels.sh

# Weights as h5py reads them, event files as the real tensorboard reads them, the node tests of ONNX, exports in the runtimes that they are for.
"$(python_with numpy h5py)" scripts/check-hdf5.py .build/release/martlet
scripts/check-tensorboard.sh
scripts/check-onnx.sh
scripts/check-exports.sh

for example in Quadratic TrainingLoop EarlyStoppingTrainer FocalLoss WarmUpCosine GradientMonitor \
  CompiledLoop ImageFolder MixedColumns TextFiles LargerThanMemory TuneDigits TransferLearning; do
  echo "example $example"
  .build/release/"$example" >/dev/null
done
wait "$client" || { cat .build/client.log >&2; exit 1; }
trap - EXIT
tail -n 4 .build/client.log

# The short form of scripts/torture.sh.
SWIFT_BACKTRACE=enable=no python3 scripts/torture.py --cli .build/release/martlet --kills 12 --mutants 200

if [ -e "$corpus" ]; then
  # Every model of the corpus. Real Keras is not needed.
  "$python" scripts/corpus.py --corpus "$corpus" --cli .build/release/martlet --jobs 2
else
  echo "There is no conformance corpus beside the project ($corpus): nothing of it was run."
fi

# Ranks of a real mpirun.
need libopenmpi-dev openmpi-bin procps
for product in martlet distributed-check; do MARTLET_MPI=1 swift build -c release --product "$product"; done
BUILD=$PWD/.build/release scripts/check-distributed.sh
