"""A slice of a campaign: so many random cases from a seed of its own, in any process.

Nothing is shrunk in a slice. Of each cause it counts the cases, and keeps the choices of the case
that took the fewest: they make the same case anywhere. Shrinking one is a task of its own.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parity_kit.contract import Engine, Level
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.judge import Tally
from parity_kit.judging.verdicts import cause, label, passes
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search.coverage import Pair, calibrations, pairs_of
from parity_kit.search.lockstep import Finding, Lockstep, SuiteSearch, signature

CASES = {
    "codec": 500,
    "channel": 500,
    "graph": 50,
    "saver": 100,
    "store": 200,
    "cache": 200,
    "crash": 20,
}
"""The cases of a slice: a second or a few."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Cases of a suite: the `number`-th so many of a campaign."""

    suite: str
    number: int
    cases: int


@dataclass(frozen=True, slots=True)
class Shrinking:
    """A cause of which the smallest case is wanted, and the choices that make one."""

    suite: str
    verdict: str
    cause: str
    choices: tuple[int, ...]


SliceOrShrinking: TypeAlias = Slice | Shrinking


@dataclass(frozen=True, slots=True)
class CauseSeen:
    """How many cases of a slice fail for one cause, and the choices that make the smallest."""

    verdict: str
    cause: str
    cases: int
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """The result of a slice.

    `pairs` has a bit for each pair of features that was covered; `areas` names the areas of
    LangGraph that were run, and is None if that was not watched.
    """

    verdicts: dict[str, int]
    reached: str
    features: dict[str, int]
    pairs: int
    causes: tuple[CauseSeen, ...]
    seconds: float
    areas: tuple[str, ...] | None = None


def slices(suites: Sequence[str], examples: int) -> list[Slice]:
    """Return the slices of a campaign: `examples` cases, shared by the suites, all in step."""
    share, more = divmod(examples, len(suites))
    parts: list[tuple[float, int, Slice]] = []
    for index, suite in enumerate(suites):
        left, most = share + (index < more), CASES[suite]
        for number, start in enumerate(range(0, left, most)):
            part = Slice(suite, number, min(most, left - start))
            parts.append((start / left, index, part))
    return [part for _, _, part in sorted(parts, key=lambda item: item[:2])]


def search_slice(
    part: Slice, seed: int, reference: Engine, under_test: CandidateUnderTest, required: Level
) -> Searched:
    """Try the cases of a slice.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    started = time.monotonic()
    tally = Tally(required)
    search = SuiteSearch(reference, under_test, Lockstep(part.suite, tally))
    own_seed = f"{seed}/{part.suite}/{part.number}"
    seen: dict[tuple[str, str], CauseSeen] = {}
    with silence_langgraph():
        for trace, verdict, record in search.random_cases(own_seed, part.cases):
            tally.add(trace.case, verdict)
            if not passes(verdict):
                key = label(verdict), cause(verdict)
                before = seen.get(key, CauseSeen(*key, 0, tuple(record)))
                smallest = min(before.choices, tuple(record), key=len)
                seen[key] = CauseSeen(*key, before.cases + 1, smallest)
    return Searched(
        verdicts=dict(tally.verdicts),
        reached=(tally.reached if tally.compared else Level.NONE).label,
        features=dict(tally.features),
        pairs=_bits(part.suite, pairs_of(tally.combinations)),
        causes=tuple(seen.values()),
        seconds=time.monotonic() - started,
    )


def shrink_case(
    wanted: Shrinking, reference: Engine, under_test: CandidateUnderTest, required: Level
) -> Finding | None:
    """Return the smallest case found of a cause; None if it does not fail when it is run again.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    result = Lockstep(wanted.suite, Tally(required))
    search = SuiteSearch(reference, under_test, result, keeps=signature)
    with silence_langgraph():
        search.try_one(wanted.choices)
    return result.findings[0] if result.findings else None


@functools.cache
def _places(suite: str) -> dict[Pair, int]:
    return {pair: place for place, pair in enumerate(sorted(calibrations()[suite].pairs))}


def _bits(suite: str, covered: Iterable[Pair]) -> int:
    places = _places(suite)
    return sum(1 << places[pair] for pair in covered if pair in places)
