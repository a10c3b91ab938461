"""The order in which the tasks of a superstep end, given to each run.

A family is one run in all orders, up to four tasks; of more, some. What LangGraph makes depend on
the order is a feature of the family's cases.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import graph, op

from ._graph_programs import (
    ASK_BOTH,
    END,
    FAILS,
    LOG,
    MAP,
    START,
    Program,
    fail,
    nodes,
    note,
)
from ._scripts import STATE, invoke, resume_map, stream, update

_MODES = ("updates", "values", "custom")
_SAMPLED = 8  # orders of more than four tasks


@dataclass(frozen=True, slots=True)
class Family:
    """One run in several orders: its program, its arguments, and what follows it.

    `depends` names what the order decides: of the run its `events`, its `error` and what it has
    `stored`; of the operations that follow the `state` at once, and the `end`.
    """

    program: Program
    tasks: int
    depends: Sequence[str]
    then: Sequence[Operation] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    modes: Sequence[str] = _MODES
    saver: str = "memory"


def spread(state: Mapping[str, Any], **bodies: Any) -> Program:
    """Return a program whose nodes run in parallel and join in `end`."""
    return {
        "state": {"log": LOG, **state},
        "nodes": nodes(**bodies, end=[note("end")]),
        "edges": [*([START, name] for name in bodies), [[*bodies], "end"], ["end", END]],
    }


def _put(value: str) -> dict[str, Any]:
    return {"store_put": [["notes"], "last", {"by": value}]}


_ADDED = spread(
    {"n": {"type": "float", "reducer": "add"}, "d": {"type": "dict", "reducer": "merge"}},
    **{
        name: [{"emit": name}, {"write": {"n": n, "d": {"by": name}, "log": [name]}}]
        for name, n in (("a", 0.1), ("b", 0.2), ("c", 0.3))
    },
)
_STORED = spread({}, a=[_put("a"), note("a")], b=[_put("b"), note("b")]) | {"store": True}
_HANDLED = spread({}, a="a", b=[fail("ValueError", "b")], c=[fail("RuntimeError", "c")])
for _name in "bc":
    _HANDLED["nodes"][_name]["error_handler"] = [note({"join": ["handled", {"error": "node"}]})]
_ASK_BESIDE_FAILURE = spread(
    {"ok": {"type": "bool"}},
    ask=[note("ask", {"interrupt": "?"})],
    bad=[{"when": [{"get": "ok"}, [note("mended")], [fail("ValueError", "not yet")]]}],
    good="good",
)
_INNER = spread({}, x="x", y="y", z="z")
_NESTED: Program = {
    "state": {"log": LOG},
    "subgraphs": {"child": {"program": _INNER}},
    "nodes": {name: {"subgraph": "child"} for name in ("one", "two")},
    "edges": [[START, "one"], [START, "two"], ["one", END], ["two", END]],
}
_WIDE = spread({}, **{name: name for name in "abcdef"})
_ITEMS = op("store_items", namespace=["notes"])
_MEND = (update({"ok": True}), invoke(input=None), STATE)
_ANSWERED = (resume_map((0, "l"), (1, "r")), STATE)

FAMILIES: Mapping[str, Family] = {
    "fan-out": Family(_ADDED, 3, ("events",), (STATE,)),
    "fan-out/async": Family(_ADDED, 3, ("events",), (STATE,), {"async": True}),
    "fan-out/exit": Family(_ADDED, 3, ("events",), (STATE,), {"durability": "exit"}),
    "fan-out/sqlite": Family(_ADDED, 3, ("events",), (STATE,), saver="sqlite"),
    "sends": Family(MAP, 4, ("events",), (STATE,), {"input": {"size": 4}}, ("updates",)),
    "six": Family(_WIDE, 6, ("events",), (STATE,), modes=("updates",)),
    "failures": Family(FAILS, 3, ("events", "error"), (STATE, *_MEND)),
    "failures/sqlite": Family(FAILS, 3, ("events", "error"), (STATE, *_MEND), saver="sqlite"),
    "failures/async": Family(
        FAILS, 3, ("events", "error", "stored", "state"), (STATE, *_MEND), {"async": True}
    ),
    "failures/async-exit": Family(
        FAILS,
        3,
        ("events", "error", "stored", "state"),
        (STATE, *_MEND),
        {"async": True, "durability": "exit"},
    ),
    "handlers": Family(_HANDLED, 3, ("events",), (STATE,)),
    "questions": Family(ASK_BOTH, 3, ("events",), (STATE, *_ANSWERED)),
    "question-beside-failure": Family(_ASK_BESIDE_FAILURE, 3, ("events",), (STATE, *_MEND)),
    "question-beside-failure/async": Family(
        _ASK_BESIDE_FAILURE, 3, ("events", "stored", "state"), (STATE, *_MEND), {"async": True}
    ),
    "subgraphs": Family(_NESTED, 3, ("events", "stored"), (STATE,), {"subgraphs": True}),
    "last-in-the-store": Family(_STORED, 2, ("events", "end"), (_ITEMS,)),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, family in FAMILIES.items():
        labels = [f"order decides {part}" for part in family.depends]
        for order in orders(family.tasks):
            run = stream(family.modes, completion_order=order, **family.arguments)
            yield graph(
                f"orders/{name}/{''.join(map(str, order))}",
                family.program,
                run,
                *family.then,
                saver=family.saver,
                features=labels,
            )


def orders(tasks: int) -> list[list[int]]:
    """Return all orders of up to four tasks, and some of more."""
    if tasks <= 4:  # noqa: PLR2004  # as the docstring says
        return [list(order) for order in itertools.permutations(range(tasks))]
    draw = Random(tasks)  # noqa: S311  # cases, not secrets
    drawn = [draw.sample(range(tasks), tasks) for _ in range(_SAMPLED - 2)]
    return [[*range(tasks)], [*reversed(range(tasks))], *drawn]
