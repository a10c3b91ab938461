"""The cases of a run's divergences, put into `report.json` as far as the page has room for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.errors import BadFileError
from parity_kit.report.detail import detail
from parity_kit.report.selection import in_turn

ROOM = 1_050_000
"""Characters of all that is kept of cases: the page stays below 2 MB, whatever the cases hold."""


def add_cases(report: dict[str, Any], folder: Path) -> None:
    """Put what the page shows of each divergence beside it, as far as there is room."""
    room = ROOM
    for _, divergence in in_turn(report["candidates"]):
        if (case := _case(folder, divergence["file"])) is None:
            continue
        drawn = detail(case, divergence)
        room -= len(json.dumps(drawn))
        if room < 0:
            break
        divergence["detail"] = drawn


def _case(folder: Path, file: str) -> CaseFile | None:
    """Return a case that a run kept; None if it kept none, or if that is gone."""
    try:
        return read_case(folder / file) if file else None
    except BadFileError:
        return None
