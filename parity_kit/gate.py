"""The gate: every committed fixture run on a candidate and compared with the reference's outcomes.

Nothing here loads LangGraph: the reference's outcomes are in the fixtures. The candidate is a
function from a case to its outcomes, in this process or at the other end of a pipe.

    Equal                       agrees at the level asked for
    Divergent                   does not; told once for each place, with a count
    NotSupported                the candidate says so; counted, and no pass on its own
    Crashed Hung ProtocolFault  the candidate's fault on that case; the next case is run
    CandidateError              raised: the candidate cannot be judged any further
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from parity_kit.casefile import SUFFIX, CaseFile
from parity_kit.contract import Case, CaseId, CaseRunner, Level, Outcome, SubjectKind, Trace
from parity_kit.corpora.corpus import Corpus
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.imported import PREFIX, ImportedCorpus, read_imported
from parity_kit.corpora.manifest import read_manifest
from parity_kit.errors import ExitCode
from parity_kit.events import DivergenceFound, Event, GateFinished, GateProgress
from parity_kit.findings import case_judged, cause, divergence, gate_finished, headline
from parity_kit.judge import Tally, judge
from parity_kit.verdicts import Equal, NotSupported, Verdict, label
from parity_kit.workspace import Workspace

AnyCorpus: TypeAlias = Corpus | ImportedCorpus
Tell: TypeAlias = Callable[[Event], None]

MOST_TOLD = 20
"""Places of divergence told for one corpus; all are counted."""
BREAKDOWNS = ("crashed", "hung", "protocol error")
"""What a candidate's own failure on a case is called; one that fails throughout is not judged."""
_FAILURES = ("divergent", *BREAKDOWNS)
_PROGRESS_EVERY = 10  # cases


def gate_corpora(  # noqa: PLR0913, PLR0917  # what a gate is made of
    space: Workspace,
    candidate: str,
    run: CaseRunner,
    folder: Path | None,
    required: Level,
    tell: Tell,
    wanted: Collection[str] = (),
    claimed: Mapping[SubjectKind, Level] = MappingProxyType({}),
    chosen: Callable[[CaseId], bool] | None = None,
) -> str:
    """Run the committed corpora on a candidate and return the verdict on all of them.

    Divergent cases are written to `folder`, if there is one. `wanted` names corpora, none means
    all that are committed; `imported:NAME` is one of the user's own data. `claimed` holds the
    highest level the candidate claims for each subject: more is not asked of it, and a corpus of
    such subjects of which nothing was compared is `unknown`, unless not every environment has what
    it is about. `chosen` says which of the committed cases are run; without it all are.

    Raises:
        BadFileError: If a committed file is broken.
        CandidateError: If the candidate cannot be judged any further; what was seen is told.
    """
    own = [name.removeprefix(PREFIX) for name in wanted if name.startswith(PREFIX)]
    committed = [name for name in wanted if not name.startswith(PREFIX)]
    corpora: list[AnyCorpus] = [read_imported(space, name) for name in own]
    if committed or not own:
        known = read_corpora(space.fixtures, committed)
        corpora = [*(_parts(known, chosen) if chosen else known), *corpora]
    optional = _optional(space) if committed or not own else frozenset[str]()
    return overall(
        _Gate(
            candidate,
            corpus,
            run,
            folder,
            Tally(required),
            tell,
            claimed,
            optional=corpus.name in optional,
        )
        .finish()
        .verdict
        for corpus in corpora
    )


def _parts(corpora: Iterable[Corpus], chosen: Callable[[CaseId], bool]) -> Iterator[Corpus]:
    """Yield what is chosen of each corpus, where that is anything."""
    for corpus in corpora:
        traces = tuple(trace for trace in corpus.traces if chosen(trace.case.id))
        if traces:
            yield Corpus(corpus.name, traces)


def _optional(space: Workspace) -> frozenset[str]:
    """Return the corpora of what not every environment has, and so not every candidate."""
    corpora = read_manifest(space.fixtures).corpora
    return frozenset(name for name, entry in corpora.items() if entry.needs)


