"""A run in a process that is killed: what it has stored by then is all that is left of it."""

from __future__ import annotations

import functools
import json
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Literal, TypeAlias

Moment: TypeAlias = Literal["before", "after"]
Report: TypeAlias = Callable[[], Any]
"""Returns what a process has to tell, as JSON."""
STORES = ("put", "put_writes")
"""The calls of a saver at which a process can be killed."""


class Killing:
    """Kills its process at the n-th call that stores something, before or after the call."""

    def __init__(self, call: int | None, moment: Moment, die: Callable[[], object]) -> None:
        self.calls = 0
        self._call = call
        self._moment = moment
        self._die = die

    def watch(self, saver: Any) -> None:
        """Watch a saver's calls."""
        for name in STORES:
            setattr(saver, name, self._watched(getattr(saver, name)))

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # LangGraph looks at its parameters
        def called(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            self._kill("before")
            result = function(*args, **kwargs)
            self._kill("after")
            return result

        return called

    def _kill(self, moment: Moment) -> None:
        if (self.calls, moment) == (self._call, self._moment):
            self._die()


def in_a_process(act: Callable[[Callable[[Report], None]], Report]) -> tuple[Any, bool]:
    """Run `act` in a fork of this process; return the report, and whether the process was killed.

    `act` gets a function that sends a report and kills the process, and returns its last report.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:

        def die(report: Report) -> None:
            os.write(writing, json.dumps(report()).encode())
            os.kill(os.getpid(), signal.SIGKILL)

        with suppress(BaseException):  # nothing of this process may go on in its fork
            os.write(writing, json.dumps(act(die)()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as reports:
        report = json.loads(reports.read())
    _, status = os.waitpid(child, 0)
    return report, os.WIFSIGNALED(status)


_ID = "00000000-0000-6000-8000-"


def created(ids: Iterable[str]) -> int:
    """Return the highest number of a pinned checkpoint's id, or 0."""
    return max((int(name[len(_ID) :], 16) for name in ids if name.startswith(_ID)), default=0)
