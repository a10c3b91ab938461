"""Coverage of a search: which features of LangGraph were seen together in a compared case.

The possible pairs cannot be counted by hand, because many features exclude each other. `pairs.json`
holds the result of a long run (`make pairs`): every pair that occurred, and how many of them a
given number of cases covers, so that a short run need not reach what only a long one can.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
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
    """The shares, from 0 to 1, that a search must reach for a verdict.

    `compared` is a share of the cases tried, `pairs` of the feature pairs that so many cases
    usually cover.
    """

    compared: float = 0.5
    pairs: float = 0.5


@dataclass(frozen=True, slots=True)
class Coverage:
    """Feature pairs seen among `possible` ones; a search of this size usually sees `expected`."""

    covered: int
    possible: int
    expected: int

    def says(self) -> str:
        """Return the figures in words."""
        share = self.covered / self.possible if self.possible else 0.0
        return f"{self.covered} of {self.possible} feature pairs ({share:.0%})"


def shortfall(floors: Floors, coverage: Coverage, compared: int, tried: int) -> str:
    """Describe the floor that was not reached; return nothing if all were."""
    if compared < floors.compared * tried:
        return f"compared {compared} of {tried} cases; the floor is {floors.compared:.0%}"
    least = floors.pairs * coverage.expected
    if coverage.covered < least:
        return f"covered {coverage.says()}; the floor is {least:.0f}"
    return ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The result of a long run of one suite.

    `cases` is its length; `curve` is how many pairs its first `STEPS` cases cover.
    """

    cases: int
    pairs: frozenset[Pair]
    curve: Mapping[int, int]

    def coverage(self, combinations: Iterable[Sequence[str]], cases: int) -> Coverage:
        """Return the coverage of a search from its size and the features of its compared cases."""
        covered = pairs_of(combinations) & self.pairs
        reached = [self.curve[step] for step in self.curve if step <= cases]
        return Coverage(len(covered), len(self.pairs), max(reached, default=0))

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
    """Return the pairs of features that occur together; a case's features are sorted."""
    met = defaultdict[str, set[str]](set)
    for features in set(combinations):
        for index, feature in enumerate(features, 1):
            met[feature].update(features[index:])
    return frozenset((feature, other) for feature, others in met.items() for other in others)


@functools.cache
def calibrations() -> Mapping[str, Calibration]:
    """Return the calibration of each suite."""
    text = files("parity_kit.search").joinpath(FILE).read_text(encoding="utf-8")
    return {suite: Calibration.from_json(data) for suite, data in json.loads(text).items()}


def calibration_of(suite: str) -> Calibration:
    """Return the calibration whose pairs a suite covers: a handover's are those of graphs."""
    return calibrations()["graph" if suite == "handover" else suite]
