"""Runs whose log is observed: how long retries wait, and what LangGraph warns of."""

from __future__ import annotations

from typing import Any

from parity_kit.contract import Operation

from ._failure_programs import alone, fails_until, guarded
from ._graph_programs import LINE, Program, note
from ._scripts import Runs, invoke, stream
from ._subgraph_programs import called, calling, child, parent

_LOGGED: dict[str, Any] = {"logs": True}
_ASYNC: dict[str, Any] = {"async": True}
_LONG: dict[str, Any] = {"max_attempts": 5, "initial_interval": 0.5}
_NOWHERE = alone(note("lost"), {"return": {"command": {"goto": "nowhere"}}})

_RETRIED: dict[str, Program] = {
    "growing": guarded(fails_until(4, retry=_LONG)),
    "by-a-factor": guarded(fails_until(4, retry=_LONG | {"backoff_factor": 3.0})),
    "capped": guarded(fails_until(4, retry=_LONG | {"backoff_factor": 4.0, "max_interval": 2.5})),
    "by-default": guarded(fails_until(9, retry={})),
    "with-jitter": guarded(fails_until(2, retry={"jitter": True})),
    "second-policy": guarded(
        fails_until(
            2,
            "KeyError",
            retry=[
                {"on": ["ValueError"], "initial_interval": 9.0},
                {"on": ["KeyError"], "initial_interval": 0.25},
            ],
        )
    ),
    "inside": parent(guarded(fails_until(2, retry=_LONG))),
}


def waits() -> Runs:
    """Return the runs with retries by name, each done asynchronously too."""
    return {
        f"retry/waits/{name}": (program, (invoke(**_LOGGED),)) for name, program in _RETRIED.items()
    } | {
        f"retry/waits/{name}-async": (program, (invoke(**_LOGGED, **_ASYNC),))
        for name, program in _RETRIED.items()
    }


_WARNED: dict[str, tuple[Program, Operation]] = {
    "goto-nowhere": (_NOWHERE, stream(["updates"], **_LOGGED)),
    "goto-nowhere-inside": (parent(_NOWHERE), stream(["updates"], **_LOGGED)),
    "nothing": (LINE, stream(["updates"], input={"n": 0}, **_LOGGED)),
}


def warned() -> Runs:
    """Return the runs that LangGraph warns of by name, each done asynchronously too."""
    return {
        f"logs/{name}{suffix}": (program, (Operation(run.name, {**run.args, **more}),))
        for name, (program, run) in _WARNED.items()
        for suffix, more in (("", {}), ("-async", _ASYNC))
    }


def without_effect() -> Runs:
    """Return runs without a saver that are given a durability, each done asynchronously too."""
    return {
        f"logs/{run.__name__}-{durability}{suffix}": (
            LINE,
            (run(input={"n": 0}, durability=durability, **_LOGGED, **more),),
        )
        for run in (invoke, stream)
        for durability in ("exit", "sync")
        for suffix, more in (("", {}), ("-async", _ASYNC))
    }


_STEPS = child([{"wait": 3}, note("x")], [{"wait": 3}, note("y")], [{"wait": 3}, note("z")])


def _limited(program: Program, node: str, **limits: Any) -> Program:
    nodes = program["nodes"]
    return program | {"nodes": nodes | {node: nodes[node] | limits}}


def _calls(*body: Any) -> Program:
    return _limited(calling(*body), "call", timeout={"idle": 5})


PROGRESS: dict[str, Program] = {
    "emits-in-time": guarded(
        {
            "body": [
                {"wait": 3},
                {"emit": 1},
                {"wait": 3},
                {"emit": 2},
                {"wait": 3},
                note("in time"),
            ],
            "timeout": {"idle": 5},
        }
    ),
    "emits-then-late": guarded(
        {"body": [{"wait": 3}, {"emit": 1}, {"wait": 6}, {"emit": 2}], "timeout": {"idle": 5}}
    ),
    "emits-until-the-end": guarded(
        {
            "body": [{"wait": 3}, {"emit": 1}, {"wait": 3}, {"emit": 2}, {"wait": 3}],
            "timeout": {"idle": 5, "run": 8},
        }
    ),
    "calls-in-time": _calls({"wait": 3}, {"let": {"r": called()}}, {"wait": 3}, note({"var": "r"})),
    "calls-then-late": _calls({"wait": 3}, {"let": {"r": called()}}, {"wait": 6}),
    "subgraph-in-time": _limited(parent(_STEPS), "sub", timeout={"idle": 5}),
    "subgraph-late": _limited(parent(_STEPS), "sub", timeout={"run": 7}),
    "subgraph-retried": _limited(
        parent(_STEPS), "sub", timeout={"run": 7}, retry={"max_attempts": 2, "on": ["TimeoutError"]}
    ),
    "subgraph-idle": _limited(
        parent(child([note("x")], [{"wait": 9}])), "sub", timeout={"idle": 5}
    ),
    "after-an-answer": guarded(
        {
            "body": [
                {"let": {"answer": {"interrupt": "?"}}},
                {"when": [{"lt": [{"visits": None}, 3]}, [{"wait": 9}]]},
                note({"var": "answer"}),
            ],
            "timeout": {"run": 8},
        }
    ),
}
