"""Which divergences the page shows whole: a fair share of each candidate and each cause."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

FEW = 3
"""Candidates that share the least room; each further one brings room of its own."""
SHOWN, MORE_SHOWN = 24, 16
"""Divergences shown whole; the others are named and counted."""
ROOM, MORE_ROOM = 80_000, 64_000
"""Characters of what is drawn of cases, as JSON. So 3 candidates fit 400 KB, and 12 fit 2 MB."""

Json = Mapping[str, Any]


def by_cause(divergences: Sequence[Json]) -> list[tuple[str, list[Json]]]:
    """Return divergences by what they come from, what most cases show first."""
    groups: dict[str, list[Json]] = {}
    for divergence in divergences:
        groups.setdefault(divergence["cause"], []).append(divergence)
    # What breaks results weighs more than what only bytes show.
    return sorted(groups.items(), key=lambda item: (_gravity(item[1]), -cases(item[1]), item[0]))


_LEVELS = ("", "result", "trace", "bytes")


def _gravity(group: Sequence[Json]) -> int:
    """Return how low the lowest level is that a cause breaks; nothing is below having failed."""
    return min(
        _LEVELS.index(divergence["level"]) if divergence["level"] in _LEVELS else 0
        for divergence in group
    )


def cases(group: Sequence[Json]) -> int:
    """Return how many cases some divergences stand for."""
    return sum(divergence["count"] for divergence in group)


def in_turn(candidates: Sequence[Json]) -> list[tuple[int, Any]]:
    """Return the divergences that are shown whole, each with its candidate's number.

    Room is given in rounds: one divergence to each candidate in turn, and in each candidate one to
    each cause in turn.
    """
    queues = [_in_turn(candidate["divergences"]) for candidate in candidates]
    rounds = (turn for round_ in zip_longest(*queues) for turn in enumerate(round_))
    shown = SHOWN + MORE_SHOWN * max(0, len(candidates) - FEW)
    return [(place, divergence) for place, divergence in rounds if divergence is not None][:shown]


def room(candidates: Sequence[Json]) -> int:
    """Return how many characters of cases a page may draw."""
    return ROOM + MORE_ROOM * max(0, len(candidates) - FEW)


def size(detail: object) -> int:
    """Return the characters of what is drawn of a case."""
    return len(json.dumps(detail))


def selected(candidates: Sequence[Json]) -> list[set[tuple[str, str]]]:
    """Return the gate and case of the divergences that are shown whole, for each candidate."""
    chosen: list[set[tuple[str, str]]] = [set() for _ in candidates]
    left = room(candidates)
    for place, divergence in in_turn(candidates):
        drawn = size(divergence.get("detail"))
        if drawn > left:
            continue  # a smaller one may still fit
        left -= drawn
        chosen[place].add((divergence["gate"], divergence["case"]))
    return chosen


def _in_turn(divergences: Sequence[Json]) -> list[Json]:
    """Return divergences with the first of each cause first, then the second of each."""
    groups = [group for _, group in by_cause(divergences)]
    return [
        divergence
        for round_ in zip_longest(*groups)
        for divergence in round_
        if divergence is not None
    ]
