"""From pairs of times to a ratio, its interval and a verdict.

A pair is one process of the reference and one of the candidate, run back to back. The log of their
ratio is one observation; the estimate is the median over pairs, its interval a bootstrap over
pairs. Whole pairs are resampled, never single values: what two adjacent processes share (the load
of the machine at that moment) cancels inside the pair and must not be broken up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MARGIN = 0.05
"""Differences within ±5 % are of no interest."""

MIN_PAIRS = 5
"""With fewer pairs no interval over a median covers 95 %, however the pairs came out."""

RESAMPLES = 10_000

_TAILS = (2.5, 97.5)


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
    """Reference time over candidate time, with its 95 % interval."""

    ratio: float
    low: float
    high: float
    pairs: int


def estimate(pairs: Sequence[Pair], *, seed: int) -> Estimate:
    """Return the median ratio over pairs with its bootstrap interval.

    Raises:
        ValueError: If there is no pair.
    """
    middle, low, high = interval([pair.log_ratio for pair in pairs], seed=seed)
    return Estimate(math.exp(middle), math.exp(low), math.exp(high), len(pairs))


def interval(values: Sequence[float], *, seed: int) -> tuple[float, float, float]:
    """Return the median of values, a pair's each, and the ends of its bootstrap interval.

    Raises:
        ValueError: If there is no value.
    """
    import numpy as np  # noqa: PLC0415  # heavy: only when something was measured

    if not values:
        raise ValueError("no pairs to estimate from")
    given = np.array(values)
    chosen = np.random.default_rng(seed).integers(0, len(given), size=(RESAMPLES, len(given)))
    low, high = np.percentile(np.median(given[chosen], axis=1), _TAILS)
    return float(np.median(given)), float(low), float(high)


def verdict(found: Estimate) -> Speed:
    """Return what an interval says against the margin.

    Faster and slower mean that the whole interval lies beyond the margin, equivalent that it lies
    inside; anything else, and too few pairs, is inconclusive. The margin is symmetric for ratios.
    """
    upper = 1 + MARGIN
    lower = 1 / upper
    if found.pairs < MIN_PAIRS:
        return Speed.INCONCLUSIVE
    if found.low > upper:
        return Speed.FASTER
    if found.high < lower:
        return Speed.SLOWER
    if lower <= found.low and found.high <= upper:
        return Speed.EQUIVALENT
    return Speed.INCONCLUSIVE


def confirmed(first: Sequence[Pair], further: Sequence[Pair], *, seed: int) -> Speed:
    """Return the verdict over all pairs, where `slower` must show in both halves on its own."""
    whole = verdict(estimate([*first, *further], seed=seed))
    if whole is Speed.SLOWER:
        halves = (first, further)
        if not all(half and verdict(estimate(half, seed=seed)) is whole for half in halves):
            return Speed.INCONCLUSIVE
    return whole
