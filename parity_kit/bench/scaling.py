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

from parity_kit.bench.statistics import MIN_PAIRS, Estimate, interval
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


def growth(rows: Sequence[Row]) -> Growth | None:
    """Return how time grows over the workloads of a series; None with one size or too few pairs.

    The slope is Theil and Sen's: the median of those between each two sizes, in logarithms.
    """
    sizes = [row["size"] for row in rows]
    times = _by_pair(rows)
    if len(sizes) < 2 or len(times) < MIN_PAIRS:  # noqa: PLR2004  # two points make a slope
        return None
    reference = [_slope(sizes, [seconds for seconds, _ in pair]) for pair in times]
    candidate = [_slope(sizes, [seconds for _, seconds in pair]) for pair in times]
    apart = [theirs - ours for ours, theirs in zip(reference, candidate, strict=True)]
    return Growth(
        tuple(sizes),
        *(_with_interval(slopes) for slopes in (reference, candidate, apart)),
        pairs=len(times),
    )


def overall(rows: Sequence[Row]) -> Estimate | None:
    """Return the geometric mean of the ratios of all rows that have one, with its interval."""
    times = _by_pair([row for row in rows if row["ratio"] is not None])
    logs = [
        statistics.fmean(math.log(reference / candidate) for reference, candidate in pair)
        for pair in times
    ]
    return Estimate.of(logs) if logs else None


def kept(row: Row) -> dict[int, tuple[float, float]]:
    """Return the times of reference and candidate in each pair of a row that was not dropped."""
    return {
        pair[_PAIR]: (pair[_REFERENCE], pair[_CANDIDATE]) for pair in row["seen"] if pair[_KEPT]
    }


def _by_pair(rows: Sequence[Row]) -> list[list[tuple[float, float]]]:
    """Return the times of all rows, for each pair in which every row was measured."""
    times = [kept(row) for row in rows]
    numbers = set[int].intersection(*(set(pairs) for pairs in times)) if times else set[int]()
    return [[pairs[number] for pairs in times] for number in sorted(numbers)]


def _with_interval(slopes: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of slopes with the ends of its interval."""
    ends = interval(slopes)
    if ends is None:
        raise AssertionError("growth asks for enough pairs")
    return statistics.median(slopes), *ends


def _slope(sizes: Sequence[int], times: Sequence[float]) -> float:
    points = [(math.log(size), math.log(time)) for size, time in zip(sizes, times, strict=True)]
    return statistics.median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in itertools.combinations(points, 2)
    )
