"""Baselines: corpora made with other releases of LangGraph, each in its own environment."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.workers import WorkerFailedError, run_worker
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.contract.files import is_there, read_text, write_atomically
from parity_kit.corpora.drift.baseline_worker import ABSENT
from parity_kit.corpora.drift.recipes import baseline_name
from parity_kit.corpora.manifest import MANIFEST, read_manifest

ORIGIN = "BASELINE.json"
"""The file beside a baseline's corpora that holds the name and requirements of its environment."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A folder of corpora made with another release, and the outcome of making them.

    `cases` counts cases by corpus; `absent` gives the reason for each case that the release cannot
    run; `problems` holds the errors that stopped generators, by corpus.
    """

    folder: Path
    cases: dict[str, int]
    absent: dict[str, str]
    problems: dict[str, str]


def folder_of(workspace: Workspace, name: str) -> Path:
    """Return the default folder of a baseline's corpora."""
    return workspace.cache / "baselines" / name


@dataclass(frozen=True, slots=True)
class Origin:
    """What a folder of corpora was made with: the name and requirements of an environment."""

    name: str
    requirements: tuple[str, ...]

    @property
    def recipe(self) -> Recipe:
        """The recipe of that environment."""
        return Recipe(self.name, self.requirements, f"baseline {self.name}", "")

    def write(self, folder: Path) -> None:
        """Write it beside the corpora."""
        content = {"name": self.name, "requirements": list(self.requirements)}
        write_atomically(folder / ORIGIN, json.dumps(content, indent=2) + "\n")


def find(workspace: Workspace, name: str) -> Path:
    """Return the folder of a baseline by version (`1.1.10`), requirement or name.

    `fixtures`, or the oracle's own version, stands for the committed corpora, a path for itself.

    Raises:
        UsageError: If there is none.
    """
    if name == "fixtures":
        return workspace.fixtures
    if Path(name).exists():
        return Path(name)
    known = sorted(path.parent.name for path in folder_of(workspace, "").glob(f"*/{MANIFEST}"))
    wanted, release = {name}, "VERSION"
    with suppress(UsageError):
        wanted.add(made := baseline_name(name))
        release = made.removeprefix("langgraph-")
    if baseline_name(read_manifest(workspace.fixtures).oracle["langgraph"]) in wanted:
        return workspace.fixtures
    for folder in known:
        if folder in wanted:
            return folder_of(workspace, folder)
    raise UsageError(
        f"no folder, corpus or baseline {name!r}",
        hint=f"there are {', '.join(['fixtures', *known])}; another is made with "
        f"parity-kit fixtures build --baseline langgraph=={release}",
    )


def build(
    workspace: Workspace, recipe: Recipe, folder: Path, wanted: Collection[str], emit: Progress
) -> Baseline:
    """Make corpora in the environment of a recipe, and return the baseline.

    Raises:
        EnvironmentBuildError: If the environment cannot be made.
        KitError: If the generators cannot run there at all.
    """
    python = environment.make(recipe, workspace, emit)
    plan = {"workspace": str(workspace.root), "target": str(folder), "corpora": list(wanted)}
    emit(f"{recipe.name}: loading LangGraph")

    def on_line(line: str) -> None:
        answer = json.loads(line)
        if "corpus" in answer:
            emit(f"{recipe.name}: {answer['corpus']}, {answer['done']} cases")

    try:
        last = run_worker(
            "parity_kit.corpora.drift.baseline_worker",
            json.dumps(plan),
            environment={**os.environ, "PYTHONPATH": str(environment.kit_folder(workspace))},
            python=python,
            on_line=on_line,
        )
    except WorkerFailedError as error:
        quoted = "".join(f"\n    {line}" for line in error.lines)
        raise KitError(
            f"the generators ended with exit code {error.exit_code} there{quoted}",
            where=recipe.owner,
            hint="the reference adapter (parity_kit/reference) may need what that release lacks",
        ) from error
    summary = cast("dict[str, Any]", json.loads(last))
    Origin(recipe.name, recipe.requirements).write(folder)
    return Baseline(folder, summary["cases"], summary["absent"], summary["problems"])


def origin_of(folder: Path) -> Origin | None:
    """Return what a folder's corpora were made with; None for the committed ones."""
    content = _content(folder / ORIGIN)
    return Origin(content["name"], tuple(content["requirements"])) if content else None


def python_of(workspace: Workspace, folder: Path) -> Path | None:
    """Return the interpreter whose LangGraph made a baseline; None if it is not there any more."""
    origin = origin_of(folder)
    if origin is None or not environment.is_ready(origin.recipe, workspace):
        return None
    return environment.python_of(origin.recipe, workspace)


def borrowed_in(folder: Path) -> tuple[str, ...]:
    """Return the corpora in a folder with another release's cases, because no generator ran."""
    return tuple(_content(folder / ABSENT).get("problems", ()))


def absent_in(folder: Path) -> Mapping[str, str]:
    """Return the cases that were not made in a baseline's folder, each with the reason."""
    return _content(folder / ABSENT).get("absent", {})


def _content(path: Path) -> dict[str, Any]:
    # One corpus, in a file of its own, has no folder.
    known = not path.parent.is_file() and is_there(path)
    return json.loads(read_text(path)) if known else {}
