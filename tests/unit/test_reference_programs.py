"""What real LangGraph does with each construct of programs, synchronous and asynchronous alike."""

from __future__ import annotations

from typing import Any

import pytest
from graph_runs import EVERY_MODE, STATE, body, error, fail, log, play, streamed, value
from langgraph.graph import StateGraph

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    run,
)
from parity_kit.contract.errors import BadProgramError
from parity_kit.corpora.authoring import op
from parity_kit.reference import Engine


def test_return_ends_a_body_whatever_was_written() -> None:
    node = body(log("no"), {"when": [True, [{"return": {"log": ["yes"]}}]]}, fail("ValueError", ""))
    (outcome,) = play({"nodes": {"a": node}, "entry": "a"}, op("invoke", thread="t", input={}))
    assert value(outcome) == {"log": ["yes"]}


def test_a_command_updates_and_goes_to_nodes_and_sends_that_no_edge_names() -> None:
    goto = ["b", {"send": {"to": "c", "each": {"range": 2}, "as": "k"}}]
    nodes = {
        "a": body({"return": {"command": {"update": {"log": ["a"]}, "goto": goto}}}),
        "b": body(log("b")),
        "c": body(log({"input": None})),
    }
    run_command = {"update": {"log": ["x"]}, "goto": ["b", {"send": ["c", {"k": 7}]}]}
    first, second = play(
        {"nodes": nodes, "entry": "a"},
        op("invoke", thread="t", input={}),
        op("command", thread="t", command=run_command),
    )
    assert value(first) == {"log": ["a", "b", {"k": 0}, {"k": 1}]}
    assert value(second)["log"][4:] == ["x", "b", {"k": 7}]


