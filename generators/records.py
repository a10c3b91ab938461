"""LangGraph's own types inside values: packets, commands, interrupts, store items, snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.store.base import GetOp, Item
from langgraph.types import (
    Command,
    Interrupt,
    Overwrite,
    PregelTask,
    Send,
    StateSnapshot,
    TimeoutPolicy,
)

from parity_kit.contract import Case
from parity_kit.corpora.authoring import codec, dumped, envelope

_ID = "0" * 31 + "1"
_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": "1"}}

_SENDS = {
    "null": Send("node", None),
    "scalar": Send("node", 1),
    "map": Send("node", {"k": [1, 2]}),
    "nested": Send("node", {"k": [{"deep": ({},)}]}),
    "typed": Send("node", {"at": _DAY, "set": {1}}),
    "send-in-send": Send("outer", Send("inner", [Send("innermost", 0)])),
    "message": Send("node", {"messages": [HumanMessage(content="a", id="1")]}),
    "empty-name": Send("", ""),
    "name-of-other-plane": Send("nœud 🦜", None),
    "timeout-seconds": Send("node", 1, timeout=TimeoutPolicy(run_timeout=1.5)),
    "timeout-idle": Send("node", 1, timeout=TimeoutPolicy(idle_timeout=2)),
    "timeout-both": Send("node", 1, timeout=TimeoutPolicy(run_timeout=3, idle_timeout=0.25)),
    "timeout-heartbeat": Send(
        "node", None, timeout=TimeoutPolicy(idle_timeout=1, refresh_on="heartbeat")
    ),
    "timeout-span": Send("node", None, timeout=timedelta(seconds=90)),
    "timeout-number": Send("node", None, timeout=5),
    "list": [Send("a", 1), Send("b", 2), "c"],
}
_COMMANDS: dict[str, Any] = {
    "empty": Command(),
    "goto": Command(goto="next"),
    "goto-several": Command(goto=["a", "b"]),
    "goto-send": Command(goto=Send("x", 1)),
    "update-map": Command(update={"a": 1}),
    "update-pairs": Command(update=[("a", 1), ("b", 2)]),
    "update-null": Command(update=None, goto="a"),
    "update-and-sends": Command(update={"a": 1}, goto=[Send("x", 1), "y"]),
    "update-messages": Command(update={"messages": [HumanMessage(content="a", id="1")]}),
    "update-overwrite": Command(update={"log": Overwrite([1])}),
    "resume-scalar": Command(resume="yes"),
    "resume-false": Command(resume=False),
    "resume-map": Command(resume={_ID: "yes", "1" * 32: None}),
    "parent": Command(graph=Command.PARENT, update=[("a", 1)], goto="up"),
    "named-graph": Command(graph="other", goto="x"),
    "in-list": [Command(goto="a"), Command(resume=1)],
}
_OTHERS: dict[str, Any] = {
    "interrupt/value": Interrupt(value={"q": 1}, id=_ID),
    "interrupt/text": Interrupt("?", id=_ID),
    "interrupt/null": Interrupt(None, id=_ID),
    "interrupt/typed": Interrupt({"at": _DAY, "by": Send("a", 1)}, id=_ID),
    "interrupt/placeholder": Interrupt("?"),
    "interrupt/several": (Interrupt(1, id=_ID), Interrupt(2, id="1" * 32)),
    "interrupt/nested": Interrupt(Interrupt(Interrupt(1, id="c"), id="b"), id="a"),
    "overwrite/list": Overwrite([1, 2]),
    "overwrite/null": Overwrite(None),
    "overwrite/map": Overwrite({"a": {"b": 1}}),
    "overwrite/typed": Overwrite({_DAY.date(), _DAY.time()}),
    "overwrite/overwrite": Overwrite(Overwrite(1)),
    "overwrite/in-map": {"log": Overwrite([]), "n": 1},
    "timeout-policy/empty": TimeoutPolicy(),
    "timeout-policy/both": TimeoutPolicy(run_timeout=1.0, idle_timeout=0.5),
    "timeout-policy/span": TimeoutPolicy(run_timeout=timedelta(minutes=1)),
    "timeout-policy/heartbeat": TimeoutPolicy(idle_timeout=1, refresh_on="heartbeat"),
    "delta-snapshot/list": _DeltaSnapshot([1, "a"]),
    "delta-snapshot/null": _DeltaSnapshot(None),
    "delta-snapshot/typed": _DeltaSnapshot({"at": UTC, "in": _DeltaSnapshot([])}),
    "delta-snapshot/messages": _DeltaSnapshot([HumanMessage(content="a", id="1")]),
    "get-op/plain": GetOp(("u", "1"), "k"),
    "get-op/no-refresh": GetOp((), "", refresh_ttl=False),
    "task/pulled": PregelTask("1", "n", ("__pregel_pull", "n")),
    "task/pushed": PregelTask("2", "n", ("__pregel_push", 0, False)),
    "task/pushed-nested": PregelTask(
        "2", "n", ("__pregel_push", ("__pregel_pull", "a"), 1, "id", True)
    ),
    "task/interrupted": PregelTask("3", "n", ("p", "n"), None, (Interrupt("q", id=_ID),)),
    "task/failed": PregelTask("4", "n", ("p", "n"), ValueError("bad")),
    "task/result": PregelTask("5", "n", ("p", "n"), result={"n": [1]}),
    "task/state": PregelTask("6", "n", ("p", "n"), state=_CONFIG),
    "snapshot/empty": StateSnapshot({}, (), _CONFIG, None, None, None, (), ()),
    "snapshot/whole": StateSnapshot(
        {"log": ["a"], "at": _DAY},
        ("n",),
        _CONFIG,
        {"source": "loop", "step": 1, "parents": {}},
        _DAY.isoformat(),
        _CONFIG,
        (PregelTask("3", "n", ("p", "n"), None, (Interrupt("q", id=_ID),)),),
        (Interrupt("q", id=_ID),),
    ),
}
_ITEMS: dict[str, dict[str, Any]] = {
    "plain": {"value": {"a": 1}, "key": "k", "namespace": ("u", "1")},
    "empty": {"value": {}, "key": "", "namespace": ()},
    "nested-value": {"value": {"a": {"b": [1, None]}}, "key": "k", "namespace": ("u",)},
    "typed-value": {"value": {"at": _DAY}, "key": "k", "namespace": ("u",)},
}
# What an older or another release may have stored of the same types.
_OLDER = {
    "interrupt-with-namespace": envelope(
        2,
        "langgraph.types",
        "Interrupt",
        {"value": "q", "resumable": True, "ns": ["a:1", "b:2"], "when": "during"},
    ),
    "interrupt-without-id": envelope(2, "langgraph.types", "Interrupt", {"value": "q"}),
    "interrupt-by-position": envelope(1, "langgraph.types", "Interrupt", ["q", _ID]),
    "interrupt-unknown-keyword": envelope(
        2, "langgraph.types", "Interrupt", {"value": 1, "id": _ID, "later": 1}
    ),
    "overwrite-by-position": envelope(1, "langgraph.types", "Overwrite", [[1]]),
    "overwrite-as-pydantic-1": envelope(4, "langgraph.types", "Overwrite", {"value": 1}),
    "overwrite-unknown-keyword": envelope(2, "langgraph.types", "Overwrite", {"value": 1, "x": 2}),
    "send-by-keyword": envelope(2, "langgraph.types", "Send", {"node": "a", "arg": 1}),
    "send-one-argument": envelope(1, "langgraph.types", "Send", ["a"]),
    "send-four-arguments": envelope(1, "langgraph.types", "Send", ["a", 1, None, 2]),
    "send-timeout-null": envelope(1, "langgraph.types", "Send", ["a", 1, None]),
    "send-timeout-seconds": envelope(1, "langgraph.types", "Send", ["a", 1, 2]),
    "send-timeout-negative": envelope(1, "langgraph.types", "Send", ["a", 1, -2]),
    "send-timeout-text": envelope(1, "langgraph.types", "Send", ["a", 1, "soon"]),
    "command-by-position": envelope(1, "langgraph.types", "Command", ["a"]),
    "command-one-field": envelope(2, "langgraph.types", "Command", {"goto": ["a"]}),
    "command-unknown-field": envelope(2, "langgraph.types", "Command", {"goto": "a", "later": 1}),
    "task-without-result": envelope(
        2, "langgraph.types", "PregelTask", {"id": "1", "name": "n", "path": ["p"]}
    ),
    "snapshot-before-interrupts": envelope(
        2,
        "langgraph.types",
        "StateSnapshot",
        {
            "values": {},
            "next": [],
            "config": {},
            "metadata": None,
            "created_at": None,
            "parent_config": None,
            "tasks": [],
        },
    ),
    "item-as-keywords": envelope(
        2,
        "langgraph.store.base",
        "Item",
        {
            "value": {"a": 1},
            "key": "k",
            "namespace": ["u"],
            "created_at": "2024-01-01T00:00:00+00:00",
            "updated_at": "2024-01-02T00:00:00+00:00",
        },
    ),
    "get-op-by-position": envelope(1, "langgraph.store.base", "GetOp", [["u"], "k"]),
    "timeout-policy-unknown-refresh": envelope(
        2, "langgraph.types", "TimeoutPolicy", {"refresh_on": "never"}
    ),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in _SENDS.items():
        yield from dumped(f"records/send/{name}", value, "langgraph type")
    for name, value in _COMMANDS.items():
        yield from dumped(f"records/command/{name}", value, "langgraph type")
    for name, value in _OTHERS.items():
        yield from dumped(f"records/{name}", value, "langgraph type")
    for name, fields in _ITEMS.items():
        item = Item(**fields, created_at=_DAY, updated_at=_DAY + timedelta(days=1))
        yield from dumped(f"records/item/{name}", item, "langgraph type")
    for name, data in _OLDER.items():
        yield codec(f"records/older/{name}", data, "langgraph type", "older form")
