"""How time grows with size, and how fast an engine is over all: estimates over pairs, from rows.

A row is a workload of one opponent as `report.json` has it. Each pair gives one observation, as it
does for a single workload, so that what a pair's processes shared cancels here too.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_kit.bench.statistics import Estimate, interval
from parity_kit.contract.events import SEEN_FIELDS

Row = Mapping[str, Any]

_PAIR, _REFERENCE, _CANDIDATE, _KEPT = (
    SEEN_FIELDS.index(name) for name in ("pair", "reference_seconds", "candidate_seconds", "kept")
)


@dataclass(frozen=True, slots=True)
class Growth:
    """The exponents by which time grows with size, each with the ends of its 95 % interval.

    1 means twice the time for twice the size. `apart` is the candidate's less the reference's.
    """

    sizes: tuple[int, ...]
    reference: tuple[float, float, float]
    candidate: tuple[float, float, float]
    apart: tuple[float, float, float]
    pairs: int


def growth(rows: Sequence[Row], *, seed: int) -> Growth | None:
    """Return how time grows over the workloads of a series, or None where that is not known.

    The slope is Theil and Sen's: the median of those between each two sizes, in logarithms.
    """
    sizes = [row["size"] for row in rows]
    times = _by_pair(rows)
    if len(sizes) < 2 or not times:  # noqa: PLR2004  # two points make a slope
        return None
    ours = [_slope(sizes, [reference for reference, _ in time]) for time in times]
    theirs = [_slope(sizes, [candidate for _, candidate in time]) for time in times]
    apart = [candidate - reference for reference, candidate in zip(ours, theirs, strict=True)]
    return Growth(
        tuple(sizes),
        interval(ours, seed=seed),
        interval(theirs, seed=seed),
        interval(apart, seed=seed),
        len(times),
    )


def overall(rows: Sequence[Row], *, seed: int) -> Estimate | None:
    """Return the geometric mean of the ratios of all rows that have one, with its interval."""
    times = _by_pair([row for row in rows if row["ratio"] is not None])
    logs = [
        statistics.fmean(math.log(reference / candidate) for reference, candidate in time)
        for time in times
    ]
    if not logs:
        return None
    middle, low, high = interval(logs, seed=seed)
    return Estimate(math.exp(middle), math.exp(low), math.exp(high), len(logs))


def kept(row: Row) -> dict[int, tuple[float, float]]:
    """Return the times of reference and candidate in each pair of a row that was not dropped."""
    return {
        pair[_PAIR]: (pair[_REFERENCE], pair[_CANDIDATE]) for pair in row["seen"] if pair[_KEPT]
    }


def _by_pair(rows: Sequence[Row]) -> list[list[tuple[float, float]]]:
    """Return the times of all rows, for each pair in which every row was measured."""
    found = [kept(row) for row in rows]
    numbers = set[int].intersection(*(set(each) for each in found)) if found else set[int]()
    return [[each[number] for each in found] for number in sorted(numbers)]


def _slope(sizes: Sequence[int], times: Sequence[float]) -> float:
    points = [(math.log(size), math.log(time)) for size, time in zip(sizes, times, strict=True)]
    return statistics.median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in itertools.combinations(points, 2)
    )
