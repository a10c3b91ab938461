"""How much memory an engine's processes hold, and how much at the height of a workload.

The system's own high-water mark is used, set back before each workload: sampling would miss a peak
that lasts less than a sample. The kernel keeps that mark anyway, so reading it costs a workload no
time. Only Linux lets a program set it back; elsewhere nothing is measured.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import psutil

_PROC = Path("/proc")
_SET_BACK = "5"
_KIB = 1024


def held(processes: Sequence[int]) -> int | None:
    """Return the resident bytes of processes, or None where the system does not tell."""
    return _total(processes, "VmRSS")


def reset(processes: Sequence[int]) -> bool:
    """Set the high-water marks of processes back; return whether the system lets a program."""
    try:
        for process in processes:
            (_PROC / str(process) / "clear_refs").write_text(_SET_BACK, encoding="ascii")
    except OSError:
        return False
    return True


def highest(processes: Sequence[int]) -> int | None:
    """Return the most resident bytes that processes held since `reset`.

    The marks of several processes are added up, though they need not have been reached at one
    moment; an engine is nearly always one process. None where the system does not tell.
    """
    return _total(processes, "VmHWM")


def kept_below(process: int) -> list[int]:
    """Return the processes of the candidates that a process started, without their keepers."""
    processes: list[int] = []
    for keeper in psutil.Process(process).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended a moment ago
            for first in keeper.children():
                processes += [child.pid for child in first.children(recursive=True)]
    return processes


def _total(processes: Sequence[int], name: str) -> int | None:
    if not processes:
        return None
    total = 0
    for process in processes:
        try:
            status = (_PROC / str(process) / "status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        line = next((line for line in status.splitlines() if line.startswith(name)), None)
        if line is None:
            return None
        total += int(line.split()[1]) * _KIB
    return total
