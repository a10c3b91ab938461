"""Coverage of a search: which features of LangGraph were seen together in a compared case.

How much there is to see cannot be counted by hand: many features exclude each other. `pairs.json`
holds what a long calibrated run saw (`make pairs`): every pair that came, and how many of them as
many cases cover, so that a short run is not asked for what only a long one can reach.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeAlias

Pair: TypeAlias = tuple[str, str]

FILE = "pairs.json"
STEPS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""Numbers of cases whose coverage is kept."""


@dataclass(frozen=True, slots=True)
class Floors:
    """What a search must reach to say anything: shares from 0 to 1.

    `compared` is of the cases tried, `pairs` of the feature pairs that as many cases usually cover.
    """

    compared: float = 0.5
    pairs: float = 0.5


@dataclass(frozen=True, slots=True)
class Coverage:
    """Pairs of features seen together among `possible` ones; `expected` are usual for its size."""

    seen: int
    possible: int
    expected: int

    def says(self) -> str:
        """Return the figures in words."""
        share = self.seen / self.possible if self.possible else 0.0
        return f"{self.seen} of {self.possible} feature pairs ({share:.0%})"


def shortfall(floors: Floors, coverage: Coverage, compared: int, tried: int) -> str:
    """Return which floor was not reached, in words; nothing if all were."""
    if compared < floors.compared * tried:
        return f"compared {compared} of {tried} cases; the floor is {floors.compared:.0%}"
    least = floors.pairs * coverage.expected
    if coverage.seen < least:
        return f"covered {coverage.says()}; the floor is {least:.0f}"
    return ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a long run of one suite saw.

    `cases` is its length; `curve` how many pairs the first `STEPS` cases of it cover.
    """

    cases: int
    pairs: frozenset[Pair]
    curve: Mapping[int, int]

    def coverage(self, combinations: Iterable[Sequence[str]], cases: int) -> Coverage:
        """Return the coverage of a search of so many cases, from the features of those compared."""
        seen = pairs_of(combinations) & self.pairs
        reached = [self.curve[step] for step in self.curve if step <= cases]
        return Coverage(len(seen), len(self.pairs), max(reached, default=0))

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as JSON: for each feature those of the later ones it met."""
        features = sorted({feature for pair in self.pairs for feature in pair})
        met = {
            feature: sorted(features.index(other) for one, other in self.pairs if one == feature)
            for feature in features
        }
        curve = {str(step): pairs for step, pairs in self.curve.items()}
        return {"cases": self.cases, "curve": curve, "met": met}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        """Return the calibration that `to_json` wrote."""
        features = list(data["met"])
        pairs = {(one, features[index]) for one, met in data["met"].items() for index in met}
        curve = {int(step): pairs for step, pairs in data["curve"].items()}
        return cls(data["cases"], frozenset(pairs), curve)


def pairs_of(combinations: Iterable[Sequence[str]]) -> frozenset[Pair]:
    """Return the pairs of features that come together; a case's features are sorted."""
    return frozenset(
        pair for features in set(combinations) for pair in itertools.combinations(features, 2)
    )


@functools.cache
def calibrations() -> Mapping[str, Calibration]:
    """Return the calibrated run of each suite."""
    text = files("parity_kit.search").joinpath(FILE).read_text(encoding="utf-8")
    return {suite: Calibration.from_json(data) for suite, data in json.loads(text).items()}
