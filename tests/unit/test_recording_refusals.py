"""What a recording cannot hold is refused with its place, and what it leaves out is named."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from recordings import THREAD, line, recorded

import parity_kit
from parity_kit.contract import Unsupported, run
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import CannotRecordError
from parity_kit.reference.engine import Engine


class OwnError(Exception):
    """An error of an application."""


def mutates(state: Any) -> Any:
    state["log"].append(1)
    return {"n": 1}


def swallows(_: Any) -> Any:
    try:
        interrupt("really?")
    except Exception:  # noqa: BLE001  # the trap
        return {"n": 1}


def nests(_: Any) -> Any:
    return {"n": line(fine).invoke({}, THREAD)["n"]}


def raises_own(_: Any) -> Any:
    raise OwnError("no")


def fine(_: Any) -> Any:
    return {"n": 1}


TRAPS: dict[Callable[[Any], Any], str] = {
    mutates: "node 'mutates' changes its input in place",
    swallows: "node 'swallows' catches an interrupt and goes on",
    nests: "node 'nests' runs a graph inside itself: add that graph as a node",
    raises_own: r"node 'raises_own' raises .*OwnError, which the program language has no word for",
}


@pytest.mark.parametrize("node", TRAPS, ids=[trap.__name__ for trap in TRAPS])
def test_what_a_recording_cannot_hold_is_refused_with_its_place(
    tmp_path: Path, node: Callable[[Any], Any]
) -> None:
    def act() -> None:
        with contextlib.suppress(OwnError):
            line(node).invoke({"log": [0]}, THREAD)

    with pytest.raises(CannotRecordError, match=TRAPS[node]) as refused:
        recorded(tmp_path / "x.case", act)
    assert not (tmp_path / "x.case").exists()
    assert "test_recording_refusals.py:" in str(refused.value)


def test_the_block_says_what_else_it_cannot_hold(tmp_path: Path) -> None:
    @entrypoint()
    def functional(value: int) -> int:
        return value

    def abandoned() -> None:
        stream = line(fine).stream({}, THREAD, stream_mode=["updates", "values"])
        next(stream)
        stream.close()

    async def waits(_: Any) -> Any:
        await asyncio.sleep(60)

    async def cancelled() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(line(waits).ainvoke({}, THREAD), 0.01)

    def threaded() -> None:
        def node(_: Any) -> Any:
            return threads.submit(line(fine).invoke, {}, THREAD).result()

        with ThreadPoolExecutor() as threads:
            line(node).invoke({}, THREAD)

    def nothing() -> None:
        pass

    for act, problem in (
        (
            lambda: cast("Any", functional).invoke(1),
            r"a functional program \(@entrypoint\) \(.*:\d+\)",
        ),
        (abandoned, "stream was not read to its end"),
        (nothing, "no graph was run"),
        (threaded, "invoke was called while invoke ran"),
        (lambda: asyncio.run(cancelled()), r"invoke was cancelled from outside \(.*test_recording"),
        (lambda: line(fine).invoke({}, THREAD, output_keys="n"), "`output_keys`"),
    ):
        with pytest.raises(CannotRecordError, match=problem):
            recorded(tmp_path / "x.case", act)


@dataclass
class Outer:
    """A state that is a class."""

    n: int = 0


class Inner(TypedDict):
    """A state that is a map."""

    n: int


@pytest.mark.parametrize("schema", [None, Inner])
def test_a_subgraph_whose_input_is_of_a_class_is_refused_by_its_name(
    tmp_path: Path, schema: Any
) -> None:
    builders: Any = StateGraph
    inner = builders(Inner).add_node("step", fine).add_edge(START, "step").compile()
    builder = builders(Outer).add_node("inner", inner, input_schema=schema)
    graph = builder.add_edge(START, "inner").compile(checkpointer=InMemorySaver())
    case = tmp_path / "x.case"

    def act() -> None:
        graph.invoke({"n": 1}, THREAD)

    if schema is Inner:
        recorded(case, act)
        return
    named = (
        r"subgraph 'inner' stores its input as a value of .*\.Outer, and the frozen run as a map"
    )
    with pytest.raises(CannotRecordError, match=named):
        recorded(case, act)


def test_what_cannot_be_stored_is_refused_and_does_not_stop_the_application(tmp_path: Path) -> None:
    def act() -> None:
        graph = line(fine, checkpointer=None)
        assert [*graph.stream({"log": [object()]}, stream_mode="values")][-1]["n"] == 1

    with pytest.raises(
        CannotRecordError, match=r"stream gets what cannot be stored.*node 'fine' sees what"
    ):
        recorded(tmp_path / "x.case", act)


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    own = {"thread_id": "t", "user": "Ann", "api_key": "sk-1", "client": object()}
    config: Any = {"configurable": own, "metadata": {"run": "7", "parts": [1], "auth": "x"}}
    graph = line(fine)
    with parity_kit.record(path := tmp_path / "x.case") as recording:
        list(graph.stream({}, config, stream_mode="messages"))
        graph.update_state({"configurable": {"thread_id": "t", "user": "Bob"}}, {"n": 1})
    assert recording.notes == [
        "not compared with the application: events of stream mode messages",
        "left out: api_key of the config",
        "left out: client of the config",
        "left out: metadata.parts of the config",
        "left out: metadata.auth of the config",
    ]
    case = read_case(path).case
    first, second = case.operations
    assert first.args["config"] == {"configurable": {"user": "Ann"}, "metadata": {"run": "7"}}
    assert second.args["config"] == {"configurable": {"user": "Bob"}}
    ran = [outcome for outcome in run(Engine(), case) if not isinstance(outcome, Unsupported)]
    entries = [entry for outcome in ran for entry in outcome.stored.items()]
    stored = [data for name, data in entries if name.startswith("metadata/")]
    assert b"Ann" in stored[0]
    assert b"Bob" in stored[-1]
    assert not any(b"sk-1" in data for data in stored)
