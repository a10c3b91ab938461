"""Environments of `pip` candidates: made once, on demand, and used offline after that.

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
from pathlib import Path

from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.errors import EnvironmentBuildError
from parity_kit.workspace import Workspace

Progress = Callable[[str], None]
"""Told in a few words what is being done."""

_MARKER = "parity-kit.json"
_LAST_LINES = 12
_CHATTER = ("+ ", "Activate with", "Using ", "Creating ")


def python_of(candidate: Candidate, setup: PipSetup, space: Workspace) -> Path:
    """Return where the environment's interpreter is, or will be."""
    return _folder(candidate, setup, space) / "bin" / "python"


def is_ready(candidate: Candidate, setup: PipSetup, space: Workspace) -> bool:
    """Return whether the environment is there and whole."""
    return (_folder(candidate, setup, space) / _MARKER).is_file()


def make(candidate: Candidate, setup: PipSetup, space: Workspace, on_progress: Progress) -> Path:
    """Return the interpreter of a candidate's environment, made first if need be.

    Raises:
        EnvironmentBuildError: If the installer fails; its last lines are in the message.
    """
    folder = _folder(candidate, setup, space)
    if not is_ready(candidate, setup, space):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(folder.name + ".lock")):
            # Another process may have made it while this one waited.
            if not is_ready(candidate, setup, space):
                _build(candidate, setup, folder, on_progress)
    return python_of(candidate, setup, space)


def short_digest(text: str) -> str:
    """Return what tells one folder of the cache from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _build(candidate: Candidate, setup: PipSetup, folder: Path, on_progress: Progress) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    on_progress(f"{candidate.name}: making its environment")
    python = folder / "bin" / "python"
    uv = _uv()
    if uv is None:
        _tool(candidate, [sys.executable, "-m", "venv", str(folder)], on_progress)
        install = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    else:
        _tool(candidate, [uv, "venv", "--python", sys.executable, str(folder)], on_progress)
        install = [uv, "pip", "install", "--python", str(python)]
    _tool(candidate, [*install, *setup.requirements], on_progress)
    marker = {"requirements": setup.requirements, "python": platform.python_version()}
    (folder / _MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    on_progress(f"{candidate.name}: its environment is ready")


def _tool(candidate: Candidate, command: Sequence[str], on_progress: Progress) -> None:
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
                    on_progress(f"{candidate.name}: {text}")
    if process.returncode != 0:
        last = "".join(f"\n    {line}" for line in lines)
        raise EnvironmentBuildError(
            f"its environment could not be made: {Path(command[0]).name} ended with exit code"
            f" {process.returncode}{last}",
            where=f"candidate {candidate.name}",
            hint="check `requirements` in candidate.toml, and that the package index is reachable",
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


def _folder(candidate: Candidate, setup: PipSetup, space: Workspace) -> Path:
    key = json.dumps([sorted(setup.requirements), platform.python_version(), platform.machine()])
    return space.cache / "environments" / f"{candidate.name}-{short_digest(key)}"


@contextlib.contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Hold a lock file: two runs must not build one environment at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
