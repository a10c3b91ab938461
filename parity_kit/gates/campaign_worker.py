"""What a process does for a campaign, here or on another machine: slices, and shrinking."""

from __future__ import annotations

import platform
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Self

from parity_kit.candidates.launch import find, start
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Engine, Level
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import UsageError
from parity_kit.contract.events import DivergenceFound
from parity_kit.corpora.areas import areas_of
from parity_kit.corpora.oracle import reference, versions
from parity_kit.gates.findings import divergence
from parity_kit.gates.resume import made_of
from parity_kit.gates.rules import subject_of
from parity_kit.gates.search_gate import case_file
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.ledger import Ledger
from parity_kit.reference.watcher import Watcher
from parity_kit.search.slices import (
    Searched,
    Shrinking,
    Slice,
    SliceOrShrinking,
    search_slice,
    shrink_case,
)
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.spent import Spent


@dataclass(frozen=True, slots=True)
class Campaigned:
    """What all processes of a campaign must agree on."""

    run: str
    workspace: Workspace
    candidate: str
    level: Level
    seed: int
    ledger: Ledger
    oracle: Mapping[str, str]
    made_of: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest case of a cause; without `found` the cause did not show again."""

    found: DivergenceFound | None = None
    file: CaseFile | None = None


@dataclass(slots=True)
class _Worker:
    """The engines of this process."""

    asked: Campaigned
    engine: RemoteEngine
    under_test: CandidateUnderTest
    reference: Engine
    watcher: Watcher
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, asked: Campaigned) -> Self:
        """Start the engines.

        Raises:
            UsageError: If this machine has another candidate or oracle than the campaign's.
            CandidateError: If the candidate does not start.
        """
        candidate = find(asked.workspace, asked.candidate)
        names = {
            *_differing(asked.made_of, made_of(asked.workspace, [candidate])),
            *_differing(asked.oracle, versions(asked.workspace)),
        }
        if names:
            raise UsageError(
                f"{platform.node()} does not have the same: {', '.join(sorted(names))}",
                where=str(asked.workspace.root),
                hint="give all machines of a cluster the same workspace and the same kit",
            )
        with ExitStack() as stack:
            ours = stack.enter_context(reference(asked.workspace))
            engine = stack.enter_context(start(candidate, asked.workspace))
            under_test = CandidateUnderTest.started(asked.candidate, engine, asked.ledger)
            watcher = stack.enter_context(Watcher())
            return cls(asked, engine, under_test, ours, watcher, stack.pop_all())

    def close(self) -> None:
        """End the engines."""
        self._stack.close()

    def do(self, task: SliceOrShrinking) -> Searched | Shrunk:
        """Do a task."""
        self.engine.spent = Spent(1)  # a slice has the restarts and the time of a run
        required = self.under_test.asked(subject_of(task.suite), self.asked.level)
        match task:
            case Slice():
                return self._searched(task, required)
            case Shrinking():
                return self._shrunk(task, required)

    def _searched(self, task: Slice, required: Level) -> Searched:
        searched = self.watcher.call(
            search_slice, task, self.asked.seed, self.reference, self.under_test, required
        )
        if self.asked.workspace.oracle:  # in a process of its own
            return searched
        areas = areas_of(function.module for function in self.watcher.ran().functions)
        return replace(searched, areas=tuple(areas))

    def _shrunk(self, task: Shrinking, required: Level) -> Shrunk:
        found = shrink_case(task, self.reference, self.under_test, required)
        if found is None:
            return Shrunk()
        event = divergence(
            candidate=self.asked.candidate,
            gate=f"lockstep {task.suite}",
            case=found.case,
            verdict=found.verdict,
            count=1,
            file="",
        )
        return Shrunk(event, case_file(found, self.reference, self.under_test, required))


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


_LOCK = threading.Lock()
_WORKERS: dict[str, _Worker] = {}
"""The worker of this process, by its campaign."""


def do(asked: Campaigned, task: SliceOrShrinking) -> Searched | Shrunk:
    """Do a task in this process, whose engines start with the first.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
        UsageError: If this machine has another candidate or oracle than the campaign's.
    """
    if asked.run not in _WORKERS:
        close()
    with _LOCK:
        if asked.run not in _WORKERS:
            _WORKERS[asked.run] = _Worker.of(asked)
        return _WORKERS[asked.run].do(task)


def close() -> None:
    """End the engines of this process; another task starts them again."""
    with _LOCK:
        while _WORKERS:
            _WORKERS.popitem()[1].close()
