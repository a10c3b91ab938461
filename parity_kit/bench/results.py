"""Reading pairs back from the pyperf files of a run."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Mapping
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
    something waited for a CPU while either process of a pair ran, where the system tells. `memory`
    has the median resident bytes of each side, before any workload and at the height of this one.
    """

    kept: dict[int, Pair] = field(default_factory=dict[int, Pair])
    dropped: dict[int, Pair] = field(default_factory=dict[int, Pair])
    pressure: dict[int, float] = field(default_factory=dict[int, float])
    memory: dict[str, list[int]] = field(default_factory=dict[str, list[int]])


@dataclass(frozen=True, slots=True)
class _Process:
    seconds: float
    steal: float
    pressure: float | None
    memory: tuple[int, int] | None


_Round = tuple[str, int]
"""The sitting and the number of a round: a pair's processes ran in the same of both."""


def file_of(folder: Path, engine: str) -> Path:
    """Return the pyperf file of an engine; the control's runs are the reference's own."""
    return folder / f"{REFERENCE if engine == CONTROL else engine}.json"


def _processes(folder: Path, opponent: str) -> dict[str, dict[_Round, _Process]]:
    """Return each process of an opponent, by workload and round."""
    # Imported by name: pyperf carries no types.
    pyperf: Any = importlib.import_module("pyperf")
    processes: dict[str, dict[_Round, _Process]] = {}
    path = file_of(folder, opponent)
    if not path.exists():
        return processes
    for benchmark in pyperf.BenchmarkSuite.load(str(path)).get_benchmarks():
        name = benchmark.get_name()
        for run in benchmark.get_runs():
            labels = run.get_metadata()
            if labels["opponent"] == opponent:
                idle, peak = labels.get("memory_idle"), labels.get("memory_peak")
                processes.setdefault(name, {})[labels["sitting"], labels["pair"]] = _Process(
                    statistics.median(run.values),
                    labels["noise_steal"],
                    labels.get("noise_cpu_pressure"),
                    None if idle is None or peak is None else (idle, peak),
                )
    return processes


def measured_in(folder: Path, candidate: str) -> dict[str, set[int]]:
    """Return the numbers of a candidate's pairs, by workload, disturbed or not."""
    return {name: {*pairs.kept, *pairs.dropped} for name, pairs in load(folder, candidate).items()}


def load(folder: Path, candidate: str, against: str = REFERENCE) -> dict[str, Pairs]:
    """Return the pairs of a candidate (or of the control) and the reference, by workload.

    `against` is another candidate of the session in the reference's place.

    A pair counts only where both of its processes were measured in one round; it is dropped, whole,
    where the host took more than `MAX_STEAL` of the machine in either.
    """
    references = _processes(folder, against)
    return {
        name: _paired(references.get(name, {}), mine)
        for name, mine in _processes(folder, candidate).items()
    }


def _paired(references: Mapping[_Round, _Process], candidates: Mapping[_Round, _Process]) -> Pairs:
    pairs = Pairs()
    both = sorted(references.keys() & candidates.keys(), key=lambda key: key[1])
    for key in both:
        number, pair = key[1], (references[key], candidates[key])
        undisturbed = max(process.steal for process in pair) <= MAX_STEAL
        where = pairs.kept if undisturbed else pairs.dropped
        where[number] = Pair(*(process.seconds for process in pair))
        pressure = [process.pressure for process in pair if process.pressure is not None]
        if pressure:
            pairs.pressure[number] = max(pressure)
    for side, processes in (("reference", references), ("candidate", candidates)):
        held = [memory for key in both if (memory := processes[key].memory)]
        if held:
            pairs.memory[side] = [
                int(statistics.median(bytes_)) for bytes_ in zip(*held, strict=True)
            ]
    return pairs
