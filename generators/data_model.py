"""LangGraph's own records as they lie in a database: checkpoints, metadata, writes, snapshots.

Most come from real runs: what the reference stored while it ran three small programs. The older
checkpoint versions are literal, as no current release writes them; they are what an upgrade meets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.types import Interrupt, Overwrite, PregelTask, Send, StateSnapshot

from parity_kit.contract import Case, Operation, Outcome, Raised, Returned, run, split_stored_name
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Plain
from parity_kit.corpora.authoring import codec, dumped, graph, op
from parity_kit.reference import Engine

_STAMP = "2024-01-01T00:00:00+00:00"
_ID = "1ef4f797-8335-6428-8001-8a1503f9b875"
_PARENT = "1ef4f797-8335-6428-8000-8a1503f9b875"
_OLD_VERSION = "00000000000000000000000000000002.0.5125969"

_REVIEW = {
    "state": {"draft": {"type": "str"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "write": {"body": [{"write": {"draft": "v1", "log": ["write"]}}]},
        "ask": {
            "body": [
                {"let": {"answer": {"interrupt": {"review": {"get": "draft"}}}}},
                {"write": {"log": [{"var": "answer"}]}},
            ]
        },
    },
    "edges": [["__start__", "write"], ["write", "ask"], ["ask", "__end__"]],
}
_FAIL = {"raise": {"type": "ValueError", "message": "item 2"}}
_MAP = {
    "state": {"items": {"type": "list"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "plan": {"body": [{"write": {"items": [1, 2, 3]}}]},
        "work": {
            "body": [
                {"when": [{"eq": [{"get": "item"}, 2]}, [_FAIL]]},
                {"write": {"log": [{"get": "item"}]}},
            ]
        },
    },
    "edges": [["__start__", "plan"], ["work", "__end__"]],
    "branches": {"plan": [{"send": {"to": "work", "each": {"get": "items"}, "as": "item"}}]},
}
_JOIN = {
    "state": {"n": {"type": "int", "reducer": "add"}},
    "nodes": {
        "a": {"body": [{"write": {"n": 1}}]},
        "b": {"body": [{"write": {"n": 2}}]},
        "c": {"body": [{"write": {"n": {"overwrite": 10}}}], "defer": True},
    },
    "edges": [["__start__", "a"], ["__start__", "b"], [["a", "b"], "c"]],
}
_THREAD = {"thread": "t"}
_RUNS: dict[str, tuple[dict[str, Any], str, tuple[Operation, ...]]] = {
    "review": (
        _REVIEW,
        "memory",
        (
            op("invoke", **_THREAD, input={"log": ["in"]}),
            op("get_state", **_THREAD),
            op("resume", **_THREAD, value="fine"),
            op("update_state", **_THREAD, values={"draft": "v2"}, as_node="write"),
            op("get_state_history", **_THREAD, limit=2),
        ),
    ),
    "map": (
        _MAP,
        "memory",
        (op("invoke", **_THREAD, input={"log": []}), op("get_state", **_THREAD)),
    ),
    "join": (
        _JOIN,
        "sqlite",
        (op("invoke", **_THREAD, input={"n": 0}), op("get_state", **_THREAD)),
    ),
}


def _old_checkpoint(version: int, **more: Any) -> dict[str, Any]:
    return {
        "v": version,
        "ts": _STAMP,
        "id": _ID,
        "channel_values": {"log": ["a"], "start:plan": "__start__"},
        "channel_versions": {"__start__": 2, "log": 3, "start:plan": 3},
        "versions_seen": {"__input__": {}, "__start__": {"__start__": 1}},
        **more,
    }


def _tuple(checkpoint: Any, writes: list[Any]) -> CheckpointTuple:
    metadata: Any = {"source": "loop", "step": 1, "parents": {}}
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": _ID}}
    parent: Any = {"configurable": config["configurable"] | {"checkpoint_id": _PARENT}}
    return CheckpointTuple(config, checkpoint, metadata, parent, writes)


_CHECKPOINTS: dict[str, Any] = {
    "v1-with-pending-sends": _old_checkpoint(1, pending_sends=[Send("work", {"k": 1})]),
    "v1-without-pending-sends": _old_checkpoint(1, pending_sends=[]),
    "v1-float-versions": _old_checkpoint(1, channel_versions={"log": 1.5}),
    "v2": _old_checkpoint(2, pending_sends=[]),
    "v3": _old_checkpoint(3, channel_versions={"log": _OLD_VERSION}),
    "v4-updated-channels-null": _old_checkpoint(4, updated_channels=None),
    "v4-updated-channels": _old_checkpoint(4, updated_channels=["branch:to:plan", "log"]),
    "v4-messages": _old_checkpoint(
        4,
        channel_values={
            "messages": [HumanMessage(content="a", id="1"), AIMessage(content="b", id="2")]
        },
        updated_channels=["messages"],
    ),
    "field-not-known": _old_checkpoint(4, added_later={"x": 1}),
}
# What every version could hold: `pregel._migrate_checkpoint` and `StateGraph`'s read them by name.
_LAYOUTS: dict[str, dict[str, Any]] = {
    "empty": {"channel_values": {}, "channel_versions": {}, "versions_seen": {}},
    "start-channels": {
        "channel_values": {"start:plan": "__start__", "log": ["a"]},
        "channel_versions": {"__start__": 2, "start:plan": 2, "log": 3},
        "versions_seen": {"plan": {"start:plan": 2}, "__interrupt__": {"start:plan": 2}},
    },
    "branch-channels": {
        "channel_values": {"branch:plan:route:work": "plan", "branch:to:ask": None},
        "channel_versions": {"branch:plan:route:work": 3, "branch:to:ask": 4},
        "versions_seen": {"work": {"branch:plan:route:work": 3}},
    },
    "source-channels": {
        "channel_values": {"plan": "plan", "work": None},
        "channel_versions": {"plan": 3, "work": 2},
        "versions_seen": {"work": {"plan": 3}},
    },
    "sends-waiting": {
        "channel_values": {"__pregel_tasks": [Send("work", {"k": 1}), Send("work", {"k": 2})]},
        "channel_versions": {"__pregel_tasks": _OLD_VERSION},
    },
    "typed-values": {
        "channel_values": {
            "join": {"a", "b"},
            "barrier": ({"a"}, False),
            "messages": [HumanMessage(content="a", id="1")],
            "folded": _DeltaSnapshot([1]),
        },
        "channel_versions": {"join": _OLD_VERSION, "messages": _OLD_VERSION},
    },
}
_CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": _ID}}
_RECORDS: dict[str, Any] = {
    "config/plain": _CONFIG,
    "config/nested-namespace": {
        "configurable": {"thread_id": "t", "checkpoint_ns": "outer:1|inner:2"}
    },
    "config/checkpoint-map": {
        "configurable": {"checkpoint_map": {"": _PARENT, "outer:1": _ID}},
        "metadata": {"run": "r"},
        "tags": ["a"],
        "recursion_limit": 25,
    },
    "config/thread-only": {"configurable": {"thread_id": "t"}},
    "config/thread-is-a-number": {"configurable": {"thread_id": 1}},
    "config/empty": {"configurable": {}},
    "config/with-run": {"configurable": {"thread_id": "t"}, "run_id": UUID(int=1), "tags": []},
    "metadata/empty": {},
    "metadata/delta-counters": {
        "source": "loop",
        "step": 2,
        "parents": {},
        "counters_since_delta_snapshot": {"log": [1, 2]},
    },
    "metadata/from-config": {
        "source": "loop",
        "step": 2,
        "parents": {"": _PARENT, "outer:1": _ID},
        "thread_id": "t",
        "user": {"n": 1.5, "none": None},
    },
    "pending-write/error-source": ["task-1", "__error_source_node__", "plan"],
    "pending-write/return": ["task-1", "__return__", {"a": 1}],
    "pending-write/null-task": ["0" * 8, "__resume__", [{"a": 1}, None]],
    "pending-write/overwrite": ["task-1", "log", Overwrite([1])],
    "pending-write/messages": ["task-1", "messages", [AIMessage(content="a", id="1")]],
    "metadata/input": {"source": "input", "step": -1, "parents": {}},
    "metadata/loop": {"source": "loop", "step": 0, "parents": {}, "run_id": "r"},
    "metadata/update": {"source": "update", "step": 3, "parents": {"": _PARENT}},
    "metadata/fork": {"source": "fork", "step": 4, "parents": {}},
    "metadata/old-writes": {"source": "loop", "step": 1, "writes": {"n": {"a": 1}}, "parents": {}},
    "pending-write/value": ["task-1", "log", ["a"]],
    "pending-write/error": ["task-1", "__error__", "ValueError('bad')"],
    "pending-write/interrupt": ["task-1", "__interrupt__", [Interrupt("q", id="0" * 32)]],
    "pending-write/resume": ["task-1", "__resume__", ["yes", {"also": 1}]],
    "pending-write/no-writes": ["task-1", "__no_writes__", None],
    "pending-write/send": ["task-1", "__pregel_tasks", Send("work", {"k": 1})],
    "pending-write/scheduled": ["task-1", "__scheduled__", None],
    "task/pulled": PregelTask("1", "plan", ("__pregel_pull", "plan")),
    "task/pushed": PregelTask("2", "work", ("__pregel_push", 0, False)),
    "task/interrupted": PregelTask(
        "3", "ask", ("__pregel_pull", "ask"), None, (Interrupt("q", id="0" * 32),)
    ),
    "task/failed": PregelTask("4", "bad", ("__pregel_pull", "bad"), ValueError("bad")),
    "task/with-result": PregelTask("5", "a", ("__pregel_pull", "a"), result={"n": 1}),
    "task/with-subgraph-config": PregelTask("6", "a", ("__pregel_pull", "a"), state=_CONFIG),
    "snapshot/empty": StateSnapshot({}, (), _CONFIG, None, None, None, (), ()),
    "tuple/plain": _tuple(_old_checkpoint(4), []),
    "tuple/with-writes": _tuple(_old_checkpoint(4), [("task-1", "log", ["a"])]),
    "tuple/first": CheckpointTuple(_CONFIG, _old_checkpoint(4), {}, None, None),  # pyright: ignore[reportArgumentType]  # plain maps
    "snapshot/waiting": StateSnapshot(
        {"log": ["a"]},
        ("ask",),
        _CONFIG,
        {"source": "loop", "step": 1, "parents": {}},
        _STAMP,
        _CONFIG,
        (PregelTask("3", "ask", ("__pregel_pull", "ask")),),
        (Interrupt("q", id="0" * 32),),
    ),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in _CHECKPOINTS.items():
        yield from dumped(f"data_model/checkpoint/{name}", value, "data checkpoint")
    for layout, parts in _LAYOUTS.items():
        for version in (1, 2, 3, 4):
            sends: dict[str, Any] = {"pending_sends": []}
            if version == 4:  # noqa: PLR2004  # the version without
                sends = {"updated_channels": None}
            value = _old_checkpoint(version, **parts, **sends)
            case = f"data_model/layout/v{version}-{layout}"
            yield from dumped(case, value, "data checkpoint", f"checkpoint v{version}")
    for name, value in _RECORDS.items():
        kind = name.partition("/")[0]
        yield from dumped(f"data_model/{name}", value, f"data {kind}")
    for name, (program, saver, operations) in _RUNS.items():
        outcomes = run(Engine(), graph(f"run/{name}", program, *operations, saver=saver))
        yield from _stored_in(name, outcomes)
        yield from _answered_in(name, operations, outcomes)


def _stored_in(name: str, outcomes: tuple[Outcome, ...]) -> Iterator[Case]:
    number = 0
    for outcome in outcomes:
        if not isinstance(outcome, (Returned, Raised)):
            continue
        for stored, data in sorted(outcome.stored.items()):
            kind, *parts = split_stored_name(stored)
            if parts[-1] != "msgpack":
                continue
            number += 1
            # thread/ns/channel/… of a blob, thread/ns/id/task/index/channel/… of a write
            at = {"blob": 2, "write": 5}.get(kind)
            channel = "" if at is None else f"-{parts[at]}"
            case = f"data_model/{kind}/{name}-{number:02}{channel}"
            yield codec(case, data, f"data {kind}", encode=True)


def _answered_in(
    name: str, operations: tuple[Operation, ...], outcomes: tuple[Outcome, ...]
) -> Iterator[Case]:
    for index, (operation, outcome) in enumerate(zip(operations, outcomes, strict=True)):
        if isinstance(outcome, Returned) and operation.name != "invoke":
            value: Plain = outcome.value
            case = f"data_model/answer/{name}-{index}-{operation.name}"
            yield codec(case, pack(value), "data answer", encode=True)
