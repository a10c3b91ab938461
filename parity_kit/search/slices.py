"""A slice of a campaign: so many random cases from a seed of its own, in any process.

Nothing is shrunk in a slice. Of each cause it counts the cases, and keeps the choices of the case
that took the fewest: they make the same case anywhere. Shrinking one is a task of its own.

A slice of handovers is a number of handovers to the candidate, from threads drawn of its seed.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from parity_kit.contract import CaseId, Engine, Level
from parity_kit.contract.canonical import pack
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.judge import Tally
from parity_kit.judging.verdicts import Divergent, cause, label, naming, passes
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search.channel_classes import HOLDS
from parity_kit.search.coverage import Pair, calibration_of, pairs_of
from parity_kit.search.generate.growing import named
from parity_kit.search.handing_over import SUITE as HANDOVER
from parity_kit.search.handing_over import (
    Failure,
    HandoverSearch,
    hand_over_again,
    hand_over_drawn,
)
from parity_kit.search.lockstep import Finding, Lockstep, SuiteSearch, signature

CASES = {
    "codec": 500,
    "channel": 500,
    "graph": 50,
    "saver": 100,
    "store": 200,
    "cache": 200,
    "crash": 20,
    HANDOVER: 20,
}
"""The cases of a slice: a second or a few."""
UNDISTURBED = "differs in the same places when nothing is handed over"
"""The one cause of all handovers of which this is true: other suites judge them."""


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
    LangGraph that were run, and is None if that was not watched. `begun` and `left_out` count
    handovers.
    """

    verdicts: dict[str, int]
    reached: str
    features: dict[str, int]
    pairs: int
    causes: tuple[CauseSeen, ...]
    seconds: float
    areas: tuple[str, ...] | None = None
    begun: dict[str, int] = field(default_factory=dict[str, int])
    left_out: dict[str, int] = field(default_factory=dict[str, int])


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
    handed = HandoverSearch(Tally(required))
    tally = handed.tally
    own_seed = f"{seed}/{part.suite}/{part.number}"
    seen: dict[tuple[str, str], CauseSeen] = {}
    with silence_langgraph():
        if part.suite == HANDOVER:
            drawn = hand_over_drawn(reference, under_test, handed, part.cases, own_seed)
            failures = ((_key_of(failure), record) for failure, record in drawn)
        else:
            search = SuiteSearch(reference, under_test, Lockstep(part.suite, tally))
            failures = _failures(search, own_seed, part.cases, tally)
        for key, record in failures:
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
        begun=dict(handed.begun),
        left_out=dict(handed.left_out),
    )


def _failures(
    search: SuiteSearch, seed: str, cases: int, tally: Tally
) -> Iterator[tuple[tuple[str, str], Sequence[int]]]:
    for trace, verdict, record in search.random_cases(seed, cases):
        tally.add(trace.case, verdict)
        if not passes(verdict):
            yield (label(verdict), cause(verdict)), record


def _key_of(failure: Failure) -> tuple[str, str]:
    verdict = failure.verdict
    return label(verdict), UNDISTURBED if failure.undisturbed else cause(verdict)


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
        if wanted.suite == HANDOVER:
            handed = HandoverSearch(result.tally)
            failures = hand_over_again(reference, under_test, handed, wanted.choices)
            same = [one for one in failures if _key_of(one) == (wanted.verdict, wanted.cause)]
            return _simplest(same, search) if same else None
        search.try_one(wanted.choices)
    return result.findings[0] if result.findings else None


def _simplest(failures: Sequence[Failure], search: SuiteSearch) -> Finding:
    """Return the smallest handover, without the operations and arguments that it does not need.

    What was stored stays as it was, and so does the program. A handover to LangGraph stays whole:
    what it must come to is the end of a run that it does not contain.
    """
    failure = min(failures, key=lambda one: len(pack(one.case.to_plain())))
    case, verdict = failure.case, failure.verdict
    if isinstance(verdict, Divergent) and failure.sides is None:
        kept = case.subject, case.operations[0]
        case, verdict = search.simplified(
            case, verdict, lambda smaller: (smaller.subject, smaller.operations[0]) == kept
        )
    name = named(case)
    way = "/".join(case.id.split("/")[:3])
    held = (feature for feature in case.features if feature.startswith(HOLDS))
    name = replace(
        name,
        id=CaseId(f"{way}/{name.id.rpartition('/')[2]}"),
        features=(*name.features, *held),
    )
    return Finding(name, naming(verdict, case.id, name.id), 1, failure.sides)


@functools.cache
def _places(suite: str) -> dict[Pair, int]:
    return {pair: place for place, pair in enumerate(sorted(calibration_of(suite).pairs))}


def _bits(suite: str, covered: Iterable[Pair]) -> int:
    places = _places(suite)
    return sum(1 << places[pair] for pair in covered if pair in places)
