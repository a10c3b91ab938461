"""The cases of a run's divergences, put into `report.json` as far as the page has room for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.errors import BadFileError
from parity_kit.report.detail import cause, detail, found_verdict
from parity_kit.report.selection import in_turn

ROOM = 1_050_000
"""Characters of all that is kept of cases: the page stays below 2 MB, whatever the cases hold."""


def add_cases(report: dict[str, Any], folder: Path) -> None:
    """Say of each divergence what it comes from, and put what the page shows of it beside it."""
    kept: dict[tuple[int, str, str], tuple[CaseFile, Any]] = {}
    for place, candidate in enumerate(report["candidates"]):
        for found in candidate["divergences"]:
            case = _case(folder, found["file"])
            if case is not None:
                verdict = found_verdict(case, found["level"])
                found["cause"] = cause(case, verdict, found["verdict"], found["headline"])
                kept[place, found["gate"], found["case"]] = case, verdict
    room = ROOM
    for place, found in in_turn(report["candidates"]):
        key = place, found["gate"], found["case"]
        if key in kept:
            drawn = detail(*kept[key])
            room -= len(json.dumps(drawn))
            if room < 0:
                break
            found["detail"] = drawn


def _case(folder: Path, file: str) -> CaseFile | None:
    """Return a case that a run kept; None if it kept none, or if that is gone."""
    try:
        return read_case(folder / file) if file else None
    except BadFileError:
        return None
