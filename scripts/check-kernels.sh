#!/usr/bin/env bash
# The kernels that other CPUs would run, after scripts/test.sh has built everything: the suites once more with each older
# family of OpenBLAS's kernels and each lower level of Martlet's own loops; Martlet's choice, where OpenBLAS's is wrong;
# and kernels that are wrong themselves.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
martlet=$PWD/.build/release/martlet

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
doctor=$("$martlet" doctor --json)
cpu=$(field simd_cpu <<<"$doctor")

# An old CPU has old kernels and few instructions, so each level goes with the family of its time.
run_as() {
  echo "suites with OPENBLAS_CORETYPE=$1 MARTLET_SIMD=$2"
  OPENBLAS_CORETYPE=$1 MARTLET_SIMD=$2 swift test -c release --skip-build
}
case $cpu in
avx512) lower=("Prescott sse2" "Haswell avx2") ;;
avx2) lower=("Prescott sse2") ;;
*) lower=() ;;
esac
for kernels in ${lower[@]+"${lower[@]}"}; do run_as $kernels; done
[ "$cpu" = avx512 ] || echo "OpenBLAS's SkylakeX kernels and the loops for avx512 cannot run on this CPU with $cpu."

if [ ${#lower[@]} -eq 0 ] || ! grep -q DYNAMIC_ARCH <<<"$doctor"; then
  echo "There are no other kernels here that could be chosen wrongly."
  exit
fi

# A library is loaded before Martlet, after OpenBLAS: what it does is as if OpenBLAS had done it.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
preload() {
  # shellcheck disable=SC2046
  "$clang" -shared -fPIC -o "$folder/$1.so" -x c - $(pkg-config --cflags openblas) -Wl,--no-as-needed \
    $(pkg-config --libs openblas)
}
preload forget <<'EOF'
// OpenBLAS has taken what OPENBLAS_CORETYPE said; nobody else is to know.
#include <stdlib.h>
__attribute__((constructor)) static void forget(void) { unsetenv("OPENBLAS_CORETYPE"); }
EOF
preload wrong <<'EOF'
// A product of zeros.
void cblas_dgemm(int order, int a, int b, int m, int n, int k, double alpha, const double *A, int lda, const double *B,
                 int ldb, double beta, double *c, int ldc) {
    for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) c[(long)i * ldc + j] = 0;
}
EOF

expect() { [ "$2" = "$3" ] || { echo "$1: expected $3, received $2" >&2; exit 1; }; }
best=$([ "$cpu" = avx512 ] && echo SkylakeX || echo Haswell)
for wrong in Prescott Sandybridge; do
  switched=$(OPENBLAS_CORETYPE=$wrong LD_PRELOAD="$folder/forget.so" "$martlet" doctor --json)
  expect "OpenBLAS chose $wrong" "$(field openblas_core <<<"$switched") $(field openblas_core_chosen_by <<<"$switched")" \
    "$best martlet"
done
train() { "$martlet" demo --data digits --limit 300 --epochs 1 --json --output "$folder/out" | tail -1 | field weights_sha256; }
expect "Trained with kernels that Martlet chose" \
  "$(OPENBLAS_CORETYPE=Prescott LD_PRELOAD="$folder/forget.so" train)" "$(OPENBLAS_CORETYPE=$best train)"

if LD_PRELOAD="$folder/wrong.so" "$martlet" doctor >"$folder/report" 2>"$folder/error"; then
  echo "doctor found nothing wrong with a product of zeros" >&2
  exit 1
fi
grep -q "^error: .* products .* are wrong" "$folder/error" || { cat "$folder/error" >&2; exit 1; }
echo "OpenBLAS's kernels: chosen right, and found out when wrong"
