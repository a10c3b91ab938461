"""One figure for a candidate's speed: what it stands for, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity_kit.bench.scaling import overall
from parity_kit.bench.statistics import verdict

Row = Mapping[str, Any]
"""A workload as `report.json` has it."""


def speed(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return the geometric mean of the ratios of all workloads that were measured.

    Of a workload in several sizes the largest counts. The interval is over pairs, as each
    workload's is: a pair's processes measure all of them, so that they are not independent. None if
    none was measured.
    """
    largest = _largest(rows)
    measured = [row for row in largest if row["ratio"] is not None]
    estimate = overall(measured)
    if estimate is None:
        return None
    ratios = [row["ratio"] for row in measured]
    return {
        "ratio": estimate.ratio,
        "low": estimate.low,
        "high": estimate.high,
        "verdict": verdict(estimate).value,
        "measured": len(measured),
        "workloads": len(largest),
        "slowest": min(ratios),
        "fastest": max(ratios),
    }


def _largest(rows: Sequence[Row]) -> list[Row]:
    """Return each workload once: of a series the largest size that was measured."""
    chosen: dict[str, Row] = {}
    for row in rows:
        name = row["series"] or row["workload"]
        known = chosen.get(name)
        larger = known is None or known["ratio"] is None or row["size"] > known["size"]
        if larger and (known is None or row["ratio"] is not None):
            chosen[name] = row
    return list(chosen.values())
