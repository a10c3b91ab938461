"""Processes that are killed while they store: what is left, what goes on, and what runs twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity_kit.contract import Case, Operation, run
from parity_kit.corpora.authoring import graph, op
from parity_kit.reference import Engine
from parity_kit.reference.logs import silence_langgraph

from ._graph_programs import ASK_BOTH, FAN, MAP, Program
from ._scripts import GO_ON, STATE, go_on, history, invoke, resume_map
from ._subgraph_programs import child, parent

_RUNS = op("node_runs")
_N: dict[str, Any] = {"n": 0, "log": []}
_KILLED: Mapping[str, tuple[Program, Operation, Sequence[Operation]]] = {
    "fan-out/sync": (FAN, invoke(input=_N, durability="sync"), ()),
    "fan-out/exit": (FAN, invoke(input=_N, durability="exit"), ()),
    "sends": (MAP, invoke(durability="sync"), ()),
    "question": (ASK_BOTH, invoke(durability="sync"), ()),
    "answer": (ASK_BOTH, resume_map((0, "l"), (1, "r"), durability="sync"), (invoke(),)),
    "subgraph": (parent(child("x", "y")), invoke(input=_N, durability="sync"), ()),
}
"""Programs, the runs in which a process is killed, and what went before."""


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    with silence_langgraph():
        for name, (program, killed, before) in _KILLED.items():
            last = _calls(program, killed, before)
            for call in range(1, last + 1):
                yield _case(f"{name}/before-{call}", program, before, killed, call, "before")
            yield _case(f"{name}/after-{last}", program, before, killed, last, "after")
    async_run = invoke(input=_N, durability="async")
    yield _case("fan-out/async/before-6", FAN, (), async_run, 6, "before")
    yield graph(
        "crashes/twice",
        FAN,
        _crash(invoke(input=_N), 6, "before"),
        _crash(GO_ON, 2, "after"),
        GO_ON,
        _RUNS,
        history(),
        saver="sqlite-file",
    )


def _crash(operation: Operation, call: int | None, moment: str) -> Operation:
    return op("crash", operation=operation.to_plain(), call=call, moment=moment)


def _calls(program: Program, killed: Operation, before: Sequence[Operation]) -> int:
    """Return how often a run stores something."""
    case = graph("calls", program, *before, _crash(killed, None, "before"), saver="sqlite-file")
    outcome: Any = run(Engine(), case)[-1]
    return outcome.value["calls"]


def _case(  # noqa: PLR0913, PLR0917  # a crash's parts
    name: str,
    program: Program,
    before: Sequence[Operation],
    killed: Operation,
    call: int,
    moment: str,
) -> Case:
    after = go_on(durability=killed.args["durability"])
    operations = (*before, _crash(killed, call, moment), _RUNS, after, _RUNS, STATE)
    return graph(f"crashes/{name}", program, *operations, saver="sqlite-file")