def overall(verdicts: Iterable[str]) -> str:
    """Return the verdict on several gates.

    What the candidate does not support is no failure where something else was compared; nothing
    compared at all is `unknown`.
    """
    given = set(verdicts)
    for word in (*_FAILURES, "unknown", "equal"):
        if word in given:
            return word
    return "unknown"


def exit_code(verdict: str) -> ExitCode:
    """Return the exit code that a gate's verdict stands for."""
    if verdict == "equal":
        return ExitCode.PARITY
    return ExitCode.DIVERGENCE if verdict in _FAILURES else ExitCode.NOT_JUDGED


@dataclass(slots=True)
class _Group:
    """Cases that differ in the same place: the smallest of them, and how many there are."""

    trace: Trace
    verdict: Verdict
    outcomes: tuple[Outcome, ...] | None
    count: int = 0


@dataclass(slots=True)
class _Gate:
    """One corpus being run on one candidate."""

    candidate: str
    corpus: AnyCorpus
    run: CaseRunner
    folder: Path | None
    tally: Tally
    tell: Tell
    claimed: Mapping[SubjectKind, Level]
    optional: bool
    kinds: set[SubjectKind] = field(default_factory=set[SubjectKind])
    groups: dict[tuple[str, str], _Group] = field(default_factory=dict[tuple[str, str], _Group])

    @property
    def name(self) -> str:
        """The gate's name in events."""
        return f"corpus {self.corpus.name}"

    def finish(self) -> GateFinished:
        """Run every case, tell what was found, and return the result."""
        started = time.perf_counter()
        try:
            for done, trace in enumerate(self.corpus.traces):
                if done % _PROGRESS_EVERY == 0:
                    total = len(self.corpus.traces)
                    self.tell(GateProgress(self.candidate, self.name, done, total))
                self._judge(trace)
        finally:
            # What was seen is told even when the candidate cannot be judged any further.
            groups = sorted(self.groups.values(), key=lambda group: -group.count)
            for number, group in enumerate(groups[:MOST_TOLD], 1):
                self.tell(self._found(number, group))
            finished = self._finished(time.perf_counter() - started)
            self.tell(finished)
        return finished

    def _judge(self, trace: Trace) -> None:
        seen: list[tuple[Outcome, ...]] = []

        def run(case: Case) -> tuple[Outcome, ...]:
            seen.append(self.run(case))
            return seen[0]

        kind = trace.case.subject.kind
        self.kinds.add(kind)
        required = min(self.tally.required, self.claimed.get(kind, self.tally.required))
        verdict = judge(trace.case, trace.outcomes, run, required)
        self.tally.add(trace.case, verdict)
        self.tell(case_judged(self.candidate, self.name, trace.case, verdict))
        if isinstance(verdict, (Equal, NotSupported)):
            return
        outcomes = seen[0] if seen else None
        key = cause(label(verdict), headline(verdict))
        group = self.groups.setdefault(key, _Group(trace, verdict, outcomes))
        group.count += 1
        if len(trace.case.operations) < len(group.trace.case.operations):
            group.trace, group.verdict, group.outcomes = trace, verdict, outcomes

    def _verdict(self) -> str:
        verdict = self.tally.verdict
        if verdict == "unsupported" and self.kinds & set(self.claimed) and not self.optional:
            return "unknown"
        judged = self.tally.compared + self.tally.verdicts["unsupported"]
        if verdict == "equal" and judged < len(self.corpus.traces):
            return "unknown"
        return verdict

    def _finished(self, seconds: float) -> GateFinished:
        return gate_finished(
            candidate=self.candidate,
            gate=self.name,
            kind="corpus",
            verdict=self._verdict(),
            tally=self.tally,
            seconds=seconds,
        )

    def _found(self, number: int, group: _Group) -> DivergenceFound:
        return divergence(
            candidate=self.candidate,
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
        name = f"{self.candidate}-corpus-{corpus}-{number}{SUFFIX}"
        path = self.folder / "cases" / name
        trace = group.trace
        CaseFile(trace.case, self.candidate, trace.outcomes, group.outcomes).write(path)
        return str(path.relative_to(self.folder))
