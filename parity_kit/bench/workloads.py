"""The workloads: cases whose time is compared, as data.

Names and families follow the published LangGraph ports and LangGraph's own benchmark folder, so
that figures can be set beside theirs. Every input is written out or drawn from a fixed seed.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import UsageError
from parity_kit.contract.plain import Ext, Plain

SIZES = (10, 30, 100)
"""The sizes of a series: far enough apart for a slope, small enough for every run."""

SEQUENCE, WIDTH = "nodes in a row", "branches in parallel"
"""What grows in a series."""

_SEED = 20_240_101
_LIMIT = 25
_STATE: dict[str, Plain] = {"count": {"type": "int"}, "log": {"type": "list", "reducer": "add"}}
_INPUT: dict[str, Plain] = {"count": 0, "log": []}


@dataclass(frozen=True, slots=True)
class Workload:
    """A case to be timed, with the name and the family it has in tables.

    Workloads of one `series` are the same work in several sizes.
    """

    name: str
    family: str
    case: Case
    series: str = ""
    size: int = 0


def _graph(  # noqa: PLR0913  # what tells workloads apart, by name
    name: str,
    family: str,
    program: Mapping[str, Plain],
    *,
    saver: str | None = None,
    series: str = "",
    size: int = 0,
) -> Workload:
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": saver})
    thread: dict[str, Plain] = {} if saver is None else {"thread": "t"}
    # A series outgrows the default limit of supersteps.
    limit: dict[str, Plain] = {"recursion_limit": 2 * size + _LIMIT} if size else {}
    invoke = Operation("invoke", {**thread, **limit, "input": _INPUT})
    case = Case(CaseId(f"bench/{name}"), subject, (invoke,))
    return Workload(name, family, case, series, size)


def _step(name: str) -> Plain:
    return {"body": [{"write": {"count": {"add": [{"get": "count"}, 1]}, "log": [name]}}]}


def _sequence(length: int) -> dict[str, Plain]:
    names = [f"node_{index}" for index in range(1, length + 1)]
    stops = ["__start__", *names, "__end__"]
    return {
        "state": _STATE,
        "nodes": {name: _step(name) for name in names},
        "edges": [list(edge) for edge in itertools.pairwise(stops)],
    }


def _fan_out(width: int) -> dict[str, Plain]:
    names = [f"branch_{index}" for index in range(1, width + 1)]
    branches: dict[str, Plain] = {
        name: {"body": [{"write": {"log": [{"join": [name, {"get": "count"}]}]}}]} for name in names
    }
    gather: Plain = {"body": [{"write": {"count": {"len": {"get": "log"}}}}]}
    return {
        "state": _STATE,
        "nodes": {"source": _step("source"), **branches, "gather": gather},
        "edges": [
            ["__start__", "source"],
            *(["source", name] for name in names),
            [names, "gather"],
            ["gather", "__end__"],
        ],
    }


def _loop(times: int) -> dict[str, Plain]:
    route: Plain = {"if": [{"lt": [{"get": "count"}, times]}, "step", "__end__"]}
    return {
        "state": _STATE,
        "nodes": {"step": _step("step")},
        "edges": [["__start__", "step"]],
        "branches": {"step": [route]},
    }


def _typed(code: int, *parts: Plain) -> Ext:
    return Ext(code, pack(list(parts)))


def _document(source: random.Random, entries: int) -> bytes:
    """Return the state of a small agent run, as LangGraph's serializer would store it."""
    words = ("plan", "search", "read", "answer", "verify", "größe", "重要", "tool")
    return pack(
        {
            "thread": _typed(0, "uuid", "UUID", f"{source.getrandbits(128):032x}"),
            "started": _typed(
                3, "datetime", "datetime", "2024-01-01T00:00:00+00:00", "fromisoformat"
            ),
            "budget": _typed(0, "decimal", "Decimal", f"{source.randrange(10_000) / 100:.2f}"),
            "turns": [
                {
                    "id": _typed(0, "uuid", "UUID", f"{source.getrandbits(128):032x}"),
                    "role": source.choice(["human", "ai", "tool"]),
                    "text": " ".join(source.choices(words, k=12)),
                    "took": _typed(
                        1, "datetime", "timedelta", [0, source.randrange(60), source.randrange(999)]
                    ),
                    "tokens": source.randrange(2_000),
                    "score": source.random(),
                    "final": source.random() < 0.1,  # noqa: PLR2004  # one turn in ten
                    "parent": None,
                }
                for _ in range(entries)
            ],
            "embedding": [source.random() for _ in range(32)],
        }
    )


def _serialization() -> Workload:
    source = random.Random(_SEED)  # noqa: S311  # inputs have to be the same everywhere
    trips = tuple(
        Operation("round_trip", {"type": "msgpack", "data": _document(source, entries)})
        for entries in (4, 8, 16, 32)
    )
    case = Case(
        CaseId("bench/serialization-medium"), Subject(SubjectKind.CODEC, {"strict": True}), trips
    )
    return Workload("serialization-medium", "serialization", case)


def _channel() -> Workload:
    source = random.Random(_SEED)  # noqa: S311  # inputs have to be the same everywhere
    operations: list[Operation] = []
    for _ in range(50):
        values: Plain = [source.randrange(1_000) for _ in range(10)]
        operations += [Operation("update", {"values": values}), Operation("get")]
    spec: dict[str, Plain] = {"class": "BinaryOperatorAggregate", "type": "int", "reducer": "add"}
    case = Case(
        CaseId("bench/channels-binop"), Subject(SubjectKind.CHANNEL, spec), tuple(operations)
    )
    return Workload("channels-binop", "channels", case)


def workloads() -> tuple[Workload, ...]:
    """Return every workload, in the order of the tables."""
    return (
        _graph("sequential-5", "sequential", _sequence(5)),
        _graph("parallel-fan-out-5", "parallel", _fan_out(5)),
        _graph("conditional-loop-5", "conditional", _loop(5)),
        _graph("checkpoint-memory-5", "checkpoint", _sequence(5), saver="memory"),
        _serialization(),
        _channel(),
        *(
            _graph(f"sequential-{size}", "sequential", _sequence(size), series=SEQUENCE, size=size)
            for size in SIZES
        ),
        *(
            _graph(f"parallel-fan-out-{size}", "parallel", _fan_out(size), series=WIDTH, size=size)
            for size in SIZES
        ),
    )


def select(names: tuple[str, ...] = ()) -> tuple[Workload, ...]:
    """Return the workloads with these names, or all of them.

    Raises:
        UsageError: If a name is not one of them.
    """
    known = {workload.name: workload for workload in workloads()}
    for name in names:
        if name not in known:
            raise UsageError(f"no workload {name!r}", hint=f"one of {', '.join(known)}")
    return tuple(known[name] for name in names or known)
