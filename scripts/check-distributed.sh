#!/usr/bin/env bash
# Proves what Docs/distributed.md says of MPI, with a real mpirun: builds with the trait MPI and runs these stages.
#
#   bits     the demo has the same weights_sha256 with 1, 2 and 4 replicas and with 1, 2, 3 and 4 ranks
#   loops    loops of one's own over `distribute` and synchronized normalization have the same bits with 1, 2, 3 and 4 ranks
#   wrong    a rank that dies, hangs, or has another model, data or program ends all within 30 s, with one message
#   kills    SIGKILL of a random rank at a random moment: restarted, with the bits of a training that was not interrupted
#   fewer    a rank that cannot start again: the others go on without it, to the same bits
#
# Usage: scripts/check-distributed.sh [stage...]
#   CONFIGURATION=debug        release by default
#   BUILD=FOLDER               a build with the trait that is there already: nothing is built
#   KILLS=20 SEED=1            the number of kills, 4 by default, and the seed of ranks and moments
# Installs Open MPI from Debian where it is missing and this may be done.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
. "$package/scripts/setup.sh"
need "${libraries[@]}" libopenmpi-dev openmpi-bin procps python3
configuration=${CONFIGURATION:-release}
build=${BUILD:-}
if [ -z "$build" ]; then
    scratch=$package/.build-mpi
    for product in martlet distributed-check; do
        swift build --package-path "$package" --scratch-path "$scratch" --traits MPI -c "$configuration" --product $product
    done
    build=$scratch/$configuration
fi
martlet=$build/martlet
check=$build/distributed-check
stages=${*:-bits loops wrong kills fewer}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export MARTLET_NUM_THREADS=${MARTLET_NUM_THREADS:-1}

fail() {
    echo "error: $*" >&2
    exit 1
}

in_ranks() {
    local ranks=$1
    shift
    mpirun --quiet -n "$ranks" --oversubscribe --bind-to none "$@"
}

bits() {
    digest() { sed -n 's/.*"weights_sha256":"\([0-9a-f]*\)".*/\1/p'; }
    local demo=(demo --data digits --model "${MODEL:-cnn}" --epochs "${EPOCHS:-2}" --json --output "$folder/out") expected
    expected=$("$martlet" "${demo[@]}" --replicas 1 | digest)
    [ -n "$expected" ] || fail "the demo printed no digest"
    same() {
        [ "$2" = "$expected" ] || fail "$1: weights_sha256 $2, expected $expected"
        echo "$1: $2"
    }
    for replicas in 2 4; do same "$replicas replicas" "$("$martlet" "${demo[@]}" --replicas $replicas | digest)"; done
    for ranks in 1 2 3 4; do same "$ranks ranks" "$(in_ranks $ranks "$martlet" "${demo[@]}" | digest)"; done
}

loops() {
    local kind ranks expected result
    for kind in tensors samples batches normalized uneven; do
        # Where one rank's data ends early, all end where its data does.
        expected=$(in_ranks 1 "$check" loop "${kind/uneven/short}")
        [ -n "$expected" ] || fail "$kind: no digest"
        for ranks in 2 3 4; do
            result=$(in_ranks $ranks "$check" loop $kind)
            [ "$result" = "$expected" ] || fail "$kind with $ranks ranks: $result, expected $expected"
        done
        echo "loop over $kind: 1, 2, 3 and 4 ranks ${expected:0:40}"
    done
    # The samples of a pipeline are those of its batches.
    [ "$(in_ranks 2 "$check" loop samples)" = "$(in_ranks 2 "$check" loop batches)" ] || fail "samples and batches differ"
}

