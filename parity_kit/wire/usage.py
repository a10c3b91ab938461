"""What a candidate and everything that it started take of the machine."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_kit.wire.limits import Limits, size

if TYPE_CHECKING:
    import psutil

EVERY = 0.25
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident bytes, processes, and the seconds of CPU they took, those that ended too."""

    memory: int
    processes: int
    cpu: float


class Meter:
    """Looks at all that runs below a keeper, so often and no more.

    Memory is watched, not limited by the system: what limits address space ends a runtime that
    reserves more than it uses, as those of Go, Java and JavaScript do. Processes are counted here
    too, since the system counts them for a user and not for a program.
    """

    def __init__(self, keeper: int, limits: Limits) -> None:
        self._keeper = keeper
        self._limits = limits
        self._next = time.monotonic() + EVERY

    def look(self) -> Usage | None:
        """Return what is taken now, or None if that was seen a moment ago, or nothing is left."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + EVERY
        return usage(self._keeper, self._limits.memory_bytes)

    def excess(self, seen: Usage) -> str:
        """Return which limit of memory or processes is passed, or nothing."""
        limits = self._limits
        if seen.memory > limits.memory_bytes:
            return (
                f"over its memory limit of {size(limits.memory_bytes)}"
                f" with {size(seen.memory)} in {_count(seen.processes)}"
            )
        if seen.processes > limits.processes:
            return f"over its limit of {_count(limits.processes)} with {seen.processes}"
        return ""


def usage(keeper: int, enough: int) -> Usage | None:
    """Return what the processes below a keeper take, or None if it is gone.

    Memory that they share is told apart only where it matters: above `enough` bytes.
    """
    import psutil  # noqa: PLC0415  # most answers come before the first look

    try:
        top = psutil.Process(keeper)
        below = top.children(recursive=True)
    except psutil.NoSuchProcess:
        return None
    memory, count = 0, 0
    cpu = sum(top.cpu_times()[:4])
    for process in below:
        with contextlib.suppress(psutil.NoSuchProcess):
            cpu += sum(process.cpu_times()[:4])
            memory += process.memory_info().rss
            count += process.status() != psutil.STATUS_ZOMBIE
    if memory > enough and count > 1:
        memory = 0
        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                memory += _own(process)
    return Usage(memory, count, cpu)


def _own(process: psutil.Process) -> int:
    """Return a process's share of resident memory, or all of it where the system won't tell."""
    import psutil  # noqa: PLC0415  # the same

    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return process.memory_info().rss
    return getattr(full, "pss", full.uss)


def _count(processes: int) -> str:
    return f"{processes} process{'es' if processes != 1 else ''}"
