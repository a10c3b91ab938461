"""Builds a `command` candidate: checks its toolchain and runs its setup once.

The files in `setup_files` are copied into a folder of the cache and `setup` runs there, so that
the candidate's own folder stays clean. A change in one of them, or in `setup`, makes a new folder.
"""

from __future__ import annotations

import hashlib
import platform
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from parity_kit.candidates import variables
from parity_kit.candidates.cached import Cached, Progress
from parity_kit.candidates.manifest import Candidate, CommandSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import EnvironmentBuildError

_FOLDER = "{environment}"

_INSTALLED_BY = {
    "cargo": "apt install cargo, or brew install rust",
    "go": "apt install golang-go, or brew install go",
    "java": "apt install default-jdk, or brew install openjdk",
    "javac": "apt install default-jdk, or brew install openjdk",
    "mvn": "apt install maven, or brew install maven",
    "node": "apt install nodejs, or brew install node",
    "npm": "apt install npm, or brew install node",
}
"""How to install a program on Debian and macOS."""


def absent(setup: CommandSetup) -> list[str]:
    """Return the programs a candidate needs that are not on `PATH`."""
    return [name for name in setup.needs if shutil.which(name) is None]


def how_to_install(program: str) -> str:
    """Return how to install a program."""
    return _INSTALLED_BY.get(program, f"put `{program}` on PATH")


def is_ready(candidate: Candidate, setup: CommandSetup, workspace: Workspace) -> bool:
    """Return whether the setup has run to its end."""
    return not setup.setup or _cached(candidate, setup).is_ready(workspace)


def folder_of(candidate: Candidate, setup: CommandSetup, workspace: Workspace) -> Path:
    """Return the folder the setup runs in; without a setup, the candidate's own."""
    return _cached(candidate, setup).folder(workspace) if setup.setup else candidate.folder


def make(
    candidate: Candidate, setup: CommandSetup, workspace: Workspace, on_progress: Progress
) -> Path:
    """Return the folder of `folder_of`, after running the setup there if it has not run yet.

    Raises:
        EnvironmentBuildError: If a program is missing, or the setup fails.
    """
    if missing := absent(setup):
        raise EnvironmentBuildError(
            f"needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not on PATH",
            where=f"candidate {candidate.name}",
            hint="; ".join(dict.fromkeys(map(how_to_install, missing))),
        )
    if setup.setup:
        cached = _cached(candidate, setup)

        def build(folder: Path) -> None:
            folder.mkdir()
            for name in setup.files:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(candidate.folder / name, target)
            env = {**variables.of_setup(candidate.pass_env), **in_place(candidate.env, folder)}
            command = [filled(part, folder) for part in setup.setup]
            cached.run(command, on_progress, folder, env)

        cached.make(workspace, build, on_progress)
    return folder_of(candidate, setup, workspace)


def filled(text: str, folder: Path) -> str:
    """Return a text of the manifest with `{environment}` replaced by the setup's folder."""
    return text.replace(_FOLDER, str(folder))


def in_place(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the manifest's variables with `{environment}` replaced."""
    return {key: filled(value, folder) for key, value in env.items()}


def _cached(candidate: Candidate, setup: CommandSetup) -> Cached:
    made_from = {
        "setup": setup.setup,
        "files": {
            name: hashlib.sha256((candidate.folder / name).read_bytes()).hexdigest()
            for name in setup.files
        },
        "machine": platform.machine(),
    }
    hint = f"run it yourself in a copy of the folder: {shlex.join(setup.setup)}"
    return Cached(candidate.name, made_from, f"candidate {candidate.name}", hint)
