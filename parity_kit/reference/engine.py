"""Real LangGraph behind the contract."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from parity_kit.contract import (
    Case,
    Description,
    Level,
    Pins,
    Session,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
)
from parity_kit.reference.caches import CacheSession
from parity_kit.reference.channels import ChannelSession
from parity_kit.reference.codec import CodecSession
from parity_kit.reference.graphs import GraphSession
from parity_kit.reference.pins import Pin, unhurried
from parity_kit.reference.savers.session import SaverSession
from parity_kit.reference.stores import StoreSession

ORACLE = (
    "langgraph",
    "langgraph-checkpoint",
    "langgraph-checkpoint-sqlite",
    "langgraph-prebuilt",
    "langchain-core",
    "ormsgpack",
    "pydantic",
    "xxhash",
)
"""The distributions that shape stored bytes; the manifest of the fixtures records them."""


class Engine:
    """LangGraph as installed in this interpreter's environment; all but `free` is pinned."""

    def __init__(self, free: Collection[Pin] = ()) -> None:
        self._free = frozenset(free)

    def describe(self) -> Description:
        """Describe the installed LangGraph."""
        return Description(
            "langgraph",
            version("langgraph"),
            f"Python {platform.python_version()}",
            dict.fromkeys(SubjectKind, Level.BYTES),
        )

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a subject, pinned."""
        match subject.kind:
            case SubjectKind.CODEC:
                return CodecSession(subject)
            case SubjectKind.CHANNEL:
                return ChannelSession(subject)
            case SubjectKind.GRAPH:
                return GraphSession(subject, pins, free=self._free)
            case SubjectKind.SAVER:
                return SaverSession(subject, pins, free=self._free)
            case SubjectKind.STORE:
                return StoreSession(subject, pins)
            case SubjectKind.CACHE:
                return CacheSession(subject, pins)

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds of `loops` runs, each in a fresh session, nothing pinned.

        Nothing sleeps, though: the pauses of a retry policy are not the engine's work.
        """
        if any(operation.args.get("checkpoint") is not None for operation in case.operations):
            raise UnsupportedSubjectError("an earlier checkpoint has a number only while pinned")
        total = 0
        for _ in range(loops):
            session: Any = (
                GraphSession(case.subject, case.pins, pin=False)
                if case.subject.kind is SubjectKind.GRAPH
                else self.open(case.subject, case.pins)
            )
            calls: list[Callable[[], object]] = [
                session.prepare(operation) for operation in case.operations
            ]
            with unhurried():
                started = time.perf_counter_ns()
                for call in calls:
                    with suppress(Exception):  # an error is a case's outcome, and takes its time
                        call()
                total += time.perf_counter_ns() - started
            session.close()
        return total


def oracle_versions() -> dict[str, str]:
    """Return the installed versions of the distributions that shape stored bytes."""
    return {name: version(name) for name in ORACLE}
