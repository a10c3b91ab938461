"""Python environments of `pip` candidates and other oracles, built once and then used offline."""

from __future__ import annotations

import contextlib
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import parity_kit
from parity_kit.candidates.cached import Cached, Progress, short_digest
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an environment is made from: requirements and an interpreter.

    `whose` and `hint` go into the error if it cannot be made.
    """

    name: str
    requirements: tuple[str, ...]
    owner: str
    hint: str
    python: str = sys.executable
    version: str = platform.python_version()

    @property
    def cached(self) -> Cached:
        """Its folder of the cache."""
        made_from = {
            "requirements": sorted(self.requirements),
            "python": self.version,
            "machine": platform.machine(),
            "compiled": True,
        }
        return Cached(self.name, made_from, self.owner, self.hint)


def of_candidate(candidate: Candidate, setup: PipSetup) -> Recipe:
    """Return the recipe of a candidate's environment."""
    return Recipe(
        candidate.name,
        setup.requirements,
        f"candidate {candidate.name}",
        "check `requirements` in candidate.toml, and that the package index is reachable",
    )


def python_of(recipe: Recipe, workspace: Workspace) -> Path:
    """Return the path of the environment's interpreter, whether it exists yet or not."""
    return recipe.cached.folder(workspace) / "bin" / "python"


def is_ready(recipe: Recipe, workspace: Workspace) -> bool:
    """Return whether the environment is complete."""
    return recipe.cached.is_ready(workspace)


def make(recipe: Recipe, workspace: Workspace, on_progress: Progress) -> Path:
    """Return the interpreter of an environment, which is built first unless it is complete.

    Raises:
        EnvironmentBuildError: If the installer fails; the error quotes its last lines.
    """
    recipe.cached.make(workspace, lambda folder: _build(recipe, folder, on_progress), on_progress)
    return python_of(recipe, workspace)


def differing_packages(
    candidate: Candidate, workspace: Workspace, oracle: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the oracle's packages that a candidate's environment has in another version.

    Each with both versions, the oracle's first. Only a `pip` candidate has such an environment.
    """
    if not isinstance(candidate.setup, PipSetup):
        return {}
    from importlib import metadata  # noqa: PLC0415  # slow to load, and only such a candidate asks

    python = python_of(of_candidate(candidate, candidate.setup), workspace)
    folders = [str(folder) for folder in python.parents[1].glob("lib/python*/site-packages")]
    return {
        name: [version, installed.version]
        for name, version in oracle.items()
        for installed in metadata.distributions(name=name, path=folders)
        if installed.version != version
    }


def kit_folder(workspace: Workspace) -> Path:
    """Return a folder with nothing but this `parity_kit`, for another interpreter's `PYTHONPATH`.

    An installed kit lies next to its dependencies: with its own folder on that path, the kit's
    LangGraph would shadow the environment's.
    """
    package = Path(parity_kit.__file__).resolve().parent
    folder = workspace.cache / "kit" / short_digest(str(package))
    link = folder / "parity_kit"
    if not link.is_symlink():
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may just have made the same link.
        with contextlib.suppress(FileExistsError):
            link.symlink_to(package, target_is_directory=True)
    return folder


def _build(recipe: Recipe, folder: Path, on_progress: Progress) -> None:
    cached, python = recipe.cached, folder / "bin" / "python"
    uv = find_uv()
    if uv is None:
        cached.run([recipe.python, "-m", "venv", str(folder)], on_progress)
        install = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    else:
        cached.run([uv, "venv", "--python", recipe.python, str(folder)], on_progress)
        # Candidates may not write here: uncompiled, every start would compile all of it again.
        install = [uv, "pip", "install", "--compile-bytecode", "--python", str(python)]
    cached.run([*install, *recipe.requirements], on_progress)


def find_uv() -> str | None:
    """Return the path of `uv`, which builds environments fast, if it is installed."""
    try:
        import uv  # noqa: PLC0415  # it may be missing, and most commands do not need it
    except ImportError:
        return shutil.which("uv")
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        return shutil.which("uv")
