"""An environment for a release's tests: a candidate's packages, and what the tests need."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError
from parity_kit.upstream.suites import SUITES, Suite, fetch

_VERSIONS = """
import json, sys
from importlib import metadata
installed = [(found.metadata["Name"], found.version) for found in metadata.distributions()]
print(json.dumps({name.lower().replace("_", "-"): version for name, version in installed}))
"""


@dataclass(frozen=True, slots=True)
class TestBench:
    """An interpreter with a candidate's packages, and the suites of the release among them.

    `packages` are the versions of LangGraph's packages in it; `digest` names the environment.
    """

    __test__ = False

    python: Path
    suites: tuple[Suite, ...]
    packages: Mapping[str, str]
    digest: str


def prepare(
    candidate: Candidate, names: Sequence[str], workspace: Workspace, on_progress: Progress
) -> TestBench:
    """Return the environment for the suites of the LangGraph release that a candidate runs on.

    Raises:
        UsageError: If the candidate does not run LangGraph.
        EnvironmentBuildError: If an environment cannot be made, or tests cannot be downloaded.
    """
    setup = candidate.setup
    if not isinstance(setup, PipSetup):
        raise UsageError(
            f"{candidate.name} is of kind {candidate.kind.value}: LangGraph's tests run LangGraph,"
            " and only a `pip` candidate has one",
            hint="compare it by `parity-kit gate` and `parity-kit run`",
        )
    python = environment.make(environment.of_candidate(candidate, setup), workspace, on_progress)
    packages = {
        name: version for name, version in _versions(python).items() if name.startswith("langgraph")
    }
    suites = [
        fetch(name, packages[SUITES[name]], workspace, on_progress)
        for name in names
        if SUITES[name] in packages
    ]
    pins = [f"{name}=={version}" for name, version in packages.items()]
    needs = {need for suite in suites for need in suite.needs}
    recipe = Recipe(
        "upstream",
        tuple(sorted({*setup.requirements, *pins, *needs})),
        f"tests of langgraph {packages['langgraph']}",
        "the candidate's requirements and those of LangGraph's tests must go together",
    )
    python = environment.make(recipe, workspace, on_progress)
    return TestBench(python, tuple(suites), packages, python.parents[1].name)


def _versions(python: Path) -> dict[str, str]:
    done = subprocess.run(
        [str(python), "-I", "-c", _VERSIONS], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)
