"""The easiest cases: whether a candidate answers at all, before it is judged.

Each has one right value that needs no oracle to know; stored bytes are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parity_kit.contract import (
    Case,
    CaseId,
    CaseRunner,
    Operation,
    Raised,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.errors import CandidateError
from parity_kit.plain import Plain


@dataclass(frozen=True, slots=True)
class Check:
    """A case, and the value its last operation must return."""

    subject: SubjectKind
    title: str
    spec: Mapping[str, Plain]
    operations: tuple[Operation, ...]
    expected: Plain

    @property
    def case(self) -> Case:
        """The case as an engine gets it."""
        subject = Subject(self.subject, self.spec)
        return Case(CaseId(f"check/{self.subject.value}"), subject, self.operations)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a candidate made of a check: `result` is ok, unsupported, wrong or an error's code."""

    subject: SubjectKind
    title: str
    result: str
    detail: str = ""


def check(run: CaseRunner, wanted: Check) -> Answer:
    """Return what an engine makes of a check; a failing candidate is an answer too."""
    try:
        outcome = run(wanted.case)[-1]
    except CandidateError as error:
        return Answer(wanted.subject, wanted.title, error.code, error.problem)
    if isinstance(outcome, Unsupported):
        return Answer(wanted.subject, wanted.title, "unsupported", outcome.reason)
    if isinstance(outcome, Raised):
        raised = f"raised {outcome.error}: {outcome.message}"
        return Answer(wanted.subject, wanted.title, "wrong", raised)
    if (type(outcome.value), outcome.value) != (type(wanted.expected), wanted.expected):
        differs = f"{outcome.value!r:.200}, expected {wanted.expected!r:.200}"
        return Answer(wanted.subject, wanted.title, "wrong", differs)
    return Answer(wanted.subject, wanted.title, "ok")


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
