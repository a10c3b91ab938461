"""Whether a graph can go on from the threads that a recording stored.

An operation that goes on from a thread needs the nodes and the questions at which the thread waits.
They are looked up in what the recording stored before that operation, whatever the graph does from
the start: the threads of a database were stored by the code of yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END

from parity_kit.apps.calls import Place
from parity_kit.apps.lowering import LoweredGraph
from parity_kit.contract import Case, Operation, Outcome
from parity_kit.reference.graph_operations import Direct, Operations
from parity_kit.reference.native import to_native
from parity_kit.reference.pins import Counter, pinned
from parity_kit.reference.savers import refused_in
from parity_kit.search.handovers import Thread

_ADDRESS = ("thread", "checkpoint", "task", "inner", "config")
_RESUMES = frozenset({"resume", "resume_map", "command"})
_RUNS_ON = frozenset({"invoke", "stream", "first_event"})
_UPDATES = frozenset({"update_state", "bulk_update_state"})


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The nodes that a thread runs next, also inside subgraphs, and the ids of its questions."""

    nodes: list[Place] = field(default_factory=list[Place])
    questions: list[str] = field(default_factory=list[str])
    problem: str = ""


def cannot_resume(
    present: LoweredGraph, recorded: LoweredGraph, case: Case, outcomes: tuple[Outcome, ...]
) -> str:
    """Return the first operation that cannot go on from its stored thread, and what it lacks.

    Both graphs are to be hooked: their savers are replaced.
    """
    stored = Thread()
    for index, (operation, outcome) in enumerate(zip(case.operations, outcomes, strict=True)):
        if stored.stored and not refused_in(stored.stored):
            lacks = _lacks(present, recorded, operation, stored, Counter(case.pins))
            if lacks:
                return f"operation {index} ({operation.name}): {lacks}"
        stored.add(outcome)
    return ""


def _lacks(
    present: LoweredGraph,
    recorded: LoweredGraph,
    operation: Operation,
    stored: Thread,
    counter: Counter,
) -> str:
    arguments: Any = to_native(operation.args)
    thread = f"thread {arguments.get('thread')!r}"
    known = {(*graph.place, name) for graph in present.all() for name in graph.program["nodes"]}
    if arguments.get("task") is None:  # else it names nodes of a subgraph
        for name in _named(operation.name, arguments):
            if (name,) not in known:
                return f"{thread} goes on as or at node {name!r}, which the graph does not have"
    if not _goes_on(operation.name, arguments):
        return ""
    before = _waiting(recorded, arguments, stored, counter)
    now = _waiting(present, arguments, stored, counter)
    if now.problem and before.nodes:
        return f"{thread} cannot be read: {now.problem}"
    for place in before.nodes:
        if place not in now.nodes:
            lacks = "does not run there" if place in known else "does not have"
            return f"{thread} waits at node {'/'.join(place)!r}, which the graph {lacks}"
    if operation.name == "resume_map" and {*before.questions} - {*now.questions}:
        return f"{thread} waits for the answer to a question that the graph does not find"
    return ""


def _goes_on(name: str, arguments: Any) -> bool:
    """Return whether a run goes on from what a thread waits at, and not from an input."""
    return name in _RESUMES or (name in _RUNS_ON and arguments.get("input") is None)


def _named(name: str, arguments: Any) -> Iterator[str]:
    """Yield the nodes that an operation names: as whom it writes, or where it goes."""
    steps: list[Any] = [[arguments]] if name in _UPDATES else []
    if name == "bulk_update_state":
        steps = arguments["supersteps"]
    for part in (part for step in steps for part in step):
        if part.get("as_node") not in {None, END, "__input__", "__copy__", "__start__"}:
            yield part["as_node"]
    goto: Any = arguments["command"].get("goto", []) if name == "command" else []
    for destination in cast("list[Any]", goto if isinstance(goto, list) else [goto]):
        if isinstance(destination, dict):
            yield cast("dict[str, Any]", destination)["send"][0]
        elif destination != END:
            yield destination


def _waiting(lowered: LoweredGraph, arguments: Any, stored: Thread, counter: Counter) -> _Waiting:
    """Return what the thread of an operation waits at, as a graph reads what was stored."""
    graph = lowered.graph
    if isinstance(graph.checkpointer, bool | None):
        return _Waiting(problem="the graph has no saver")
    graph.checkpointer = InMemorySaver()
    operations = Operations(graph, lambda: graph, graph.checkpointer, counter, Direct(), None)
    where = {name: arguments[name] for name in _ADDRESS if name in arguments}
    waiting = _Waiting()
    try:
        with pinned(counter):
            operations.load_stored(**cast("Any", stored.load().args))
            snapshot = operations.get_state(subgraphs=True, **where)
    except Exception as error:  # noqa: BLE001  # whatever LangGraph raises, it cannot be read
        return _Waiting(problem=f"{type(error).__name__}: {error}")
    _collect(snapshot, (), waiting)
    return waiting


def _collect(snapshot: Any, place: Place, waiting: _Waiting) -> None:
    for task in snapshot["tasks"]:
        if task["result"] is not None:
            continue
        here = (*place, task["name"])
        waiting.nodes.append(here)
        waiting.questions.extend(question.id for question in task["interrupts"])
        if task["state"] and "tasks" in task["state"]:
            _collect(task["state"], here, waiting)
