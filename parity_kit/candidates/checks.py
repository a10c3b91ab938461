"""The cases of `candidates check`.

Each has one right value, known without an oracle; of stored bytes only a codec's are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind, canonical
from parity_kit.contract.plain import Ext, Plain


@dataclass(frozen=True, slots=True)
class Check:
    """A case, and the value that its last operation must return; `data` is what a codec stores."""

    subject: SubjectKind
    title: str
    spec: Mapping[str, Plain]
    operations: tuple[Operation, ...]
    expected: Plain
    data: bytes | None = None

    @property
    def case(self) -> Case:
        """The case, as an engine gets it."""
        subject = Subject(self.subject, self.spec)
        return Case(CaseId(f"check/{self.subject.value}"), subject, self.operations)


_PROGRAM: Plain = {
    "state": {"n": {"type": "int"}},
    "nodes": {"next": {"body": [{"write": {"n": {"add": [{"get": "n"}, 1]}}}]}},
    "edges": [["__start__", "next"], ["next", "__end__"]],
}

_CHECKPOINT: dict[str, Plain] = {
    "v": 4,
    "ts": "2024-01-01T00:00:01+00:00",
    "id": "00000000-0000-6000-8000-000000000001",
    "channel_values": {"n": 1},
    "channel_versions": {"n": "1"},
    "versions_seen": {},
}

EASIEST = (
    Check(
        SubjectKind.CODEC,
        "decode a small integer",
        {"strict": True},
        (Operation("decode", {"type": "msgpack", "data": b"\x2a"}),),
        42,
    ),
    Check(
        SubjectKind.CODEC,
        "is_allowed of uuid.UUID",
        {"strict": True},
        (Operation("is_allowed", {"module": "uuid", "name": "UUID"}),),
        expected=True,
    ),
    Check(
        SubjectKind.CODEC,
        "encode a small integer",
        {"strict": True},
        (Operation("encode", {"value": 42}),),
        "msgpack",
        b"\x2a",
    ),
    Check(
        SubjectKind.CODEC,
        "round_trip of a small integer",
        {"strict": True},
        (Operation("round_trip", {"type": "msgpack", "data": b"\x2a"}),),
        "msgpack",
        b"\x2a",
    ),
    Check(
        SubjectKind.CHANNEL,
        "LastValue: update, get",
        {"class": "LastValue", "type": "int"},
        (Operation("update", {"values": [7]}), Operation("get")),
        7,
    ),
    Check(
        SubjectKind.GRAPH,
        "invoke a graph of one node",
        {"program": _PROGRAM, "saver": None},
        (Operation("invoke", {"input": {"n": 1}}),),
        {"n": 2},
    ),
    Check(
        SubjectKind.STORE,
        "put an item, list its namespace",
        {"store": "memory"},
        (
            Operation("put", {"namespace": ["a", "b"], "key": "k", "value": {"n": 1}}),
            Operation("list_namespaces"),
        ),
        [["a", "b"]],
    ),
    Check(
        SubjectKind.CACHE,
        "set an entry, get it",
        {"cache": "memory"},
        (
            Operation("set", {"entries": [[["a"], "k", {"n": 1}, None]]}),
            Operation("get", {"keys": [[["a"], "k"]]}),
        ),
        [[["a"], "k", {"n": 1}]],
    ),
    Check(
        SubjectKind.SAVER,
        "put a checkpoint, get its tuple",
        {"saver": "memory"},
        (
            Operation(
                "put",
                {
                    "thread": "t",
                    "ns": "",
                    "checkpoint": _CHECKPOINT,
                    "metadata": {"source": "input"},
                    "new_versions": {"n": "1"},
                },
            ),
            Operation("get_tuple", {"thread": "t", "ns": ""}),
        ),
        {
            "config": {
                "configurable": {
                    "thread_id": "t",
                    "checkpoint_ns": "",
                    "checkpoint_id": _CHECKPOINT["id"],
                }
            },
            "checkpoint": _CHECKPOINT,
            "metadata": {"source": "input"},
            "parent_config": None,
            "pending_writes": [],
        },
    ),
)

_UUID = "00000000000040008000000000000001"

_BOTH: Plain = {
    "state": {"n": {"type": "int"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "left": {"body": [{"write": {"log": ["left"]}}]},
        "right": {"body": [{"write": {"log": ["right"]}}]},
        "both": {"body": [{"write": {"n": {"len": {"get": "log"}}, "log": ["both"]}}]},
    },
    "edges": [
        ["__start__", "left"],
        ["__start__", "right"],
        [["left", "right"], "both"],
        ["both", "__end__"],
    ],
}

HARDER = (
    Check(
        SubjectKind.CODEC,
        "decode a uuid.UUID",
        {"strict": True},
        (
            Operation(
                "decode",
                {
                    "type": "msgpack",
                    "data": canonical.pack(Ext(0, canonical.pack(["uuid", "UUID", _UUID]))),
                },
            ),
        ),
        {"$ext": 0, "type": "uuid.UUID", "payload": _UUID},
    ),
    Check(
        SubjectKind.CHANNEL,
        "BinaryOperatorAggregate: update, restore, update, get",
        {"class": "BinaryOperatorAggregate", "type": "list", "reducer": "add"},
        (
            Operation("update", {"values": [[1], [2]]}),
            Operation("restore"),
            Operation("update", {"values": [[3]]}),
            Operation("get"),
        ),
        [1, 2, 3],
    ),
    Check(
        SubjectKind.GRAPH,
        "two nodes at once, then one that waits for both",
        {"program": _BOTH, "saver": None},
        (Operation("invoke", {"input": {"n": 0, "log": []}}),),
        {"n": 2, "log": ["left", "right", "both"]},
    ),
    Check(
        SubjectKind.SAVER,
        "pending writes come back with their checkpoint",
        {"saver": "memory"},
        (
            EASIEST[-1].operations[0],
            Operation(
                "put_writes",
                {
                    "thread": "t",
                    "ns": "",
                    "checkpoint_id": _CHECKPOINT["id"],
                    "writes": [["n", 2]],
                    "task_id": "a-task",
                    "task_path": "",
                },
            ),
            EASIEST[-1].operations[1],
        ),
        {**cast("dict[str, Plain]", EASIEST[-1].expected), "pending_writes": [["a-task", "n", 2]]},
    ),
    Check(
        SubjectKind.STORE,
        "list namespaces by a wildcard, to a depth",
        {"store": "memory"},
        (
            *(
                Operation("put", {"namespace": [*labels], "key": "k", "value": {}})
                for labels in ("abc", "xbd", "ay")
            ),
            Operation("list_namespaces", {"prefix": ["*", "b"], "max_depth": 2}),
        ),
        [["a", "b"], ["x", "b"]],
    ),
    Check(
        SubjectKind.CACHE,
        "clear one namespace of two",
        {"cache": "memory"},
        (
            Operation("set", {"entries": [[["a"], "k", 1, None], [["b"], "k", 2, None]]}),
            Operation("clear", {"namespaces": [["a"]]}),
            Operation("get", {"keys": [[["a"], "k"], [["b"], "k"]]}),
        ),
        [[["b"], "k", 2]],
    ),
)
