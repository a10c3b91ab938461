"""Reading pairs back from the pyperf files of a run."""

from __future__ import annotations

import importlib
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity_kit.bench.noise import MAX_STEAL
from parity_kit.bench.plan import CONTROL, REFERENCE
from parity_kit.bench.statistics import Pair


@dataclass(frozen=True, slots=True)
class Pairs:
    """One workload's pairs, by pair number.

    `dropped` are those that were too disturbed; `pressure` is the higher share of the time in which
    something waited for a CPU while either process of a pair ran, where the system tells.
    """

    kept: dict[int, Pair] = field(default_factory=dict[int, Pair])
    dropped: dict[int, Pair] = field(default_factory=dict[int, Pair])
    pressure: dict[int, float] = field(default_factory=dict[int, float])


@dataclass(frozen=True, slots=True)
class _Process:
    seconds: float
    steal: float
    pressure: float | None


def file_of(folder: Path, engine: str) -> Path:
    """Return the pyperf file of an engine; the control's runs are the reference's own."""
    return folder / f"{REFERENCE if engine == CONTROL else engine}.json"


def _processes(path: Path, versus: str, side: str) -> dict[str, dict[int, _Process]]:
    """Return each process's median time, by workload and pair number."""
    # Imported by name: pyperf carries no types.
    pyperf: Any = importlib.import_module("pyperf")
    processes: dict[str, dict[int, _Process]] = {}
    if not path.exists():
        return processes
    for benchmark in pyperf.BenchmarkSuite.load(str(path)).get_benchmarks():
        name = benchmark.get_name()
        for run in benchmark.get_runs():
            labels = run.get_metadata()
            if labels["versus"] == versus and labels["side"] == side:
                processes.setdefault(name, {})[labels["pair"]] = _Process(
                    statistics.median(run.values),
                    labels["noise_steal"],
                    labels.get("noise_cpu_pressure"),
                )
    return processes


def measured_in(folder: Path, candidate: str) -> dict[str, set[int]]:
    """Return the numbers of a candidate's pairs, by workload, disturbed or not."""
    return {name: {*pairs.kept, *pairs.dropped} for name, pairs in load(folder, candidate).items()}


def load(folder: Path, candidate: str) -> dict[str, Pairs]:
    """Return the pairs of a candidate (or of the control), by workload.

    A pair counts only where both of its processes were measured; it is dropped, whole, where the
    host took more than `MAX_STEAL` of the machine in either.
    """
    references = _processes(file_of(folder, REFERENCE), candidate, "reference")
    candidates = _processes(file_of(folder, candidate), candidate, "candidate")
    workloads: dict[str, Pairs] = {}
    for name, mine in candidates.items():
        pairs = Pairs()
        for number in sorted(mine.keys() & references.get(name, {}).keys()):
            pair = (references[name][number], mine[number])
            undisturbed = max(process.steal for process in pair) <= MAX_STEAL
            where = pairs.kept if undisturbed else pairs.dropped
            where[number] = Pair(*(process.seconds for process in pair))
            pressure = [process.pressure for process in pair if process.pressure is not None]
            if pressure:
                pairs.pressure[number] = max(pressure)
        workloads[name] = pairs
    return workloads
