"""What a search draws: every operation and argument of the contract, and names that collide."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

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
from parity_kit.contract.operations import OPERATIONS
from parity_kit.programs.parsing import parse
from parity_kit.reference import Engine
from parity_kit.search.choices import seeded
from parity_kit.search.generate import SUITES
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
    elsewhere = {"input", "thread", "checkpoint", "task", "inner", "async", "logs"}
    assert names.keys() == OPERATIONS[SubjectKind.GRAPH]["stream"] - elsewhere | {
        *("config tags", "config metadata", "config configurable"),
    }


NOT_DRAWN = {
    ("codec", "classify"): "what a library words differently is classified in corpora of bytes",
    ("codec", "is_allowed"): "the corpus allowlist asks for every name that is known",
    ("codec", "method"): "an argument of is_allowed",
    ("codec", "module"): "an argument of is_allowed",
    ("codec", "name"): "an argument of is_allowed",
    ("graph", "clear_cache"): "programs with a cache are not drawn",
    ("graph", "compile"): "every other operation compiles; a program that fails to is not drawn",
    ("graph", "copy_thread"): "none of LangGraph's savers copies threads",
    ("graph", "created"): "an argument of load_stored",
    ("graph", "first_event"): "it leaves a run in the middle, where threads may have gone on",
    ("graph", "load_stored"): "handovers are a corpus and a campaign of their own",
    ("graph", "logs"): "what LangGraph warns of in odd programs is no promise; corpora have it",
    ("graph", "messages"): "an argument of load_stored",
    ("graph", "namespace"): "an argument of store_items",
    ("graph", "nodes"): "an argument of clear_cache",
    ("graph", "parent"): "the thread of an older release that is drawn has one checkpoint",
    ("graph", "source"): "an argument of copy_thread",
    ("graph", "store_items"): "programs with a store are not drawn",
    ("graph", "stored"): "an argument of load_stored",
    ("graph", "target"): "an argument of copy_thread",
}
"""Operations and arguments of the contract that no search draws, each with the reason."""


@pytest.mark.slow
def test_what_the_contract_has_is_drawn_or_named_with_a_reason() -> None:
    engine, drawn = Engine(), set[tuple[str, str]]()
    for suite, count in {"graph": 600, "crash": 20}.items() | {
        (name, 150) for name in SUITES if name not in {"graph", "crash"}
    }:
        for number in range(count):
            case = SUITES[suite](seeded(number, []), engine).case
            kind = case.subject.kind.value
            for operation in case.operations:
                drawn |= {(kind, name) for name in (operation.name, *operation.args)}
    known = {
        (kind.value, name)
        for kind, operations in OPERATIONS.items()
        for operation, arguments in operations.items()
        for name in (operation, *arguments)
    }
    assert known - drawn == NOT_DRAWN.keys()


def test_the_first_version_of_streams_is_what_a_run_has_without_one() -> None:
    args: dict[str, Any] = {
        "thread": "t",
        "input": {"n": 0, "log": []},
        "modes": ["values", "debug"],
    }
    runs = [args, {**args, "version": "v1"}]
    first, second = (
        run(Engine(), graph_case(PROGRAM | {"context": {}}, Operation("stream", one)))
        for one in runs
    )
    assert isinstance(first[0], Returned)
    assert first == second


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
