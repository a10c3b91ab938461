"""Which divergences the page shows whole: a fair share of each candidate and each cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

MOST = 200
"""Divergences shown whole in one page; the others are named and counted."""

Found = Mapping[str, Any]


def by_cause(divergences: Sequence[Found]) -> list[tuple[str, list[Found]]]:
    """Return divergences by what they come from, what most cases show first."""
    groups: dict[str, list[Found]] = {}
    for found in divergences:
        groups.setdefault(found["cause"], []).append(found)
    # What breaks results weighs more than what only bytes show.
    return sorted(groups.items(), key=lambda item: (_gravity(item[1]), -cases(item[1]), item[0]))


_LEVELS = ("", "result", "trace", "bytes")


def _gravity(group: Sequence[Found]) -> int:
    """Return how low the lowest level is that a cause breaks; nothing is below having failed."""
    return min(_LEVELS.index(found["level"]) if found["level"] in _LEVELS else 0 for found in group)


def cases(group: Sequence[Found]) -> int:
    """Return how many cases some divergences stand for."""
    return sum(found["count"] for found in group)


def in_turn(candidates: Sequence[Found], most: int = MOST) -> list[tuple[int, Any]]:
    """Return the divergences that are shown whole, each with its candidate's number.

    Room is given in rounds: one divergence to each candidate in turn, and in each candidate one to
    each cause in turn.
    """
    queues = [_in_turn(candidate["divergences"]) for candidate in candidates]
    rounds = (found for round_ in zip_longest(*queues) for found in enumerate(round_))
    return [(place, found) for place, found in rounds if found is not None][:most]


def selected(candidates: Sequence[Found], most: int = MOST) -> list[set[tuple[str, str]]]:
    """Return the gate and case of the divergences that are shown whole, for each candidate."""
    chosen: list[set[tuple[str, str]]] = [set() for _ in candidates]
    for place, found in in_turn(candidates, most):
        chosen[place].add((found["gate"], found["case"]))
    return chosen


def _in_turn(divergences: Sequence[Found]) -> list[Found]:
    """Return divergences with the first of each cause first, then the second of each."""
    groups = [group for _, group in by_cause(divergences)]
    return [found for round_ in zip_longest(*groups) for found in round_ if found is not None]
