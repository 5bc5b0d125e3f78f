#!/usr/bin/env bash
# Everything that finds faults without running the product. Each finding is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "lint: clang-format"
tools/format.sh --dry-run -Werror

echo "lint: shellcheck"
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

echo "lint: gofmt and go vet"
go_program=$(tools/deploy-tools.sh --go)
git ls-files '*/go.mod' | while read -r module; do
  folder=$(dirname "$module")
  unformatted=$(gofmt -l "$folder")
  if [[ -n "$unformatted" ]]; then
    echo "lint: not gofmt's form: $unformatted" >&2
    exit 1
  fi
  (cd "$folder" && CGO_ENABLED=0 "$go_program" vet ./...)
done

echo "lint: python"
git ls-files -z '*.py' | PYTHONPYCACHEPREFIX=build/pycache xargs -0 python3 -m py_compile

echo "lint: clang-tidy, $(git ls-files '*.cc' | wc -l) files, some minutes"
cmake --preset tidy -Wno-dev --log-level=WARNING
# The one source that a build writes; the others are there once it is configured.
cmake --build build/tidy --target productd_version >/dev/null
# Findings are on standard output; what is left of standard error says why clang-tidy itself failed.
git ls-files -z '*.cc' | xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p build/tidy \
  2> >(grep -vE '^[0-9]+ warnings?( and [0-9]+ errors?)? generated\.$' >&2)
echo "lint: no findings"
