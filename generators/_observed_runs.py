"""Runs that callbacks observe, and runs in the second version of streams."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Operation

from ._failure_programs import handled
from ._graph_programs import ASK, ASK_BOTH, FAILS, FAN, LINE, MAP, ROUTES, note
from ._schema_programs import declared
from ._scripts import GO_ON, Runs, command, invoke, resume, resume_map, stream
from ._subgraph_programs import ASKS_TWICE, EMITTING, FAILING, INNER, nested, parent

_TOLD = {"callbacks": True}
_V2 = {"version": "v2"}
_COUNTED = {"input": {"n": 0}}
_MODES = ["values", "updates", "tasks", "checkpoints", "debug", "custom"]

_CALLBACKS: Runs = {
    "line": (LINE, (invoke(**_COUNTED, **_TOLD),)),
    "parallel": (FAN, (stream(["updates", "values"], **_COUNTED, **_TOLD),)),
    "sends": (MAP, (invoke(input={"size": 2, "log": []}, **_TOLD),)),
    "branch": (ROUTES, (invoke(input={"to": "b"}, **_TOLD),)),
    "config": (
        LINE,
        (
            invoke(
                **_COUNTED,
                **_TOLD,
                config={
                    "tags": ["mine", "seq:step:7"],
                    "metadata": {"who": "bob"},
                    "configurable": {"user": "ann"},
                },
            ),
        ),
    ),
    "integration": (
        LINE,
        (invoke(**_COUNTED, **_TOLD, config={"metadata": {"ls_integration": "mine"}}),),
    ),
    "question": (ASK, (invoke(**_TOLD), resume("yes", **_TOLD), invoke(**_TOLD))),
    "questions": (ASK_BOTH, (stream(["tasks"], **_TOLD), resume_map((0, "l"), (1, "r"), **_TOLD))),
    "breakpoint": (
        LINE,
        (
            invoke(**_COUNTED, **_TOLD, interrupt_before=["b"]),
            invoke(input=None, **_TOLD, interrupt_after=["b"]),
            invoke(input=None, **_TOLD),
        ),
    ),
    "command": (LINE, (invoke(**_COUNTED), command({"goto": ["b"]}, **_TOLD))),
    "failure": (FAILS, (invoke(input={"ok": False}, **_TOLD), invoke(input=None, **_TOLD))),
    "handler": (handled([note("handled")]), (invoke(**_TOLD),)),
    "limit": (LINE, (invoke(**_COUNTED, **_TOLD, recursion_limit=1),)),
    "inside": (nested(INNER), (invoke(**_COUNTED, **_TOLD),)),
    "question-inside": (
        parent(ASKS_TWICE),
        (invoke(**_COUNTED, **_TOLD), resume(1, **_TOLD), resume(2, **_TOLD)),
    ),
    "failure-inside": (parent(FAILING), (invoke(**_COUNTED, **_TOLD),)),
    "exit": (
        ASK,
        (invoke(**_TOLD, durability="exit"), resume("yes", **_TOLD, durability="exit")),
    ),
}
_SECOND: Runs = {
    "modes": (EMITTING, (stream(_MODES, **_COUNTED, **_V2),)),
    "question": (ASK, (stream(["values", "updates"], **_V2), resume(1, modes=["values"], **_V2))),
    "inside": (parent(EMITTING), (stream(_MODES, subgraphs=True, **_COUNTED, **_V2),)),
    "dataclass": (declared("dataclass"), (stream(["values", "checkpoints", "debug"], **_V2),)),
    "pydantic": (declared("pydantic"), (stream(["values", "checkpoints", "debug"], **_V2),)),
    "debug-dataclass": (declared("dataclass"), (stream(["debug"], **_V2),)),
    "debug-pydantic": (declared("pydantic"), (stream(["debug"], **_V2),)),
    "invoked": (ASK, (invoke(**_V2), resume(1, **_V2), invoke(**_V2))),
    "invoked-pydantic": (declared("pydantic"), (invoke(**_V2),)),
    "invoked-updates": (LINE, (invoke(**_COUNTED, **_V2, stream_mode="updates"), GO_ON)),
}


def observed() -> Runs:
    """Return the runs by name; some of them also run asynchronously."""
    runs: dict[str, Any] = {f"callbacks/{name}": run for name, run in _CALLBACKS.items()}
    runs |= {f"version-2/{name}": run for name, run in _SECOND.items()}
    again = ("callbacks/question-inside", "callbacks/failure", "callbacks/integration")
    again_v2 = ("version-2/inside", "version-2/debug-dataclass", "version-2/invoked")
    for name in (*again, "callbacks/questions", *again_v2):
        program, operations = runs[name]
        runs[f"{name}-async"] = (program, tuple(_awaited(operation) for operation in operations))
    return runs


def _awaited(operation: Operation) -> Operation:
    return Operation(operation.name, {**operation.args, "async": True})
