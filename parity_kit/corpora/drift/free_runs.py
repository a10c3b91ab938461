"""Committed cases with LangGraph's own threads, tasks of asyncio and background saving.

Ids, clock and chance stay pinned, so that what differs comes from what runs at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity_kit.contract import Level, SubjectKind, Trace, run
from parity_kit.corpora.drift.masking import concerns
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Divergent

# What a killed process had stored depends on the threads, and is another suite's matter.
_LEFT_OUT = {"crash"}


@dataclass(frozen=True, slots=True)
class FreeRuns:
    """How often so many cases ran, and what differed from the pinned runs beyond the masks.

    `differing` has the cases of each cause, with the number of their runs in which it came first.
    """

    cases: int
    times: int
    differing: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        differing = {cause: dict(cases) for cause, cases in self.differing.items()}
        return {"cases": self.cases, "times": self.times, "differing": differing}


def run_free(traces: Sequence[Trace], times: int, emit: Callable[[str], None]) -> FreeRuns:
    """Run cases again and again; compare results and events with the committed ones."""
    from parity_kit.reference.engine import Engine  # noqa: PLC0415  # loads LangGraph
    from parity_kit.reference.pins import Pin  # noqa: PLC0415  # the same

    engine = Engine([Pin.THREADS, Pin.ENDS])
    chosen = [trace for trace in traces if _runs_free(trace)]
    differing: dict[str, Counter[str]] = {}
    for time in range(times):
        for number, trace in enumerate(chosen):
            if not number % 20:
                emit(f"run {time + 1} of {times}: {number} of {len(chosen)} cases")
            verdict = compare(trace.case, trace.outcomes, run(engine, trace.case), Level.TRACE)
            if isinstance(verdict, Divergent):
                first = verdict.differences[0]
                cause = f"{first.operation_name}: {first.cause}"
                differing.setdefault(cause, Counter())[trace.case.id] += 1
    return FreeRuns(len(chosen), times, differing)


def _runs_free(trace: Trace) -> bool:
    """Return whether a case can run in threads; a given order of completion is a pin."""
    operations = trace.case.operations
    return (
        trace.case.subject.kind is SubjectKind.GRAPH
        and not any("completion_order" in operation.args for operation in operations)
        and not any(operation.name in _LEFT_OUT for operation in operations)
        and concerns("threads", trace)
        and concerns("clock", trace)
    )
