#!/usr/bin/env python3
"""Writes dashboards/*.json and dashboards/rules/*.yaml from dashboards/source.

  .venv/bin/python dashboards/generate.py           # writes what has changed
  .venv/bin/python dashboards/generate.py --check   # writes nothing; 1 when a file has drifted
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from source import (catalogue_and_storage, load_test, rules, saturation, slo_and_error_budget,
                    tail_latency)
from source.panels import render

FOLDER = Path(__file__).resolve().parent
DASHBOARDS = (tail_latency, slo_and_error_budget, load_test, saturation, catalogue_and_storage)


def generated() -> dict[Path, str]:
    """Every generated file with the text it ought to have."""
    files = {}
    for module in DASHBOARDS:
        dashboard = module.dashboard()
        files[FOLDER / f"{dashboard.build().uid}.json"] = render(dashboard)
    for name, text in rules.files().items():
        files[FOLDER / "rules" / name] = text
    return files


def drifted() -> list[Path]:
    """The files that differ from what the source says, and those it no longer makes."""
    files = generated()
    found = [path for path, text in files.items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    there = [*FOLDER.glob("*.json"), *(FOLDER / "rules").glob("*.yaml")]
    return sorted(found + [path for path in there if path not in files])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    check = parser.parse_args().check
    files = generated()
    paths = drifted()
    for path in paths:
        print(f"{path.relative_to(FOLDER.parent)}: {'drifted' if check else 'written'}")
        if check:
            continue
        if path in files:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return 1 if check and paths else 0


if __name__ == "__main__":
    sys.exit(main())
