#!/usr/bin/env bash
# Tortures the command and the readers of files: scripts/torture.sh [minutes] [options of scripts/torture.py]
# Damaged models, data and options (under AddressSanitizer), full disks, closed pipes, signals and kills; then the mutation
# tests of all formats with many more files. The inputs of faults stay in .build-torture. A fault is exit code 1.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need "${libraries[@]}"

minutes=${1:-10}
shift $(($# > 0))
sanitized=(-c release --sanitize=address --scratch-path .build-asan)
swift build -c release --product martlet
swift build "${sanitized[@]}" --build-tests
swift build "${sanitized[@]}" --product martlet

failed=0
python3 scripts/torture.py --cli .build/release/martlet --sanitized .build-asan/release/martlet --minutes "$minutes" "$@" ||
  failed=1
# Each reader of files in one process, with what the command does not read: NPZ, safetensors, HDF5 weights, records, images.
mutated='FuzzTests|MutantTests|DamagedFileTests|DecodingTests|EventLogTests|IDXTests|CompressionTests|JSONTests'
mutated+='|SafetensorsTests|NPYTests'
ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no MARTLET_FUZZ=$((${minutes%.*} * 1000 + 1000)) \
  swift test "${sanitized[@]}" --skip-build --filter "$mutated" || failed=1
exit $failed
