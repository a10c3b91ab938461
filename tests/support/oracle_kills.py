"""Mutants of LangGraph, and the committed case that notices each: a few of every module.

`oracle_kills.json` is made from a self-test, again when LangGraph or the cases change:

    parity-kit selftest --of oracle --sample 200 --examples 0 --json > kills
    python tests/support/oracle_kills.py < kills
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
_MOST = 3  # of a module


def main() -> None:
    """Keep the quickest kills of each module of a self-test."""
    kept: dict[str, dict[str, str]] = {}
    results: list[Any] = json.load(sys.stdin)["results"]
    for result in sorted(results, key=lambda result: result["seconds"]):
        of_module = kept.setdefault(result["module"], {})
        if result["kill"] and result["kill"]["kind"] != "hung" and len(of_module) < _MOST:
            of_module[result["what"]] = result["kill"]["case"]
    ordered = {module: dict(sorted(kept[module].items())) for module in sorted(kept)}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
