"""The cases of a run's divergences, put into `report.json` as far as the page has room for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parity_kit.contract.casefile import CaseFile, parse_case
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.files import read_inside
from parity_kit.report.detail import detail
from parity_kit.report.selection import in_turn, room, size


def add_cases(report: dict[str, Any], folder: Path) -> None:
    """Add to each divergence what the page draws of its case, as far as there is room."""
    left = room(report["candidates"])
    for _, divergence in in_turn(report["candidates"]):
        if (case := _case(folder, divergence["file"])) is None:
            continue
        drawn = detail(case, divergence)
        left -= size(drawn)
        if left < 0:
            break
        divergence["detail"] = drawn


def _case(folder: Path, file: str) -> CaseFile | None:
    """Return a case that a run kept; None if it kept none, or if that is gone."""
    try:
        return parse_case(read_inside(folder, file), folder / file) if file else None
    except BadFileError:
        return None
