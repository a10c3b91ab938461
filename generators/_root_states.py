"""States that are a value of their own, without fields, for the schemas corpus."""

from __future__ import annotations

from typing import Any

from ._graph_programs import END, START, Program, chain, fail, nodes
from ._scripts import (
    GO_ON,
    HISTORY,
    STATE,
    Runs,
    command,
    go_on,
    invoke,
    resume,
    state,
    stream,
    update,
)

_WHOLE = {"input": None}
_LIST = {"type": "list", "reducer": "add"}
_INT = {"type": "int"}
_DICT = {"type": "dict", "reducer": "merge"}
_STREAM = ["values", "updates", "tasks", "checkpoints"]


def _gives(*values: Any) -> list[dict[str, Any]]:
    return [{"return": value} for value in values]


def _root(field: dict[str, Any], **bodies: Any) -> Program:
    """Return a chain of nodes on a state of one value."""
    return {
        "schema": "root",
        "state": {"__root__": field},
        "nodes": nodes(**bodies),
        "edges": chain(*bodies),
    }


_LINE = _root(_LIST, a=_gives(["a"]), b=_gives([{"len": _WHOLE}]), c=[{"write": {"x": 1}}])
_COUNT = _root(_INT, a=_gives({"add": [_WHOLE, 1]}), b=_gives({"add": [_WHOLE, 1]}))
_ASKS = _root(
    _DICT,
    a=_gives({"lit": {"a": 1}}),
    b=[{"let": {"answer": {"interrupt": "q"}}}, *_gives({"b": {"var": "answer"}})],
    c=_gives(None),
)
_LOOP: Program = _root(_LIST, a=_gives(["a"]), b=_gives(["b"])) | {
    "edges": [[START, "a"], ["b", END]],
    "branches": {"a": [{"if": [{"lt": [{"len": _WHOLE}, 3]}, "a", "b"]}]},
}
_COMMANDS = _root(
    _LIST,
    a=_gives({"command": {"update": ["u"], "goto": "c"}}),
    b=_gives([{"command": {"update": ["x"]}}, {"command": {"update": {"lit": {"k": 1}}}}, ["z"]]),
    c=_gives(["c"]),
)
_SENDS: Program = _root(_LIST, a=_gives(["a"]), w=_gives([_WHOLE])) | {
    "edges": [[START, "a"], ["w", END]],
    "branches": {"a": [{"send": {"to": "w", "each": [1, 2, {"lit": {"k": 1, "m": 2}}]}}]},
}
_FAN: Program = _root(_LIST, a=_gives(["a"]), b=_gives(["b"]), c=_gives(["c"])) | {
    "edges": [[START, "a"], [START, "b"], [["a", "b"], "c"], ["c", END]],
}
_NESTED: Program = {
    "schema": "root",
    "state": {"__root__": _LIST},
    "subgraphs": {
        "child": {"program": _root(_LIST, x=_gives(["x"]), y=_gives([{"interrupt": 1}]))}
    },
    "nodes": nodes(a=_gives(["a"])) | {"sub": {"subgraph": "child"}},
    "edges": chain("a", "sub"),
}


def _into(value: Any, **run: Any) -> Any:
    return stream(_STREAM, input=value, **run)


ROOT_RUNS: Runs = {
    "root/list": (_LINE, (_into([0]), STATE, HISTORY, go_on(checkpoint=2))),
    "root/list-without-input": (_LINE, (GO_ON, _into([]), STATE)),
    "root/list-updated": (
        _LINE,
        (invoke(input=[0]), update([5], "a"), update(["in"], "__input__"), GO_ON, HISTORY),
    ),
    "root/int": (_COUNT, (_into(1), _into(0), STATE, HISTORY)),
    "root/int-of-a-text": (_COUNT, (invoke(input="x"), STATE)),
    "root/int-updated": (
        _COUNT,
        (invoke(input=1), update(7), update(0, "a"), command({"update": 9, "goto": "b"}), HISTORY),
    ),
    "root/map-asks": (_ASKS, (_into({"z": 0}), STATE, resume("yes", modes=_STREAM), HISTORY)),
    "root/branch": (_LOOP, (_into([0]), STATE)),
    "root/commands": (
        _COMMANDS,
        (_into([0]), command({"update": ["cmd"], "goto": "b"}), STATE, HISTORY),
    ),
    "root/sends": (_SENDS, (_into([0]), STATE, HISTORY)),
    "root/fan-out": (_FAN, (_into([0]), STATE)),
    "root/breakpoint": (_FAN, (invoke(input=[0], interrupt_before=["c"]), STATE, GO_ON)),
    "root/fails": (
        _root(_LIST, a=_gives(["a"]), b=[fail("ValueError", "b")]),
        (_into([0]), STATE, GO_ON),
    ),
    "root/subgraph": (
        _NESTED,
        (_into([0], subgraphs=True), state(subgraphs=True), resume("r"), HISTORY),
    ),
    "root/exit": (_LINE, (invoke(input=[0], durability="exit"), STATE, HISTORY)),
    "root/asynchronous": (_FAN, (_into([0], **{"async": True}), state(**{"async": True}))),
    "root/invoked": (_LINE, (invoke(input=[0], stream_mode="updates"),)),
}
