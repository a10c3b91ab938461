"""A candidate judged case by case, in whatever order a test runner asks, with the gate's verdicts.

A test runner may share its tests among processes. Each has a `Casewise` of its own, with one
process of the candidate's; what each saw is put together as `Standing`, which says what no single
case can: that nothing was compared, that a subject is claimed and was never compared, that an entry
of the ledger is stale, that the candidate never drove.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import CaseId, Level, Trace
from parity_kit.contract.casefile import SUFFIX, CaseFile
from parity_kit.contract.errors import BadFileError, CandidateError
from parity_kit.contract.events import DivergenceFound, Event, GateFinished
from parity_kit.corpora.folder import index_file, read_corpora, select
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.settings import Settings, read_settings
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.explanation import explain
from parity_kit.judging.judge import confirmed, judge_answer
from parity_kit.judging.ledger import Ledger, read_ledger
from parity_kit.judging.text import one_line, visible
from parity_kit.judging.verdicts import Divergent, Equal, Verdict, headline, label, passes
from parity_kit.wire.host import RemoteEngine

_COUNTED = ("compared", "seen", "engaged", "concerned", "covered")


@dataclass(slots=True)
class SessionTotals:
    """What the tests of one process saw of a candidate, as far as the whole hangs on it."""

    cases: int = 0
    compared: Counter[str] = field(default_factory=Counter[str])
    """Cases compared of each subject; `seen` counts those that were not, too."""
    seen: Counter[str] = field(default_factory=Counter[str])
    claimed: list[str] = field(default_factory=list[str])
    engaged: Counter[str] = field(default_factory=Counter[str])
    concerned: Counter[int] = field(default_factory=Counter[int])
    covered: Counter[int] = field(default_factory=Counter[int])

    def to_plain(self) -> dict[str, Any]:
        """Return the standing as plain data, to be sent to another process."""
        return {
            "cases": self.cases,
            "claimed": self.claimed,
            **{name: dict[Any, int](getattr(self, name)) for name in _COUNTED},
        }

    def add(self, other: Mapping[str, Any]) -> None:
        """Add what another process saw, as `to_plain` gives it."""
        self.cases += other["cases"]
        self.claimed = other["claimed"] or self.claimed
        for name in _COUNTED:
            # A function that never ran counts 0, and stays.
            mine: Counter[Any] = getattr(self, name)
            for key, count in other[name].items():
                mine[key] += count

    def problems(self, ledger: Ledger, *, whole: bool) -> Iterator[str]:
        """Yield what fails the candidate though none of its cases does.

        `whole` says whether all committed cases were run.
        """
        if self.engaged and not any(self.engaged.values()):
            never = ", ".join(self.engaged)
            yield f"unknown: not engaged: {never} never ran, so LangGraph answered"
        if self.seen and not any(self.compared.values()):
            yield "unknown: nothing was compared, and that is not a pass"
        for kind in sorted(self.seen.keys() & set(self.claimed)):
            if not self.compared[kind] and any(self.compared.values()):
                yield f"unknown: {kind} is claimed, and nothing of it was compared"
        ledger.concerned, ledger.covered = self.concerned, self.covered
        for stale in ledger.stale(datetime.now(UTC).date(), whole=whole):
            yield f"stale: ledger entry {stale.entry.number} ({stale.entry.case}): {stale.problem}"


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What is said of one test: the verdict's word, a line, and the text of a failure."""

    verdict: str
    said: str
    text: str = ""


