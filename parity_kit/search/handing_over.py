"""The suite `handover`: threads begun on one engine and continued on the other, both ways.

Half of the handovers come from committed cases, half from drawn ones. A case is stopped between its
operations, and inside its runs between two supersteps. LangGraph itself must continue alike in a
fresh session over its own bytes: where it does not, the case keeps something in its process (a
store, a cache, a count of visits), and no handover is made of it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from random import Random
from typing import TypeAlias

from parity_kit.contract import Case, CaseId, Engine, Level, Outcome, Trace, Unsupported, run
from parity_kit.judging.candidate_under_test import Answer, CandidateUnderTest
from parity_kit.judging.compare import compare, same_outcomes
from parity_kit.judging.judge import Tally, judge, judge_answer
from parity_kit.judging.places import place_text
from parity_kit.judging.verdicts import Divergent, Equal, Verdict, passes
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search.channel_classes import HOLDS
from parity_kit.search.choices import Choices, replayed, seeded
from parity_kit.search.generate.graphs import graph_case
from parity_kit.search.generate.growing import named
from parity_kit.search.handovers import handover, is_stopped, runs, stopped, stops
from parity_kit.search.lockstep import MOST_FINDINGS, Finding, Sides, signature

SUITE = "handover"
MOST_STOPS = 6
"""Stops of one case, between its operations and inside its runs together."""
_IN_PROCESS = ("visits", "store", "cache", "no checkpointer", "durability exit")
"""Features of cases that keep in their process what no saver holds."""

_ANOTHER_WAY = "without the same result before the stop"
_SAME_BYTES = "with every stored byte the same, so that LangGraph would only continue its own"
_NO_BYTES = "without any stored bytes"
_NOT_BACK = (_SAME_BYTES, _ANOTHER_WAY, _NO_BYTES)


def keeps_in_process(case: Case) -> bool:
    """Return whether a case keeps in its process what no saver holds."""
    return not set(_IN_PROCESS).isdisjoint(case.features)


@dataclass(frozen=True, slots=True)
class Failure:
    """A handover that did not end alike; `undisturbed` if the candidate differs so without it.

    A handover to LangGraph has `sides`: the undisturbed outcomes, and how LangGraph went on.
    """

    case: Case
    verdict: Verdict
    undisturbed: bool
    sides: Sides | None

    def finding(self, count: int) -> Finding:
        """Return it as what so many handovers show."""
        return Finding(self.case, self.verdict, count, self.sides)


@dataclass(slots=True)
class HandoverSearch:
    """The result of the suite."""

    tally: Tally
    suite: str = SUITE
    findings: list[Finding] = field(default_factory=list[Finding])
    seconds: float = 0.0
    begun: Counter[str] = field(default_factory=Counter[str])
    """Handovers by the engine that stored, and those not made, by reason."""
    left_out: Counter[str] = field(default_factory=Counter[str])

    def notes(self) -> Iterator[str]:
        """Yield what was tried, and what was not."""
        unsupported = self.tally.verdicts["unsupported"]
        return notes(self.begun, self.left_out, unsupported, self.tally.features)

    def add(self, failures: Iterable[Failure]) -> None:
        """Add what failed; what differs undisturbed is no finding, unless nothing else is."""
        undisturbed: Failure | None = None
        for failure in failures:
            if failure.undisturbed:
                undisturbed = undisturbed or failure
                continue
            for index, known in enumerate(self.findings):
                if signature(known.verdict) == signature(failure.verdict):
                    self.findings[index] = replace(known, count=known.count + 1)
                    break
            else:
                if len(self.findings) < MOST_FINDINGS:
                    self.findings.append(failure.finding(1))
        if not self.findings and undisturbed:
            self.findings = [undisturbed.finding(self.begun["differs undisturbed"])]


def notes(
    tried: Counter[str], left_out: Counter[str], unsupported: int, features: Mapping[str, int]
) -> Iterator[str]:
    """Yield what was handed over, and what was not."""
    yield (
        f"{tried['threads']:,} threads, {tried['committed']:,} of them of committed cases,"
        f" stopped {tried['between operations']:,} times between two operations and"
        f" {tried['between supersteps']:,} times between two supersteps of a run"
        f" (at most {MOST_STOPS} stops a thread)"
    )
    yield (
        f"LangGraph to the candidate: {tried['forth']:,} handovers, {unsupported:,} of them"
        " unsupported"
    )
    reasons = [f"{tried[reason]:,} {reason}" for reason in _NOT_BACK if tried[reason]]
    yield (
        f"the candidate to LangGraph: {tried['back']:,} handovers"
        + (f"; not tried: {', '.join(reasons)}" if reasons else "")
    )
    held = (name for name in features if name.startswith(HOLDS))
    if classes := [f"{name.removeprefix(HOLDS)} {features[name]:,}" for name in sorted(held)]:
        yield f"compared, by what the newest checkpoint holds: {', '.join(classes)}"
    if same := tried["differs undisturbed"]:
        yield f"{same:,} of the divergent differ in the same places when nothing is handed over"
    if left_out:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in left_out.most_common())
        yield f"not handed over, as LangGraph keeps in its process what they need: {reasons}"


def hand_over(  # noqa: PLR0913  # a search's settings, all named
    committed: Sequence[Trace],
    reference: Engine,
    under_test: CandidateUnderTest,
    *,
    examples: int,
    seed_value: int,
    required: Level,
    on_case: Callable[[int], None],
) -> HandoverSearch:
    """Hand over threads from and to a candidate, `examples` times from LangGraph.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    started = time.monotonic()
    result = HandoverSearch(Tally(required))
    suite = _Suite(reference, under_test, result, on_case)
    with silence_langgraph():
        sample = Random(seed_value)  # noqa: S311  # cases, not secrets
        shuffled = sample.sample(committed, len(committed))
        committed_ones = suite.all(shuffled, (examples + 1) // 2, "committed")
        drawn_ones = suite.all(_drawn(reference, seed_value, []), examples, "drawn")
        result.add(chain(committed_ones, drawn_ones))
    result.seconds = time.monotonic() - started
    return result


def hand_over_drawn(
    reference: Engine,
    under_test: CandidateUnderTest,
    result: HandoverSearch,
    examples: int,
    seed_value: str,
) -> Iterator[tuple[Failure, Sequence[int]]]:
    """Hand over drawn threads; yield what fails, each with the choices that make its thread.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    record: list[int] = []
    drawn = _drawn(reference, seed_value, record)
    for failure in _Suite(reference, under_test, result).all(drawn, examples, "drawn"):
        yield failure, tuple(record)


def hand_over_again(
    reference: Engine,
    under_test: CandidateUnderTest,
    result: HandoverSearch,
    record: Sequence[int],
) -> Iterator[Failure]:
    """Hand over the thread that these choices make, at all of its stops; yield what fails.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    trace = _named_case(replayed(record), reference)
    yield from _Suite(reference, under_test, result).all([trace], sys.maxsize, "drawn")


def _drawn(reference: Engine, seed_value: int | str, record: list[int]) -> Iterator[Trace]:
    choices = seeded(seed_value, record)
    while True:
        record.clear()
        yield _named_case(choices, reference)


def _named_case(choices: Choices, reference: Engine) -> Trace:
    trace = graph_case(choices, reference)
    return replace(trace, case=named(trace.case))


@dataclass(slots=True)
class _Suite:
    reference: Engine
    under_test: CandidateUnderTest
    result: HandoverSearch
    on_case: Callable[[int], None] = lambda _: None
    latest: tuple[Trace, Answer] | None = None

    def all(self, traces: Iterable[Trace], until: int, origin: str) -> Iterator[Failure]:
        """Hand over threads until so many went to the candidate; yield what fails."""
        for trace in traces:
            if self.result.begun["forth"] >= until:
                return
            before = self.result.begun["forth"]
            left = islice(self._stopped(trace), MOST_STOPS)
            while self.result.begun["forth"] < until and (at := next(left, None)):
                yield from self._both_ways(*at)
            if self.result.begun["forth"] > before:
                self.result.begun["threads"] += 1
                self.result.begun[origin] += 1

    def _stopped(self, trace: Trace) -> Iterator[tuple[int, Trace]]:
        """Yield a case's stops, and its trace: those inside runs and between operations in turn."""
        inside = self._inside(trace.case) if trace.case.subject.spec.get("saver") else iter(())
        between = ((stop, trace) for stop in stops(trace.case, trace.outcomes))
        for kind, source in (("between supersteps", inside), ("between operations", between)):
            for item in islice(source, MOST_STOPS // 2):
                self.result.begun[kind] += 1
                yield item

    def _inside(self, case: Case) -> Iterator[tuple[int, Trace]]:
        for index in runs(case):
            for supersteps in range(1, MOST_STOPS):
                cut = stopped(case, index, supersteps)
                outcomes = run(self.reference, cut)
                if not is_stopped(outcomes[index]):
                    break
                yield index + 1, Trace(cut, outcomes)

    def _both_ways(self, stop: int, trace: Trace) -> Iterator[Failure]:
        forth = handover(trace.case, trace.outcomes, stop)
        alone = compare(forth.case, forth.outcomes, run(self.reference, forth.case), Level.BYTES)
        if not isinstance(alone, Equal):
            features = set(trace.case.features)
            reason = next((name for name in _IN_PROCESS if name in features), "unknown")
            self.result.left_out[reason] += 1
            return
        tried = self.result.begun
        tried["forth"] += 1
        answer = self._whole(trace)
        alone = self._undisturbed(trace, stop, answer)
        yield from self._judged(forth, "to-candidate", self._on_candidate, alone)
        begun = replace(trace.case, operations=trace.case.operations[:stop])
        if not isinstance(answer, tuple) or not _same_results(begun, trace.outcomes, answer):
            tried[_ANOTHER_WAY] += 1
            return
        if same_outcomes(trace.outcomes[:stop], answer[:stop]):
            tried[_SAME_BYTES] += 1
            return
        if not any(
            outcome.stored for outcome in answer[:stop] if not isinstance(outcome, Unsupported)
        ):
            tried[_NO_BYTES] += 1
            return
        tried["back"] += 1
        back = handover(trace.case, (*answer[:stop], *trace.outcomes[stop:]), stop)
        yield from self._judged(back, "to-langgraph", self._on_reference, frozenset())

    def _whole(self, trace: Trace) -> Answer:
        """Return the candidate's answer to a case with nothing handed over, asked once."""
        if self.latest is None or self.latest[0] is not trace:
            self.latest = trace, self.under_test.answer(trace.case)
        return self.latest[1]

    def _undisturbed(self, trace: Trace, stop: int, answer: Answer) -> frozenset[_Spot]:
        """Return where the candidate differs after a stop if nothing is handed over."""
        verdict = judge_answer(trace.case, trace.outcomes, answer, self.result.tally.required)
        return frozenset(_spots(verdict, stop - 1))

    def _on_candidate(self, trace: Trace) -> tuple[Verdict, None]:
        required = self.result.tally.required
        return judge(trace.case, trace.outcomes, self.under_test, required), None

    def _on_reference(self, trace: Trace) -> tuple[Verdict, Sides]:
        sides = trace.outcomes, run(self.reference, trace.case)
        return compare(trace.case, *sides, self.result.tally.required), sides

    def _judged(
        self,
        trace: Trace,
        way: str,
        judged: Callable[[Trace], tuple[Verdict, Sides | None]],
        undisturbed: frozenset[_Spot],
    ) -> Iterator[Failure]:
        case = replace(trace.case, id=CaseId(f"lockstep/{SUITE}/{way}/{trace.case.id}"))
        trace = replace(trace, case=case)
        verdict, sides = judged(trace)
        verdict = self.under_test.ledger.held_against(case.id, verdict)
        result = self.result
        result.tally.add(case, verdict)
        self.on_case(sum(result.tally.verdicts.values()))
        if passes(verdict):
            return
        same = isinstance(verdict, Divergent) and undisturbed.issuperset(_spots(verdict, 0))
        result.begun["differs undisturbed"] += same
        yield Failure(case, verdict, same, sides)


_Spot: TypeAlias = tuple[int, str, str]
"""An operation after the stop, a place in its outcome, and a path there."""


def _spots(verdict: Verdict, before: int) -> Iterator[_Spot]:
    """Yield where outcomes differ, in operations after the first `before`."""
    if isinstance(verdict, Divergent):
        for item in verdict.differences:
            yield item.operation - before, place_text(item.place), item.path


def _same_results(case: Case, ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> bool:
    stop = len(case.operations)
    return isinstance(compare(case, ours[:stop], theirs[:stop], Level.RESULT), Equal)
