#!/usr/bin/env bash
# format.sh CLANG-FORMAT-ARGUMENT...: runs clang-format over all C++ sources of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z '*.cc' '*.h' | xargs -0 clang-format-14 "$@"
