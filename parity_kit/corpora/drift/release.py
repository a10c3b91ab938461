"""A release of LangGraph, judged by what it changed: does a case run what is new in it?

A changed function is judged if the compared cases run everything that is new in it: each
statement, and each condition both ways. Any other is not judged: no verdict speaks of it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import ReleaseCompared
from parity_kit.corpora.drift.baselines import absent_in, origin_of, python_of
from parity_kit.corpora.drift.probed import Compared, Probed, probed
from parity_kit.corpora.drift.probes import condition_probe, function_probe, statement_probe
from parity_kit.corpora.drift.recipes import baseline_recipe
from parity_kit.corpora.drift.source import (
    DISTRIBUTIONS,
    FunctionChange,
    Place,
    SourceChanges,
    installed_source,
    source_changes,
    source_of,
)
from parity_kit.corpora.manifest import read_manifest

NOT_RUN = "no case runs it"
NO_DIFFERENCE = "no function differs"
MOST_CASES = 3
"""Cases to look at that are named for a function."""


@dataclass(frozen=True, slots=True)
class Release:
    """What differs from one LangGraph to another, and what the committed cases run of it."""

    source: SourceChanges
    after: Probed
    before: Probed

    def compared(self, candidate: str, compared: Compared) -> ReleaseCompared | None:
        """Return how far the compared cases judge the changes; None if nothing differs."""
        source = self.source
        if not source.functions and not source.elsewhere:
            return None
        return ReleaseCompared(
            candidate,
            dict(source.before),
            dict(source.after),
            [self._function(change, compared) for change in source.functions],
            list(source.elsewhere),
            list(source.missing),
        )

    def _function(self, change: FunctionChange, compared: Compared) -> dict[str, object]:
        name = function_probe(change.function.module, change.function.name)
        side = self.before if change.kind == "removed" else self.after
        cases = side.seen(name, compared)
        return {
            "function": name,
            "kind": change.kind,
            "corpora": {corpus: len(ids) for corpus, ids in sorted(cases.items())},
            "cases": [ids[0] for _, ids in sorted(cases.items())][:MOST_CASES],
            "missed": list(self._missed(change, name, compared)) if cases else [NOT_RUN],
        }

    def _missed(self, change: FunctionChange, name: str, compared: Compared) -> Iterator[str]:
        """Yield what is new in a function that cases run, and that none of them runs."""
        never: list[Place] = []
        for place, text in sorted(change.statements.items()):
            if not self.after.seen(statement_probe(name, place), compared):
                if not _is_in_one_of(place, never):
                    yield f"line {place[0]} never runs: {_first_line(text)}"
                never.append(place)
        for place, text in sorted(change.conditions.items()):
            ways = [
                way
                for way in (True, False)
                if self.after.seen(condition_probe(name, place, way=way), compared)
            ]
            if len(ways) < len((True, False)) and not _is_in_one_of(place, never):
                missed = f"never {str(not ways[0]).lower()}" if ways else "never reached"
                yield f"line {place[0]} is {missed}: {_first_line(text)}"


def compare_release(workspace: Workspace, before: Path, after: Path, emit: Progress) -> Release:
    """Compare the LangGraph of one interpreter's environment with that of another's.

    Raises:
        KitError: If the committed cases cannot run there at all.
    """
    changes = source_changes(source_of(before), source_of(after))
    there = [change for change in changes.functions if change.kind != "removed"]
    gone = [change for change in changes.functions if change.kind == "removed"]
    return Release(
        changes,
        after=probed(workspace, after, there, emit),
        before=probed(workspace, before, gone, emit),
    )


def compare_candidate(
    workspace: Workspace,
    candidate: Candidate,
    compared: Compared,
    emit: Progress,
    corpora: Collection[str] = (),
) -> ReleaseCompared | None:
    """Compare the LangGraph that a candidate runs with the oracle's; None if it runs none.

    If only `corpora` are compared and none of them is committed, as with recordings, no case runs
    to see what it reaches.

    Raises:
        EnvironmentBuildError: If the oracle's own environment is needed and cannot be made.
        KitError: If the committed cases cannot run there at all.
    """
    if not isinstance(candidate.setup, PipSetup):
        return None
    recipe = environment.of_candidate(candidate, candidate.setup)
    python = environment.python_of(recipe, workspace)
    oracle = oracle_python(workspace, emit)
    if corpora and read_manifest(workspace.fixtures).corpora.keys().isdisjoint(corpora):
        changes = source_changes(source_of(oracle), source_of(python))
        release = Release(changes, Probed(), Probed())
    else:
        release = compare_release(workspace, oracle, python, emit)
    return release.compared(candidate.name, compared)


def compare_folders(
    workspace: Workspace, before: Path, after: Path, emit: Progress
) -> ReleaseCompared | str:
    """Compare the LangGraphs that made two folders of corpora, or return why that cannot be done.

    Raises:
        KitError: If the committed cases cannot run there at all.
    """
    if before.is_file() or after.is_file():
        return "not compared: a corpus file does not name the release that made it"
    old, new = (_python_of(workspace, folder, emit) for folder in (before, after))
    if old is None or new is None:
        gone = before if old is None else after
        return f"not compared: the environment that made {gone} does not exist"
    if old == new:
        return NO_DIFFERENCE
    compared = compare_release(workspace, old, new, emit).compared(
        after.name, held_by_both(before, after)
    )
    return compared or NO_DIFFERENCE


def held_by_both(before: Path, after: Path) -> Compared:
    """Return what tells whether two folders of corpora both hold a case."""
    corpora = read_manifest(before).corpora.keys() & read_manifest(after).corpora.keys()
    absent = absent_in(before).keys() | absent_in(after).keys()
    return lambda corpus, case: corpus in corpora and case not in absent


def _python_of(workspace: Workspace, folder: Path, emit: Progress) -> Path | None:
    if origin_of(folder) is not None:
        return python_of(workspace, folder)
    made_by = read_manifest(folder).oracle
    same = made_by == read_manifest(workspace.fixtures).oracle
    return oracle_python(workspace, emit) if same else None


def oracle_python(workspace: Workspace, emit: Progress) -> Path:
    """Return the interpreter whose LangGraph made the committed corpora.

    It is the running one, unless another LangGraph is installed beside it or parity.toml names
    another oracle.

    Raises:
        EnvironmentBuildError: If an environment of its own cannot be made.
    """
    if (origin := origin_of(workspace.fixtures)) is not None:
        return environment.make(origin.recipe, workspace, emit)
    oracle = read_manifest(workspace.fixtures).oracle
    installed = installed_source().versions
    wanted = {name: version for name, version in oracle.items() if name in DISTRIBUTIONS}
    if wanted.items() <= installed.items():
        return Path(sys.executable)
    extra = [f"{name}=={version}" for name, version in wanted.items() if name != "langgraph"]
    recipe = baseline_recipe(f"langgraph=={wanted['langgraph']}", extra)
    return environment.make(recipe, workspace, emit)


def _is_in_one_of(place: Place, others: Collection[Place]) -> bool:
    return any(other[:2] <= place[:2] and place[2:] <= other[2:] for other in others)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