# What is wrong with rank 1, and what the message has to say.
wrong() {
    local kind expected start seconds lines code
    in_ranks 3 "$check" wrong none >/dev/null || fail "three ranks that do nothing wrong"
    while IFS='|' read -r kind expected; do
        start=$SECONDS
        code=0
        in_ranks 3 "$check" wrong "$kind" >"$folder/wrong.out" 2>"$folder/wrong.err" </dev/null || code=$?
        seconds=$((SECONDS - start))
        [ $code -ne 0 ] || fail "$kind: the ranks ended well"
        [ $seconds -le 30 ] || fail "$kind: the ranks ended after $seconds s, expected at most 30 s"
        lines=$(grep -c . "$folder/wrong.err" || true)
        [ "$lines" = 1 ] || fail "$kind: expected one line. Received: $(cat "$folder/wrong.err")"
        grep -Eq "$expected" "$folder/wrong.err" || fail "$kind: expected $expected. Received: $(cat "$folder/wrong.err")"
        echo "$kind, after $seconds s: $(cat "$folder/wrong.err")"
    done <<'KINDS'
data|^error: Step 1, .*: rank 1 of 3 has "x": float32\(16, 6\)
dtype|^error: Step 1, .*: rank 1 of 3 has "y": float64\(16, 1\).*; rank 0 has "y": float32
shape|^error: Step 1, .*: rank 1 of 3 has "net/first/kernel": kernel float32\(7, 8\).*rank 0 .*float32\(6, 8\)
model|^error: Step 1, .*: rank 1 of 3 has "net/first/kernel": kernel float32\(6, 9\).*rank 0 .*float32\(6, 8\)
optimizer|^error: Step 1, .*: rank 1 of 3 has "the optimizer": SGD; rank 0 has .* Adam
weights|^error: Step 1, .*: rank 1 of 3 has "net/second/kernel"
shards|^error: Step 0: rank 1 of 3 has "shards": 8; rank 0 has "shards": 4
samples|^error: Step [56], .*: rank 1 of 3 .*step 5.* at the tensor "net/first/kernel"
steps|^error: Step [45], .*: rank 1 of 3 .*step 4.* at the tensor "net/first/kernel"
badData|^error: Step 1, .*: rank 1 of 3 has "y": float32\(16, 2, 1\)
badRow|^error: rank 0: .*table.*Step 1, rank 2: Expected integers in 0..<4, not 4
throws|^error: rank 1: callback: This rank's disk is full
dies|^error: Step 3, .*: rank 1 of 3 \(process [0-9]+\) has died while it .* at the tensor "net/(first|second)/(kernel|bias)"
exits|^error: Step 4, .*: rank 1 of 3 has ended its program .* at the tensor "net/(first|second)/(kernel|bias)"
hangs|^error: Step 4, .*: rank 1 of 3 does not answer within 25.* in step 3.* at the tensor "net/(first|second)/(kernel|bias)"
KINDS
}

# Data and a model for trainings that are interrupted, and the training.
prepare() {
    [ -e "$folder/model.keras" ] && return
    python3 - "$folder" <<'PYTHON'
import random, struct, sys

def write(path, kind, shape, values):
    head = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        file.write(struct.pack("<%d%s" % (len(values), "f" if kind == "<f4" else "q"), *values))

rng = random.Random(1)
samples = 1999  # Batches and shards do not go round.
write(sys.argv[1] + "/x.npy", "<f4", (samples, 8, 8, 1), [rng.random() for _ in range(samples * 64)])
write(sys.argv[1] + "/y.npy", "<i8", (samples,), [rng.randrange(10) for _ in range(samples)])
PYTHON
    (cd "$folder" && "$martlet" demo --data digits --model mlp --epochs 1 --run "$folder/demo" >/dev/null)
    cp "$folder/demo/model.keras" "$folder/model.keras"
    training=("$martlet" fit "$folder/model.keras" --x "$folder/x.npy" --y "$folder/y.npy" --epochs "${FIT_EPOCHS:-6}" --quiet
        --batch-size 16 --backup "$folder/backup" --backup-every 25 --save "$folder/trained.keras")
    local start=$(date +%s%N)
    "$martlet" run -n 2 -- "${training[@]}"
    duration=$((($(date +%s%N) - start) / 1000000))
    weights "$folder/trained.keras" >"$folder/expected"
    echo "the training takes $duration ms: $(cut -c1-16 "$folder/expected")"
}

