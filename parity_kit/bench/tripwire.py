"""The tripwire: whether a candidate became slower than its base, by pairs of one session.

In each round of a session the base and the head are measured moments apart. A head trips if its
whole interval lies beyond the tolerance, and if LangGraph measured against itself in the same
rounds lies within it. Times of another session, or of another host, are never compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from parity_kit.bench.plan import CONTROL
from parity_kit.bench.results import Pairs, load
from parity_kit.bench.statistics import Estimate, Pair, estimate

TOLERANCE = 0.25
"""How much longer a head may take than its base."""


class Trip(StrEnum):
    """What a comparison of head and base says."""

    SLOWER = "slower"
    WITHIN = "within"
    UNDECIDED = "undecided"
    NOISY = "too noisy"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class Change:
    """A workload's time on the head over that on the base; 1.3 means 30 % slower."""

    workload: str
    trip: Trip
    measured: Estimate | None = None
    detail: str = ""


def changes(
    folder: Path, base: str, head: str, workloads: Sequence[str], tolerance: float
) -> list[Change]:
    """Judge what a session in a folder measured of a base and a head."""
    measured, control = load(folder, head, base), load(folder, CONTROL)
    return [
        judge(name, measured.get(name, Pairs()), control.get(name, Pairs()), tolerance)
        for name in workloads
    ]


def judge(workload: str, pairs: Pairs, control: Pairs, tolerance: float) -> Change:
    """Judge the pairs of base and head, and those of LangGraph and itself in the same rounds."""
    kept = [Pair(pair.candidate, pair.reference) for pair in pairs.kept.values()]
    if not kept:
        return Change(workload, Trip.NOT_COMPARABLE, None, "no pair of both was measured")
    ratio = estimate(kept)
    if ratio.low is None or ratio.high is None:
        return Change(workload, Trip.UNDECIDED, ratio, "an interval needs six pairs")
    most = 1 + tolerance
    if ratio.high <= most:
        return Change(workload, Trip.WITHIN, ratio)
    if ratio.low <= most:
        return Change(workload, Trip.UNDECIDED, ratio, "the interval spans the limit")
    noise = estimate([*control.kept.values()]) if control.kept else None
    if noise is None or not (
        noise.low and noise.high and 1 / most <= noise.low <= noise.high <= most
    ):
        detail = "LangGraph against itself lies beyond the limit too, or was not measured"
        return Change(workload, Trip.NOISY, ratio, detail)
    return Change(workload, Trip.SLOWER, ratio)
