#!/usr/bin/env bash
# A long run with all that can watch it (records, checkpoints, event files with histograms and images):
# scripts/long-run.sh [steps, 100000 by default]. It fails unless memory is flat after the first fifth, within 5 %, and the files
# stay below 64 MiB.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need "${libraries[@]}"
swift build -c release --product martlet

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
epochs=$((${1:-100000} / 200))
# 800 images in steps of 4.
.build/release/martlet demo --data digits --model mlp --limit 800 --batch-size 4 --epochs "$epochs" --run "$folder/run" \
  --checkpoint-steps 5000 >/dev/null &
process=$!
while resident=$(awk '/VmRSS/ {print $2}' "/proc/$process/status" 2>/dev/null) && [ -n "$resident" ]; do
  echo "$resident"
  sleep 0.2
done >"$folder/resident"
wait "$process"

# The report at the end has memory of its own.
awk '
  { seen[NR] = $1 }
  END {
    for (n = 1; n <= NR * 0.9; n++) if (n <= NR / 5) { if (seen[n] > early) early = seen[n] } else if (seen[n] > late) late = seen[n]
    printf "memory: %.1f MiB in the first fifth, %.1f MiB later\n", early / 1024, late / 1024
    if (late > early * 1.05) { print "The memory grows."; exit 1 }
  }' "$folder/resident"
size=$(du -s --apparent-size -B1 "$folder/run" | cut -f1)
echo "files of $((epochs * 200)) steps: $((size / 1024)) KiB"
du -a --apparent-size -k "$folder/run" | sort -n | tail -20
[ "$size" -lt $((64 * 1024 * 1024)) ] || { echo "The files are too large."; exit 1; }
