"""LangGraph's own tests as gates: a suite, or its conformance suite on a saver, on one candidate.

A test that passes on LangGraph is a case: `upstream/SUITE/FILE::TEST`, `upstream/PART/SUITE/…`, or
`conformance/SAVER/…`. It is equal where it passes on the candidate, and divergent or expected by
the ledger where not. Tests that LangGraph itself does not pass are counted in a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from parity_kit.candidates.manifest import Candidate
from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateStarted,
    CaseJudged,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    Event,
    GateFinished,
    UpstreamJudged,
)
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.ledger import Ledger
from parity_kit.judging.verdicts import Equal, worst
from parity_kit.upstream.judged import JudgedTests, calls
from parity_kit.upstream.results import Outcome, TestResult

Emit = Callable[[Event], None]

_NOT_COMPARED = ("skipped", "fails on both", "passes alone", "quarantined")
"""How tests stand that are no case of a gate."""


def conclude_tests(  # noqa: PLR0913  # what a verdict is made of
    name: str,
    candidate: Candidate | None,
    judged: Sequence[JudgedTests],
    *,
    rules: Rules,
    ledger: Ledger,
    emit: Emit,
) -> Conclusion:
    """Emit what LangGraph's tests say of a candidate, or of LangGraph, and return the conclusion.

    Entries of the ledger about them are stale only where the rules say that all were run.
    """
    totals = GateTotals()

    def tell(event: Event) -> None:
        totals.emit(event)
        emit(event)

    title = candidate.title if candidate else name
    release = judged[0].release if judged else ""
    language = candidate.language if candidate else "Python"
    tell(CandidateStarted(name, title, release, language, {}, 0.0))
    known = ledger if rules.ledger else Ledger(ledger.file)
    for tests in judged:
        _Gate(name, tests, known, tell).finish()
    failures = [f"{tests.gate}: {tests.failure}" for tests in judged if tests.failure]
    if failures or not judged:
        problem = "; ".join(failures) or "it offers neither a codec nor a saver"
        tell(CandidateFailed(name, title, CandidateError.code, problem))
    functions = calls(judged)
    # What fails has run, whatever its counters count.
    if functions and (any(functions.values()) or not any(tests.failed for tests in judged)):
        tell(EngagementSeen(name, dict(functions), any(functions.values())))
    kind = judged[0].kind if judged else ""
    for stale in known.stale(datetime.now(UTC).date(), complete=rules.complete, kind=kind):
        entry = stale.entry
        tell(EntryStale(name, entry.number, entry.case, entry.differs, stale.problem))
    conclusion = conclude(totals, rules)
    emit(conclusion.event(name))
    return conclusion


class _Gate:
    """Emits the events of one gate."""

    def __init__(self, candidate: str, tests: JudgedTests, ledger: Ledger, emit: Emit) -> None:
        self._candidate, self._tests = candidate, tests
        self._ledger, self._emit = ledger, emit
        self._verdicts: Counter[str] = Counter()
        self._causes: dict[str, list[TestResult]] = {}

    def finish(self) -> None:
        """Emit the verdict on every test, then what differs, then the gate's result."""
        for test in self._tests.passed:
            self._ledger.held_against(self._case(test), Equal(Level.RESULT))  # it counts the case
            self._judged(test, "equal", Level.RESULT, "passes, as on LangGraph")
        for test in self._tests.failed:
            self._failed(test)
        for cause, failed in self._causes.items():
            self._emit(self._divergence(cause, failed))
        tests = self._tests
        self._emit(
            UpstreamJudged(
                self._candidate, tests.gate, tests.release, dict(tests.standings), tests.drove
            )
        )
        self._emit(self._finished())

    def _case(self, test: TestResult) -> CaseId:
        return CaseId(f"{self._tests.kind}/{self._tests.name}/{test.test}")

    def _failed(self, test: TestResult) -> None:
        headline = _headline(test)
        if reason := self._ledger.reason(self._case(test), "divergent", headline):
            self._judged(test, "expected", Level.NONE, reason)
            return
        cause = _cause(test)
        self._causes.setdefault(cause, []).append(test)
        self._judged(test, "divergent", Level.NONE, headline, cause)

    def _judged(
        self, test: TestResult, verdict: str, reached: Level, said: str, cause: str = ""
    ) -> None:
        self._verdicts[verdict] += 1
        differs = {"headline": said, "level": Level.RESULT.label, "cause": cause}
        self._emit(
            CaseJudged(
                self._candidate,
                self._tests.gate,
                self._case(test),
                verdict,
                reached.label,
                said,
                cause,
                [differs] if cause else [],
            )
        )

    def _divergence(self, cause: str, failed: Sequence[TestResult]) -> DivergenceFound:
        first = failed[0]
        return DivergenceFound(
            candidate=self._candidate,
            gate=self._tests.gate,
            case=self._case(first),
            verdict="divergent",
            headline=_headline(first),
            level=Level.RESULT.label,
            reference="passes",
            candidate_side=first.error or first.outcome.value,
            reference_hex="",
            candidate_hex="",
            file="",
            size=0,
            count=len(failed),
            cause=cause,
        )

    def _finished(self) -> GateFinished:
        agrees = not self._tests.failed and self._verdicts["equal"]
        return GateFinished(
            candidate=self._candidate,
            gate=self._tests.gate,
            kind=self._tests.kind,
            verdict=worst(self._verdicts),
            required=Level.RESULT.label,
            reached=(Level.RESULT if agrees else Level.NONE).label,
            compared=self._verdicts.total(),
            verdicts=dict(self._verdicts),
            features={},
            seconds=self._tests.seconds,
            notes=_notes(self._tests),
        )


def _headline(test: TestResult) -> str:
    what = test.error or ("it was skipped" if test.outcome is Outcome.SKIPPED else "it failed")
    return f"{what} at {test.place}" if test.place else what


def _cause(test: TestResult) -> str:
    """Return the class of an error and where it was raised."""
    error = (test.error or test.outcome.value).partition(":")[0]
    return f"{error} at {test.place}" if test.place else error


def _notes(tests: JudgedTests) -> list[str]:
    if not tests.passed and tests.problems:
        return [*tests.problems]  # they say why there is nothing else to say
    passed = f"{len(tests.passed):,} tests that pass"
    drove = (
        f"it counts no calls, so that LangGraph alone may have run in the {passed}"
        if tests.drove is None
        else f"its code ran in {tests.drove:,} of the {passed}"
    )
    rest: Mapping[str, int] = {
        standing: number
        for standing, number in tests.standings.items()
        if standing in _NOT_COMPARED and number
    }
    left = [", ".join(f"{number:,} {standing}" for standing, number in rest.items())]
    return [drove, *filter(None, left), *tests.problems]