@dataclass(slots=True)
class Casewise:
    """A candidate, and what is known of it so far; its process begins with the first case."""

    workspace: Workspace
    candidate: Candidate
    settings: Settings
    standing: SessionTotals = field(default_factory=SessionTotals)
    _engine: RemoteEngine | None = None
    _under_test: CandidateUnderTest | None = None
    _traces: dict[str, dict[CaseId, Trace]] = field(default_factory=dict[str, dict[CaseId, Trace]])

    @classmethod
    def of(cls, workspace: Workspace, name: str) -> Casewise:
        """Return a candidate by its name.

        Raises:
            UnknownCandidateError, BadManifestError: If there is none, or a manifest is wrong.
        """
        return cls(workspace, find(workspace, name), read_settings(workspace))

    @property
    def folder(self) -> Path:
        """Where cases that fail are written."""
        return self.workspace.cache / "pytest"

    def corpora(self, wanted: Sequence[str]) -> dict[str, list[CaseId]]:
        """Return the cases of the corpora asked for, or of all; only their indexes are read.

        Raises:
            BadFileError, UsageError: If one is not there.
        """
        names = select(read_manifest(self.workspace.fixtures).corpora, wanted)
        return {name: _indexed(index_file(self.workspace.fixtures, name)) for name in names}

    def is_whole(self) -> bool:
        """Whether as many cases were seen as are committed."""
        corpora = read_manifest(self.workspace.fixtures).corpora.values()
        return self.standing.cases == sum(corpus.cases for corpus in corpora)

    def judge(self, corpus: str, case: CaseId) -> CaseReport:
        """Judge a committed case, as the gate does: one that fails is run again.

        Raises:
            BadFileError: If the corpus does not hold the case that its index lists.
            CandidateError: If the candidate cannot be judged any further.
        """
        trace = self._trace(corpus, case)
        under_test = self._started()
        kind = trace.case.subject.kind
        answer = under_test.answer(trace.case)
        verdict = self._verdict(under_test, trace, answer)
        if not passes(verdict):
            again = under_test.again(trace.case, answer)
            verdict = confirmed(verdict, self._verdict(under_test, trace, again))
        self.standing.cases += 1
        self.standing.seen[kind.value] += 1
        self.standing.compared[kind.value] += isinstance(verdict, (Equal, Divergent))
        verdict = under_test.ledger.held_against(case, verdict)
        if passes(verdict):
            return CaseReport(label(verdict), headline(verdict))
        outcomes = answer if isinstance(answer, tuple) else None
        return self._failed(
            CaseFile(trace.case, under_test.name, trace.outcomes, outcomes), verdict
        )

    def search(self, suite: str, examples: int) -> CaseReport:
        """Search a suite in lockstep; this loads LangGraph and Hypothesis.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
        """
        from parity_kit.gates.search_gate import Search, gate_suite  # noqa: PLC0415  # heavy

        under_test = self._started()
        found: list[DivergenceFound] = []
        ended: list[GateFinished] = []

        def emit(event: Event) -> None:
            if isinstance(event, DivergenceFound):
                found.append(event)
            elif isinstance(event, GateFinished):
                ended.append(event)

        asked = Search(examples, floors=self.settings.floors)
        verdict = gate_suite(under_test, suite, asked, emit, self.folder)
        (finished,) = ended
        self.standing.seen[suite] += sum(finished.verdicts.values())
        self.standing.compared[suite] += finished.compared
        counts = ", ".join(f"{number} {word}" for word, number in finished.verdicts.items())
        said = "; ".join([counts, *finished.notes])
        lines = [f"{verdict}: {said}"]
        for each in found:
            lines += ["", f"{each.verdict}: {one_line(each.headline)} ({each.count} cases)"]
            lines += [f"  langgraph  {one_line(each.reference)}"] if each.reference else []
            lines += (
                [f"  candidate  {one_line(each.candidate_side)}"] if each.candidate_side else []
            )
            lines += _commands(self.folder / each.file)
        return CaseReport(verdict, said, "\n".join(lines))

    def close(self) -> SessionTotals:
        """End the candidate's process, and return what was seen."""
        if self._engine is not None and self._under_test is not None:
            with contextlib.suppress(CandidateError):  # it has failed on cases: they say so
                self.standing.engaged.update(self._engine.describe().engaged)
            ledger = self._under_test.ledger
            self.standing.concerned, self.standing.covered = ledger.concerned, ledger.covered
            self.standing.claimed = [kind.value for kind in self._under_test.claimed]
            self._engine.close()
            self._engine = None
        return self.standing

    def ledger(self) -> Ledger:
        """Return the candidate's ledger, as it stands before any case."""
        rules = self.settings.gate
        return read_ledger(self.candidate.folder) if rules.ledger else Ledger(Path())

    def _started(self) -> CandidateUnderTest:
        if self._under_test is None:
            self._engine = start(self.candidate, self.workspace)
            under_test = CandidateUnderTest.started(self.candidate, self._engine)
            self._under_test = self.settings.gate.applied_to(under_test)
        return self._under_test

    def _trace(self, corpus: str, case: CaseId) -> Trace:
        if corpus not in self._traces:
            (read,) = read_corpora(self.workspace.fixtures, [corpus])
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
        lines = [f"{label(verdict)}: {one_line(headline(verdict))}"]
        lines += [f"  {visible(sentence)}" for sentence in explained.sentences]
        for title, side in explained.sides:
            lines += ["", title, *(f"  {visible(line)}" for line in side)]
        return CaseReport(
            label(verdict), headline(verdict), "\n".join([*lines, "", *_commands(path)])
        )


def _commands(path: Path) -> list[str]:
    """Return the commands that show a case again."""
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return [f"  parity-kit replay {shown}", f"  parity-kit explain {shown}"]


def _indexed(path: Path) -> list[CaseId]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadFileError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="restore it from version control, or make it again: parity-kit fixtures build",
        ) from error
    return [CaseId(line.split("  ", 1)[0]) for line in lines]
