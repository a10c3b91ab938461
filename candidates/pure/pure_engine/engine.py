"""The engine behind the contract."""

from __future__ import annotations

import platform
import time

from parity_kit.contract import Case, Description, Level, Pins, Session, Subject, SubjectKind
from pure_engine.clock import PinnedClock, SystemClock
from pure_engine.sessions.cache import CacheSession
from pure_engine.sessions.channel import ChannelSession
from pure_engine.sessions.codec import CodecSession
from pure_engine.sessions.graph import GraphSession
from pure_engine.sessions.saver import SaverSession
from pure_engine.sessions.session import Session as OpenSession
from pure_engine.sessions.store import StoreSession

VERSION = "1.2.24"
"""The LangGraph release that the engine behaves like."""


class Engine:
    """LangGraph's behaviour with nothing but Python's standard library and `xxhash`."""

    def describe(self) -> Description:
        """Describe the engine: it claims byte equality for every subject."""
        return Description(
            "pure",
            VERSION,
            f"Python {platform.python_version()}",
            dict.fromkeys(SubjectKind, Level.BYTES),
        )

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a subject with pins."""
        return _open(subject, pins)

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds of `loops` runs, each in a fresh session without pins."""
        total = 0
        for _ in range(loops):
            session = _open(case.subject, None)
            calls = [session.prepare(operation) for operation in case.operations]
            started = time.perf_counter_ns()
            for call in calls:
                call()
            total += time.perf_counter_ns() - started
            session.close()
        return total


def _open(subject: Subject, pins: Pins | None) -> OpenSession:
    """Open a subject; without pins, with the system's clock."""
    clock = SystemClock() if pins is None else PinnedClock(pins)
    match subject.kind:
        case SubjectKind.CODEC:
            return CodecSession(subject)
        case SubjectKind.CHANNEL:
            return ChannelSession(subject)
        case SubjectKind.GRAPH:
            return GraphSession(subject, clock)
        case SubjectKind.SAVER:
            return SaverSession(subject, clock)
        case SubjectKind.STORE:
            return StoreSession(subject, pins)
        case SubjectKind.CACHE:
            return CacheSession(subject, pins)
