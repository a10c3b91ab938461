"""A lockstep suite as a gate: searched, and told as events like a corpus.

This loads LangGraph and Hypothesis; `gate.py`, for the committed corpora, loads neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, Engine, Level, Outcome, SubjectKind, run
from parity_kit.contract.casefile import SUFFIX, CaseFile
from parity_kit.contract.errors import CandidateError
from parity_kit.contract.events import Event, GateFinished, GateProgress
from parity_kit.corpora.areas import areas_of
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.oracle import reference
from parity_kit.corpora.reach import read_reach
from parity_kit.gates.findings import divergence, gate_finished
from parity_kit.gates.rules import subject_of
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.reference.functions import Function
from parity_kit.reference.leftovers import clear_leftovers
from parity_kit.reference.watcher import Watcher
from parity_kit.search.coverage import Floors
from parity_kit.search.generate import left_out
from parity_kit.search.handing_over import SUITE as HANDOVER
from parity_kit.search.handing_over import HandoverSearch, hand_over
from parity_kit.search.handovers import stops
from parity_kit.search.lockstep import Finding, Lockstep, search

_MOST_NAMED = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Search:
    """How much is searched for, from which start, and what it must come to."""

    examples: int
    bulk: int = 0
    seed: int = 0
    required: Level = Level.BYTES
    floors: Floors = field(default_factory=Floors)
    known: Sequence[Case] = ()
    """Cases that failed before, which are tried first."""


def prepare() -> None:
    """Compile what watches LangGraph, so that processes forked from this one share it."""
    with Watcher():
        pass


def gate_suite(  # noqa: PLR0913, PLR0917  # what a search is made of
    workspace: Workspace,
    under_test: CandidateUnderTest,
    suite: str,
    asked: Search,
    emit: Callable[[Event], None],
    folder: Path,
) -> None:
    """Search a suite, write the failing cases to `folder`, and emit the result.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    if suite == HANDOVER:
        _gate_handovers(workspace, under_test, asked, emit, folder)
        return
    total = asked.examples + asked.bulk

    def progress(done: int) -> None:
        emit(GateProgress(under_test.name, suite, done, total))

    with reference(workspace) as engine:

        def searched() -> Lockstep:
            return search(
                suite,
                engine,
                under_test,
                examples=asked.examples,
                bulk=asked.bulk,
                seed_value=asked.seed,
                required=under_test.asked(subject_of(suite), asked.required),
                on_case=progress,
                known=asked.known,
            )

        result, ran = _watched(searched, workspace)
        _tell_findings(engine, under_test, result, emit, folder)
    emit(_finished(under_test, result, asked, ran, workspace))


def _gate_handovers(
    workspace: Workspace,
    under_test: CandidateUnderTest,
    asked: Search,
    emit: Callable[[Event], None],
    folder: Path,
) -> None:
    """Hand over threads from and to a candidate, and tell it like a search.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    traces = [trace for corpus in read_corpora(workspace.fixtures) for trace in corpus.traces]
    with reference(workspace) as engine:

        def handed_over() -> HandoverSearch:
            return hand_over(
                [trace for trace in traces if stops(trace.case, trace.outcomes)],
                engine,
                under_test,
                examples=asked.examples + asked.bulk,
                seed_value=asked.seed,
                required=under_test.asked(SubjectKind.GRAPH, asked.required),
                on_case=lambda done: emit(GateProgress(under_test.name, HANDOVER, done, done)),
            )

        result, ran = _watched(handed_over, workspace)
        _tell_findings(engine, under_test, result, emit, folder)
    emit(
        gate_finished(
            candidate=under_test.name,
            gate=_name(HANDOVER),
            kind="lockstep",
            verdict=result.tally.verdict,
            tally=result.tally,
            seconds=result.seconds,
            notes=[*result.notes()],
            areas=_areas(ran),
        )
    )


def _watched(
    searched: Callable[[], T], workspace: Workspace
) -> tuple[T, frozenset[Function] | None]:
    """Return the result of a search, and the functions of LangGraph that it ran.

    They are None if another oracle ran it, in a process of its own.
    """
    if workspace.oracle:
        return searched(), None
    clear_leftovers()
    with Watcher() as watcher:
        result = watcher.call(searched)
    return result, watcher.ran().functions


def _areas(ran: frozenset[Function] | None) -> list[str] | None:
    return None if ran is None else areas_of(function.module for function in ran)


def _reached(ran: frozenset[Function] | None, workspace: Workspace) -> str:
    """Return what a search ran of LangGraph that no corpus runs, in words."""
    reach = read_reach(workspace.fixtures)
    if ran is None or reach is None:
        return ""
    new = sorted(map(str, ran & (frozenset(reach.functions) - reach.run_by())))
    if not new:
        return "reached no function of LangGraph that the corpora do not reach"
    more = [f"and {len(new) - _MOST_NAMED} more"] if len(new) > _MOST_NAMED else []
    names = ", ".join([*new[:_MOST_NAMED], *more])
    return f"reached functions of LangGraph that no corpus reaches: {names}"


def _tell_findings(
    engine: Engine,
    under_test: CandidateUnderTest,
    result: Lockstep | HandoverSearch,
    emit: Callable[[Event], None],
    folder: Path,
) -> None:
    for number, finding in enumerate(result.findings, 1):
        name = f"{_slug(under_test.name)}-{result.suite}-{number}{SUFFIX}"
        path = folder / "cases" / name
        case_file(finding, engine, under_test, result.tally.required).write(path)
        emit(
            divergence(
                candidate=under_test.name,
                gate=_name(result.suite),
                case=finding.case,
                verdict=finding.verdict,
                count=finding.count,
                file=str(path.relative_to(folder)),
            )
        )


def _finished(
    under_test: CandidateUnderTest,
    result: Lockstep,
    asked: Search,
    ran: frozenset[Function] | None,
    workspace: Workspace,
) -> GateFinished:
    verdict, missed = result.judged(asked.floors)
    if verdict == "unsupported" and result.suite in under_test.claimed:
        verdict = "unknown"
        missed = f"{result.suite} is claimed, and 0 of {result.tried:,} cases were compared"
    first = f"tried first: {len(asked.known)} cases that failed in a campaign"
    known = first if asked.known else ""
    reached = _reached(ran, workspace) if result.tally.compared else ""
    return gate_finished(
        candidate=under_test.name,
        gate=_name(result.suite),
        kind="lockstep",
        verdict=verdict,
        tally=result.tally,
        seconds=result.seconds,
        coverage=result.coverage,
        notes=[note for note in (missed, left_out(result.suite), reached, known) if note],
        areas=_areas(ran),
    )


def case_file(
    finding: Finding, engine: Engine, under_test: CandidateUnderTest, level: Level
) -> CaseFile:
    """Return a finding's case with what both sides make of it, as far as the candidate does."""
    if finding.sides is not None:
        return CaseFile(finding.case, under_test.name, *finding.sides, level)
    ours = run(engine, finding.case)
    theirs: tuple[Outcome, ...] | None
    try:
        theirs = under_test.run(finding.case)
    except CandidateError:
        theirs = None
    return CaseFile(finding.case, under_test.name, ours, theirs, level)


def _name(suite: str) -> str:
    return f"lockstep {suite}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
