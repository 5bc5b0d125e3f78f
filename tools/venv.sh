#!/usr/bin/env bash
# Makes .venv with loadtest/requirements.txt; does nothing while the file has not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

if cmp -s loadtest/requirements.txt .venv/installed-requirements.txt; then exit 0; fi
echo "venv: installing loadtest/requirements.txt into .venv"
/usr/bin/python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r loadtest/requirements.txt
cp loadtest/requirements.txt .venv/installed-requirements.txt
