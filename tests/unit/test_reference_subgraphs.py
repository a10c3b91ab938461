"""Subgraphs and asynchronous runs of real LangGraph: pinned, and the same whatever the process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import Any

import langgraph.pregel._loop as loop_module
import langgraph.pregel._retry as retry_module
import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    outcome_to_plain,
    run,
)
from parity_kit.contract import Operation as Op
from parity_kit.contract.canonical import digest, pack
from parity_kit.contract.plain import Ext
from parity_kit.corpora.authoring import op
from parity_kit.reference import Engine

STATE: dict[str, Any] = {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}}


def body(*instructions: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"body": list(instructions), **settings}


def log(*values: Any) -> dict[str, Any]:
    return {"write": {"log": list(values)}}


ASK = body({"let": {"answer": {"interrupt": {"visit": {"visits": None}}}}}, log({"var": "answer"}))
CHILD: dict[str, Any] = {
    "state": STATE,
    "nodes": {"x": body(log("x")), "ask": ASK},
    "entry": "x",
    "sequence": ["x", "ask"],
}


def parent(checkpointer: bool | None = None, **more: Any) -> dict[str, Any]:  # noqa: FBT001  # as programs say it
    return {
        "state": STATE,
        "subgraphs": {"kid": {"program": CHILD, "checkpointer": checkpointer}},
        "nodes": {"a": body(log("a")), "s": {"subgraph": "kid"}, "z": body(log("z"))},
        "edges": [["__start__", "a"], ["a", "s"], ["s", "z"]],
        **more,
    }


ASKED = (
    op("stream", thread="t", input={}, modes=["updates", "checkpoints"], subgraphs=True),
    op("get_state", thread="t", subgraphs=True),
    op("get_state", thread="t", task=0),
    op("resume", thread="t", value="yes", modes=["updates"], subgraphs=True),
    op("get_state_history", thread="t"),
)


def play(program: dict[str, Any], *operations: Op, awaited: bool = False) -> tuple[Outcome, ...]:
    if awaited:
        operations = tuple(
            op(operation.name, **operation.args, **{"async": True}) for operation in operations
        )
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": "memory"})
    return run(Engine(), Case(CaseId("subgraphs"), subject, operations))


def value(outcome: Outcome) -> Any:
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def spaces(outcome: Outcome) -> list[tuple[str, ...]]:
    assert isinstance(outcome, Returned)
    return [tuple(part.split(":")[0] for part in event.namespace) for event in outcome.events]


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("checkpointer", [None, True, False])
def test_a_subgraph_asks_and_its_answer_comes_back(
    *, checkpointer: bool | None, awaited: bool
) -> None:
    asked, state, inside, answered, _ = play(parent(checkpointer), *ASKED, awaited=awaited)
    assert {(), ("s",)} == set(spaces(asked))
    task = value(state)["tasks"][0]
    assert len(task["interrupts"]) == 1
    if checkpointer is False:
        assert task["state"] is None
        assert isinstance(inside, Raised)
        assert (inside.error, inside.message) == ("ValueError", "no subgraph at task 0")
    else:
        assert task["state"] == value(inside)
        assert value(inside)["values"] == {"log": ["a", "x"]}
        assert value(inside)["next"] == ["ask"]
    assert isinstance(answered, Returned)
    payloads = [event.payload for event in answered.events]
    again = [{"x": {"log": ["x"]}}] if checkpointer is False else []
    assert payloads == [
        *again,
        {"ask": {"log": ["yes"]}},
        {"s": {"log": ["a", "x", "yes"]}},
        {"z": {"log": ["z"]}},
    ]


def test_checkpoints_are_counted_across_graphs() -> None:
    asked, _, inside, _, history = play(parent(), *ASKED)
    assert isinstance(asked, Returned)
    names = [name for name in asked.stored if name.startswith("checkpoint/")]
    numbers = sorted(int(name.split("/")[3][-4:], 16) for name in names)
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert value(inside)["config"]["configurable"]["checkpoint_id"].endswith("6")
    kept = [item["config"]["configurable"]["checkpoint_id"][-2:] for item in value(history)]
    assert kept == ["09", "08", "03", "02", "01"]


def test_asynchronous_runs_store_what_synchronous_ones_do() -> None:
    program = parent()
    program["nodes"]["b"] = body({"wait": 5}, log("b"))
    program["edges"] += [["__start__", "b"], [["b", "s"], "z"]]
    plain = [[outcome_to_plain(outcome) for outcome in play(program, *ASKED)]]
    plain.append([outcome_to_plain(outcome) for outcome in play(program, *ASKED, awaited=True)])
    assert plain[0] == plain[1]


def test_a_node_calls_a_subgraph_and_visits_are_counted() -> None:
    call = {"call": ["kid", {"log": ["in"]}]}
    program = parent(nodes={"a": body({"emit": 1}, log(call)), "b": body({"let": {"r": call}})})
    program["edges"] = [["__start__", "a"], ["a", "b"]]
    for awaited in (False, True):
        asked, state, _, answered, _ = play(program, *ASKED, awaited=awaited)
        assert set(spaces(asked)) == {(), ("a",)}
        assert value(state)["tasks"][0]["state"]["values"] == {"log": ["in", "x"]}
        assert isinstance(answered, Returned)
        # The first node asked, was begun again with the answer, and then the second node asked.
        asked_again = pack([event.payload for event in answered.events][-1])
        assert b"__interrupt__" in asked_again
        assert b"\xa5visit\x03" in asked_again


def test_a_command_goes_to_the_parent() -> None:
    up = {"update": {"log": ["up"]}, "goto": "z", "graph": "parent"}
    inner = {"state": STATE, "nodes": {"x": body({"return": {"command": up}})}, "entry": "x"}
    middle = {
        "state": STATE,
        "subgraphs": {"inner": {"program": inner}},
        "nodes": {"i": {"subgraph": "inner"}, "z": body(log("inside"))},
        "entry": "i",
    }
    program = parent(nodes={"s": {"subgraph": "kid"}, "z": body(log("outside"))}, entry="s")
    program["edges"] = []
    for kid, expected in ((inner, ["up", "outside"]), (middle, ["up", "inside"])):
        program["subgraphs"] = {"kid": {"program": kid}}
        for awaited in (False, True):
            (outcome,) = play(program, op("invoke", thread="t", input={}), awaited=awaited)
            assert value(outcome) == {"log": expected}


def test_a_wait_is_free_and_a_timeout_exact() -> None:
    waits = [{"wait": 1000}, {"emit": {"visits": None}}, {"wait": 1000}, log("done")]
    retry = {"max_attempts": 2}
    program: dict[str, Any] = {
        "state": STATE,
        "nodes": {"a": body(*waits, retry=retry)},
        "entry": "a",
    }
    ask = op("stream", thread="t", input={}, modes=["custom", "updates"])
    messages = {
        2000: "Node 'a' exceeded its run timeout of 2000.000s (elapsed: 2000.000s).",
        1500: "Node 'a' exceeded its run timeout of 1500.000s (elapsed: 1500.000s).",
    }
    started = time.monotonic()
    for seconds, message in messages.items():
        program["nodes"]["a"]["timeout"] = seconds
        (outcome,) = play(program, ask, awaited=True)
        assert isinstance(outcome, Raised)
        assert (outcome.error, outcome.message) == ("langgraph.errors.NodeTimeoutError", message)
        assert [event.payload for event in outcome.events] == [1, 2]
    for timeout in (2001, {"idle": 1001}):
        program["nodes"]["a"]["timeout"] = timeout
        (outcome,) = play(program, ask, awaited=True)
        assert isinstance(outcome, Returned)
        assert [event.payload for event in outcome.events] == [1, {"a": {"log": ["done"]}}]
    (outcome,) = play(program, ask)
    assert isinstance(outcome, Raised)
    assert "only supported for async nodes" in outcome.message
    assert time.monotonic() - started < 10


def test_an_attempt_whose_wait_ends_with_its_timeout_does_not_go_on() -> None:
    for timeout in (3, {"idle": 3}):
        waits = body({"wait": 3}, {"emit": "late"}, timeout=timeout)
        program = {"state": STATE, "nodes": {"a": waits}, "entry": "a"}
        ask = op("stream", thread="t", input={}, modes=["custom"])
        (outcome,) = play(program, ask, awaited=True)
        assert isinstance(outcome, Raised)
        assert outcome.events == ()


def test_every_task_that_reads_a_dataclass_is_shown_one() -> None:
    program = {
        "schema": "dataclass",
        "state": STATE,
        "nodes": {name: body(log(name)) for name in "ab"},
        "edges": [["__start__", "a"], ["__start__", "b"]],
    }
    (outcome,) = play(program, op("stream", thread="t", input={}, modes=["tasks"]))
    assert isinstance(outcome, Returned)
    payloads: list[Any] = [event.payload for event in outcome.events]
    assert [type(payload["input"]) for payload in payloads if "input" in payload] == [Ext, Ext]


def test_all_tasks_of_a_superstep_end_also_when_one_fails() -> None:
    nodes = {
        "a": body({"wait": 9}, {"raise": {"type": "ValueError", "message": "a"}}),
        "b": body({"raise": {"type": "KeyError", "message": "b"}}),
        "c": body({"wait": 1}, log("c")),
    }
    program = {"state": STATE, "nodes": nodes, "edges": [["__start__", node] for node in nodes]}
    (outcome,) = play(program, op("invoke", thread="t", input={}), awaited=True)
    assert isinstance(outcome, Raised)
    assert (outcome.error, outcome.message) == ("ValueError", "a")
    assert any("/log/" in name for name in outcome.stored)


def test_asynchronous_pins_leave_nothing_behind() -> None:
    before = (loop_module.AsyncBackgroundExecutor, retry_module.time)
    play(parent(), *ASKED, awaited=True)
    assert before == (loop_module.AsyncBackgroundExecutor, retry_module.time)
    assert retry_module.time is time
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def trace_digest() -> str:
    """Return what cases with every construct come to."""
    handler = [log({"error": "type"}, {"error": "node"})]
    failing = body({"raise": {"type": "ValueError", "message": "x"}}, error_handler=handler)
    program = parent(
        schema="pydantic",
        private={"p": {"type": "set"}},
        cache=True,
        store=True,
        interrupt_after=["z"],
    )
    program["nodes"] |= dict.fromkeys(("f", "e", "d"), failing)
    program["nodes"]["p"] = body({"store_put": [["s"], "k", {}]}, log("p"), input=["p"], cache={})
    program["edges"] += [["__start__", name] for name in ("f", "p", "e", "d")]
    modes = ["values", "updates", "messages", "custom", "checkpoints", "tasks", "debug"]
    first = op("stream", thread="t", input={"n": 1}, modes=modes, subgraphs=True)
    outcomes = [
        [outcome_to_plain(outcome) for outcome in play(program, first, *ASKED[1:], awaited=awaited)]
        for awaited in (False, True)
    ]
    assert outcomes[0] == outcomes[1]
    return digest(pack(outcomes))


def test_same_bytes_in_another_process() -> None:
    program = "import test_reference_subgraphs as test; print(test.trace_digest())"
    folder = os.path.dirname(__file__)  # noqa: PTH120  # a path for sys.path
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r}); {program}"],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == trace_digest()
