"""Lockstep: cases are chosen, reference and candidate run them, outcomes are compared.

Hypothesis chooses first, from small cases up, then a seeded source, for breadth. Hypothesis shrinks
every disagreement, whichever source found it, and then parts that the disagreement does not need
are removed.

A suite is searched again for different disagreements. They are distinguished by where they show
(operation, part, path), so that many cases with one cause are reported once, with a count. The
remaining examples run without shrinking, so that the counts show how common disagreements are.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hypothesis.errors import Flaky

from parity_kit.contract import Case, Engine, Level, Outcome, Raised, Trace, Unsupported, run
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import ParityKitError
from parity_kit.judging.candidate_under_test import Answer, CandidateUnderTest
from parity_kit.judging.judge import Tally, confirmed, judge_answer
from parity_kit.judging.places import EventAt, StoredEntry
from parity_kit.judging.verdicts import (
    PASSING,
    Divergent,
    NotSupported,
    Verdict,
    cause,
    label,
    naming,
    passes,
)
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search.choices import Choices, replayed, seeded
from parity_kit.search.coverage import Coverage, Floors, calibrations, shortfall
from parity_kit.search.generate import SUITES
from parity_kit.search.generate.growing import named
from parity_kit.search.hypothesis_driver import explore, shrink
from parity_kit.search.shrinking import simplify

Signature: TypeAlias = tuple[str, ...]
Sides: TypeAlias = tuple[tuple[Outcome, ...], tuple[Outcome, ...]]
MOST_FINDINGS = 3
"""The most disagreements that a search of one suite looks for."""
_RUNS = {"invoke", "stream", "resume", "resume_map"}  # ways to say the same: run the graph
SHRINK_SECONDS = 6.0
"""Time for shrinking one disagreement."""
SIMPLIFY_SECONDS = 6.0
"""Time for then removing the parts that it does not need."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement: the smallest case found, and how many cases showed the same.

    `sides` is what disagrees, where it is not what reference and candidate make of the case.
    """

    case: Case
    verdict: Verdict
    count: int
    sides: Sides | None = None


@dataclass(slots=True)
class Lockstep:
    """The result of searching a suite."""

    suite: str
    tally: Tally
    findings: list[Finding] = field(default_factory=list[Finding])
    seconds: float = 0.0

    @property
    def tried(self) -> int:
        """The number of cases that ran."""
        return sum(self.tally.verdicts.values())

    @property
    def coverage(self) -> Coverage:
        """The pairs of features in the compared cases."""
        return calibrations()[self.suite].coverage(self.tally.combinations, self.tried)

    def judged(self, floors: Floors) -> tuple[str, str]:
        """Return the verdict, and if it is `unknown` the floor that was not reached."""
        verdict = self.tally.verdict
        if verdict not in PASSING:
            return verdict, ""
        missed = shortfall(floors, self.coverage, self.tally.compared, self.tried)
        return ("unknown" if missed else verdict), missed


class _DisagreementError(Exception):
    """Carries a failing case out of Hypothesis's loop."""

    def __init__(self, case: Case, verdict: Verdict) -> None:
        super().__init__(case.id)
        self.case = case
        self.verdict = verdict
        self.size = len(pack(case.to_plain()))


class _TimeIsOverError(BaseException):
    """Ends Hypothesis's shrinking at once: it catches exceptions, but not those of this base."""


def signature(verdict: Verdict) -> Signature:
    """Return what identifies a disagreement: its operation and cause."""
    if not isinstance(verdict, Divergent):
        return (label(verdict),)
    name = verdict.difference.operation_name
    return (*_part(verdict), "run" if name in _RUNS else name, cause(verdict))


def _part(verdict: Verdict) -> Signature:
    """Return the coarser part of a signature, which a case must keep while it is shrunk."""
    if not isinstance(verdict, Divergent):
        return (label(verdict),)
    difference = verdict.difference
    place = difference.place
    kind = place.kind if isinstance(place, StoredEntry) else ""
    mode = place.mode if isinstance(place, EventAt) else ""
    return (difference.level.label, type(place).__name__, kind, mode)


def _essence(verdict: Divergent, outcomes: Sequence[Outcome]) -> tuple[Signature, str]:
    """Return what a case must keep while parts of it are left out."""
    outcome = outcomes[verdict.difference.operation]
    kind = outcome.error if isinstance(outcome, Raised) else type(outcome).__name__
    return signature(verdict), kind


