#!/usr/bin/env bash
# Proves that ranks of MPI train to the bits of replicas: builds the command with the trait MPI, trains the demo with 1, 2 and 4
# replicas and with 1, 2, 3 and 4 ranks of a real mpirun, and compares the digests of the weights. Installs Open MPI from Debian
# where it is missing and this may be done.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
. "$package/scripts/setup.sh"
need "${libraries[@]}" libopenmpi-dev openmpi-bin
configuration=${1:-release}
build=$package/.build-mpi
swift build --package-path "$package" --scratch-path "$build" --traits MPI -c "$configuration" --product martlet
martlet=$build/$configuration/martlet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

digest() { sed -n 's/.*"weights_sha256":"\([0-9a-f]*\)".*/\1/p'; }
demo=(demo --data digits --model "${MODEL:-cnn}" --epochs "${EPOCHS:-2}" --json --output "$folder/out")
expected=$("$martlet" "${demo[@]}" --replicas 1 | digest)
[ -n "$expected" ] || { echo "error: the demo printed no digest" >&2; exit 1; }
check() {
    [ "$2" = "$expected" ] || { echo "error: $1: weights_sha256 $2, expected $expected" >&2; exit 1; }
    echo "$1: $2"
}
for replicas in 2 4; do check "$replicas replicas" "$("$martlet" "${demo[@]}" --replicas $replicas | digest)"; done
for ranks in 1 2 3 4; do
    check "$ranks ranks" "$(mpirun -n $ranks --oversubscribe --bind-to none "$martlet" "${demo[@]}" | digest)"
done
