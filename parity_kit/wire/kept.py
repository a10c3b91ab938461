"""A candidate's process under its keeper: how it is started, watched, and ended for good."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from parity_kit.contract.errors import CandidateCrashedError, KitError
from parity_kit.wire import keeper
from parity_kit.wire.limits import Limits

_TO_START = 20.0


@dataclass(frozen=True, slots=True)
class Launch:
    """How a candidate's process is started; `env` is all of its environment."""

    name: str
    command: tuple[str, ...]
    directory: Path
    env: Mapping[str, str]


class Kept:
    """One process, and whatever it starts; `end` leaves nothing of them.

    `pid` is its id, which is its group's and its session's too; `network` is `none` where it has
    none, `kept` where it keeps the network as its manifest asks, else why it could not be taken.
    """

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self._limits = limits
        self._code: int | None = None
        self.pid = 0
        self._line, theirs = socket.socketpair()
        try:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeper.__file__, str(theirs.fileno())],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=launch.directory,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            self._line.close()
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
            self.pid, self.network = self._started(launch)
        except BaseException:
            self.end()
            raise

    def _started(self, launch: Launch) -> tuple[int, str]:
        order = (
            list(launch.command),
            dict(launch.env),
            self._limits.open_files,
            self._limits.network,
        )
        with contextlib.suppress(OSError):  # what came of it is read below
            keeper.put(self._line.fileno(), order)
        answer = self._told(_TO_START)
        if answer is None:
            raise KitError("the process that keeps a candidate did not start")
        pid, said = answer
        if not pid:
            raise CandidateCrashedError(
                f"could not be started: {said}: {launch.command[0]}",
                where=f"candidate {launch.name}",
                hint="check `command` in candidate.toml, and that the file may be executed",
            )
        return pid, said

    def fileno(self) -> int:
        """Return what can be read once the process has ended, for a selector."""
        return self._line.fileno()

    @property
    def keeper_pid(self) -> int:
        """The process that has it and all that it started below it."""
        return self._keeper.pid

    def ended(self, seconds: float = 0.0) -> int | None:
        """Return its exit code within `seconds`, below 0 for a signal, or None if it still runs."""
        if self._code is None and self._speaks(seconds):
            status = keeper.get(self._line.fileno())
            # A candidate that ends its keeper is ended too, and how is not known.
            self._code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
        return self._code

    def end_at_once(self) -> None:
        """End it with everything that it started, without a moment's grace; `end` is still due."""
        with contextlib.suppress(OSError):
            self._line.send(keeper.NOW)

    def end(self) -> None:
        """End it with everything that it started and release everything; may be called again.

        What left its process group has a moment to end by itself.
        """
        self._line.close()
        try:
            self._keeper.wait(keeper.GRACE + keeper.PATIENCE)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self._keeper.returncode and self.pid:
            # It did not come to its own end, by the candidate's hand or any other.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()

    def _told(self, seconds: float) -> Any:
        """Return what the keeper says within `seconds`, or None."""
        return keeper.get(self._line.fileno()) if self._speaks(seconds) else None

    def _speaks(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
