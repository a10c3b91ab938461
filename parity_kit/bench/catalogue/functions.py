"""Workloads of graphs whose nodes are plain Python functions, as users write them.

In other workloads LangGraph runs the kit's interpreter in its nodes, and an engine its own. These
show what an engine gains on a user's graph; only LangGraph and what is based on it can run them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from parity_kit.bench.catalogue.workload import FUNCTIONS, Effort, Workload
from parity_kit.contract import CaseId, Subject

_FAMILIES = ("sequential", "conditional", "parallel", "checkpoint", "interrupts", "applications")
_MOST, _MEMORY = 100, (None, "memory")


def functions(workloads: Iterable[Workload]) -> Iterator[Workload]:
    """Yield a variant of each graph workload of usual size, without a database.

    Those of a quick session's are for a default one, and the others for a rigorous one.
    """
    for workload in workloads:
        case, spec = workload.case, workload.case.subject.spec
        if workload.family in _FAMILIES and workload.size <= _MOST and spec.get("saver") in _MEMORY:
            subject = Subject(case.subject.kind, {**spec, FUNCTIONS: True})
            in_quick = workload.effort is Effort.QUICK
            name = f"{FUNCTIONS}-{workload.name}"
            yield dataclasses.replace(
                workload,
                name=name,
                family=FUNCTIONS,
                about=f"`{workload.name}` with Python functions as nodes",
                case=dataclasses.replace(case, id=CaseId(f"bench/{name}"), subject=subject),
                series="",
                size=0,
                effort=Effort.DEFAULT if in_quick and not workload.size else Effort.RIGOROUS,
            )
