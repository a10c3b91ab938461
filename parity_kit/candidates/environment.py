"""Environments of `pip` candidates and of other oracles: made once, on demand, then used offline.

An environment lies in `<workspace>/.parity/environments/<name>-<hash>`, the hash being that of its
requirements and of the interpreter's version. A file written last marks it as whole; without it,
whatever lies there is left over from a build that was killed, and is built again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import platform
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import parity_kit
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.errors import EnvironmentBuildError
from parity_kit.workspace import Workspace

Progress = Callable[[str], None]
"""Told in a few words what is being done."""

_MARKER = "parity-kit.json"
_LAST_LINES = 12
_CHATTER = ("+ ", "Activate with", "Using ", "Creating ")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an environment is made of: requirements, and the interpreter that it is for.

    `whose` and `hint` go into the message if it cannot be made.
    """

    name: str
    requirements: tuple[str, ...]
    whose: str
    hint: str
    python: str = sys.executable
    version: str = platform.python_version()


def of_candidate(candidate: Candidate, setup: PipSetup) -> Recipe:
    """Return the recipe of a candidate's environment."""
    return Recipe(
        candidate.name,
        setup.requirements,
        f"candidate {candidate.name}",
        "check `requirements` in candidate.toml, and that the package index is reachable",
    )


def python_of(recipe: Recipe, space: Workspace) -> Path:
    """Return where the environment's interpreter is, or will be."""
    return _folder(recipe, space) / "bin" / "python"


def is_ready(recipe: Recipe, space: Workspace) -> bool:
    """Return whether the environment is there and whole."""
    return (_folder(recipe, space) / _MARKER).is_file()


def make(recipe: Recipe, space: Workspace, on_progress: Progress) -> Path:
    """Return the interpreter of an environment, made first if need be.

    Raises:
        EnvironmentBuildError: If the installer fails; its last lines are in the message.
    """
    folder = _folder(recipe, space)
    if not is_ready(recipe, space):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(folder.name + ".lock")):
            # Another process may have made it while this one waited.
            if not is_ready(recipe, space):
                _build(recipe, folder, on_progress)
    return python_of(recipe, space)


def kit_folder(space: Workspace) -> Path:
    """Return a folder that holds this `parity_kit` alone, for the path of another interpreter.

    An installed kit lies among its own dependencies: its folder on that path would put the kit's
    LangGraph before the environment's.
    """
    package = Path(parity_kit.__file__).resolve().parent
    folder = space.cache / "kit" / short_digest(str(package))
    link = folder / "parity_kit"
    if not link.is_symlink():
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may have made it a moment ago: from the same name to the same place.
        with contextlib.suppress(FileExistsError):
            link.symlink_to(package, target_is_directory=True)
    return folder


def short_digest(text: str) -> str:
    """Return what tells one folder of the cache from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _build(recipe: Recipe, folder: Path, on_progress: Progress) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    on_progress(f"{recipe.name}: making its environment")
    python = folder / "bin" / "python"
    uv = _uv()
    if uv is None:
        _tool(recipe, [recipe.python, "-m", "venv", str(folder)], on_progress)
        install = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    else:
        _tool(recipe, [uv, "venv", "--python", recipe.python, str(folder)], on_progress)
        install = [uv, "pip", "install", "--python", str(python)]
    _tool(recipe, [*install, *recipe.requirements], on_progress)
    marker = {"requirements": recipe.requirements, "python": recipe.version}
    (folder / _MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    on_progress(f"{recipe.name}: its environment is ready")


def _tool(recipe: Recipe, command: Sequence[str], on_progress: Progress) -> None:
    """Run an installer, telling each line it prints."""
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if text := line.strip():
                lines.append(text)
                if not text.startswith(_CHATTER):
                    on_progress(f"{recipe.name}: {text}")
    if process.returncode != 0:
        last = "".join(f"\n    {line}" for line in lines)
        raise EnvironmentBuildError(
            f"its environment could not be made: {Path(command[0]).name} ended with exit code"
            f" {process.returncode}{last}",
            where=recipe.whose,
            hint=recipe.hint,
        )


def _uv() -> str | None:
    try:
        import uv  # noqa: PLC0415  # one installation in many lacks it, and most commands need none
    except ImportError:
        return shutil.which("uv")
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        return shutil.which("uv")


def _folder(recipe: Recipe, space: Workspace) -> Path:
    key = json.dumps([sorted(recipe.requirements), recipe.version, platform.machine()])
    return space.cache / "environments" / f"{recipe.name}-{short_digest(key)}"


@contextlib.contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Hold a lock file: two runs must not build one environment at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
