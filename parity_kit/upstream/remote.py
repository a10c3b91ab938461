"""A candidate's engine beside LangGraph in a test process, started when a test first needs it.

The process of the engine belongs to the process that started it: after a fork, the child starts one
of its own, and what was opened before is opened anew.
"""

from __future__ import annotations

import json
import os
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity_kit.contract import Operation, Outcome, Pins, Subject
from parity_kit.contract.errors import CandidateError
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.limits import Limits
from parity_kit.wire.session import RemoteSession


class Remote:
    """A candidate's engine, for any thread of this process."""

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self._launch, self._limits = launch, limits
        self._lock = threading.RLock()
        self._process = 0
        self._engine: RemoteEngine | None = None
        self._unused: deque[RemoteSession] = deque()
        os.register_at_fork(after_in_child=self._forget)

    def apply(self, opened: Opened, operation: Operation) -> Outcome:
        """Apply an operation, one at a time.

        Raises:
            CandidateError: If the engine's process fails.
            UnsupportedSubjectError: If the engine does not offer the subject.
        """
        with self._lock:
            engine = self._running()
            while self._unused:
                self._unused.popleft().close()
            if opened.session is None or opened.process != self._process:
                opened.session = engine.open(opened.subject, Pins())
                opened.process = self._process
                weakref.finalize(opened, self._unused.append, opened.session)
            try:
                return opened.session.apply(operation)
            except CandidateError:
                opened.session = None
                raise

    def _running(self) -> RemoteEngine:
        if self._engine is None or self._process != os.getpid():
            self._unused.clear()
            self._engine, self._process = RemoteEngine(self._launch, self._limits), os.getpid()
        return self._engine

    def _forget(self) -> None:
        """Hold no lock that a thread of the parent held."""
        self._lock = threading.RLock()

    def close(self) -> None:
        """End the engine's process."""
        with self._lock:
            if self._engine is not None and self._process == os.getpid():
                self._engine.close()


class Opened:
    """A subject of the engine; it is opened by its first operation."""

    def __init__(self, remote: Remote, subject: Subject) -> None:
        self.subject = subject
        self.session: RemoteSession | None = None
        self.process = 0
        self._remote = remote

    def apply(self, name: str, **arguments: Any) -> Outcome:
        """Apply an operation by its name."""
        return self._remote.apply(self, Operation(name, arguments))


def to_json(launch: Launch, limits: Limits) -> str:
    """Return how to start an engine as text, for a variable of a test process."""
    plain = asdict(launch) | {"directory": str(launch.directory), "env": dict(launch.env)}
    plain["read_only"] = [*map(str, launch.read_only)]
    return json.dumps({"launch": plain, "limits": asdict(limits)})


def from_json(text: str) -> Remote:
    """Return the engine that `to_json` described."""
    data: Mapping[str, Any] = json.loads(text)
    launch = data["launch"]
    return Remote(
        Launch(
            launch["name"],
            tuple(launch["command"]),
            Path(launch["directory"]),
            launch["env"],
            tuple(map(Path, launch["read_only"])),
        ),
        Limits(**data["limits"]),
    )
