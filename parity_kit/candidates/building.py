"""What a `command` candidate is built from: its toolchain, and a setup step that is run once.

The files that `setup_files` names are copied into a folder of the cache and `setup` is run there,
so that nothing it makes lies in the candidate's own folder. A change in one of them, or in `setup`,
is another folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from parity_kit.candidates.cached import Cached, Progress
from parity_kit.candidates.manifest import Candidate, CommandSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import EnvironmentBuildError

_PLACE = "{environment}"

_INSTALLED_BY = {
    "cargo": "apt install cargo, or brew install rust",
    "go": "apt install golang-go, or brew install go",
    "java": "apt install default-jdk, or brew install openjdk",
    "javac": "apt install default-jdk, or brew install openjdk",
    "mvn": "apt install maven, or brew install maven",
    "node": "apt install nodejs, or brew install node",
    "npm": "apt install npm, or brew install node",
}
"""The command that would install a program; another system has its own."""


def absent(setup: CommandSetup) -> list[str]:
    """Return the programs that a candidate needs and that are not on `PATH`."""
    return [name for name in setup.needs if shutil.which(name) is None]


def how_to_install(program: str) -> str:
    """Return the command that would install a program."""
    return _INSTALLED_BY.get(program, f"put `{program}` on PATH")


def is_ready(candidate: Candidate, setup: CommandSetup, workspace: Workspace) -> bool:
    """Return whether what the setup makes is there and whole."""
    return not setup.setup or _cached(candidate, setup).is_ready(workspace)


def folder_of(candidate: Candidate, setup: CommandSetup, workspace: Workspace) -> Path:
    """Return where the setup puts what it makes; without one, the candidate's own folder."""
    return _cached(candidate, setup).folder(workspace) if setup.setup else candidate.folder


def make(
    candidate: Candidate, setup: CommandSetup, workspace: Workspace, on_progress: Progress
) -> Path:
    """Return the folder of `folder_of`, the setup run there first if need be.

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
            env = {**os.environ, **in_place(candidate.env, folder)}
            command = [filled(part, folder) for part in setup.setup]
            cached.run(command, on_progress, folder, env)

        cached.make(workspace, build, on_progress)
    return folder_of(candidate, setup, workspace)


def filled(text: str, folder: Path) -> str:
    """Return a word of the manifest with the place of what the setup makes filled in."""
    return text.replace(_PLACE, str(folder))


def in_place(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return variables of the manifest, each filled in."""
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
    hint = f"run it by hand in a copy of the folder: {shlex.join(setup.setup)}"
    return Cached(candidate.name, made_from, f"candidate {candidate.name}", hint)
