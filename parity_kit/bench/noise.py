"""How disturbed a measurement was: recorded with it, and the rule by which pairs are dropped."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

MAX_STEAL = 0.10
"""A pair is dropped when the host took more than this share of the machine in either process."""

_PRESSURE = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment."""

    seconds: float
    involuntary: int
    steal: float
    cpu: float
    waited: float | None


def read() -> Reading:
    """Return the counters of this process, its children and the machine."""
    times = psutil.cpu_times()
    return Reading(
        time.perf_counter(),
        _involuntary(),
        float(getattr(times, "steal", 0.0)),
        sum(times),
        _waited(),
    )


def between(before: Reading, after: Reading) -> dict[str, float]:
    """Return what happened between two readings, named as in the pyperf metadata."""
    cpu = after.cpu - before.cpu
    seconds = after.seconds - before.seconds
    metadata = {
        "noise_involuntary_switches": float(after.involuntary - before.involuntary),
        "noise_steal": round((after.steal - before.steal) / cpu, 4) if cpu > 0 else 0.0,
    }
    if before.waited is not None and after.waited is not None and seconds > 0:
        metadata["noise_cpu_pressure"] = round((after.waited - before.waited) / seconds, 4)
    return metadata


def _involuntary() -> int:
    """Return the involuntary context switches of this process and of a candidate's."""
    me = psutil.Process()
    total = me.num_ctx_switches().involuntary
    for child in me.children(recursive=True):
        try:
            total += child.num_ctx_switches().involuntary
        except psutil.Error:
            # A helper process that ended in between no longer has a count.
            continue
    return total


def _waited() -> float | None:
    """Return the seconds in which some process of the machine waited for a CPU, if told."""
    try:
        first = _PRESSURE.read_text(encoding="ascii").splitlines()[0]
    except OSError:
        # Only Linux kernels with pressure stall information have it.
        return None
    return int(first.rpartition("total=")[2]) / 1_000_000
