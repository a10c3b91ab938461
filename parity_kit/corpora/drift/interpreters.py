"""The Python interpreters on this machine, found without asking any network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from parity_kit.contract.errors import UsageError

OLDEST, NEWEST = (3, 11), (3, 14)
"""The minor versions to look for."""

_TELL = (
    "import json, platform;"
    "print(json.dumps([platform.python_implementation(), platform.python_version()]))"
)
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python interpreter: its path, implementation and version."""

    path: Path
    implementation: str
    version: str

    @property
    def minor(self) -> tuple[int, int]:
        """Its major and minor version."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)

    def __str__(self) -> str:
        return f"{self.implementation} {self.version}"


def others() -> tuple[Interpreter, ...]:
    """Return one interpreter for every minor version except the running one, oldest first."""
    by_minor: dict[tuple[int, int], Interpreter] = {}
    for path in _places():
        interpreter = look_at(path)
        if interpreter is not None and OLDEST <= interpreter.minor <= NEWEST:
            by_minor.setdefault(interpreter.minor, interpreter)
    by_minor.pop(sys.version_info[:2], None)
    return tuple(by_minor[minor] for minor in sorted(by_minor))


def find(wanted: str) -> Interpreter:
    """Return the interpreter of a version (`3.13`) or at a path.

    Raises:
        UsageError: If there is none.
    """
    if re.fullmatch(r"3\.\d+", wanted) is None:
        interpreter = look_at(Path(wanted)) if Path(wanted).exists() else None
    else:
        minor = (3, int(wanted[2:]))
        interpreters = (look_at(path) for path in _places(minor))
        interpreter = next(
            (known for known in interpreters if known and known.minor == minor), None
        )
    if interpreter is None:
        known = ", ".join(str(other) for other in others())
        raise UsageError(
            f"no Python {wanted} on this machine",
            where="--python",
            hint=f"there is {known}" if known else "give the path of one",
        )
    return interpreter


def look_at(path: Path) -> Interpreter | None:
    """Return the interpreter at a path, or None if there is none or it does not run."""
    try:
        done = subprocess.run(
            [str(path), "-c", _TELL],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        implementation, version = cast("list[str]", json.loads(done.stdout))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None  # for example a shim for a version that is not installed
    return Interpreter(path, implementation, version)


def _places(only: tuple[int, int] | None = None) -> Iterator[Path]:
    """Yield the possible paths of interpreters: on `PATH`, under pyenv, and in uv's folder."""
    minors = [only] if only else [(3, number) for number in range(OLDEST[1], NEWEST[1] + 1)]
    for major, minor in minors:
        if path := shutil.which(f"python{major}.{minor}"):
            yield Path(path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv" / "python"))
    for root in (pyenv, uv):
        for major, minor in minors:
            yield from sorted(root.glob(f"*{major}.{minor}.*/bin/python{major}.{minor}"))