# A digest of everything that a model's file has in it but names and dates.
weights() {
    python3 - "$1" <<'PYTHON'
import hashlib, sys, zipfile
print(hashlib.sha256(zipfile.ZipFile(sys.argv[1]).read("model.weights.h5")).hexdigest())
PYTHON
}

# The processes of ranks below a process, as "rank process".
ranks_below() {
    local launcher process rank
    for launcher in $(pgrep -P "$1" || true); do
        for process in $(pgrep -P "$launcher" || true); do
            rank=$(tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | sed -n 's/^OMPI_COMM_WORLD_RANK=//p' || true)
            [ -n "$rank" ] && echo "$rank $process"
        done
    done
}

# Kills rank $2 of the job below process $1; not, when the job has ended.
kill_rank() {
    local process
    while kill -0 "$1" 2>/dev/null; do
        process=$(ranks_below "$1" | sed -n "s/^$2 //p")
        if [ -n "$process" ] && kill -9 "$process" 2>/dev/null; then return 0; fi
    done
    return 1
}

# Ends well with the expected weights, or not at all.
expect_weights() {
    [ "$2" = 0 ] || fail "$1: ended with code $2: $(cat "$folder/log")"
    [ "$(weights "$folder/trained.keras")" = "$(cat "$folder/expected")" ] || fail "$1: other weights: $(cat "$folder/log")"
}

kills() {
    prepare
    RANDOM=${SEED:-1}
    local done=0 tries=0 ranks victim moment job code
    while [ $done -lt "${KILLS:-4}" ]; do
        tries=$((tries + 1))
        [ $tries -le $((10 * ${KILLS:-4})) ] || fail "too many trainings ended before their moment"
        ranks=$((2 + RANDOM % 2)) victim=$((RANDOM % ranks)) moment=$((RANDOM * duration / 32768))
        rm -rf "$folder/backup" "$folder/trained.keras"
        "$martlet" run -n $ranks --restarts 3 -- "${training[@]}" >/dev/null 2>"$folder/log" &
        job=$!
        sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
        kill_rank $job $victim || true
        code=0
        wait $job || code=$?
        # A moment after the end is none.
        grep -q "Restart 1 of 3" "$folder/log" || [ $code != 0 ] || continue
        expect_weights "kill of rank $victim of $ranks after $moment ms" $code
        done=$((done + 1))
        echo "kill $done: rank $victim of $ranks after $moment ms, the same weights. $(tr '\n' ' ' <"$folder/log" | cut -c1-240)"
    done
}

fewer() {
    prepare
    local job code=0
    rm -rf "$folder/backup" "$folder/trained.keras"
    # From the first backup on rank 2 dies whenever it starts.
    "$martlet" run -n 3 --restarts 2 -- sh -c '
        if [ "$OMPI_COMM_WORLD_RANK" = 2 ] && [ -e "$0" ]; then kill -9 $$; fi
        exec "$@"' "$folder/backup/latest.weights.h5" "${training[@]}" >/dev/null 2>"$folder/log" &
    job=$!
    while kill -0 $job 2>/dev/null && [ ! -e "$folder/backup/latest.weights.h5" ]; do sleep 0.01; done
    kill_rank $job 2 || fail "the training ended before its first backup"
    wait $job || code=$?
    expect_weights "fewer ranks" $code
    grep -q "Restart 2 of 2, with 2 ranks" "$folder/log" || fail "expected a restart with 2 ranks: $(cat "$folder/log")"
    echo "fewer ranks: the same weights. $(tr '\n' ' ' <"$folder/log")"
}

for stage in $stages; do
    case $stage in
        bits | loops | wrong | kills | fewer) echo "== $stage" && $stage ;;
        *) fail "expected stages of bits, loops, wrong, kills, fewer. Received: $stage" ;;
    esac
done