@pytest.mark.parametrize("way", ["edges", "waiting_edges"])
def test_a_pinned_order_of_edges_hides_no_edge_that_langgraph_loses(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    program = {
        "nodes": {name: body(log(name)) for name in ("a", "b", "c")},
        "entry": "a",
        "edges": [["a", "b"], [["a", "b"], "c"]],
    }
    invoke = op("invoke", thread="t", input={})
    assert value(play(program, invoke)[0]) == {"log": ["a", "b", "c"]}
    add_edge: Any = vars(StateGraph)["add_edge"]

    def lossy(graph: Any, start: Any, end: str) -> Any:
        added = add_edge(graph, start, end)
        getattr(graph, way).discard((("a", "b"), "c") if way == "waiting_edges" else ("a", "b"))
        return added

    monkeypatch.setattr(StateGraph, "add_edge", lossy)
    lost = {"edges": ["a"], "waiting_edges": ["a", "b"]}
    assert value(play(program, invoke)[0]) == {"log": lost[way]}


def test_a_path_map_names_the_nodes_that_an_expression_chooses() -> None:
    program = {
        "nodes": {name: body(log(name)) for name in ("a", "b")},
        "entry": "a",
        "branches": {"a": [{"path": {"get": "n"}, "map": {"left": "b", "right": "__end__"}}]},
        "state": {**STATE, "n": {"type": "str"}},
    }
    outcomes = play(
        program,
        *(op("invoke", thread=way, input={"n": way}) for way in ("left", "right", "up")),
    )
    assert [value(outcome)["log"] for outcome in outcomes[:2]] == [["a", "b"], ["a"]]
    assert error(outcomes[2]) == ("KeyError", "'up'")


def test_a_sequence_runs_in_its_order_and_nodes_keep_theirs() -> None:
    program = {
        "nodes": {name: body(log(name)) for name in ("c", "a", "b")},
        "entry": "a",
        "sequence": ["a", "b", "c"],
        "finish": "c",
    }
    run_it, state = play(
        program, op("invoke", thread="t", input={}), op("get_state", thread="t", checkpoint=3)
    )
    assert value(run_it) == {"log": ["a", "b", "c"]}
    assert value(state)["next"] == ["b"]


@pytest.mark.parametrize("schema", ["typed_dict", "dataclass", "pydantic"])
def test_schemas_decide_what_goes_in_what_comes_out_and_what_a_node_sees(schema: str) -> None:
    program: dict[str, Any] = {
        "schema": schema,
        "state": {**STATE, "left": {"managed": "remaining_steps"}},
        "input": ["n"],
        "output": ["log"],
        "private": {"secret": {"type": "str"}, "unheard": {"type": "str"}},
        "nodes": {
            "a": body({"write": {"secret": "s", "unheard": "u", "log": [{"get": "left"}]}}),
            "b": body(log({"input": None}), input=["secret", "n"]),
        },
        "sequence": ["a"],
        "edges": [["__start__", "a"], ["a", "b"]],
    }
    outcome, state = play(
        program,
        op("invoke", thread="t", input={"n": 1, "log": ["no"]}, recursion_limit=5),
        op("get_state", thread="t"),
    )
    assert value(outcome) == {"log": [4, {"secret": "s", "n": 1}]}
    assert value(state)["values"] == {"n": 1, "log": [4, {"secret": "s", "n": 1}], "secret": "s"}


def test_pydantic_checks_types() -> None:
    program = {"schema": "pydantic", "nodes": {"a": body()}, "entry": "a"}
    (outcome,) = play(program, op("invoke", thread="t", input={"n": "many"}))
    assert error(outcome)[0] == "pydantic_core._pydantic_core.ValidationError"


def test_a_retried_node_begins_again_until_its_attempts_are_used_up() -> None:
    twice = {"when": [{"lt": [{"visits": None}, 3]}, [fail("ConnectionError", "down")]]}
    nodes = {
        "a": body(twice, log({"visits": None}, {"info": "attempt"}), retry={"max_attempts": 3})
    }
    (outcome,) = play({"nodes": nodes, "entry": "a"}, op("invoke", thread="t", input={}))
    assert value(outcome) == {"log": [3, 3]}
    nodes["a"]["retry"] = [{"on": ["KeyError"]}, {"on": ["ConnectionError"], "max_attempts": 2}]
    first, second = play(
        {"nodes": nodes, "entry": "a"},
        op("invoke", thread="t", input={}),
        op("invoke", thread="t", input=None),
    )
    assert error(first) == ("ConnectionError", "down")
    assert value(second) == {"log": [3, 1]}


def test_without_a_policy_of_its_own_only_what_may_pass_is_tried_again() -> None:
    for kind, visits in (("ValueError", 1), ("TimeoutError", 1), ("ConnectionError", 3)):
        nodes = {
            "a": body(log({"visits": None}), fail(kind, "x"), retry={}),
            "b": body({"emit": {"visits": None}}),
        }
        nodes["a"]["error_handler"] = [log({"error": "type"}, {"error": "message"})]
        nodes["a"]["body"].insert(0, {"emit": {"visits": None}})
        (outcome,) = play(
            {"nodes": nodes, "entry": "a"},
            op("stream", thread="t", input={}, modes=["custom"]),
        )
        assert streamed(outcome) == list(range(1, visits + 1))


def test_an_error_handler_sees_what_failed_and_may_command() -> None:
    nodes = {
        "a": body(
            fail("KeyError", "k"),
            error_handler=[log({"error": "node"}, {"error": "type"}, {"error": "message"})],
        ),
        "b": body(
            fail("ValueError", "v"),
            error_handler=[{"return": {"command": {"goto": "c", "update": {"log": ["to c"]}}}}],
        ),
        "c": body(log("c")),
    }
    (outcome,) = play(
        {"nodes": nodes, "edges": [["__start__", "a"], ["__start__", "b"]]},
        op("invoke", thread="t", input={}),
    )
    assert value(outcome) == {"log": ["a", "KeyError", "'k'", "to c", "c"]}


def test_defaults_hold_for_every_node() -> None:
    program = {
        "nodes": {name: body(fail("ValueError", name)) for name in ("a", "b")},
        "edges": [["__start__", "a"], ["__start__", "b"]],
        "defaults": {
            "retry": {"max_attempts": 2, "on": ["ValueError"]},
            "error_handler": [log({"error": "node"}, {"visits": None})],
        },
    }
    (outcome,) = play(program, op("invoke", thread="t", input={}))
    assert value(outcome) == {"log": ["a", 1, "b", 2]}


def test_emissions_context_and_facts_of_the_run() -> None:
    facts = [{"info": name} for name in ("attempt", "thread_id", "task_id", "checkpoint_ns")]
    nodes = {"a": body({"emit": {"context": "user"}}, {"emit": {"context": "other"}}, log(*facts))}
    program = {"nodes": nodes, "entry": "a", "context": {"user": "str", "other": "int"}}
    first, second = play(
        program,
        op("stream", thread="t", input={}, modes=["custom", "tasks"], context={"user": "me"}),
        op("invoke", thread="t", input={}, context={"nobody": 1}),
    )
    task, user, other, _ = streamed(first)
    assert (user, other) == ("me", None)
    assert error(second)[0] == "TypeError"
    (state,) = play(program, op("invoke", thread="t", input={}))
    assert value(state)["log"] == [1, "t", task["id"], f"a:{task['id']}"]


def test_all_events_of_a_task_come_before_the_next_begins() -> None:
    nodes = {
        "a": body({"emit": 1}, {"wait": 9}, {"emit": 2}, log("a")),
        "b": body({"emit": 3}, fail("ValueError", "b")),
        "c": body({"emit": 4}, log("c")),
    }
    (outcome,) = play(
        {"nodes": nodes, "edges": [["__start__", name] for name in nodes]},
        op("stream", thread="t", input={}, modes=["custom", "updates"]),
    )
    assert isinstance(outcome, Raised)
    payloads = [1, 2, {"a": {"log": ["a"]}}, 3, 4, {"c": {"log": ["c"]}}]
    assert [event.payload for event in outcome.events] == payloads


def test_a_drained_run_stops_after_its_superstep_and_runs_on_later() -> None:
    nodes = {"a": body(log("a"), {"drain": "enough"}), "b": body(log("b"))}
    stopped, later = play(
        {"nodes": nodes, "entry": "a", "sequence": ["a", "b"]},
        op("invoke", thread="t", input={}),
        op("invoke", thread="t", input=None),
    )
    assert error(stopped) == ("langgraph.errors.GraphDrained", "Graph drained: enough")
    assert value(later) == {"log": ["a", "b"]}


def test_breakpoints_of_one_run() -> None:
    program = {
        "nodes": {name: body(log(name)) for name in ("a", "b", "c")},
        "entry": "a",
        "sequence": ["a", "b", "c"],
    }
    outcomes = play(
        program,
        op("invoke", thread="t", input={}, interrupt_before=["b"]),
        op("invoke", thread="t", input=None, interrupt_after="*", max_concurrency=1),
        op("invoke", thread="t", input=None),
    )
    assert [value(outcome)["log"] for outcome in outcomes] == [["a"], ["a", "b"], ["a", "b", "c"]]


def test_all_seven_stream_modes_at_once() -> None:
    message = {"message": {"type": "ai", "content": "hi"}}
    program = {
        "state": {"m": {"type": "messages", "reducer": "messages"}},
        "nodes": {"a": body({"emit": 1}, {"write": {"m": [message]}})},
        "entry": "a",
    }
    (outcome,) = play(program, op("stream", thread="t", input={"m": []}, modes=EVERY_MODE))
    assert isinstance(outcome, Returned)
    assert {event.mode for event in outcome.events} == set(EVERY_MODE)
    message_event: Any = next(event.payload for event in outcome.events if event.mode == "messages")
    assert b"00000000-0000-4000-8000-000000000001" in message_event[0].data


def test_messages_are_replaced_and_removed_by_id() -> None:
    def message(kind: str, **parts: str) -> dict[str, Any]:
        return {"message": {"type": kind, **parts}}

    write = [message("remove", id="1"), message("human", id="2", content="new"), message("system")]
    program = {
        "state": {"m": {"type": "messages", "reducer": "messages"}},
        "nodes": {"a": body({"write": {"m": write}})},
        "entry": "a",
    }
    given = [{"type": "human", "content": "old", "id": item} for item in ("1", "2")]
    (outcome,) = play(program, op("invoke", thread="t", input={"m": given}))
    kept = [message.data for message in value(outcome)["m"]]
    assert len(kept) == 2
    assert b"new" in kept[0]
    assert b"SystemMessage" in kept[1]


def test_a_cached_node_does_not_begin_until_its_entry_is_gone() -> None:
    nodes = {"a": body(log({"visits": None}), cache={"key": {"get": "n"}})}
    program = {"nodes": nodes, "entry": "a", "cache": True}
    runs = [op("invoke", thread=str(index), input={"n": n}) for index, n in enumerate((1, 1, 2))]
    again = op("invoke", thread="x", input={"n": 1})
    outcomes = play(program, *runs, op("clear_cache"), again)
    assert [value(outcome)["log"] for outcome in outcomes if value(outcome)] == [[1], [1], [2], [3]]
    # A run makes three checkpoints, and the cache's clock goes on by one second for each.
    nodes["a"]["cache"] = {"ttl": 4}
    outcomes = play(program, *(op("invoke", thread=name, input={"n": 1}) for name in "abc"))
    assert [value(outcome)["log"] for outcome in outcomes] == [[1], [1], [2]]


def test_the_store_is_shared_by_threads() -> None:
    nodes = {
        "a": body(
            {"store_put": [["x", {"get": "n"}], "k", {"n": {"get": "n"}}]},
            {"store_put": [["x"], "gone", {}]},
            {"store_delete": [["x"], "gone"]},
            {"store_put": [["x"], "no map", 1]},
            log({"store_get": [["x", "2"], "k"]}, {"store_get": [["nowhere"], "k"]}),
            log({"store_search": ["x"]}),
        )
    }
    program = {"nodes": nodes, "entry": "a", "store": True}
    second = [["x", "2"], "k", {"n": 2}]
    items = [[["x", "1"], "k", {"n": 1}], second]
    outcomes = play(
        program,
        op("invoke", thread="a", input={"n": 2}),
        op("invoke", thread="b", input={"n": 1}),
        op("store_items", namespace=["x"]),
    )
    assert [value(outcomes[0])["log"], value(outcomes[1])["log"]] == [[[second]], [items]]
    assert value(outcomes[2]) == items
    (alone,) = play({**program, "store": False}, op("invoke", thread="a", input={"n": 2}))
    assert value(alone)["log"] == [[]]


def test_updates_of_several_supersteps() -> None:
    program = {
        "nodes": {name: body(log(name)) for name in ("a", "b")},
        "entry": "a",
        "sequence": ["a", "b"],
    }
    steps = [[{"values": {"log": [name]}, "as_node": name}] for name in ("a", "b")]
    _, state = play(
        program,
        op("bulk_update_state", thread="t", supersteps=steps),
        op("get_state", thread="t"),
    )
    assert value(state)["values"] == {"log": ["a", "b"]}
    assert value(state)["metadata"]["source"] == "update"


def test_a_delta_channel_in_a_graph() -> None:
    channel = {"class": "DeltaChannel", "reducer": "add", "snapshot_frequency": 2}
    program = {
        "state": {"log": {"type": "list", "channel": channel}},
        "nodes": {name: body(log(name)) for name in ("a", "b", "c")},
        "entry": "a",
        "sequence": ["a", "b", "c"],
    }
    outcomes = play(
        program,
        *(
            op("invoke", thread="t", input={"log": [n]}, durability=mode)
            for n, mode in enumerate(("sync", "exit"))
        ),
        op("get_state", thread="t"),
    )
    assert value(outcomes[2])["values"] == {"log": [0, "a", "b", "c", 1, "a", "b", "c"]}


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (op("fly"), "graph has no operation fly"),
        (op("_run", input={}, run={}), "graph has no operation _run"),
        (op("invoke", thread="t", wings=2), "invoke has no argument wings"),
        (op("get_state", thread="t", recursion_limit=1), "get_state has no argument recursion_"),
        (op("resume", thread="t"), "resume lacks the argument value"),
    ],
)
def test_what_is_no_operation_of_graphs_is_unsupported(operation: Operation, reason: str) -> None:
    (outcome,) = play({"nodes": {"a": body()}, "entry": "a"}, operation)
    assert isinstance(outcome, Unsupported)
    assert outcome.reason.startswith(reason)


def test_what_langgraph_refuses_is_named() -> None:
    program = {"state": {**STATE, "last": {"managed": "is_last_step"}}, "nodes": {"a": body()}}
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
    with pytest.raises(BadProgramError, match="must have an entrypoint"):
        run(Engine(), Case(CaseId("refused"), subject, (op("invoke", input={}),)))


@pytest.mark.parametrize("schema", ["dataclass", "pydantic"])
def test_a_state_of_a_class_is_a_cache_key_by_its_values(schema: str) -> None:
    program: dict[str, Any] = {
        "schema": schema,
        "cache": True,
        "nodes": {"a": {"body": [{"write": {"log": [{"visits": None}]}}], "cache": {}}},
        "edges": [["__start__", "a"]],
    }
    runs = (op("invoke", thread=f"t{number}", input={"n": n}) for number, n in enumerate((1, 1, 2)))
    assert [value(outcome)["log"] for outcome in play(program, *runs)] == [[1], [1], [2]]
