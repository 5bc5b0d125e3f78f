#!/usr/bin/env bash
# build.sh PRESET [TARGET...]: configures and builds all, or those; a second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

# With this one clone finds in ccache what another has compiled.
export CCACHE_BASEDIR=$PWD

echo "build: ${*:-everything}, preset $preset, into build/$preset"
cmake --preset "$preset" -Wno-dev --log-level=WARNING
cmake --build --preset "$preset" ${1:+--target "$@"}
