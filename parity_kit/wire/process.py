"""A candidate's process: bytes to it and from it, each answer within a time.

    CandidateCrashedError   it ended, or could not be started
    CandidateHungError      it did not answer in time; it has been killed
    ProtocolFaultError      what it wrote to standard output is no frame

Standard error is read all the time, so that a candidate that writes much to it is not blocked, and
its last lines go into the message of an error. They are never a verdict.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from parity_kit.contract.errors import (
    LAST_WORDS,
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    KitError,
    ProtocolFaultError,
)
from parity_kit.wire.frames import FRAME_LIMIT, FrameBuffer, FrameError, frame
from parity_kit.wire.kept import Kept, Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.usage import Meter, Usage

_CHUNK = 1 << 16
_TAIL_BYTES = 8192
_TAIL_LINES = 8
_LINGER = 1.0
_POLITE_READS = 64
_POLL = 0.25


Watch: TypeAlias = Callable[[str, bytes], None]
"""Told the bytes that cross: `sent` and a frame, `received` and whatever came."""


@dataclass(slots=True)
class _Unsent:
    """What is left of a frame that is to be written, and whether it asks for an answer."""

    rest: memoryview
    asks: bool


class CandidateProcess:
    """One process with whatever it starts; `kill` leaves nothing of it."""

    def __init__(self, launch: Launch, limits: Limits, watch: Watch | None = None) -> None:
        self._name = launch.name
        self._watch = watch or _ignore
        self._limits = limits
        self._frames = FrameBuffer(limits.frame_bytes)
        self._tail = bytearray()
        self._unsent: deque[_Unsent] = deque()
        self._unanswered = 0
        self._cpu: float | None = None
        self._kept = Kept(launch, limits)
        self._meter = Meter(self._kept.keeper_pid, limits)
        self._excess = ""
        self._stdin, self._stdout = self._kept.stdin, self._kept.stdout
        self._stderr = self._kept.stderr
        self._selector = selectors.DefaultSelector()
        for stream in (self._stdout, self._stderr):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ)
        os.set_blocking(self._stdin.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._kept.pid

    @property
    def network(self) -> str:
        """`none`, or `kept` as the manifest asks, or why it could not be taken away."""
        return self._kept.network

    @property
    def frame_bytes(self) -> int:
        """The largest body that is taken from it."""
        return self._limits.frame_bytes

    def send(self, body: bytes, what: str, *, asks: bool) -> None:
        """Queue one body; it is written while `receive` waits. `what` names it in errors.

        `asks` says whether it is to be answered; `count_answer` is due when it has been.
        """
        try:
            rest = memoryview(frame(body, FRAME_LIMIT))
        except FrameError as error:
            raise KitError(f"{what} cannot be sent: {error}", where=self._where) from error
        if not self._unsent:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        self._unsent.append(_Unsent(rest, asks))
        self._watch("sent", bytes(rest))
        self._unanswered += asks

    def count_answer(self) -> None:
        """Note that what came answers the oldest of what was asked."""
        self._unanswered -= 1
        self._cpu = None

    def receive(self, deadline: float, seconds: float, what: str) -> bytes:
        """Return the next body that comes until `deadline`; `what` names what it belongs to.

        `seconds` is what the time until then is called in errors.
        """
        if self._unsent:
            self._write()
        while True:
            answer = self._take(what)
            if answer is not None:
                if self._unanswered <= sum(each.asks for each in self._unsent):
                    raise self._fault(f"answered {what} before it had been sent whole")
                return answer
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise self._hung(what, f"{seconds:g} s", "seconds")
            ready = [key.fileobj for key, _ in self._selector.select(min(remaining, _POLL))]
            if self._stdin in ready:
                self._write()
            if self._stderr in ready:
                self._read_log()
            ended = self._stdout in ready and not self._read_answer()
            if ended or (not ready and self._kept.ended() is not None):
                raise self._ended(what)
            if used := self._meter.look():
                self._hold_to_limits(used, what)

    def _hold_to_limits(self, used: Usage, what: str) -> None:
        """End a process that takes too much; what it has answered until then is still read."""
        if self._cpu is None:
            self._cpu = used.cpu
        if used.cpu - self._cpu > self._limits.cpu_seconds:
            raise self._hung(what, f"{self._limits.cpu_seconds:g} s of CPU", "cpu_seconds")
        if not self._excess and (excess := self._meter.excess(used)):
            self._excess = excess
            self._kept.end_at_once()

    def finish(self) -> None:
        """Let the process end by itself for a moment, then see to it."""
        for _ in range(len(self._unsent)):
            # What was queued last, such as a word that this is the end, is not to be lost behind
            # what came before; a process that does not read gets what its pipe holds.
            if self._unsent:
                self._write()
        self._stdin.close()
        self._kept.ended(_LINGER)
        self.kill()

    def kill(self) -> None:
        """End it with everything that it started; may be called again."""
        if self._stdout.closed:
            return
        self._selector.close()
        self._kept.end()

    def _write(self) -> None:
        try:
            count = os.write(self._stdin.fileno(), self._unsent[0].rest)
        except BlockingIOError:
            return
        except BrokenPipeError:
            # It no longer reads. What it still says, or its end, is the answer.
            self._unsent.clear()
        else:
            self._unsent[0].rest = self._unsent[0].rest[count:]
            if not self._unsent[0].rest:
                self._unsent.popleft()
        if not self._unsent:
            self._selector.unregister(self._stdin)

    def _take(self, what: str) -> bytes | None:
        try:
            return self._frames.take()
        except FrameError as error:
            raise self._fault(f"answered {what} with what is no frame: {error}") from error

    def _read_answer(self) -> bool:
        """Read what waits on standard output; false at its end."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._stdout.fileno(), _CHUNK)
            self._frames.feed(data)
            self._watch("received", data)
            return bool(data)
        return True

    def _read_log(self) -> bool:
        """Read what waits on standard error; false when nothing does."""
        try:
            data = os.read(self._stderr.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(self._stderr)
            return False
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        return True

    def _ended(self, what: str) -> CandidateError:
        code = self._kept.ended(_LINGER)
        if self._excess:
            problem = f"was ended during {what}: {self._excess}{self._said()}"
            hint = "if it only needs more, raise the limit under [limits] in candidate.toml"
            return CandidateCrashedError(problem, where=self._where, hint=hint)
        if code is None:
            return self._fault(f"closed its standard output during {what}, and lives on")
        how = f"exit code {code}" if code >= 0 else f"signal {_signal_name(-code)}"
        inside = f", {len(self._frames)} bytes into a frame" if len(self._frames) else ""
        return CandidateCrashedError(
            f"its process ended with {how} during {what}{inside}{self._said()}", where=self._where
        )

    def _hung(self, what: str, limit: str, key: str) -> CandidateError:
        return CandidateHungError(
            f"did not answer {what} within {limit}{self._said()}",
            where=self._where,
            hint=f"if it only needs longer, raise `{key}` under [limits] in candidate.toml",
        )

    def _fault(self, problem: str) -> CandidateError:
        return ProtocolFaultError(f"{problem}{self._said()}", where=self._where)

    def _said(self) -> str:
        """Return the last lines of standard error as the end of a message."""
        if self._stderr in self._selector.get_map():
            # Bounded, since a candidate may write faster than it is read.
            for _ in range(_POLITE_READS):
                if not self._read_log():
                    break
        text = self._tail.decode("utf-8", "replace")
        lines = [_printable(line) for line in text.splitlines() if line.strip()]
        if not lines:
            return ""
        return LAST_WORDS + "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])

    @property
    def _where(self) -> str:
        return f"candidate {self._name}"


def _ignore(_what: str, _data: bytes) -> None:
    """Let bytes pass."""


def _printable(line: str) -> str:
    """Return a line that cannot steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in line.rstrip())[:300]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
