"""A run of an application becomes a case that runs without it, byte for byte the same."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import importlib.util
import operator
import random
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict, cast

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, Overwrite, RetryPolicy, Send
from pure_engine.engine import Engine as Pure
from recordings import THREAD, State, line, recorded

import parity_kit
from parity_kit.apps.replaying import replay_on
from parity_kit.contract import Operation, Outcome, Unsupported, run
from parity_kit.contract.errors import CannotRecordError
from parity_kit.programs.script import script
from parity_kit.reference.engine import Engine

APPS = Path(__file__).parents[2] / "docs" / "examples" / "apps"


def app(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"app_{name}", APPS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where LangGraph looks for its types
    spec.loader.exec_module(module)
    return module


class Private(TypedDict):
    secret: str


class Input(TypedDict):
    question: str


class Output(TypedDict):
    answer: str


def stored(outcomes: tuple[Outcome, ...]) -> dict[str, bytes]:
    """Return everything that a case stored; none of the cases here deletes."""
    every: dict[str, bytes] = {}
    for outcome in outcomes:
        assert not isinstance(outcome, Unsupported)
        every |= outcome.stored
    return every


def run_agent() -> Any:
    graph = app("agent").graph
    modes = ["updates", "messages", "values"]
    question = {"messages": [("user", "How is the weather in Paris")]}
    events = list(graph.stream(question, THREAD, stream_mode=modes))
    assert sum(kind == "messages" for kind, _ in events) > 10, "the model streams"


def run_map_reduce() -> Any:
    graph = app("map_reduce").graph
    list(graph.stream({"topic": "cat"}, THREAD, stream_mode=["updates", "custom"]))
    assert graph.get_state(THREAD).values["best"].startswith("Why did the cat")


def run_approval() -> Any:
    graph = app("approval").graph
    graph.invoke({"amount": 500, "notes": []}, THREAD)
    graph.invoke(Command(resume="it was late"), THREAD)
    graph.invoke(Command(resume="Ann"), THREAD)
    assert graph.invoke(None, THREAD)["paid"] is True
    assert len(list(graph.get_state_history(THREAD))) > 3


@pytest.mark.parametrize("act", [run_agent, run_map_reduce, run_approval])
def test_an_application_becomes_a_case_of_its_own_bytes(
    tmp_path: Path, act: Callable[[], Any]
) -> None:
    kept = recorded(tmp_path / "app.case", act)
    assert len((tmp_path / "app.case").read_bytes()) < 60_000
    assert kept.case.subject.spec["saver"] == "memory"


@pytest.mark.parametrize("act", [run_map_reduce, run_approval])
def test_pure_runs_a_recording_to_the_same_bytes(tmp_path: Path, act: Callable[[], Any]) -> None:
    kept = recorded(tmp_path / "app.case", act)
    assert run(Pure(), kept.case) == kept.reference_outcomes


def test_two_recordings_of_one_run_are_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with parity_kit.record(tmp_path / name / "app.case"):
            run_agent()
    assert (tmp_path / "a/app.case").read_bytes() == (tmp_path / "b/app.case").read_bytes()


def test_a_recording_leaves_nothing_patched_and_the_saver_untouched(tmp_path: Path) -> None:
    def node(_: State) -> Any:
        return {"n": 1}

    graph = line(node)
    saver, nodes = graph.checkpointer, dict(graph.nodes)
    methods = cast("dict[str, Any]", vars(Pregel))
    before = (methods["invoke"], methods["stream"], uuid.uuid4, random.getstate())
    recorded(tmp_path / "x.case", lambda: graph.invoke({}, THREAD))
    assert (methods["invoke"], methods["stream"], uuid.uuid4, random.getstate()) == before
    assert graph.checkpointer is saver
    assert graph.nodes == nodes
    assert saver.storage == {}


def test_a_frozen_node_knows_its_input_not_its_position(tmp_path: Path) -> None:
    def node(state: Any) -> Any:
        return {"n": state["n"] + 1}

    kept = recorded(tmp_path / "x.case", lambda: line(node).invoke({"n": 1}, THREAD))
    operation = Operation("invoke", {"thread": "t", "input": {"n": 2}})
    (outcome,) = run(Engine(), dataclasses.replace(kept.case, operations=(operation,)))
    assert getattr(outcome, "message", "") == "the recording has no such call"


def test_async_runs_errors_attempts_stores_and_commands_are_recorded(tmp_path: Path) -> None:
    attempts: list[int] = []

    async def flaky(_: State, *, store: BaseStore) -> Any:
        attempts.append(1)
        await store.aput(("a", "b"), "k", {"v": len(attempts)})
        if len(attempts) < 3:
            raise ConnectionError(f"attempt {len(attempts)}")
        return Command(update={"log": Overwrite(["new"])}, goto=[Send("end", {"n": 7}), "end"])

    async def end(state: State) -> Any:
        if state.get("n") == 8:
            raise ValueError("eight")
        return {"log": [state.get("n", 0)]}

    builder: Any = StateGraph(State)
    builder.add_node("flaky", flaky, retry_policy=RetryPolicy(initial_interval=0))
    builder.add_node("end", end)
    builder.add_edge(START, "flaky")
    graph = builder.compile(checkpointer=InMemorySaver(), store=InMemoryStore())

    async def act() -> None:
        assert (await graph.ainvoke({"log": ["old"]}, THREAD))["log"] == ["new", 0, 7]
        await graph.aupdate_state(THREAD, {"n": 8}, as_node="flaky")
        attempts[:] = [1, 1]
        with pytest.raises(ValueError, match="eight"):
            await graph.ainvoke(Command(goto="end"), THREAD)
        assert [state async for state in graph.aget_state_history(THREAD)]

    kept = recorded(tmp_path / "x.case", lambda: asyncio.run(act()))
    names = [operation.name for operation in kept.case.operations]
    assert names == ["invoke", "update_state", "command", "get_state_history"]


class Name(enum.StrEnum):
    """Names of nodes."""

    ONLY = "only"


def test_names_and_commands_that_other_values_stand_for_are_recorded(tmp_path: Path) -> None:
    def twice(_: Any) -> Any:
        return Command(update=[("log", ["a"]), ("log", ["b"])], goto=Name.ONLY)

    def only(state: Any) -> Any:
        return Command(update={"n": len(state["log"])}, goto=END)

    builder: Any = StateGraph(State)
    builder.add_node(twice)
    builder.add_node(Name.ONLY, only)
    builder.add_edge(START, "twice")
    graph = builder.compile(checkpointer=InMemorySaver())
    recorded(tmp_path / "x.case", lambda: graph.invoke({"log": []}, THREAD))

    def packet(state: Any) -> Any:
        return Command(update=["packet"]) if isinstance(state, Command) else [state]

    root: Any = Annotated[list[Any], operator.add]
    builder = StateGraph(root)
    builder.add_node("one", lambda _: [Command(goto=Send("two", Command(goto="x")))])  # pyright: ignore[reportUnknownLambdaType]  # a node
    builder.add_node("two", packet)
    builder.add_edge(START, "one")
    recorded(tmp_path / "y.case", lambda: builder.compile().invoke(["in"]))


def test_states_of_subgraphs_by_their_addresses_are_recorded(tmp_path: Path) -> None:
    builder: Any = StateGraph(State)
    builder.add_node("inner", line(logs, checkpointer=None))
    builder.add_edge(START, "inner")
    graph = builder.compile(checkpointer=InMemorySaver())

    def act() -> None:
        events = [*graph.stream({}, THREAD, stream_mode="debug", subgraphs=True)]
        address = "|".join(max((namespace for namespace, _ in events), key=len))
        inside: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": address}}
        history = [*graph.get_state_history(inside)]
        assert len(history) > 1
        assert graph.get_state(history[1].config).next == ("logs",)

    recorded(tmp_path / "x.case", act)


def test_equal_sends_that_do_different_things_are_told_apart(tmp_path: Path) -> None:
    numbers = iter(range(9))
    builder: Any = StateGraph(State)
    builder.add_node("one", lambda _: {})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # a node
    builder.add_node("each", lambda _: {"log": [next(numbers)]})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # a node
    builder.add_edge(START, "one")
    builder.add_conditional_edges("one", lambda _: [Send("each", {"n": 1})] * 3, ["each"])  # pyright: ignore[reportUnknownLambdaType]  # a router
    kept = recorded(tmp_path / "x.case", lambda: builder.compile().invoke({"n": 0, "log": []}))
    assert run(Pure(), kept.case) == kept.reference_outcomes


def test_error_handlers_are_recorded_and_replayed(tmp_path: Path) -> None:
    def fails(state: Any) -> Any:
        raise ValueError(state["log"][0])

    def handles(state: Any) -> Any:
        return {"log": [*state["log"], "handled"]}

    builder: Any = StateGraph(State)
    builder.set_node_defaults(error_handler=handles)
    builder.add_node("own", fails, error_handler=handles)
    builder.add_node("default", fails)
    builder.add_edge(START, "own")
    builder.add_edge(START, "default")
    graph = builder.compile(checkpointer=InMemorySaver())

    def act() -> None:
        assert graph.invoke({"log": ["a"]}, THREAD)["log"].count("handled") == 2

    kept = recorded(tmp_path / "x.case", act)
    assert run(Pure(), kept.case) == kept.reference_outcomes
    assert replay_on(graph, kept.case, kept.reference_outcomes).is_same


def test_each_graph_of_a_block_has_a_file(tmp_path: Path) -> None:
    def one(_: State) -> Any:
        return {"n": 1}

    def two(_: State) -> Any:
        return {"n": 2}

    with parity_kit.record(tmp_path / "x.case") as recording:
        line(one).invoke({}, THREAD)
        line(two, checkpointer=None).invoke({})
    assert [file.name for file in recording.files] == ["x.case", "x-2.case"]


def test_a_reducer_of_the_users_own_is_recognised_by_what_it_did(tmp_path: Path) -> None:
    def join(left: list[Any], right: list[Any]) -> list[Any]:
        return [*left, *right]

    def alternate(left: list[Any], right: list[Any]) -> list[Any]:
        return [*right, *left]

    def graph(reducer: Any) -> Any:
        fields: Any = {"log": Annotated[list[Any], reducer]}
        builder: Any = StateGraph(TypedDict("Own", fields))  # pyright: ignore[reportArgumentType]  # made at run time
        builder.add_node("a", logs)
        builder.add_edge(START, "a")
        return builder.compile()

    kept = recorded(tmp_path / "x.case", lambda: graph(join).invoke({"log": ["x"]}))
    program: Any = kept.case.subject.spec["program"]
    assert program["state"]["log"] == {"type": "list", "reducer": "add"}
    kept = recorded(tmp_path / "y.case", lambda: graph(alternate).invoke({"log": ["x"]}))
    program = kept.case.subject.spec["program"]
    assert program["state"]["log"]["reducer"] == "recorded"
    first, second = program["state"]["log"]["calls"]
    assert first == [[], ["x"], ["x"]]
    assert second[2] == [*second[1], "x"]
    assert run(Pure(), kept.case) == kept.reference_outcomes
    text = script(kept.case)
    assert "def recorded(calls):" in text
    exec(compile(text, "script", "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102  # the kit's own


def test_a_reducer_that_is_called_too_often_is_refused(tmp_path: Path) -> None:
    def larger(left: int, right: int) -> int:
        return left + 2 * right

    builder: Any = StateGraph(TypedDict("Own", {"n": Annotated[int, larger]}))  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]  # made at run time
    builder.add_node("a", lambda _: [Command(update={"n": 1})] * 300)  # pyright: ignore[reportUnknownLambdaType]  # a node
    builder.add_edge(START, "a")
    with pytest.raises(CannotRecordError, match=r"called over 200 times \(.*test_recording"):
        recorded(tmp_path / "x.case", lambda: builder.compile().invoke({"n": 0}))


def test_a_state_of_one_value_is_recorded_with_its_routers(tmp_path: Path) -> None:
    schema: Any = Annotated[list[Any], operator.add]
    builder: Any = StateGraph(schema)
    builder.add_node("one", lambda state: [len(state)])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # a node
    builder.add_node("two", lambda state: ["two", *state])  # pyright: ignore[reportUnknownLambdaType]  # a node
    builder.add_edge(START, "one")
    builder.add_conditional_edges("one", lambda state: [Send("two", state)])  # pyright: ignore[reportUnknownLambdaType]  # a router
    graph = builder.compile(checkpointer=InMemorySaver())
    kept = recorded(tmp_path / "x.case", lambda: graph.invoke(["in"], THREAD))
    assert kept.case.subject.spec["program"]["schema"] == "root"  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue, reportOptionalSubscript]  # plain data
    assert run(Pure(), kept.case) == kept.reference_outcomes


def test_thread_ids_of_other_types_become_text_and_deletions_are_recorded(tmp_path: Path) -> None:
    numbered: Any = {"configurable": {"thread_id": 7}}
    graph = line(logs)

    def act() -> None:
        list(graph.stream({"n": 1}, numbered, stream_mode=["checkpoints", "debug"]))
        graph.get_state(numbered)
        graph.checkpointer.delete_thread("7")
        assert graph.get_state(numbered).values == {}

    kept = recorded(tmp_path / "x.case", act)
    names = [operation.name for operation in kept.case.operations]
    assert names == ["stream", "get_state", "delete_thread", "get_state"]
    assert all(operation.args["thread"] == "7" for operation in kept.case.operations)


def test_a_subgraphs_own_saver_is_that_of_the_graph_around_it(tmp_path: Path) -> None:
    inner, own = line(logs), InMemorySaver()
    inner.checkpointer = own

    def outer(saver: Any) -> Any:
        builder: Any = StateGraph(State)
        builder.add_node("inner", inner)
        builder.add_edge(START, "inner")
        return builder.compile(checkpointer=saver)

    recorded(tmp_path / "x.case", lambda: outer(InMemorySaver()).invoke({"n": 1}, THREAD))
    assert not own.storage
    with pytest.raises(CannotRecordError, match="has a saver of its own, the graph around it has"):
        recorded(tmp_path / "y.case", lambda: outer(None).invoke({"n": 1}, THREAD))


def test_schemas_of_input_output_and_single_nodes_are_recorded(tmp_path: Path) -> None:
    def think(state: Input) -> Private:
        return {"secret": state["question"]}

    def answer(state: Private) -> Output:
        return {"answer": state["secret"]}

    builder: Any = StateGraph(State, input_schema=Input, output_schema=Output)
    builder.add_node("think", think)
    builder.add_node("answer", answer)
    builder.add_edge(START, "think")
    builder.add_edge("think", "answer")
    graph = builder.compile(checkpointer=InMemorySaver())
    recorded(tmp_path / "x.case", lambda: graph.invoke({"question": "why", "n": 1}, THREAD))


def logs(_: Any) -> Any:
    return {"log": ["a"]}


def counts(state: Any) -> Any:
    return {"n": state.get("n", 0) + 1}


def over_two(state: Any) -> bool:
    return state["n"] > 2


def test_a_branch_to_the_end_and_breakpoints_are_recorded(tmp_path: Path) -> None:
    builder: Any = StateGraph(State)
    builder.add_node("a", counts)
    builder.add_edge(START, "a")
    builder.add_conditional_edges("a", over_two, {True: END, False: "a"})
    graph = builder.compile(checkpointer=InMemorySaver(), interrupt_after=["a"])

    def act() -> None:
        graph.invoke({"n": 0}, THREAD)
        graph.invoke(None, THREAD)
        graph.invoke(None, THREAD)
        assert graph.invoke(None, THREAD)["n"] == 3

    kept = recorded(tmp_path / "x.case", act)
    assert run(Pure(), kept.case) == kept.reference_outcomes
    assert any(name.startswith("checkpoint/t/") for name in stored(kept.reference_outcomes))
