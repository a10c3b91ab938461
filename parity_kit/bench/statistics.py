"""From pairs of times to a ratio, its interval and a verdict.

A pair is one process of the reference and one of the candidate, run back to back. The log of their
ratio is one observation: what two adjacent processes share (the load of the machine at that moment)
cancels in it. The estimate is the median over pairs. Its interval is exact for any distribution of
the noise: it lies between two order statistics, chosen by the binomial distribution.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MARGIN = 0.05
"""Differences within ±5 % are of no interest."""

MIN_PAIRS = 6
"""Five pairs lie all on one side of the true median once in 16 times: too often for 95 %."""

_OUTSIDE = 0.05
"""How often an interval may miss the true median."""


class Speed(StrEnum):
    """What a comparison of times says."""

    FASTER = "faster"
    SLOWER = "slower"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class Pair:
    """The median time of each process of a pair, in seconds a run of the case."""

    reference: float
    candidate: float

    @property
    def log_ratio(self) -> float:
        """The log of reference time over candidate time."""
        return math.log(self.reference / self.candidate)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Reference time over candidate time, with its 95 % interval: None with too few pairs."""

    ratio: float
    low: float | None
    high: float | None
    pairs: int

    @classmethod
    def of(cls, log_ratios: Sequence[float]) -> Estimate:
        """Return the median ratio with its interval.

        Raises:
            ValueError: If there is no observation.
        """
        if not log_ratios:
            raise ValueError("no pairs to estimate from")
        ends = interval(log_ratios)
        low, high = map(math.exp, ends) if ends else (None, None)
        return cls(math.exp(statistics.median(log_ratios)), low, high, len(log_ratios))


def estimate(pairs: Sequence[Pair]) -> Estimate:
    """Return the median ratio over pairs with its interval.

    Raises:
        ValueError: If there is no pair.
    """
    return Estimate.of([pair.log_ratio for pair in pairs])


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the ends of the median's 95 % interval; None for fewer than `MIN_PAIRS` values.

    The ends are the k-th smallest and the k-th largest value. The interval misses the true median
    only if fewer than k values lie on one side of it, which has binomial probability; k is the
    largest rank that keeps this to 5 %.
    """
    count, rank, outside = len(values), 0, 1
    while 2 * outside <= _OUTSIDE * 2**count:
        rank += 1
        outside += math.comb(count, rank)
    ordered = sorted(values)
    return (ordered[rank - 1], ordered[-rank]) if rank else None


def verdict(measured: Estimate) -> Speed:
    """Return what an interval says against the margin.

    Faster and slower mean that the whole interval lies beyond the margin, equivalent that it lies
    inside; anything else, and too few pairs, is inconclusive. The margin is symmetric for ratios.
    """
    upper = 1 + MARGIN
    lower = 1 / upper
    if measured.low is None or measured.high is None:
        return Speed.INCONCLUSIVE
    if measured.low > upper:
        return Speed.FASTER
    if measured.high < lower:
        return Speed.SLOWER
    if lower <= measured.low and measured.high <= upper:
        return Speed.EQUIVALENT
    return Speed.INCONCLUSIVE


def confirmed(first: Sequence[Pair], further: Sequence[Pair]) -> Speed:
    """Return the verdict over all pairs, where `slower` must show in both halves on its own."""
    overall = verdict(estimate([*first, *further]))
    if overall is Speed.SLOWER:
        halves = (first, further)
        if not all(half and verdict(estimate(half)) is overall for half in halves):
            return Speed.INCONCLUSIVE
    return overall
