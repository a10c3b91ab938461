"""Shell completion: names of the workspace, read from its files alone.

Each function returns the names that begin with the typed text. In a workspace that cannot be read
there are none: the command itself reports the problem.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract.errors import ParityKitError

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
_BUNDLED = "pure"
_MOST_BYTES = 4_000_000
"""Of an imported corpus's index; a larger one offers no ids, since a shell must not wait."""


def _of(names: Callable[[Workspace], Iterable[str]]) -> Complete:
    """Return a completion from what finds all names in a workspace."""

    @functools.wraps(names)
    def complete(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        del parameter
        given: Path | None = context.params.get("directory")
        try:
            matching = names(find_workspace(given))
            return [name for name in matching if name.startswith(typed)]
        except (AttributeError, OSError, ParityKitError, RecursionError, ValueError):
            return []

    return complete


@_of
def candidates(workspace: Workspace) -> Iterable[str]:
    """Complete the name of a candidate."""
    folders = {path.parent.name for path in workspace.candidates.glob("*/candidate.toml")}
    return sorted({_BUNDLED} | folders)


@_of
def corpora(workspace: Workspace) -> Iterable[str]:
    """Complete the name of a corpus."""
    return [path.stem for path in sorted(workspace.fixtures.glob("*.index"))]


@_of
def imported_too(workspace: Workspace) -> Iterable[str]:
    """Complete the name of a corpus, or `imported:NAME`."""
    own = sorted(path.parent.name for path in workspace.imported.glob("*/MANIFEST.json"))
    committed = [path.stem for path in sorted(workspace.fixtures.glob("*.index"))]
    return [*committed, *(f"imported:{name}" for name in own)]


@_of
def cases(workspace: Workspace) -> Iterable[str]:
    """Complete the id of a case, committed or imported."""
    for path in sorted(workspace.fixtures.glob("*.index")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line.partition("  ")[0]
    for manifest in sorted(workspace.imported.glob("*/MANIFEST.json")):
        index = manifest.parent / json.loads(manifest.read_text(encoding="utf-8")).get("index", "")
        if index.is_file() and index.stat().st_size <= _MOST_BYTES:
            yield from index.read_text(encoding="utf-8").splitlines()


def cases_and_files(
    context: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """Complete a file, or the id of a case."""
    ids = [CompletionItem(name) for name in cases(context, parameter, typed)]
    return [*ids, CompletionItem(typed, type="file")]


@_of
def runs(workspace: Workspace) -> Iterable[str]:
    """Complete the name of a run, the newest first."""
    journals = workspace.reports.glob("*/journal.jsonl")
    return sorted((path.parent.name for path in journals), reverse=True)


@_of
def suites(_: Workspace) -> Iterable[str]:
    """Complete NAME=CASES for a suite."""
    from parity_kit.gates.rules import SUITES

    return [f"{name}=200" for name in SUITES]
