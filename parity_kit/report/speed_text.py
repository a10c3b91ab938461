"""A measured speed in words, for terminal and page alike."""

from __future__ import annotations

from parity_kit.bench.statistics import Speed
from parity_kit.judging import text


def ratio_text(verdict: str, ratio: float | None) -> str:
    """Return a ratio that was decided; an inconclusive one is no result and gives nothing."""
    return "" if ratio is None or verdict == Speed.INCONCLUSIVE else text.ratio(ratio)


def interval_text(low: float | None, high: float | None) -> str:
    """Return the ends of a 95 % interval."""
    if low is None or high is None:
        return "too few pairs"
    return f"{text.ratio(low)} to {text.ratio(high)}"
