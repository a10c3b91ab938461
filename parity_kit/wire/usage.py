"""Memory, processes and CPU used by a candidate and everything it started."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_kit.wire.limits import Limits, size

if TYPE_CHECKING:
    import psutil

EVERY = 0.25
"""Seconds between two samples."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident bytes, processes, and their CPU seconds, ended processes included."""

    memory: int
    processes: int
    cpu: float


class Meter:
    """Samples what runs below a candidate's first process, at most every `EVERY` seconds.

    Memory is watched, not limited by the system: a limit on address space would end runtimes that
    reserve more than they use, as those of Go, Java and JavaScript do. Processes are counted here
    too, since the system limits them per user, not per program.
    """

    def __init__(self, first: int, limits: Limits) -> None:
        self._first = first
        self._limits = limits
        self._next = time.monotonic() + EVERY

    def sample(self) -> Usage | None:
        """Return the usage now, or None if it is too early or no process is left."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + EVERY
        return usage(self._first, self._limits.memory_bytes)

    def excess(self, used: Usage) -> str:
        """Return which limit of memory or processes is exceeded, or an empty string."""
        limits = self._limits
        if used.memory > limits.memory_bytes:
            return (
                f"over its memory limit of {size(limits.memory_bytes)}"
                f" with {size(used.memory)} in {_count(used.processes)}"
            )
        if used.processes > limits.processes:
            return f"over its limit of {_count(limits.processes)} with {used.processes}"
        return ""


def usage(first: int, enough: int) -> Usage | None:
    """Return the usage of the processes below a cage's first one, or None if it is gone.

    Shared memory is counted once only where it matters: above `enough` bytes.
    """
    import psutil  # noqa: PLC0415  # most responses come before the first sample

    try:
        top = psutil.Process(first)
        below = top.children(recursive=True)
        cpu = sum(top.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return None
    memory, count = 0, 0
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
    """Return a process's share of resident memory, or all of it if the system hides the share."""
    import psutil  # noqa: PLC0415  # imported only above the limit

    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return process.memory_info().rss
    return getattr(full, "pss", full.uss)


def _count(processes: int) -> str:
    return f"{processes} process{'es' if processes != 1 else ''}"
