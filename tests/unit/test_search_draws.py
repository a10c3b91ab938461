"""What a search draws: every operation and argument of the contract, and names that collide."""

from __future__ import annotations

from collections import Counter
from typing import Any

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    run,
)
from parity_kit.programs.parsing import parse
from parity_kit.reference import Engine
from parity_kit.search.choices import seeded
from parity_kit.search.generate.arguments import change, run_arguments
from parity_kit.search.generate.channels import channel_case
from parity_kit.search.generate.old_threads import old_checkpoint
from parity_kit.search.generate.programs import program
from parity_kit.search.generate.roots import root_program, root_value
from parity_kit.search.situations import situations

PROGRAM: dict[str, Any] = {
    "state": {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {"a": {"body": []}},
    "edges": [["__start__", "a"]],
    "context": {"who": "str"},
    "subgraphs": {},
}


def test_every_argument_of_a_run_is_drawn() -> None:
    choices, names = seeded(1, []), Counter[str]()
    for _ in range(2000):
        drawn = run_arguments(choices, PROGRAM, has_thread=True)
        names.update(drawn.keys())
        config = drawn.get("config", {})
        assert isinstance(config, dict)
        names.update(f"config {part}" for part in config)
    assert min(names.values()) > 15
    assert names.keys() >= {
        *("durability", "modes", "subgraphs", "stream_mode", "recursion_limit", "context"),
        *("interrupt_before", "interrupt_after", "max_concurrency", "output_keys"),
        *("config tags", "config metadata", "config configurable"),
    }


def test_an_update_is_drawn_as_every_node() -> None:
    choices = seeded(1, [])
    changes = [change(choices, PROGRAM) for _ in range(500)]
    nodes = {str(made.get("as_node")) for made in changes}
    assert nodes == {"None", "a", "nobody", "__input__", "__end__", "__start__", "__copy__"}
    assert any("for_task" in made for made in changes)


def test_channels_of_every_class_are_loaded_and_get_null() -> None:
    choices, engine = seeded(1, []), Engine()
    loaded, nulls = set[object](), set[object]()
    for _ in range(1000):
        case = channel_case(choices, engine).case
        names = [operation.name for operation in case.operations]
        if "load" in names:
            loaded.add(case.subject.spec["class"])
        if any(None in (operation.args.get("values") or ()) for operation in case.operations):  # pyright: ignore[reportOperatorIssue]  # a list
            nulls.add(case.subject.spec["class"])
    assert len(loaded) == len(nulls) == 10


def test_what_is_drawn_can_be_compiled_and_run() -> None:
    choices, engine = seeded(2, []), Engine()
    for _ in range(15):
        made = root_program(choices)
        value = root_value(choices, made["state"]["__root__"]["type"])
        case = graph_case(made, Operation("invoke", {"thread": "t", "input": value}))
        (outcome,) = run(engine, case)
        if not isinstance(outcome, Returned):
            assert isinstance(outcome, Raised)
            assert outcome.error == "langgraph.errors.GraphRecursionError"
    for _ in range(15):
        put = Operation("put", {"thread": "t"} | old_checkpoint(choices, PROGRAM))
        state = Operation("get_state", {"thread": "t"})
        for outcome in run(engine, graph_case(PROGRAM, put, state)):
            assert isinstance(outcome, Returned), outcome
    for _ in range(200):
        parse(program(choices))


def graph_case(made: dict[str, Any], *operations: Operation) -> Case:
    subject = Subject(SubjectKind.GRAPH, {"program": made, "saver": "memory"})
    return Case(CaseId("c"), subject, operations)


def test_an_operation_counts_with_the_state_it_meets() -> None:
    update, get = Operation("update", {"values": [1]}), Operation("get")
    channel = Subject(SubjectKind.CHANNEL, {"class": "LastValue"})
    stored = Returned(value=True, stored={"checkpoint/msgpack": b"\x01"})
    outcomes = [Raised("E", ""), stored, Returned(1), Returned(value=True, dropped=("checkpoint",))]
    assert situations(channel, [get, update, get, update, get], [*outcomes, Returned(1)]) == {
        *("get of nothing", "update after an error", "get of a value", "update of a value"),
    }


def test_a_run_counts_with_the_state_of_its_thread() -> None:
    asks: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": [{"let": {"x": {"interrupt": "q"}}}]}},
        "edges": [["__start__", "a"]],
    }
    thread = {"thread": "t"}
    case = graph_case(
        asks,
        Operation("invoke", {**thread, "input": {"n": 1}}),
        Operation("get_state", thread),
        Operation("invoke", {**thread, "input": {"x": 1}, "output_keys": "nobody"}),
        Operation("get_state", thread),
        Operation("get_state", {**thread, "checkpoint": 1}),
        Operation("get_state", {"thread": "u"}),
    )
    assert situations(case.subject, case.operations, run(Engine(), case)) == {
        *("invoke on a new thread", "invoke beside a question", "get_state beside a question"),
        *("get_state after an error", "get_state at an earlier checkpoint"),
        "get_state on a new thread",
    }
