#!/usr/bin/env bash
# The tests of what threads share, under ThreadSanitizer, in a build of their own (.build-tsan). A report is a failure.
# Usage: scripts/check-threads.sh [FILTER]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need "${libraries[@]}"

filter=${1:-SharedUseTests|SharedModelTests|VariableTests|ConcurrentTrainingTests|PipelineTests|StageTests|BatchSourceTests}
options=(--sanitize=thread --build-path .build-tsan -Xswiftc -DTHREAD_SANITIZER)
swift build --build-tests "${options[@]}"
export TSAN_OPTIONS="suppressions=$PWD/scripts/thread-suppressions.txt halt_on_error=0 exitcode=66 history_size=4"
swift test --skip-build "${options[@]}" --filter "$filter" 2>&1 | tee .build-tsan/threads.log
! grep -q 'WARNING: ThreadSanitizer' .build-tsan/threads.log
echo "no data race"
