"""Resuming a run: what its journal holds already is not done again.

Finished parts are emitted again as they were; unfinished parts start over:

    the fixtures' check       emitted again if it finished
    a candidate               emitted again if it was judged as a whole
    a lockstep suite          emitted again if it finished: its choices follow from the seed
    a corpus                  cases that passed are not run again; the others are, for their files
    benchmarks                measured again: the pairs of one session belong together

A candidate that counts how often its functions run starts over, because the count belongs to one
process. A run can only be resumed with the same kit, the same oracle and the same files.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parity_kit.candidates.manifest import Candidate, CommandSetup, PipSetup, PythonSetup
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.contract import CaseId
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateJudged,
    CaseJudged,
    CorporaChecked,
    DivergenceFound,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
)
from parity_kit.contract.journal import read_journal
from parity_kit.corpora.manifest import MANIFEST
from parity_kit.corpora.recorded import RECORDINGS, recording_files

_MADE = {"__pycache__", "node_modules", "target"}
"""Folders in a candidate's own that hold what its tools made."""
_NEW = "start a new run"


@dataclass(slots=True)
class _Attempt:
    """The events of a run since it began or was resumed."""

    events: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    measured: list[Event] = field(default_factory=list[Event])
    judged: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Earlier:
    """What a stopped run found out; empty for a new run."""

    started: RunStarted | None = None
    checked: CorporaChecked | None = None
    candidates: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    """All events of each candidate that was judged as a whole."""
    suites: dict[tuple[str, str], list[Event]] = field(
        default_factory=dict[tuple[str, str], list[Event]]
    )
    """The events of each finished lockstep suite, by candidate and suite."""
    cases: dict[tuple[str, str, CaseId], CaseJudged] = field(
        default_factory=dict[tuple[str, str, CaseId], CaseJudged]
    )
    """The verdict on each committed case, by candidate, gate and case."""
    benchmarks: list[Event] = field(default_factory=list[Event])
    """The events of the benchmarks, if they finished."""
    _attempt: _Attempt = field(default_factory=_Attempt)

    def add(self, event: Event) -> None:
        """Take one event of the journal."""
        attempt = self._attempt
        match event:
            case RunStarted():
                self.started, self._attempt = event, _Attempt()
            case RunFinished():
                self.benchmarks = attempt.measured
            case CorporaChecked():
                self.checked = event
            case BenchMeasured():
                attempt.measured.append(event)
            case _ if event.candidate in attempt.judged:
                attempt.measured.append(event)  # a candidate that broke down in a benchmark
            case _:
                attempt.events.setdefault(event.candidate, []).append(event)
                self._keep(event, attempt.events[event.candidate])

    def summary(self) -> str:
        """Return in a line what need not be done again; nothing for a new run."""
        if self.started is None:
            return ""
        candidates, suites, cases = len(self.candidates), len(self.suites), len(self.cases)
        known = f"{candidates} candidates, {suites} suites, {cases:,} cases"
        return f"resuming; already judged: {known}"

    def _keep(self, event: Event, events: list[Event]) -> None:
        """Keep the part that an event ends; `events` are all of its candidate's."""
        match event:
            case CaseJudged():
                self.cases[event.candidate, event.gate, CaseId(event.case)] = event
            case GateFinished(candidate, gate, "lockstep"):
                divergences = [known for known in events if isinstance(known, DivergenceFound)]
                mine: list[Event] = [
                    divergence for divergence in divergences if divergence.gate == gate
                ]
                self.suites[candidate, gate.removeprefix("lockstep ")] = [*mine, event]
            case CandidateJudged():
                self.candidates[event.candidate] = events
                self._attempt.judged.add(event.candidate)
            case _:
                pass


def read_earlier(folder: Path) -> Earlier:
    """Return what the journal of a run says.

    Raises:
        BadFileError: If there is no journal, or it does not say how the run began.
    """
    events, _ = read_journal(folder)
    known = Earlier()
    for event in events:
        known.add(event)
    if known.started is None:
        raise BadFileError(
            "was stopped before it began, so there is nothing to resume",
            where=str(folder),
            hint=_NEW,
        )
    return known


def check_same(known: Earlier, now: RunStarted) -> None:
    """Check that a run goes on as what it was.

    Raises:
        UsageError: Naming what is not the same any more.
    """
    then = known.started
    if then is None:
        return
    for part in dataclasses.fields(now):
        before, after = getattr(then, part.name), getattr(now, part.name)
        if part.name == "machine" or before == after:
            continue  # the same verdicts are reached wherever it runs
        if part.name == "made_of":
            changed = sorted(
                name for name in {*before, *after} if before.get(name) != after.get(name)
            )
            raise UsageError(
                f"cannot be resumed: {', '.join(changed)} changed since it began",
                where=now.run,
                hint=_NEW,
            )
        raise UsageError(
            f"cannot be resumed: its {part.name} is {after}, and was {before}",
            where=now.run,
            hint=_NEW,
        )


def made_of(workspace: Workspace, candidates: Iterable[Candidate]) -> dict[str, str]:
    """Return digests of what verdicts hang on, by name."""
    files = {"parity.toml": workspace.root / MARKER, "fixtures": workspace.fixtures / MANIFEST}
    digests = {name: _digest([path]) for name, path in files.items() if path.is_file()}
    if recorded := recording_files(workspace):
        digests[RECORDINGS] = _digest(recorded)
    return digests | {candidate.name: _digest(_sources(candidate)) for candidate in candidates}


def _sources(candidate: Candidate) -> Iterator[Path]:
    """Yield the files of a candidate: its folder's, and what its manifest points at elsewhere."""
    folder = candidate.folder
    yield from _files(folder)
    match candidate.setup:
        case PythonSetup(path=path) | PipSetup(path=path):
            if not path.resolve().is_relative_to(folder.resolve()):
                yield from (file for file in _files(path) if file.suffix == ".py")
        case CommandSetup(command):
            yield from (file for word in command if (file := folder / word).is_file())


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.name}\n{content}\n".encode())
    return digest.hexdigest()[:16]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _MADE:
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _files(path)
