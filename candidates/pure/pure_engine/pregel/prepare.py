"""Which tasks come next (`langgraph.pregel._algo`: `prepare_next_tasks`, `should_interrupt`).

A task is made for every packet that was sent, and for every node with a trigger whose version is
newer than the one that the node has seen. Its id is a hash of the checkpoint's id, the step and
what triggered it, so a run that continues from the checkpoint gives the same task the same id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from xxhash import xxh3_128_hexdigest

from pure_engine.channels.channel import MISSING
from pure_engine.names import HANDLER, INTERRUPT, NS_END, NS_SEP, PULL, PUSH, START, TASKS
from pure_engine.pregel.state import State
from pure_engine.pregel.tasks import Answers, Failure, Path, Task, answers_for
from pure_engine.pregel.versions import null_version
from pure_engine.program.model import Breakpoints, Node, Program
from pure_engine.savers.saver import Checkpoint, PendingWrite
from pure_engine.types import Send


def next_tasks(  # noqa: PLR0913  # what a superstep depends on
    state: State,
    pending: list[PendingWrite],
    step: int,
    *,
    updated: set[str] | None = None,
    answers: dict[str, Any] | None = None,
    stop: int | None = None,
    enclosing: Answers | None = None,
) -> dict[str, Task]:
    """Return the tasks of a superstep by id: packets that were sent, then triggered nodes.

    `updated` are the channels that the superstep before changed, if known; `answers` those of a
    resume, by interrupt id; `stop` is the step after the run's last; `enclosing` are the answers of
    the task that a nested run is in.
    """
    tasks: dict[str, Task] = {}
    nodes = state.program.nodes
    managed = managed_values(state.program, step, step + 1 if stop is None else stop)

    def add(name: str, path: Path, given: Any, triggers: tuple[str, ...], *parts: str) -> None:
        node_path = f"{state.namespace}{NS_SEP}{name}" if state.namespace else name
        task = task_id(state.checkpoint, node_path, str(step), name, *parts)
        namespace = f"{node_path}{NS_END}{task}"
        known = answers_for(task, namespace, pending, answers, enclosing)
        tasks[task] = Task(
            task, name, path, given, triggers, nodes[name], known, namespace, managed
        )

    packets = state.channels[TASKS]
    if packets.is_available():
        for index, packet in enumerate(packets.get()):
            if isinstance(packet, Send) and packet.node in nodes:
                path = (PUSH, index, False)
                add(packet.node, path, packet.arg, (PUSH,), PUSH, str(index))
    for name in _candidates(state, updated):
        if is_triggered(state, name):
            given = _input(state, name, managed)
            if given is not MISSING:
                triggers = nodes[name].triggers
                add(name, (PULL, name), given, triggers, PULL, *triggers)
    return tasks


def task_id(checkpoint: Checkpoint, *parts: str) -> str:
    """Return the id of a task: a hash of the checkpoint's id and what the task is."""
    data = bytes.fromhex(checkpoint["id"].replace("-", "")) + "".join(parts).encode()
    # Version 1 used another hash. Its ids have to stay, so that an interrupted task is recognized.
    if checkpoint["v"] > 1:
        text = xxh3_128_hexdigest(data)
    else:
        text = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))


def _candidates(state: State, updated: set[str] | None) -> Iterable[str]:
    if updated:
        triggered = state.program.triggered
        return sorted({node for name in updated for node in triggered.get(name, ())})
    return state.program.nodes if state.versions else ()


def is_triggered(state: State, name: str) -> bool:
    """Return whether one of a node's triggers holds a value that the node has not seen."""
    versions, versions_seen = state.versions, state.versions_seen.get(name)
    if not versions:
        return False
    nothing = null_version(versions)
    return any(
        state.channels[trigger].is_available()
        and (
            versions_seen is None
            or versions.get(trigger, nothing) > versions_seen.get(trigger, nothing)
        )
        for trigger in state.program.nodes[name].triggers
    )


def handling_task(
    state: State,
    failure: Failure,
    pending: list[PendingWrite],
    step: int,
    answers: dict[str, Any] | None,
) -> Task:
    """Return the task that handles a failure: in the same superstep, with the same input."""
    failed = failure.task
    name = str(failed.node.handler)
    namespace = f"{failed.namespace}|{name}"
    task = task_id(state.checkpoint, namespace, str(step), name, PUSH, HANDLER, failed.id)
    namespace = f"{namespace}:{task}"
    return Task(
        task,
        name,
        (*failed.path, HANDLER, 0),
        failed.input,
        (PUSH,),
        state.program.nodes[name],
        answers_for(task, namespace, pending, answers, failed.answers.enclosing),
        namespace,
        failed.managed,
        failure,
    )


def managed_values(program: Program, step: int, stop: int) -> dict[str, Any]:
    """Return the managed fields: the steps that are left, and whether this one is the last."""
    if not program.managed:
        return {}
    values = {"is_last_step": step == stop - 1, "remaining_steps": stop - step}
    return {name: values[kind] for name, kind in program.managed.items()}


def node_input(state: State, node: Node, managed: Mapping[str, Any]) -> Any:
    """Return a node's input: the fields that it reads, complete if its schema is a dataclass."""
    given = state.read(node.reads, managed)
    return given if node.record is None else node.record.complete(given)


def _input(state: State, name: str, managed: Mapping[str, Any]) -> Any:
    if name != START:
        return node_input(state, state.program.nodes[name], managed)
    channel = state.channels[START]
    return channel.get() if channel.is_available() else MISSING


def stops(state: State, breakpoints: Breakpoints, tasks: Iterable[Task]) -> bool:
    """Return whether a task is at a breakpoint and anything changed since the last stop."""
    versions, versions_seen = state.versions, state.versions_seen.get(INTERRUPT, {})
    if not any(
        version > versions_seen.get(name, null_version(versions))
        for name, version in versions.items()
    ):
        return False
    return any(breakpoints == "*" or task.name in breakpoints for task in tasks)
