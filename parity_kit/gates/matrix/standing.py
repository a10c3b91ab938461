"""Where a candidate stands on a row, in a word, and how many rows stand where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from parity_kit.contract.events import RowJudged
from parity_kit.judging.verdicts import NO_CASE

IN_PART = "unsupported in part"
BEST_FIRST = (
    "bytes",
    "trace",
    "result",
    "none",
    IN_PART,
    "unsupported",
    "crashed",
    "hung",
    "protocol error",
    "flaky",
    NO_CASE,
    "unknown",
)
"""Every standing: a level, or why there is none."""
_UNKNOWN = {"unknown", NO_CASE}


def standing(verdict: str, reached: str, compared: int) -> str:
    """Return a row's standing: the level reached where all cases were compared."""
    if verdict in {"equal", "expected", "divergent"}:
        return reached
    return IN_PART if verdict == "unsupported" and compared else verdict


def counts(rows: Iterable[RowJudged]) -> dict[str, int]:
    """Return how many rows stand where, best first."""
    row_counts = Counter(standing(row.verdict, row.reached, row.compared) for row in rows)
    return {word: row_counts[word] for word in BEST_FIRST if row_counts[word]}


def summary(rows: Iterable[RowJudged]) -> str:
    """Return in words how many rows stand where, best first."""
    return ", ".join(f"{in_words(place)} {count}" for place, count in counts(rows).items())


def in_words(place: str) -> str:
    """Return a standing as people read it: at level `none` results differ."""
    return "results differ" if place == "none" else place


def refuted(verdict: str, reached: str, claimed: str) -> str:
    """Return how what was measured goes against what is claimed; empty where it does not.

    A claim stands where results agree, whatever is above them.
    """
    agrees = reached != "none"
    if claimed.startswith(("yes", "likely")) and verdict not in _UNKNOWN and not agrees:
        return f"claimed, and {'results differ' if verdict == 'divergent' else verdict}"
    return "not claimed, and results agree" if claimed in {"no", "unknown"} and agrees else ""


def agreeing(verdicts: Mapping[str, int], reasons: Mapping[str, int]) -> str:
    """Return how many of a row's cases agree; where none was run, why."""
    total = sum(verdicts.values())
    if NO_CASE in reasons:
        return ""
    return f"{verdicts.get('equal', 0)} of {total}" if total else ", ".join(reasons)
