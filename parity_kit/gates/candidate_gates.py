"""The gates of one candidate, its corpora and then its searches: in this process or in forks.

In forks the gates are as many jobs, and the events of each wait until it is their turn: they are
the same, in the same order, however many forks there are. Every fork has a process of the candidate
of its own. Where that candidate uses up what all its processes together may (restarts, time, hangs
in a row), the gate and all after it run in this process, as they would without forks.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_kit.candidates.environment import differing_packages
from parity_kit.candidates.forks import Job, Passing, Send, in_order
from parity_kit.candidates.launch import missing_types, start
from parity_kit.candidates.manifest import Candidate
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import CandidateStarted, DivergenceFound, Event, GateProgress
from parity_kit.corpora.imported import ImportedCorpus
from parity_kit.gates.gate import AnyCorpus, gate_corpus
from parity_kit.gates.resume import Earlier
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import Ledger
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.loaded import LIBRARIES
from parity_kit.wire.spent import Spent

if TYPE_CHECKING:
    from parity_kit.gates.runner import Inputs, Plan


@dataclass(frozen=True, slots=True)
class _Left:
    """What a gate leaves beside its events."""

    ledger: Ledger
    engaged: Mapping[str, int]
    loaded: str
    spent: Spent


@dataclass(slots=True)
class CandidateGates:
    """The gates of one candidate, whose engine starts with the first."""

    candidate: Candidate
    workspace: Workspace
    plan: Plan
    inputs: Inputs
    earlier: Earlier
    folder: Path | None
    note: Callable[[str], None]
    engaged: dict[str, int] = field(default_factory=dict[str, int])
    """How often each function that the candidate replaces has run."""
    loaded: str = ""
    """LangGraph and its version, if a process of the candidate loaded that."""
    ledger: Ledger = field(init=False)
    """What the entries of its ledger came to."""
    _spent: Spent = field(default_factory=lambda: Spent(1))
    _engine: RemoteEngine | None = None
    _under_test: CandidateUnderTest = field(init=False)
    _started: CandidateStarted = field(init=False)

    def __post_init__(self) -> None:
        known = self.inputs.ledger
        self.ledger = known if self.plan.rules.ledger else Ledger(known.file)

    def run(self, workers: int, emit: Callable[[Event], None]) -> Generator[int]:
        """Run the gates in turn, in forks where there are several workers; yield how many are done.

        The first is 0: the candidate has started.

        Raises:
            CandidateError: If the candidate cannot be judged any further; its events are emitted.
        """
        done = -1
        if workers > 1 and self._count > 1:
            for done in self._run_in_forks(workers, emit):
                yield done
            if done == self._count:
                return
        try:
            engine = self._opened()
            engine.spent.starts += self._spent.restarts
            engine.spent.waited += self._spent.waited
            if done < 0:
                emit(self._started)
                yield 0
            for number in range(max(done, 0), self._count):
                self._ran(*self._gate(number, emit))
                yield number + 1
        finally:
            if self._engine is not None:
                self._engine.close()

    def _run_in_forks(self, workers: int, emit: Callable[[Event], None]) -> Generator[int]:
        if self.plan.rules.suites:
            # It is heavy, as are the functions that a watcher compiles, and all forks share them.
            importlib.import_module("parity_kit.gates.search_gate").prepare()

        jobs = [self._job(number) for number in range(self._count)]
        kept = self._files()

        def show(shown: str | Event) -> None:
            self.note(shown) if isinstance(shown, str) else emit(shown)

        try:
            with contextlib.closing(in_order(jobs, workers, show)) as results:
                for number in range(self._count):
                    *events, left = next(results)
                    if not self._affords(left.spent):
                        return
                    for event in events:
                        emit(event)
                        if isinstance(event, CandidateStarted):
                            yield 0
                    kept.update(
                        event.file for event in events if isinstance(event, DivergenceFound)
                    )
                    self._take(left)
                    yield number + 1
        except CandidateError:
            return
        finally:
            for file in self._files() - kept:  # of gates that ran ahead, in vain
                Path(self.folder or "", file).unlink()

    def _files(self) -> set[str]:
        """Return the failing cases that are written, as events name them."""
        cases = self.folder.glob("cases/*") if self.folder else ()
        return {str(path.relative_to(self.folder or "")) for path in cases}

    @property
    def _count(self) -> int:
        return len(self.inputs.corpora) + len(self.plan.rules.suites)

    def _job(self, number: int) -> Job:
        def job(send: Send) -> None:
            def emit(event: Event) -> None:
                send(Passing(event) if isinstance(event, GateProgress) else event)

            self.note = lambda text: send(Passing(text))
            engine = self._opened()
            if number == 0:
                send(self._started)
            engine.spent = Spent(1)
            self.ledger.forget()
            engaged, loaded = self._gate(number, emit)
            send(_Left(replace(self.ledger, entries=()), engaged, loaded, engine.spent))

        return job

    def _affords(self, spent: Spent) -> bool:
        """Whether the candidate could have run a gate that took so much after those before it."""
        limits = self.candidate.limits
        return (
            not spent.hangs
            and self._spent.restarts + spent.restarts <= limits.restarts
            and self._spent.waited + spent.waited <= limits.run_seconds
        )

    def _take(self, left: _Left) -> None:
        self.ledger.add(left.ledger)
        self._spent.starts += left.spent.restarts
        self._spent.waited += left.spent.waited
        self._ran(left.engaged, left.loaded)

    def _ran(self, engaged: Mapping[str, int], loaded: str) -> None:
        for name, count in engaged.items():
            self.engaged[name] = self.engaged.get(name, 0) + count
        if not self.loaded.startswith(LIBRARIES):
            self.loaded = loaded or self.loaded

    def _opened(self) -> RemoteEngine:
        """Return the candidate's engine in this process."""
        if self._engine is not None:
            return self._engine
        engine = start(self.candidate, self.workspace, on_progress=self.note)
        self._engine = engine
        self._started = candidate_started(
            self.candidate, self.workspace, engine, self.inputs.oracle
        )
        if engine.describe().engaged:
            # A process counts how often replaced functions ran: an earlier one's count is gone.
            self.earlier = Earlier()
        self._under_test = replace(
            self.plan.rules.applied_to(
                CandidateUnderTest.started(self.candidate.name, engine, self.ledger)
            ),
            missing_types=frozenset(
                _missing_types(self.candidate, self.workspace, self.inputs.corpora)
            ),
        )
        return engine

    def _gate(self, number: int, emit: Callable[[Event], None]) -> tuple[Mapping[str, int], str]:
        """Run one gate; return how often replaced functions ran in it, and what is loaded now."""
        engine = self._opened()
        before = engine.describe().engaged
        self._run_gate(number, emit)
        now = engine.describe()
        engaged = {name: count - before.get(name, 0) for name, count in now.engaged.items()}
        return engaged, now.loaded

    def _run_gate(self, number: int, emit: Callable[[Event], None]) -> None:
        corpora, plan = self.inputs.corpora, self.plan
        if number < len(corpora):
            gate_corpus(
                corpora[number],
                self._under_test,
                plan.required,
                emit,
                folder=self.folder,
                earlier=self.earlier,
            )
            return
        suite = [*plan.rules.suites][number - len(corpora)]
        if known := self.earlier.suites.get((self.candidate.name, suite)):
            for event in known:
                emit(event)
            return
        from parity_kit.gates.search_gate import Search, gate_suite  # noqa: PLC0415  # heavy

        assert self.folder, "a search has a place to write to"  # noqa: S101  # the command made it
        asked = Search(
            plan.rules.suites[suite],
            plan.bulk,
            plan.seed,
            plan.required,
            plan.floors,
            self.inputs.examples.get(suite, ()),
        )
        gate_suite(self.workspace, self._under_test, suite, asked, emit, self.folder)


def candidate_started(
    candidate: Candidate, workspace: Workspace, engine: RemoteEngine, oracle: Mapping[str, str]
) -> CandidateStarted:
    """Return the event that tells what an engine says of itself."""
    description = engine.describe()
    return CandidateStarted(
        candidate.name,
        candidate.title,
        f"{description.name} {description.version}",
        description.language,
        {kind.value: level.label for kind, level in description.levels.items()},
        engine.ready_seconds,
        engine.cage.gaps() if engine.cage else "",
        differing_packages(candidate, workspace, oracle),
    )


def _missing_types(
    candidate: Candidate, workspace: Workspace, corpora: Sequence[AnyCorpus]
) -> list[str]:
    """Return the types that imported values name and that a candidate in Python cannot import."""
    own = [corpus for corpus in corpora if isinstance(corpus, ImportedCorpus)]
    types = {item for corpus in own for item in corpus.about.get("types", ())}
    return missing_types(candidate, workspace, sorted(types))
