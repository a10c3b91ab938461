"""The gate: every committed fixture run on a candidate and compared with the reference's outcomes.

Nothing here loads LangGraph: the reference's outcomes are in the fixtures.

    Equal                       agrees at the level asked for
    Divergent                   does not; told once for each place, with a count
    Expected                    does not, and the candidate's ledger says so
    NotSupported                the candidate says so; counted, and no pass on its own
    Crashed Hung ProtocolFault  the candidate's fault on that case; the next case is run
    Flaky                       what failed was run again alone, and came out otherwise
    CandidateError              raised: the candidate cannot be judged any further
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Level, Trace, Unsupported
from parity_kit.contract.casefile import SUFFIX, CaseFile
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import (
    CaseJudged,
    DivergenceFound,
    EntryStale,
    Event,
    GateFinished,
    GateProgress,
)
from parity_kit.contract.text import sentence
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.folder import read_corpora, select
from parity_kit.corpora.imported import PREFIX, ImportedCorpus, read_imported
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.recorded import RECORDINGS, read_recordings, recording_files
from parity_kit.gates.findings import case_judged, divergence, gate_finished
from parity_kit.gates.resume import Earlier
from parity_kit.gates.spool import Kept, Spool
from parity_kit.judging.candidate_under_test import Answer, CandidateUnderTest
from parity_kit.judging.compare import same_outcomes
from parity_kit.judging.judge import (
    Tally,
    confirmed,
    judge_answer,
    same_answer,
    without_types,
)
from parity_kit.judging.ledger import Ledger
from parity_kit.judging.verdicts import (
    FAILURES,
    PASSING,
    Divergent,
    Equal,
    Flaky,
    NotSupported,
    Verdict,
    cause,
    headline,
    label,
    passes,
)

AnyCorpus: TypeAlias = Corpus | ImportedCorpus
Emit: TypeAlias = Callable[[Event], None]

MOST_TOLD = 20
"""Places of divergence told for one corpus; all are counted."""
MOST_CONFIRMED = 1000
"""Cases of one corpus that are run again, as far as their answers can be kept until then."""
_PROGRESS_EVERY = 10  # cases


def gate_corpora(  # noqa: PLR0913  # what gates are made of
    corpora: Iterable[AnyCorpus],
    under_test: CandidateUnderTest,
    required: Level,
    emit: Emit,
    *,
    folder: Path | None = None,
    complete: bool = False,
) -> None:
    """Run corpora on a candidate, as `gate_corpus` does, and emit the ledger's stale entries.

    Raises:
        CandidateError: If the candidate cannot be judged any further; its events are emitted.
    """
    for corpus in corpora:
        gate_corpus(corpus, under_test, required, emit, folder=folder)
    emit_stale(under_test.name, under_test.ledger, emit, complete=complete)


def gate_corpus(  # noqa: PLR0913  # what a gate is made of
    corpus: AnyCorpus,
    under_test: CandidateUnderTest,
    required: Level,
    emit: Emit,
    *,
    folder: Path | None = None,
    earlier: Earlier | None = None,
) -> None:
    """Run a corpus on a candidate, and emit the verdict on every case.

    Divergent cases are written to `folder`, if there is one. Cases that passed before the run was
    stopped, by `earlier`, are not run again.

    Raises:
        CandidateError: If the candidate cannot be judged any further; its events are emitted.
    """
    _Gate(under_test, corpus, folder, Tally(required), emit, earlier or Earlier()).finish()


def emit_stale(candidate: str, ledger: Ledger, emit: Emit, *, complete: bool) -> None:
    """Emit the entries of a ledger that are stale.

    Those that cover nothing are only where the corpora are `complete`: all that are committed.
    """
    for stale in ledger.stale(datetime.now(UTC).date(), complete=complete):
        entry = stale.entry
        emit(EntryStale(candidate, entry.number, entry.case, entry.differs, stale.problem))


def read_wanted(
    workspace: Workspace,
    wanted: Collection[str] = (),
    chosen: Callable[[CaseId], bool] | None = None,
) -> list[AnyCorpus]:
    """Return the corpora that `wanted` names, or all that are committed and the recordings.

    `imported:NAME` is one of the user's own data, `recordings` what was recorded of applications.
    `chosen` selects committed cases.

    Raises:
        BadFileError: If a committed file is broken.
    """
    own = [name.removeprefix(PREFIX) for name in wanted if name.startswith(PREFIX)]
    committed = [name for name in wanted if not name.startswith((PREFIX, RECORDINGS))]
    corpora: list[AnyCorpus] = [read_imported(workspace, name) for name in own]
    if RECORDINGS in wanted or (not wanted and recording_files(workspace)):
        corpora.insert(0, read_recordings(workspace))
    if committed or not wanted:
        known = read_corpora(workspace.fixtures, committed)
        corpora = [*(_parts(known, chosen) if chosen else known), *corpora]
    return corpora


def check_wanted(workspace: Workspace, wanted: Collection[str]) -> None:
    """Check that the corpora asked for are there, before anything is started.

    Raises:
        BadFileError: If a manifest is broken.
        UsageError: If there is no corpus of a name.
    """
    for name in wanted:
        if name.startswith(PREFIX):
            read_imported(workspace, name.removeprefix(PREFIX))
        elif name == RECORDINGS:
            read_recordings(workspace)
        else:
            select(read_manifest(workspace.fixtures).corpora, [name])


def _parts(corpora: Iterable[Corpus], chosen: Callable[[CaseId], bool]) -> Iterator[Corpus]:
    """Yield what is chosen of each corpus, where that is anything."""
    for corpus in corpora:
        traces = tuple(trace for trace in corpus.traces if chosen(trace.case.id))
        if traces:
            yield Corpus(corpus.name, traces)


@dataclass(slots=True)
class _Group:
    """Cases that differ in the same place: the smallest of them, and how many there are."""

    trace: Trace
    verdict: Verdict
    answer: Kept | CandidateError | None
    count: int = 0


@dataclass(slots=True)
class _Gate:
    """One corpus being run on one candidate."""

    under_test: CandidateUnderTest
    corpus: AnyCorpus
    folder: Path | None
    tally: Tally
    emit: Emit
    earlier: Earlier
    gaps: Counter[str] = field(default_factory=Counter[str])
    groups: dict[tuple[str, str], _Group] = field(default_factory=dict[tuple[str, str], _Group])
    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder)

    @property
    def name(self) -> str:
        """The gate's name in events."""
        return f"corpus {self.corpus.name}"

    def finish(self) -> None:
        """Run every case, and emit the causes found and the result."""
        started = time.perf_counter()
        with closing(self.spool):
            try:
                self._run()
            finally:
                # What was seen is told even when the candidate cannot be judged any further.
                groups = sorted(self.groups.values(), key=lambda group: -group.count)
                for number, group in enumerate(groups[:MOST_TOLD], 1):
                    self.emit(self._divergence_found(number, group))
                self.emit(self._finished(time.perf_counter() - started))

    def _run(self) -> None:
        """Judge every case; what fails is run again, alone, when all have been run once."""
        suspects: deque[tuple[Trace, Kept | CandidateError]] = deque()
        try:
            self._run_once(suspects)
            while suspects:
                trace, kept = suspects[0]
                answer = self._taken(kept)
                verdict = self._judged(trace, answer)
                again = self.under_test.again(trace.case, answer)
                if not same_answer(answer, again):
                    verdict = confirmed(verdict, self._judged(trace, again))
                suspects.popleft()
                self._count(trace, kept, verdict)
        except CandidateError:
            # It is not asked again, so what it did stands as it was seen.
            for trace, kept in suspects:
                self._count(trace, kept, self._judged(trace, self._taken(kept)))
            raise

    def _run_once(self, suspects: deque[tuple[Trace, Kept | CandidateError]]) -> None:
        """Judge every case, and put those that fail aside."""
        answers = self.under_test.answers(
            trace.case for trace in self.corpus.traces if self._passed(trace.case) is None
        )
        for done, trace in enumerate(self.corpus.traces):
            if done % _PROGRESS_EVERY == 0:
                total = len(self.corpus.traces)
                self.emit(GateProgress(self.under_test.name, self.name, done, total))
            if (passed := self._passed(trace.case)) is not None:
                self._count(trace, None, passed)
                continue
            answer = next(answers)
            verdict = self._at_once(trace, answer)
            kept = None if verdict and passes(verdict) else self._kept(answer)
            if kept is None or len(suspects) == MOST_CONFIRMED:
                self._count(trace, kept, verdict or self._judged(trace, answer))
            else:
                suspects.append((trace, kept))

    def _at_once(self, trace: Trace, answer: Answer) -> Verdict | None:
        """Return the verdict on an answer; None if other bytes are asked about again first.

        To compare outcomes that differ takes far longer than to give them.
        """
        required = self._required(trace.case)
        if (
            isinstance(answer, CandidateError)
            or required is not Level.BYTES
            or any(isinstance(outcome, Unsupported) for outcome in answer)
        ):
            return self._judged(trace, answer)
        return Equal(required) if same_outcomes(trace.outcomes, answer) else None

    def _kept(self, answer: Answer) -> Kept | CandidateError | None:
        """Put an answer aside; None if there is no room for it."""
        return answer if isinstance(answer, CandidateError) else self.spool.put(answer)

    def _taken(self, kept: Kept | CandidateError) -> Answer:
        return self.spool.get(kept) if isinstance(kept, Kept) else kept

    def _judged(self, trace: Trace, answer: Answer) -> Verdict:
        required = self._required(trace.case)
        verdict = judge_answer(trace.case, trace.outcomes, answer, required)
        return without_types(trace.case, verdict, self.under_test.missing_types)

    def _required(self, case: Case) -> Level:
        return self.under_test.asked(case.subject.kind, self.tally.required)

    def _passed(self, case: Case) -> Verdict | None:
        """Return the verdict on a case that passed before the run was stopped."""
        known = self.earlier.cases.get((self.under_test.name, self.name, case.id))
        match known:
            case CaseJudged(verdict="equal"):
                return Equal(Level[known.reached.upper()])
            case CaseJudged(verdict="unsupported"):
                return NotSupported(known.said)
            case _:
                return None

    def _settled(self, case: Case, verdict: Verdict) -> Verdict:
        """Return the verdict on a case, flaky if it failed before the run was stopped."""
        known = self.earlier.cases.get((self.under_test.name, self.name, case.id))
        if known is None or known.verdict not in FAILURES or not passes(verdict):
            return verdict
        before = f"{known.verdict}: {sentence(known.said)}"
        return Flaky(before, f"{label(verdict)}: {sentence(headline(verdict))}")

    def _count(self, trace: Trace, answer: Kept | CandidateError | None, verdict: Verdict) -> None:
        case = trace.case
        verdict = self._settled(case, verdict)
        verdict = self.under_test.ledger.held_against(case.id, verdict)
        self.tally.add(case, verdict)
        self.emit(case_judged(self.under_test.name, self.name, case, verdict))
        if isinstance(verdict, NotSupported):
            self.gaps[verdict.reason] += 1
        if passes(verdict):
            return
        if isinstance(verdict, Divergent):
            verdict = replace(verdict, differences=verdict.differences[:1])  # the one told
        key = (label(verdict), cause(verdict))
        group = self.groups.setdefault(key, _Group(trace, verdict, answer))
        group.count += 1
        if len(case.operations) < len(group.trace.case.operations):
            group.trace, group.verdict, group.answer = trace, verdict, answer

    def _verdict(self) -> str:
        verdict = self.tally.verdict
        judged = self.tally.compared + self.tally.verdicts["unsupported"]
        if verdict in PASSING and judged < len(self.corpus.traces):
            return "unknown"
        return verdict

    def _finished(self, seconds: float) -> GateFinished:
        return gate_finished(
            candidate=self.under_test.name,
            gate=self.name,
            kind="corpus",
            verdict=self._verdict(),
            tally=self.tally,
            seconds=seconds,
            notes=self._notes(),
        )

    def _notes(self) -> list[str]:
        """Return what of a user's own data was not compared, and why."""
        if not isinstance(self.corpus, ImportedCorpus):
            return []
        gaps = [f"unsupported in {count} cases: {gap}" for gap, count in sorted(self.gaps.items())]
        return [*self.corpus.notes, *gaps[:MOST_TOLD]]

    def _divergence_found(self, number: int, group: _Group) -> DivergenceFound:
        return divergence(
            candidate=self.under_test.name,
            gate=self.name,
            case=group.trace.case,
            verdict=group.verdict,
            count=group.count,
            file=self._write(number, group),
        )

    def _write(self, number: int, group: _Group) -> str:
        """Write a group's case beside the run and return its place; without a run, none."""
        if self.folder is None:
            return ""
        corpus = self.corpus.name.replace(":", "-")
        name = f"{self.under_test.name}-corpus-{corpus}-{number}{SUFFIX}"
        path = self.folder / "cases" / name
        trace = group.trace
        level = self._required(trace.case)
        outcomes = self.spool.get(group.answer) if isinstance(group.answer, Kept) else None
        kept = CaseFile(trace.case, self.under_test.name, trace.outcomes, outcomes, level)
        kept.write(path)
        return str(path.relative_to(self.folder))