def search(  # noqa: PLR0913  # a search's settings, all named
    suite: str,
    reference: Engine,
    under_test: CandidateUnderTest,
    *,
    examples: int,
    bulk: int = 0,
    seed_value: int,
    required: Level,
    on_case: Callable[[int], None],
    known: Sequence[Case] = (),
) -> Lockstep:
    """Search a suite for disagreements.

    Cases that are `known` to have failed come first, beside the `examples`. Of those Hypothesis
    chooses half, then a seeded source the others and `bulk` more.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    started = time.monotonic()
    result = Lockstep(suite, Tally(required))
    search_ = SuiteSearch(reference, under_test, result, on_case)
    with silence_langgraph():
        search_.try_known(known)
        search_.all(examples, bulk, seed_value)
    result.findings = [
        Finding(
            finding.case,
            finding.verdict,
            max(1, search_.signature_counts[signature(finding.verdict)]),
        )
        for finding in result.findings
    ]
    result.seconds = time.monotonic() - started
    return result


@dataclass(slots=True)
class _Hunt:
    """The case being shrunk, and the deadline."""

    part: Signature | None = None
    until: float = float("inf")
    smallest: _DisagreementError | None = None

    def check_time(self) -> None:
        """End the shrinking once its time is over."""
        if self.smallest is not None and time.monotonic() > self.until:
            raise _TimeIsOverError

    def take(self, failure: _DisagreementError) -> _DisagreementError:
        """Return the failure to raise, and keep it if it is the smallest so far."""
        if self.smallest is None or failure.size <= self.smallest.size:
            self.smallest = failure
        return failure


class SuiteSearch:
    """The search of one suite: its findings so far, and the case being shrunk.

    `keeps` gives what a case must keep of its verdict while it is shrunk.
    """

    def __init__(
        self,
        reference: Engine,
        under_test: CandidateUnderTest,
        result: Lockstep,
        on_case: Callable[[int], None] = lambda _: None,
        keeps: Callable[[Verdict], Signature] | None = None,
    ) -> None:
        self.signature_counts: Counter[Signature] = Counter()
        self.done = 0
        self._known: set[Signature] = set()
        self._most = MOST_FINDINGS
        self._reference = reference
        self._under_test = under_test
        self._result = result
        self._on_case = on_case
        self._keeps = keeps or _part

    def generate(self, choices: Choices) -> Trace:
        """Return a new case, run on the reference."""
        return SUITES[self._result.suite](choices, self._reference)

    def try_known(self, cases: Sequence[Case]) -> None:
        """Run cases that failed before, which are as small as they get."""
        for case in cases:
            try:
                trace = Trace(case, run(self._reference, case))
            except ParityKitError:
                continue  # another version of the kit made it
            verdict = self.judge(trace)
            self._count(case, verdict)
            if not passes(verdict) and signature(verdict) not in self._known:
                self._known.add(signature(verdict))
                self._result.findings.append(Finding(case, verdict, 1))
        self.done = 0
        self._most += len(self._result.findings)

    def all(self, examples: int, bulk: int, seed_value: int) -> None:
        """Let Hypothesis choose half of the examples, and a seeded source the rest and `bulk`."""
        for attempt in range(MOST_FINDINGS + 1):
            left = examples - examples // 2 - self.done
            if left <= 0 or not self.explore(left, seed_value + attempt):
                break
        new: dict[Signature, tuple[Trace, Verdict, Sequence[int]]] = {}
        for trace, verdict, record in self.random_cases(seed_value, examples + bulk - self.done):
            self._count(trace.case, verdict)
            if self._is_new(verdict):
                new.setdefault(signature(verdict), (trace, verdict, record))
        for trace, verdict, record in new.values():
            if self._is_new(verdict):
                self._shrink(trace, verdict, record)

    def random_cases(
        self, seed_value: int | str, count: int
    ) -> Iterator[tuple[Trace, Verdict, Sequence[int]]]:
        """Yield random cases, each with its verdict and the choices that make it.

        The candidate is at several of them while the reference runs the next.
        """
        record: list[int] = []
        choices = seeded(seed_value, record)
        asked: deque[tuple[Trace, Sequence[int]]] = deque()

        def cases() -> Iterator[Case]:
            for _ in range(count):
                record.clear()
                trace = self.generate(choices)
                asked.append((trace, tuple(record)))
                yield trace.case

        for answer in self._under_test.answers(cases()):
            trace, taken = asked.popleft()
            yield trace, self.judge(trace, answer), taken

    def explore(self, examples: int, seed_value: int) -> bool:
        """Let Hypothesis look for one more disagreement; return whether it found any."""
        hunt = _Hunt()

        def check(trace: Trace) -> None:
            hunt.check_time()
            verdict = self.judge(trace)
            if hunt.part is None:
                self._count(trace.case, verdict)
            self._pursue(trace.case, verdict, hunt)

        return self._hunted(hunt, lambda: explore(self.generate, check, examples, seed_value))

    def try_one(self, record: Sequence[int]) -> None:
        """Run the case that these choices make, and shrink it if it fails."""
        trace = self.generate(replayed(record))
        verdict = self.judge(trace)
        if self._is_new(verdict):
            self._shrink(trace, verdict, record)

    def _shrink(self, trace: Trace, verdict: Verdict, record: Sequence[int]) -> None:
        """Let Hypothesis shrink a disagreement."""
        hunt = _Hunt(self._keeps(verdict), time.monotonic() + SHRINK_SECONDS)

        def check(again: Trace) -> None:
            hunt.check_time()
            self._pursue(again.case, self.judge(again), hunt)

        if not self._hunted(hunt, lambda: shrink(self.generate, check, record)):
            self._add(trace.case, self._again(trace.case, verdict))

    def _is_new(self, verdict: Verdict) -> bool:
        return (
            not passes(verdict)
            and len(self._result.findings) < self._most
            and signature(verdict) not in self._known
        )

    def _pursue(self, case: Case, verdict: Verdict, hunt: _Hunt) -> None:
        """Raise a new disagreement; while one is being shrunk, only in the same part."""
        if not self._is_new(verdict):
            return
        part = self._keeps(verdict)
        if hunt.part is None:
            hunt.part, hunt.until = part, time.monotonic() + SHRINK_SECONDS
        elif part != hunt.part:
            return
        raise hunt.take(_DisagreementError(case, verdict))

    def _hunted(self, hunt: _Hunt, drive: Callable[[], None]) -> bool:
        try:
            drive()
        except _DisagreementError as failure:
            self._add(failure.case, failure.verdict)
            return True
        except (_TimeIsOverError, Flaky):
            if (smallest := hunt.smallest) is None:
                raise
            self._add(smallest.case, self._again(smallest.case, smallest.verdict))
            return True
        return False

    def _add(self, case: Case, verdict: Verdict) -> None:
        self._known.add(signature(verdict))
        if isinstance(verdict, Divergent):
            case, verdict = self.simplified(case, verdict)
        name = named(case)
        verdict = naming(verdict, case.id, name.id)
        self._result.findings.append(Finding(name, verdict, 1))

    def simplified(
        self, case: Case, verdict: Divergent, may_be: Callable[[Case], bool] = lambda _: True
    ) -> tuple[Case, Verdict]:
        """Remove the parts of a case that its disagreement does not need, as far as they may."""
        wanted = _essence(verdict, run(self._reference, case))
        latest: Verdict = verdict

        def holds(smaller: Case) -> bool:
            nonlocal latest
            if not may_be(smaller):
                return False
            try:
                outcomes = run(self._reference, smaller)
            except ParityKitError:
                return False  # no program any more
            again = self.judge(Trace(smaller, outcomes))
            if not isinstance(again, Divergent) or _essence(again, outcomes) != wanted:
                return False
            latest = again
            return True

        return simplify(case, holds, SIMPLIFY_SECONDS), latest

    def judge(self, trace: Trace, answer: Answer | None = None) -> Verdict:
        """Return the verdict on what the candidate makes of a case; without an answer it is run."""
        for outcome in trace.outcomes:
            if isinstance(outcome, Unsupported):  # an older oracle may lack it
                return NotSupported(f"the oracle does not offer it: {outcome.reason}")
        required = self._result.tally.required
        answer = self._under_test.answer(trace.case) if answer is None else answer
        verdict = judge_answer(trace.case, trace.outcomes, answer, required)
        return self._under_test.ledger.held_against(trace.case.id, verdict)

    def _count(self, case: Case, verdict: Verdict) -> None:
        self.done += 1
        self._result.tally.add(case, verdict)
        if not passes(verdict):
            self.signature_counts[signature(verdict)] += 1
        self._on_case(self.done)

    def _again(self, case: Case, verdict: Verdict) -> Verdict:
        """Judge a case again that failed only sometimes."""
        again = self.judge(Trace(case, run(self._reference, case)))
        return confirmed(verdict, again)
