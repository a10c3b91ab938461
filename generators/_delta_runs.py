"""Delta channels with inputs, updates, forks and overwrites, for the crossings corpus."""

from __future__ import annotations

from typing import Any

from ._graph_programs import END, INT, START, Program, nodes
from ._scripts import (
    GO_ON,
    HISTORY,
    STATE,
    Runs,
    command,
    go_on,
    history,
    invoke,
    resume,
    state,
    update,
)
from ._subgraph_programs import parent

_OVER = {"overwrite": [9]}
_N = {"add": [{"get": "n"}, 1]}


def delta(
    kind: str = "list", reducer: str = "add", *, step: Any = None, **settings: Any
) -> Program:
    """Return a loop that writes to a delta channel in each of four supersteps."""
    channel = {"class": "DeltaChannel", "type": kind, "reducer": reducer} | settings
    writes = {"n": _N, "log": [{"get": "n"}] if step is None else step}
    return {
        "state": {"n": INT, "log": {"type": kind, "channel": channel}},
        "nodes": nodes(step=[{"write": writes}]),
        "edges": [[START, "step"]],
        "branches": {"step": [{"if": [{"lt": [{"get": "n"}, 4]}, "step", END]}]},
    }


def _given(n: int, *log: Any, **run: Any) -> Any:
    return invoke(input={"n": n, "log": list(log)}, **run)


def _at(count: int) -> Any:
    """Return a list that is overwritten in the superstep of this count, and added to otherwise."""
    return {"if": [{"eq": [{"get": "n"}, count]}, {"overwrite": [{"get": "n"}]}, [{"get": "n"}]]}


_ASKS: Program = delta() | {
    "nodes": nodes(step=[{"write": {"n": _N, "log": [{"interrupt": "q"}]}}]),
}
_BESIDE: Program = delta() | {
    "nodes": nodes(
        step=[{"write": {"n": _N, "log": ["a"]}}],
        beside=[{"write": {"log": [{"interrupt": "q"}]}}],
    ),
    "edges": [[START, "step"], [START, "beside"]],
}
_EXIT: dict[str, Any] = {"durability": "exit"}
_NAMED: dict[str, Any] = {
    "config": {"metadata": {"user": "ann"}, "configurable": {"language": "en"}}
}
DELTA_RUNS: Runs = (
    {
        f"delta/inputs/{mode}": (
            delta(),
            (
                _given(3, "in", durability=mode),
                _given(2, "again", durability=mode),
                update({"log": ["between"]}, "step"),
                _given(3, "last", durability=mode),
                STATE,
                HISTORY,
            ),
        )
        for mode in ("sync", "async", "exit")
    }
    | {
        f"delta/forked/{mode}": (
            delta(snapshot_frequency=3),
            (
                _given(1, "in", durability=mode),
                _given(2, "branch", checkpoint=2, durability=mode),
                go_on(checkpoint=2, durability=mode),
                command({"update": {"log": ["cmd"]}}, checkpoint=3, durability=mode),
                STATE,
                HISTORY,
            ),
        )
        for mode in ("sync", "exit")
    }
    | {
        f"delta/updated/{name}": (
            delta(),
            (_given(2, "in"), *updates, STATE, _given(3, "on"), STATE, HISTORY),
        )
        for name, updates in {
            "plainly": (update({"log": ["u"]}, "step"),),
            "twice": (update({"log": ["u"]}, "step"), update({"log": ["v"]}, "step")),
            "earlier": (update({"log": ["u"]}, "step", checkpoint=2), state(checkpoint=2)),
            "as-input": (update({"log": ["u"]}, "__input__"), go_on(checkpoint=2)),
            "as-copy": (update([[{"log": ["u"]}, "step"]], "__copy__"),),
            "as-end": (update(None, END),),
            "with-nothing": (update({"log": []}, "step"), update({}, "step")),
        }.items()
    }
    | {
        f"delta/overwritten/{name}": (program, operations)
        for name, (program, operations) in {
            "by-a-node": (delta(step=_at(2)), (_given(0, "in"), _given(2, "on"), HISTORY)),
            "by-each": (delta(step={"overwrite": [_N]}), (_given(0, "in"), _given(2), HISTORY)),
            "by-input": (
                delta(),
                (_given(3, "in"), invoke(input={"n": 3, "log": _OVER}), _given(3), HISTORY),
            ),
            "by-update": (
                delta(),
                (_given(3, "in"), update({"log": _OVER}, "step"), _given(3, "on"), HISTORY),
            ),
            "by-command": (
                delta(),
                (_given(3, "in"), command({"update": {"log": _OVER}}), STATE, HISTORY),
            ),
            "at-exit": (
                delta(step=_at(2)),
                (_given(0, "in", **_EXIT), _given(2, **_EXIT), HISTORY),
            ),
            "with-null": (
                delta("any", "last", step={"overwrite": None}, snapshot_frequency=2),
                (invoke(input={"n": 1, "log": 5}), STATE, invoke(input={"n": 3}), HISTORY),
            ),
        }.items()
    }
    | {
        "delta/null": (
            delta("any", "last", step=None, snapshot_frequency=2)
            | {"nodes": nodes(step=[{"write": {"n": _N, "log": None}}])},
            (invoke(input={"n": 0, "log": None}), STATE, invoke(input={"n": 2}, **_EXIT), HISTORY),
        ),
        "delta/asks": (
            _ASKS,
            (_given(3, "in"), update({"log": ["u"]}, "step"), _given(3), resume("a"), HISTORY),
        ),
        "delta/asks-beside": (
            _BESIDE,
            (_given(4, "in"), STATE, _given(4, "over"), resume("a"), HISTORY),
        ),
        "delta/asks-beside-at-exit": (
            _BESIDE,
            (_given(4, "in", **_EXIT), STATE, resume("a", **_EXIT), HISTORY),
        ),
        "delta/exit-after-ten-supersteps": (
            delta(),
            (_given(-8, "in", **_EXIT), _given(3, "on", **_EXIT), STATE, HISTORY),
        ),
        "delta/asks-beside-then-fork": (
            _BESIDE,
            (_given(4, "in"), go_on(checkpoint=2), update({"log": ["u"]}, "step"), GO_ON, HISTORY),
        ),
        "delta/inside": (
            parent(delta() | {"interrupt_after": ["step"]}),
            (
                _given(1, "in"),
                update({"log": ["u"]}, task=0),
                GO_ON,
                history(task=0),
                _given(3, "on"),
                HISTORY,
            ),
        ),
        "delta/named-at-exit": (
            delta(),
            (_given(3, "in", **_EXIT, **_NAMED), _given(3, "on", **_EXIT, **_NAMED), HISTORY),
        ),
        "delta/named-at-exit-inside": (
            parent(delta(), checkpointer=True),
            (_given(3, "in", **_EXIT, **_NAMED), _given(2, "on", **_EXIT), HISTORY),
        ),
        "delta/kept-inside": (
            parent(delta(), checkpointer=True),
            (_given(3, "in"), _given(2, "on", **_EXIT), go_on(checkpoint=3), HISTORY),
        ),
    }
)
