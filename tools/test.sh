#!/usr/bin/env bash
# test.sh PRESET [CTEST-ARGUMENT...]: builds and runs the tests of one preset.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

tools/build.sh "$preset"
# Pistache and liburcu are not instrumented: what is suppressed, and why, is in the file.
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/tests/tsan.supp"
# tests/crash preloads a library, which then comes before the sanitizer's own.
export ASAN_OPTIONS="detect_stack_use_after_return=1:verify_asan_link_order=0"
export UBSAN_OPTIONS="print_stacktrace=1"
selection=()
# The tests of scripts and documents do not change with the compiler's flags.
[[ "$preset" == asan || "$preset" == tsan ]] && selection=(--label-exclude tools)
echo "test: preset $preset"
ctest --preset "$preset" --parallel 2 "${selection[@]}" "$@"
