"""A candidate's process: bytes to it and from it, with a deadline for every response.

    CandidateCrashedError   it ended, or could not be started
    CandidateHungError      it did not answer in time and was killed
    ProtocolFaultError      its standard output is not made of frames

Standard error is always read, so that a candidate that writes much to it does not block. Its last
lines go into error messages and never decide a verdict.
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
from parity_kit.wire import mistakes
from parity_kit.wire.frames import FRAME_LIMIT, FrameBuffer, FrameError, frame
from parity_kit.wire.kept import CageState, KeptProcess, Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.usage import Meter, Usage

_CHUNK = 1 << 16
_TAIL_BYTES = 8192
_TAIL_LINES = 8
_LINGER = 1.0
_POLITE_READS = 64
_POLL = 0.25


Watch: TypeAlias = Callable[[str, bytes], None]
"""Called with `sent` and a frame, `received` and a chunk, or `faulty` and a body received."""


@dataclass(slots=True)
class _Unsent:
    """The rest of a frame to write, and whether it expects a response."""

    rest: memoryview
    asks: bool


class CandidateProcess:
    """A process with everything it starts; `kill` ends all of it."""

    def __init__(self, launch: Launch, limits: Limits, watch: Watch | None = None) -> None:
        self._name = launch.name
        self._watch = watch or _ignore
        self._limits = limits
        self._frames = FrameBuffer(limits.frame_bytes)
        self._tail = bytearray()
        self._unsent: deque[_Unsent] = deque()
        self._unanswered = 0
        self._cpu: float | None = None
        self._kept = KeptProcess(launch, limits)
        self._meter = Meter(self._kept.first_pid, limits)
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
        """The process id, which is also its group's."""
        return self._kept.pid

    @property
    def first_pid(self) -> int:
        """The id of the process above everything that it starts."""
        return self._kept.first_pid

    @property
    def cage(self) -> CageState:
        """What it is kept from."""
        return self._kept.cage

    @property
    def unsent_bytes(self) -> int:
        """The bytes queued for it that it has not read yet."""
        return sum(len(unsent.rest) for unsent in self._unsent)

    @property
    def frame_bytes(self) -> int:
        """The largest body accepted from it."""
        return self._limits.frame_bytes

    def send(self, body: bytes, call: str, *, asks: bool) -> None:
        """Queue one body; it is written while `receive` waits. `call` names it in errors.

        `asks` is whether it expects a response; call `count_answer` once that has come.
        """
        try:
            rest = memoryview(frame(body, FRAME_LIMIT))
        except FrameError as error:
            raise KitError(f"{call} cannot be sent: {error}", where=self._where) from error
        if not self._unsent:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        self._unsent.append(_Unsent(rest, asks))
        self._watch("sent", bytes(rest))
        self._unanswered += asks

    def report_faulty(self, body: bytes) -> None:
        """Let the watch know which body broke the protocol."""
        self._watch("faulty", body)

    def count_answer(self) -> None:
        """Record that the oldest request has been answered."""
        self._unanswered -= 1
        self._cpu = None

    def receive(self, deadline: float, seconds: float, call: str) -> bytes:
        """Return the next body that arrives before `deadline`; `call` names its request.

        `seconds` is the time until the deadline, for error messages.
        """
        if self._unsent:
            self._write()
        while True:
            answer = self._take(call)
            if answer is not None:
                if self._unanswered <= sum(unsent.asks for unsent in self._unsent):
                    raise self._fault(f"answered {call} before it had been sent whole")
                return answer
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise self._hung(call, f"{seconds:g} s", "seconds")
            ready = [key.fileobj for key, _ in self._selector.select(min(remaining, _POLL))]
            if self._stdin in ready:
                self._write()
            if self._stderr in ready:
                self._read_log()
            ended = self._stdout in ready and not self._read_answer()
            if ended or (not ready and self._kept.ended() is not None):
                raise self._ended(call)
            if used := self._meter.sample():
                self._hold_to_limits(used, call)

    def _hold_to_limits(self, used: Usage, call: str) -> None:
        """End a process over its limits; responses sent before that are still read."""
        if self._cpu is None:
            self._cpu = used.cpu
        if used.cpu - self._cpu > self._limits.cpu_seconds:
            raise self._hung(call, f"{self._limits.cpu_seconds:g} s of CPU", "cpu_seconds")
        if not self._excess and (excess := self._meter.excess(used)):
            self._excess = excess
            self._kept.end_at_once()

    def finish(self) -> None:
        """Give the process a moment to end by itself, then kill it."""
        for _ in range(len(self._unsent)):
            # The last message, such as a shutdown, must not be lost behind earlier ones; a process
            # that does not read gets what fits into its pipe.
            if self._unsent:
                self._write()
        self._stdin.close()
        self._kept.ended(_LINGER)
        self.kill()

    def kill(self) -> None:
        """End it with everything it started; may be called again."""
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
            # It no longer reads. The response, or its end, is still to come.
            self._unsent.clear()
        else:
            self._unsent[0].rest = self._unsent[0].rest[count:]
            if not self._unsent[0].rest:
                self._unsent.popleft()
        if not self._unsent:
            self._selector.unregister(self._stdin)

    def _take(self, call: str) -> bytes | None:
        try:
            return self._frames.take()
        except FrameError as error:
            problem = f"answered {call} with bytes that are not a frame: {error}"
            hint = mistakes.in_frame(self._frames.start(), self._limits.frame_bytes)
            raise self._fault(problem, hint) from error

    def _read_answer(self) -> bool:
        """Read a chunk of standard output; return false at its end."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._stdout.fileno(), _CHUNK)
            self._frames.feed(data)
            self._watch("received", data)
            return bool(data)
        return True

    def _read_log(self) -> bool:
        """Read a chunk of standard error; return false if there is none."""
        try:
            data = os.read(self._stderr.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(self._stderr)
            return False
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        return True

    def _ended(self, call: str) -> CandidateError:
        code = self._kept.ended(_LINGER)
        if self._excess:
            problem = f"was ended during {call}: {self._excess}{self._last_words()}"
            hint = "if it only needs more, raise the limit under [limits] in candidate.toml"
            return CandidateCrashedError(problem, where=self._where, hint=hint)
        if code is None:
            return self._fault(f"closed its standard output during {call} but still runs")
        how = f"exit code {code}" if code >= 0 else f"signal {_signal_name(-code)}"
        inside = f", {len(self._frames)} bytes into a frame" if len(self._frames) else ""
        problem = f"its process ended with {how} during {call}{inside}{self._last_words()}"
        return CandidateCrashedError(problem, where=self._where)

    def _hung(self, call: str, limit: str, key: str) -> CandidateError:
        size = len(self._frames)
        inside = f", {size} bytes into a frame" if size else ""
        mend = mistakes.in_silence(self._frames.start(), size)
        more = f"if it only needs more time, raise `{key}` under [limits] in candidate.toml"
        return CandidateHungError(
            f"did not answer {call} within {limit}{inside}{self._last_words()}",
            where=self._where,
            hint=f"{mend}; {more}" if mend else more,
        )

    def _fault(self, problem: str, hint: str = "") -> CandidateError:
        return ProtocolFaultError(f"{problem}{self._last_words()}", where=self._where, hint=hint)

    def _last_words(self) -> str:
        """Return the last lines of standard error, to be appended to a message."""
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


def _ignore(_kind: str, _data: bytes) -> None:
    """Watch nothing."""


def _printable(line: str) -> str:
    """Return a line that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in line.rstrip())[:300]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
