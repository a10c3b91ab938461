"""A workload: a case whose time is compared, and what tables say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from parity_kit.contract import Case, CaseId, Operation, Subject, SubjectKind
from parity_kit.contract.plain import Plain

SEED = 20_240_101
"""Where inputs are drawn from, so that they are the same everywhere."""

_LIMIT = 25
COUNTED: Mapping[str, Plain] = {"count": {"type": "int"}, "log": {"type": "list", "reducer": "add"}}
"""The state of most graphs."""
FUNCTIONS = "functions"
"""The key of a subject whose nodes are Python functions, and the family of such workloads."""
COUNTED_INPUT: Plain = {"count": 0, "log": []}


class Effort(IntEnum):
    """How much a session measures."""

    QUICK = 0
    DEFAULT = 1
    RIGOROUS = 2


@dataclass(frozen=True, slots=True)
class Workload:
    """A case to be timed: its name and family in tables, and `about`, what one run of it is.

    Workloads of one `series` are the same work in several sizes. `effort` is that of the shortest
    session that measures it; `parity-kit parity` has a quick one.
    """

    name: str
    family: str
    about: str
    case: Case
    series: str = ""
    size: int = 0
    effort: Effort = Effort.DEFAULT


def graph(  # noqa: PLR0913  # what tells workloads apart, by name
    name: str,
    family: str,
    about: str,
    program: Mapping[str, Plain],
    operations: Sequence[Operation] = (),
    *,
    saver: str | None = None,
    given: Plain = COUNTED_INPUT,
    series: str = "",
    size: int = 0,
    supersteps: int = 0,
    effort: Effort = Effort.DEFAULT,
) -> Workload:
    """Return a workload of a graph: an `invoke` with the input `given`, or other operations."""
    subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": saver})
    operations = operations or (run("invoke", given, saver, max(2 * size, supersteps)),)
    case = Case(CaseId(f"bench/{name}"), subject, tuple(operations))
    return Workload(name, family, about, case, series, size, effort)


def run(
    kind: str, given: Plain, saver: str | None = None, supersteps: int = 0, **more: Plain
) -> Operation:
    """Return a run of a graph; the limit of supersteps is the default one above `supersteps`."""
    thread: dict[str, Plain] = {} if saver is None else {"thread": "t"}
    limit: dict[str, Plain] = {"recursion_limit": supersteps + _LIMIT} if supersteps else {}
    return Operation(kind, {**thread, **limit, **more, "input": given})
