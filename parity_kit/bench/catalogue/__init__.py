"""The catalogue of workloads: cases whose time is compared, as data.

Names and families follow the published LangGraph ports and LangGraph's own benchmark folder, so
that figures can be set beside theirs. Every input is written out or drawn from a fixed seed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from parity_kit.bench.catalogue import (
    applications,
    channels,
    functions,
    graphs,
    serialization,
    states,
)
from parity_kit.bench.catalogue.workload import FUNCTIONS, Effort, Workload
from parity_kit.contract.errors import UsageError

__all__ = ["FUNCTIONS", "Effort", "Workload", "families", "select", "workloads"]


@functools.cache
def workloads() -> tuple[Workload, ...]:
    """Return every workload, in the order of the tables: those of a quick session first."""
    every = (
        *graphs.core(),
        *graphs.compiled(),
        *serialization.serialization(),
        *channels.channels(),
        *graphs.series(),
        *graphs.shapes(),
        *graphs.checkpoints(),
        *states.states(),
        *graphs.streams(),
        *graphs.interrupts(),
        *graphs.asynchronous(),
        *applications.applications(),
    )
    every = (*every, *functions.functions(every))
    return tuple(sorted(every, key=lambda workload: workload.effort > Effort.QUICK))


def families() -> tuple[str, ...]:
    """Return the families of workloads, in the order of the tables."""
    return tuple(dict.fromkeys(workload.family for workload in workloads()))


def select(
    names: Sequence[str] = (), wanted: Sequence[str] = (), effort: Effort = Effort.RIGOROUS
) -> tuple[Workload, ...]:
    """Return the workloads with these names and those of the `wanted` families.

    Without either, return those that a session of this `effort` measures.

    Raises:
        UsageError: If there is no such workload or family.
    """
    every = {workload.name: workload for workload in workloads()}
    for kind, given, known in (("workload", names, [*every]), ("family", wanted, families())):
        for name in given:
            if name not in known:
                raise UsageError(f"no {kind} {name!r}", hint=f"one of {', '.join(known)}")
    if names or wanted:
        return tuple(
            workload
            for workload in every.values()
            if workload.name in names or workload.family in wanted
        )
    return tuple(workload for workload in every.values() if workload.effort <= effort)
