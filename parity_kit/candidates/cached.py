"""Folders of the cache: built once by installers, under a lock, and only read after that.

Such a folder is `<cache>/environments/<name>-<hash>`, with the hash of everything it is made from.
A file written last marks it as complete; a folder without it was left by a killed build, and is
built again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import EnvironmentBuildError
from parity_kit.contract.files import write_atomically

Progress = Callable[[str], None]
"""Called with a few words on what is being done."""

_MARKER = "parity-kit.json"
_LAST_LINES = 12
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # some tools colour their output even in a pipe
_CHATTER = ("+ ", "Activate with", "Using ", "Creating ")


@dataclass(frozen=True, slots=True)
class Cached:
    """A folder of the cache: its name, and what it is made from.

    `owner`, `problem` and `hint` are the error if it cannot be made.
    """

    name: str
    made_from: Mapping[str, object]
    owner: str
    hint: str
    problem: str = "its environment could not be made"

    def folder(self, workspace: Workspace) -> Path:
        """Return its path, whether it exists yet or not."""
        key = json.dumps(self.made_from, sort_keys=True)
        return workspace.cache / "environments" / f"{self.name}-{short_digest(key)}"

    def is_ready(self, workspace: Workspace) -> bool:
        """Return whether it is complete."""
        return (self.folder(workspace) / _MARKER).is_file()

    def make(
        self, workspace: Workspace, build: Callable[[Path], None], on_progress: Progress
    ) -> Path:
        """Return the folder; unless it is complete, `build` makes and fills it first."""
        folder = self.folder(workspace)
        if not self.is_ready(workspace):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _alone(folder.with_name(folder.name + ".lock")):
                # Another process may have built it while this one waited.
                if not self.is_ready(workspace):
                    self._fill(folder, build, on_progress)
        return folder

    def _fill(self, folder: Path, build: Callable[[Path], None], on_progress: Progress) -> None:
        if folder.exists():
            shutil.rmtree(folder)
        on_progress(f"{self.name}: making its environment")
        build(folder)
        text = json.dumps(self.made_from, indent=2) + "\n"
        write_atomically(folder / _MARKER, text)
        on_progress(f"{self.name}: its environment is ready")

    def run(
        self,
        command: Sequence[str],
        on_progress: Progress,
        directory: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run an installer and pass on every line it prints.

        Raises:
            EnvironmentBuildError: If it fails; the error quotes its last lines.
        """
        lines: deque[str] = deque(maxlen=_LAST_LINES)
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=env,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise self._failed(f"{command[0]} could not be started: {error.strerror}") from error
        with process:
            for line in process.stdout or ():
                if text := _COLOURS.sub("", line).strip():
                    lines.append(text)
                    if not text.startswith(_CHATTER):
                        on_progress(f"{self.name}: {text}")
        if process.returncode != 0:
            ended = f"{Path(command[0]).name} ended with exit code {process.returncode}"
            raise self._failed(ended + "".join(f"\n    {line}" for line in lines))

    def _failed(self, why: str) -> EnvironmentBuildError:
        return EnvironmentBuildError(f"{self.problem}: {why}", where=self.owner, hint=self.hint)


def short_digest(text: str) -> str:
    """Return a short hash, to name a folder of the cache."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@contextlib.contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Hold a lock file: two runs must not build the same environment at once."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
