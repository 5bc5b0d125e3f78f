#!/usr/bin/env bash
# Makes .venv with what loadtest, tests/tools and dashboards require; does nothing while that has
# not changed.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=(loadtest/requirements.txt tests/tools/requirements.txt dashboards/requirements.txt
  tests/deploy/requirements.txt tests/image/requirements.txt)

if cat "${requirements[@]}" | cmp -s - .venv/installed-requirements.txt; then exit 0; fi
echo "venv: installing ${requirements[*]} into .venv"
/usr/bin/python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
  "${requirements[@]/#/--requirement=}"
cat "${requirements[@]}" >.venv/installed-requirements.txt
