"""A candidate judged case by case, in whatever order a test runner asks, with the gate's verdicts.

A test runner may share its tests among processes. Each of those has an `ItemRunner`, with its own
process of the candidate. Their totals are merged, and the conclusion drawn from them says what
no single case can: that nothing was compared, that a rule is broken, that an entry of the ledger is
stale, that the candidate's code never ran.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Level, Trace
from parity_kit.contract.casefile import SUFFIX, CaseFile
from parity_kit.contract.errors import BadFileError, CandidateError
from parity_kit.contract.events import DivergenceFound, Event, GateFinished
from parity_kit.contract.files import read_text
from parity_kit.contract.text import BAR, one_line, quoted, sentence
from parity_kit.corpora.corpus import REBUILD
from parity_kit.corpora.folder import index_file, read_corpora, select
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.oracle import prepare
from parity_kit.corpora.reach import read_reach
from parity_kit.corpora.recorded import RECORDINGS, read_recordings, recording_files
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.findings import case_judged
from parity_kit.gates.rules import Rules
from parity_kit.gates.settings import Settings, read_settings
from parity_kit.gates.totals import Cause, GateTotals
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.explanation import explain
from parity_kit.judging.judge import confirmed, judge_answer, same_answer
from parity_kit.judging.ledger import Ledger, read_ledger
from parity_kit.judging.text import counts, plural
from parity_kit.judging.verdicts import Verdict, headline, label, passes
from parity_kit.wire.host import RemoteEngine

DEFAULT_EXAMPLES = 100
"""Cases that Hypothesis tries of a suite that the rules do not name."""


@dataclass(slots=True)
class SessionTotals:
    """What the tests of one process add up to; those of all processes can be merged."""

    gates: GateTotals = field(default_factory=GateTotals)
    corpora: Counter[str] = field(default_factory=Counter[str])
    """Cases judged of each corpus."""
    cases: set[CaseId] = field(default_factory=set[CaseId])
    """The committed cases judged."""
    searched: Counter[str] = field(default_factory=Counter[str])
    concerned: Counter[int] = field(default_factory=Counter[int])
    covered: Counter[int] = field(default_factory=Counter[int])

    def to_plain(self) -> dict[str, Any]:
        """Return the totals as plain data, to be sent to another process."""
        counted = {name: dict[Any, int](getattr(self, name)) for name in _COUNTED}
        return {"gates": self.gates.to_plain(), "cases": sorted(self.cases), **counted}

    def merge(self, other: Mapping[str, Any]) -> None:
        """Add what another process counted, as `to_plain` gives it."""
        self.gates.merge(GateTotals.from_plain(other["gates"]))
        self.cases.update(other["cases"])
        for name in _COUNTED:
            getattr(self, name).update(other[name])


_COUNTED = ("corpora", "searched", "concerned", "covered")


@dataclass(frozen=True, slots=True)
class CaseReport:
    """The result of one test: the verdict, its reason, and the text of a failure."""

    verdict: str
    reason: str
    text: str = ""


@dataclass(slots=True)
class ItemRunner:
    """Judges one candidate's cases as a test runner asks for them.

    The candidate's process starts with the first case.
    """

    workspace: Workspace
    candidate: Candidate
    settings: Settings
    ledger: Ledger
    totals: SessionTotals = field(default_factory=SessionTotals)
    _engine: RemoteEngine | None = None
    _under_test: CandidateUnderTest | None = None
    _traces: dict[str, dict[CaseId, Trace]] = field(default_factory=dict[str, dict[CaseId, Trace]])

    @classmethod
    def of(cls, workspace: Workspace, name: str) -> ItemRunner:
        """Return a candidate by its name.

        Raises:
            UnknownCandidateError, BadManifestError: If there is none, or a manifest is wrong.
            BadFileError: If its ledger breaks a rule.
        """
        prepare(workspace, lambda _: None)
        candidate = find(workspace, name)
        ledger = read_ledger(candidate.folder)
        return cls(workspace, candidate, read_settings(workspace), ledger)

    @property
    def folder(self) -> Path:
        """Where cases that fail are written."""
        return self.workspace.cache / "pytest"

    def corpora(self, wanted: Sequence[str]) -> dict[str, list[CaseId]]:
        """Return the cases of the corpora asked for, or of all; only their indexes are read.

        Raises:
            BadFileError, UsageError: If one is not there.
        """
        committed = [name for name in wanted if name != RECORDINGS]
        cases: dict[str, list[CaseId]] = {}
        if committed or not wanted:
            names = select(read_manifest(self.workspace.fixtures).corpora, committed)
            cases = {name: _indexed(index_file(self.workspace.fixtures, name)) for name in names}
        if RECORDINGS in wanted or (not wanted and recording_files(self.workspace)):
            recorded = read_recordings(self.workspace)
            cases[RECORDINGS] = [trace.case.id for trace in recorded.traces]
        return cases

    @property
    def rules(self) -> Rules:
        """The rules that `parity-kit gate` would hold the candidate to."""
        return self.settings.rules(self.candidate.name)

    def conclude(self) -> Conclusion:
        """Return the conclusion on the candidate, as `parity-kit gate` would."""
        totals, rules = self.totals, self.rules
        known = read_manifest(self.workspace.fixtures).corpora
        done = {name for name, corpus in known.items() if totals.corpora[name] == corpus.cases}
        complete = done >= set(rules.corpora or known) - {
            RECORDINGS
        } and totals.searched.keys() >= set(rules.suites)
        entries = self.ledger.entries if rules.ledger else ()
        ledger = Ledger(self.ledger.file, entries, totals.concerned, totals.covered)
        for stale in ledger.stale(
            datetime.now(UTC).date(), complete=complete and not rules.corpora
        ):
            entry = stale.entry
            totals.gates.add_stale(entry.number, entry.case, entry.differs, stale.problem)
        reach = read_reach(self.workspace.fixtures)
        if not totals.gates.failure:
            self._compare_release()
        return conclude(totals.gates, rules if complete else rules.for_a_part(), reach)

    def _compare_release(self) -> None:
        from parity_kit.corpora.drift.release import compare_candidate  # noqa: PLC0415  # heavy

        def compared(_: str, case: CaseId) -> bool:
            return case in self.totals.cases

        event = compare_candidate(self.workspace, self.candidate, compared, lambda _: None)
        if event is not None:
            self.totals.gates.emit(event)

    def judge(self, corpus: str, case: CaseId) -> CaseReport:
        """Judge a committed case, as the gate does: one that fails is run again.

        Raises:
            BadFileError: If the corpus does not hold the case that its index lists.
            CandidateError: If the candidate cannot be judged any further.
        """
        trace = self._trace(corpus, case)
        with self._noting_failure():
            under_test = self._started()
            answer = under_test.answer(trace.case)
            verdict = self._verdict(under_test, trace, answer)
            if not passes(verdict):
                again = under_test.again(trace.case, answer)
                if not same_answer(answer, again):
                    verdict = confirmed(verdict, self._verdict(under_test, trace, again))
        verdict = under_test.ledger.held_against(case, verdict)
        self._count(corpus, trace.case, verdict)
        if passes(verdict):
            return CaseReport(label(verdict), headline(verdict))
        outcomes = answer if isinstance(answer, tuple) else None
        level = under_test.asked(trace.case.subject.kind, Level.BYTES)
        return self._failed(
            CaseFile(trace.case, under_test.name, trace.outcomes, outcomes, level), verdict
        )

    def _count(self, corpus: str, case: Case, verdict: Verdict) -> None:
        event = case_judged(self.candidate.name, corpus, case, verdict)
        self.totals.corpora[corpus] += 1
        self.totals.cases.add(case.id)
        gate, kind = f"corpus {corpus}", case.subject.kind.value
        self.totals.gates.add_case(gate, kind, event.verdict, event.reached)
        if not passes(verdict):
            size = len(case.operations)
            self.totals.gates.add_cause(
                Cause(event.verdict, 1, case.id, event.said, size, event.cause)
            )

    def search(self, suite: str, examples: int | None) -> CaseReport:
        """Search a suite in lockstep; this loads LangGraph and Hypothesis.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
        """
        from parity_kit.gates.search_gate import Search, gate_suite  # noqa: PLC0415  # heavy

        divergences: list[DivergenceFound] = []
        gates: list[GateFinished] = []

        def emit(event: Event) -> None:
            self.totals.gates.emit(event)
            if isinstance(event, DivergenceFound):
                divergences.append(event)
            elif isinstance(event, GateFinished):
                gates.append(event)

        examples = examples or self.rules.suites.get(suite, DEFAULT_EXAMPLES)
        with self._noting_failure():
            asked = Search(examples, floors=self.settings.floors)
            gate_suite(self.workspace, self._started(), suite, asked, emit, self.folder)
        self.totals.searched[suite] += 1
        (gate,) = gates
        reason = "; ".join([counts(gate.verdicts), *gate.notes])
        lines = [f"{gate.verdict}: {reason}"]
        for divergence in divergences:
            head = one_line(sentence(divergence.headline))
            lines += ["", f"{divergence.verdict}: {head} ({plural(divergence.count, 'case')})"]
            lines += [f"  {line}" for line in quoted(divergence.headline)]
            if divergence.reference:
                lines.append(f"  langgraph  {one_line(divergence.reference)}")
            if divergence.candidate_side:
                lines.append(f"  candidate  {one_line(divergence.candidate_side)}")
            lines += _commands(self.folder / divergence.file)
        return CaseReport(gate.verdict, reason, "\n".join(lines))

    def close(self) -> SessionTotals:
        """End the candidate's process, and return the totals."""
        if self._engine is not None and self._under_test is not None:
            with contextlib.suppress(CandidateError):  # it has failed on cases: they say so
                description = self._engine.describe()
                self.totals.gates.engaged.update(description.engaged)
                self.totals.gates.loaded = description.loaded
            ledger = self._under_test.ledger
            self.totals.concerned, self.totals.covered = ledger.concerned, ledger.covered
            self._engine.close()
            self._engine = None
        return self.totals

    @contextlib.contextmanager
    def _noting_failure(self) -> Generator[None]:
        """Keep why the candidate could not be judged any further."""
        try:
            yield
        except CandidateError as error:
            self.totals.gates.failure = error.problem
            raise

    def _started(self) -> CandidateUnderTest:
        if self._under_test is None:
            self._engine = start(self.candidate, self.workspace)
            under_test = CandidateUnderTest.started(self.candidate.name, self._engine, self.ledger)
            self.totals.gates.claimed = {
                kind.value: level.label for kind, level in under_test.claimed.items()
            }
            self._under_test = self.rules.applied_to(under_test)
        return self._under_test

    def _trace(self, corpus: str, case: CaseId) -> Trace:
        if corpus not in self._traces:
            read = (
                read_recordings(self.workspace)
                if corpus == RECORDINGS
                else read_corpora(self.workspace.fixtures, [corpus])[0]
            )
            self._traces[corpus] = {trace.case.id: trace for trace in read.traces}
        if case not in self._traces[corpus]:
            raise BadFileError(
                f"lists {case}, which the corpus does not hold",
                where=str(index_file(self.workspace.fixtures, corpus)),
                hint="restore both from version control",
            )
        return self._traces[corpus][case]

    @staticmethod
    def _verdict(under_test: CandidateUnderTest, trace: Trace, answer: Any) -> Verdict:
        required = under_test.asked(trace.case.subject.kind, Level.BYTES)
        return judge_answer(trace.case, trace.outcomes, answer, required)

    def _failed(self, kept: CaseFile, verdict: Verdict) -> CaseReport:
        name = kept.case.id.replace("/", "-")
        path = self.folder / self.candidate.name / f"{name}{SUFFIX}"
        kept.write(path)
        explained = explain(kept)
        message = headline(verdict)
        lines = [f"{label(verdict)}: {one_line(sentence(message))}"]
        lines += [f"  {line}" for line in quoted(message)]
        lines += [f"  {one_line(text)}" for text in explained.sentences]
        for title, side in explained.sides:
            lines += ["", title, *(f"  {BAR}{one_line(line)}" for line in side)]
        return CaseReport(
            label(verdict), headline(verdict), "\n".join([*lines, "", *_commands(path)])
        )


def _commands(path: Path) -> list[str]:
    """Return the commands that show a case again."""
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return [f"  parity-kit replay {shown}", f"  parity-kit explain {shown}"]


def _indexed(path: Path) -> list[CaseId]:
    lines = read_text(path, hint=REBUILD).splitlines()
    return [CaseId(line.split("  ", 1)[0]) for line in lines]
