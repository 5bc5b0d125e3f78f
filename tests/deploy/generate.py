#!/usr/bin/env python3
"""Writes what is made of the chart: k8s/base, its README.md and tests/deploy/golden.

  .venv/bin/python tests/deploy/generate.py
"""

from __future__ import annotations

from chart import ROOT, generated_files


def main() -> None:
    for path, content in generated_files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            print(f"generate: wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
