"""Messages as plain maps, in every place where a node or a caller may hand one over."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Operation

from ._graph_programs import END, INT, LOG, START, Program, chain, nodes
from ._scripts import MODES, STATE, Runs, invoke, stream, update
from ._subgraph_programs import parent

_MESSAGES = {"type": "messages", "reducer": "messages"}
_DELTA = {
    "type": "messages",
    "channel": {"class": "DeltaChannel", "type": "messages", "reducer": "messages_delta"},
}
_SHAPES: dict[str, Any] = {
    "role": {"role": "user", "content": "hi"},
    "role-and-id": {"role": "assistant", "content": "yes", "id": "7"},
    "type": {"type": "human", "content": "hi", "id": "8"},
    "neither": {"content": "hi"},
    "unknown-role": {"role": "nobody", "content": "hi"},
    "pair": ["user", "hi"],
    "text": "hi",
    "several": [{"role": "user", "content": "a"}, {"type": "ai", "content": "b"}],
    "several-pairs": [["user", "a"], ["ai", "b"]],
    "tool": {"role": "tool", "content": "42", "tool_call_id": "c"},
    "system": {"role": "system", "content": "be brief"},
    "nothing": [],
    "number": 5,
}
_TEXTS = ("pair", "text", "several-pairs")
_PLACES = (
    stream(["messages", "updates"], input={}),
    update({"m": {"role": "user", "content": "by hand"}}, "a"),
    STATE,
)


def _says(value: Any, field: dict[str, Any] = _MESSAGES) -> Program:
    return {
        "state": {"m": field, "log": LOG},
        "nodes": nodes(
            a=[{"write": {"m": {"lit": value}}}], b=[{"write": {"log": [{"len": {"get": "m"}}]}}]
        ),
        "edges": chain("a", "b"),
    }


def _said(kind: str, content: str, key: str) -> Any:
    return {"message": {"type": kind, "content": content, "id": key}}


_HI, _YES = _said("human", "hi", "1"), _said("ai", "yes", "2")
_RETURNED: dict[str, Any] = {
    "message": _HI,
    "messages": [_HI, _YES],
    "map": {"m": [_HI]},
    "map-of-one": {"m": _HI},
    "deeper": {"m": [_HI], "log": [[_YES], {"x": _YES}]},
    "other-field": {"log": [_YES]},
    "command": {"command": {"update": {"m": [_HI]}, "goto": END}},
    "commands": [
        {"command": {"update": {"m": [_HI]}}},
        {"command": {"update": {"m": [_YES], "log": [_HI]}}},
    ],
    "commands-and-map": [{"command": {"update": {"m": [_HI]}}}, {"m": [_YES]}],
    "text": {"m": "hi", "log": "no list"},
}


def _returns(value: Any) -> Program:
    return {
        "state": {"m": _MESSAGES, "log": LOG, "n": INT},
        "nodes": nodes(a=[{"return": value}], b=[{"write": {"m": _said("ai", "after", "9")}}]),
        "edges": chain("a", "b"),
    }


_SENT: Program = {
    "state": {"m": _MESSAGES, "log": LOG},
    "nodes": nodes(
        plan=[{"write": {"log": ["plan"]}}],
        work=[{"write": {"m": [_said("ai", "sent", "5")], "log": [{"get": "k"}]}}],
    ),
    "edges": [[START, "plan"], ["work", END]],
    "branches": {"plan": [{"send": {"to": "work", "each": {"range": 2}, "as": "k"}}]},
}
_STREAMED: dict[str, Program] = {
    **{f"returned-{name}": _returns(value) for name, value in _RETURNED.items()},
    "sent": _SENT,
    "inside": parent(_returns({"m": [_HI]}), state={"m": _MESSAGES, "log": LOG, "n": INT}),
    "sent-inside": parent(_SENT, state={"m": _MESSAGES, "log": LOG, "n": INT}),
}


def talking() -> Runs:
    """Return the runs by name; those that stream messages are done asynchronously too."""
    runs: dict[str, Any] = {}
    for name, shape in _SHAPES.items():
        runs[f"messages/plain/{name}"] = (_says(shape), _PLACES)
        if name not in _TEXTS:
            runs[f"messages/plain/{name}-delta"] = (
                _says(shape, _DELTA),
                (stream(["messages"], input={}), *_PLACES[1:]),
            )
        runs[f"messages/plain/{name}-as-input"] = (
            _says([]),
            (invoke(input={"m": shape}), invoke(input={"m": {"role": "ai", "content": "more"}})),
        )
    for name, program in _STREAMED.items():
        run = stream(
            ["messages", *MODES[1:2]], subgraphs="inside" in name, input={"m": [], "log": []}
        )
        second = Operation(run.name, {**run.args, "thread": "v", "version": "v2"})
        runs[f"messages/streamed/{name}"] = (program, (run, second))
        runs[f"messages/streamed/{name}-async"] = (
            program,
            (Operation(run.name, {**run.args, "async": True}),),
        )
    return runs
