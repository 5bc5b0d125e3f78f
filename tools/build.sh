#!/usr/bin/env bash
# build.sh PRESET: configures and builds; a second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1

echo "build: preset $preset, into build/$preset"
cmake --preset "$preset" -Wno-dev --log-level=WARNING
cmake --build --preset "$preset"
