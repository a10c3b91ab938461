"""Running a task: its node, then the writes its edges and branches make.

`langgraph.graph.state.CompiledStateGraph`: `attach_node`, `attach_edge`, `attach_branch`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pure_engine.errors import (
    BUBBLES,
    InvalidUpdateError,
    NodeTimeoutError,
    ParentCommand,
    with_guide,
)
from pure_engine.names import END, PARENT, ROOT, START, TASKS, branch_to
from pure_engine.namespaces import enclosing_namespace, without_task_ids
from pure_engine.pregel.host import Services, TaskHost
from pure_engine.pregel.state import State
from pure_engine.pregel.tasks import Task
from pure_engine.program.language import Host, Scope
from pure_engine.program.model import Node
from pure_engine.program.policies import wait_before_another
from pure_engine.savers.saver import Write
from pure_engine.types import RECORDS, Command, Envelope, Send, as_map, record_fields

_NOBODY = cast("Host", None)  # a branch needs no host


def run_task(task: Task, state: State, services: Services) -> None:
    """Run a task, and again if its policies say so; only its last attempt's writes count."""
    if task.node.policies.timeout is not None and not services.asynchronous:
        message = (
            "Node timeouts are only supported for async nodes because sync Python execution cannot"
            f" be safely cancelled in-process. Node '{task.name}' is sync."
        )
        raise ValueError(message)
    attempt = 1
    while True:
        task.writes.clear()
        task.answers.asked = 0
        try:
            _attempt(task, state, TaskHost(task, services, attempt))
        except BUBBLES:
            raise
        except Exception as error:
            if isinstance(error, NodeTimeoutError) and task.node.policies.timeout is not None:
                task.writes.clear()  # an attempt that ran out of time leaves nothing
            seconds = wait_before_another(task.node.policies.retry, error, attempt)
            if seconds is None:
                raise
            services.log(
                "INFO",
                f"Retrying task {task.name} after {seconds:.2f} seconds (attempt {attempt})"
                f" after {type(error).__name__} {error}",
            )
            attempt += 1
        else:
            return


def _attempt(task: Task, state: State, host: Host) -> None:
    try:
        value = task.node.run(task.input, host)
        write_update(task.node, value, task.writes, state, task.managed)
    except ParentCommand as error:
        command: Command = error.args[0]
        if command.graph == PARENT:
            # From here on, the command names its target by namespace: the graph around this one.
            outwards = dataclasses.replace(command, graph=enclosing_namespace(task.namespace))
            raise ParentCommand(outwards) from None
        if without_task_ids(command.graph or "") != without_task_ids(task.namespace):
            raise
        arrived = dataclasses.replace(command, graph=None)
        write_update(task.node, arrived, task.writes, state, task.managed)


def write_update(
    node: Node, value: Any, writes: list[Write], state: State, managed: Mapping[str, Any]
) -> None:
    """Add the writes of a node's update, and those of its edges and branches."""
    writes += [*_updates(value, node), *_gotos(value), *node.targets]
    for route in node.routes:
        reads, record = node.reads, node.record
        if route.reads is not None:
            reads, record = route.reads, route.record
        given = _fresh(reads, state, managed, writes)
        if record is not None:
            given = record.complete(given)
        elif route.reads is None and isinstance(value, dict) and isinstance(given, dict):
            given = {**cast("dict[str, Any]", value), **cast("dict[str, Any]", given)}
        writes += _routed(route.path(Scope(as_map(given), _NOBODY)), route.ends)


def _updates(value: Any, node: Node) -> list[Write]:
    if value is None:
        return []
    if ROOT in node.writes and not _has_commands(value):
        return [(ROOT, value)]
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return [(name, item) for name, item in entries.items() if name in node.writes]
    if isinstance(value, Command):
        known = [] if value.graph == PARENT else command_updates(value)
        return [(name, item) for name, item in known if name in node.writes or ROOT in node.writes]
    if _has_commands(value):
        return [write for item in cast("list[Any]", value) for write in _updates(item, node)]
    if isinstance(value, (Envelope, *RECORDS)):
        known = record_fields(value)
        return [(name, known[name]) for name in node.writes if name in known]
    message = f"Expected dict, got {value}"
    raise InvalidUpdateError(with_guide(message, "INVALID_GRAPH_NODE_RETURN_VALUE"))


def _has_commands(value: Any) -> bool:
    several = cast("list[Any]", value) if isinstance(value, list) else [value]
    return any(isinstance(item, Command) for item in several)


def command_updates(command: Command) -> list[Write]:
    """Return a command's state updates."""
    update = command.update
    if isinstance(update, dict):
        return list(cast("dict[str, Any]", update).items())
    return [] if update is None or update == [] else [(ROOT, update)]


def _gotos(value: Any) -> list[Write]:
    if isinstance(value, Send):
        return [(TASKS, value)]
    if not isinstance(value, (Command, list)):
        return []
    several = cast("list[Any]", value) if isinstance(value, list) else [value]
    writes: list[Write] = []
    for command in several:
        if not isinstance(command, Command):
            continue
        if command.graph == PARENT:
            raise ParentCommand(command)
        for target in goto_targets(command):
            if isinstance(target, Send):
                writes.append((TASKS, target))
            elif isinstance(target, str) and target != END:
                writes.append((branch_to(target), None))
    return writes


def goto_targets(command: Command) -> Sequence[Any]:
    """Return a command's `goto` as a sequence."""
    goto = command.goto
    return [goto] if isinstance(goto, (Send, str)) else goto


def _fresh(
    reads: tuple[str, ...] | str,
    state: State,
    managed: Mapping[str, Any],
    writes: Sequence[Write],
) -> Any:
    """Return these fields as if this task's writes were the only ones of the superstep."""
    values: dict[str, Any] = {}
    written: dict[str, list[Any]] = {}
    for name, value in writes:
        written.setdefault(name, []).append(value)
    for name in (reads,) if isinstance(reads, str) else reads:
        if name in managed:
            values[name] = managed[name]
            continue
        channel = state.channels[name]
        if name in written or channel.fades:
            channel = channel.copy()
            channel.update(written.get(name, ()))
        if channel.is_available():
            values[name] = channel.get()
    return values.get(reads) if isinstance(reads, str) else values


def _routed(result: Any, ends: Mapping[Any, str] | None) -> list[Write]:
    targets = cast("Sequence[Any]", result) if isinstance(result, (list, tuple)) else [result]
    if ends is not None:
        targets = [target if isinstance(target, Send) else ends[target] for target in targets]
    if any(target is None or target == START for target in targets):
        raise ValueError("Branch did not return a valid destination")
    if any(isinstance(target, Send) and target.node == END for target in targets):
        raise InvalidUpdateError("Cannot send a packet to the END node")
    return [
        (TASKS, target) if isinstance(target, Send) else (branch_to(target), None)
        for target in targets
        if target != END
    ]
