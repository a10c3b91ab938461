"""An environment for a release's tests: a candidate's packages, and what the tests need."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.reference.engine import oracle_versions
from parity_kit.upstream.suites import POSTGRES, SUITES, Suite, fetch

CONFORMANCE = "langgraph-checkpoint-conformance==0.0.2"
"""LangGraph's suite for savers, the release that this kit knows."""

_PSUTIL = "psutil"
"""What the kit's side of the wire needs, which runs there beside LangGraph."""

_VERSIONS = """
import json, sys
from importlib import metadata
installed = [(found.metadata["Name"], found.version) for found in metadata.distributions()]
print(json.dumps({name.lower().replace("_", "-"): version for name, version in installed}))
"""
_PLUGINS = """
import json
from importlib import metadata
print(json.dumps([(entry.name, entry.value) for entry in metadata.entry_points(group="pytest11")]))
"""


@dataclass(frozen=True, slots=True)
class TestBench:
    """An interpreter with a candidate's packages, and the suites of the release among them.

    `packages` are the versions of LangGraph's packages in it; `digest` names all that is installed
    and all suites of the release. With `postgres`, tests get a PostgreSQL server. `plugins` are
    pytest's, as `-p` takes them.
    """

    __test__ = False

    python: Path
    suites: tuple[Suite, ...]
    packages: Mapping[str, str]
    digest: str
    postgres: bool = False
    plugins: tuple[str, ...] = ()

    @property
    def releases(self) -> Mapping[str, str]:
        """The package and the version that hold each suite."""
        return {suite.name: f"{SUITES[suite.name]} {suite.version}" for suite in self.suites}


def prepare(
    candidate: Candidate | None,
    names: Sequence[str],
    workspace: Workspace,
    on_progress: Progress,
    *,
    postgres: bool = False,
) -> TestBench:
    """Return the environment for the suites of the LangGraph release that a candidate runs on.

    That is the oracle's if it does not run LangGraph itself, or is not given. The environment
    holds what all suites need, so that LangGraph's own rounds serve any choice of them.

    Raises:
        EnvironmentBuildError: If an environment cannot be made, or tests cannot be downloaded.
    """
    own = _own(candidate, workspace)
    packages = _langgraph(_installed(environment.make(own, workspace, on_progress)))
    pins = [f"{name}=={version}" for name, version in packages.items()]

    def fetched(packages: Mapping[str, str]) -> list[Suite]:
        return [
            fetch(name, packages[package], workspace, on_progress)
            for name, package in SUITES.items()
            if package in packages and (postgres or name != POSTGRES)
        ]

    def made(suites: Sequence[Suite]) -> Path:
        needs = {need for suite in suites for need in suite.needs}
        recipe = _recipe({*own.requirements, *pins, *needs}, "upstream")
        return environment.make(recipe, workspace, on_progress)

    python = made(suites := fetched(packages))
    if postgres:
        # LangGraph's own tests need its saver on PostgreSQL, whether the candidate has it or not.
        packages = _langgraph(_installed(python))
        python = made(suites := fetched(packages))
    installed = [f"{name}=={version}" for name, version in sorted(_installed(python).items())]
    digest = "\n".join((*installed, *(suite.folder.name for suite in suites), f"{postgres}"))
    chosen = tuple(suite for suite in suites if suite.name in names)
    return TestBench(python, chosen, packages, digest, postgres, _plugins(python))


def for_conformance(
    candidate: Candidate | None, workspace: Workspace, on_progress: Progress
) -> TestBench:
    """Return the environment for the conformance suite: a candidate's, or the oracle's.

    Raises:
        EnvironmentBuildError: If it cannot be made.
    """
    requirements = {*_own(candidate, workspace).requirements, CONFORMANCE}
    python = environment.make(_recipe(requirements, "conformance"), workspace, on_progress)
    return TestBench(python, (), _langgraph(_installed(python)), python.parents[1].name)


def _own(candidate: Candidate | None, workspace: Workspace) -> Recipe:
    """Return the recipe of a candidate's environment, or of the oracle's."""
    if candidate is not None and isinstance(setup := candidate.setup, PipSetup):
        return environment.of_candidate(candidate, setup)
    oracle = workspace.oracle or [f"{name}=={at}" for name, at in oracle_versions().items()]
    return Recipe(
        "oracle", (*oracle, _PSUTIL), "the oracle", "check that the package index is reachable"
    )


def _recipe(requirements: set[str], name: str) -> Recipe:
    return Recipe(
        name,
        tuple(sorted({*requirements, _PSUTIL})),
        "the environment for LangGraph's tests",
        "the candidate's requirements and those of LangGraph's tests must go together",
    )


def _installed(python: Path) -> dict[str, str]:
    """Return what is installed in an environment, with its versions."""
    return _answer(python, _VERSIONS)


def _plugins(python: Path) -> tuple[str, ...]:
    """Return the pytest plugins in an environment, as `-p` takes them.

    pytest rewrites the assertions in all modules of a package that it loads by the package's name,
    which takes seconds in each process. So such a plugin is named by its own module.
    """
    plugins: list[tuple[str, str]] = _answer(python, _PLUGINS)
    return tuple(module if module.startswith(f"{name}.") else name for name, module in plugins)


def _answer(python: Path, script: str) -> Any:
    command = [str(python), "-I", "-c", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _langgraph(installed: Mapping[str, str]) -> dict[str, str]:
    return {name: at for name, at in installed.items() if name.startswith("langgraph")}
