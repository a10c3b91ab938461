"""A candidate's process under its keeper: started, watched, and ended with all its children."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from parity_kit.contract.errors import CandidateCrashedError, KitError
from parity_kit.wire import cage, keeper
from parity_kit.wire.limits import Limits

_TO_START = 20.0
_KEEP = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from parity_kit.wire.keeper import main
main(int(sys.argv[1]))
os._exit(0)  # an orderly exit would take longer than everything else
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a candidate's process.

    It runs in a private directory that links to everything in `directory`. `env` is its whole
    environment. It cannot write below `read_only`, where the system allows that.
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    env: Mapping[str, str]
    read_only: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class CageState:
    """What a process is kept from: `none`, `own` and `read-only`, or why that does not hold.

    `network` is `kept` if the manifest asks for it.
    """

    network: str
    processes: str
    files: str

    def in_words(self) -> str:
        """Return in a line what holds, and what does not."""
        network = "network access" if self.network == cage.KEPT else "no network"
        return self.gaps() or f"{network}, no other processes, read-only files"

    def gaps(self) -> str:
        """Return in words what does not hold, and why; an empty text if all does."""
        parts = {
            "the network is not kept out": (self.network, (cage.NONE, cage.KEPT)),
            "other processes are not hidden": (self.processes, (cage.OWN,)),
            "the workspace is not read-only": (self.files, (cage.READ_ONLY,)),
        }
        gaps: dict[str, list[str]] = {}
        for words, (state, good) in parts.items():
            if state not in good:
                gaps.setdefault(state, []).append(words)
        return "; ".join(f"{', '.join(words)} ({why})" for why, words in gaps.items())


class KeptProcess:
    """A process and everything it starts; `end` ends all of them.

    `pid` is also the id of its group and session. `first_pid` is the process above everything that
    the candidate starts.
    """

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self._limits = limits
        self._code: int | None = None
        self.pid = self.first_pid = 0
        self._directory = tempfile.mkdtemp(prefix="parity-kit-")
        self._line, theirs = socket.socketpair()
        try:
            _link_all(launch.directory, self._directory)
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _KEEP, str(theirs.fileno())],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._directory,
                env={},  # a candidate that is not kept from its keeper can read it
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            self._line.close()
            shutil.rmtree(self._directory, ignore_errors=True)
            raise CandidateCrashedError(
                f"could not be started: {error.strerror}: {error.filename}",
                where=f"candidate {launch.name}",
            ) from error
        finally:
            theirs.close()
        self.stdin, self.stdout, self.stderr = (
            cast("IO[bytes]", stream)
            for stream in (self._keeper.stdin, self._keeper.stdout, self._keeper.stderr)
        )
        try:
            self.pid, self.first_pid, self.cage = self._started(launch)
        except BaseException:
            self.end()
            raise

    def _started(self, launch: Launch) -> tuple[int, int, CageState]:
        order = (
            list(launch.command),
            dict(launch.env),
            self._limits.open_files,
            self._limits.network,
            list(map(str, launch.read_only)),
        )
        with contextlib.suppress(OSError):  # the result is read below
            keeper.put(self._line.fileno(), order)
        started = keeper.get(self._line.fileno()) if self._is_readable(_TO_START) else None
        if started is None:
            raise KitError("the keeper of a candidate's process did not start")
        pid, first, state = started
        if not pid:
            raise CandidateCrashedError(
                f"could not be started: {_missing_interpreter(launch) or state}: "
                f"{launch.command[0]}",
                where=f"candidate {launch.name}",
                hint="check `command` in candidate.toml, that the file is executable, and that a "
                "script begins with `#!` and its interpreter",
            )
        return pid, first, CageState(**state)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable once the process has ended."""
        return self._line.fileno()

    def ended(self, seconds: float = 0.0) -> int | None:
        """Return the exit code, negative for a signal, or None if it still runs after `seconds`."""
        if self._code is None and self._is_readable(seconds):
            status = keeper.get(self._line.fileno())
            # A candidate that kills its keeper is killed too; its own status is unknown then.
            self._code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
        return self._code

    def end_at_once(self) -> None:
        """End everything it started without grace; `end` must still be called."""
        with contextlib.suppress(OSError):
            self._line.send(keeper.NOW)

    def end(self) -> None:
        """End it with everything it started, and remove its directory; may be called again.

        Processes outside its group get a moment to end by themselves.
        """
        with contextlib.suppress(OSError):  # it was ended before
            self._line.shutdown(socket.SHUT_WR)
        try:
            self._keeper.wait(keeper.GRACE + keeper.PATIENCE)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self._keeper.returncode and self.pid:
            # The keeper was killed, by the candidate or by anyone else.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._line.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()

    def _is_readable(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        return bool(poll.poll(seconds * 1000))


def _link_all(folder: Path, directory: str) -> None:
    """Link everything in a candidate's folder into the directory that it runs in."""
    with os.scandir(folder.absolute()) as entries:
        for entry in entries:
            os.symlink(entry.path, f"{directory}/{entry.name}")  # noqa: PTH211  # as scandir has it


def _missing_interpreter(launch: Launch) -> str:
    """Return which interpreter a script needs and does not find: the system blames the script."""
    try:
        with (launch.directory / launch.command[0]).open("rb") as stream:
            first = stream.readline(256)
    except OSError:
        return ""
    words = first[2:].strip(b" \n").split(b" ")
    name = os.fsdecode(words[0])
    is_fine = not first.startswith(b"#!") or not name or Path(name).exists()
    return "" if is_fine else f"its first line names an interpreter that is missing, {name!r}"
