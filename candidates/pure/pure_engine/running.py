"""Running a task: its node, then the writes its edges and branches make.

`langgraph.graph.state.CompiledStateGraph`: `attach_node`, `attach_edge`, `attach_branch`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NoReturn, cast

from pure_engine.errors import InvalidUpdateError, ParentCommand, with_guide
from pure_engine.language import Scope
from pure_engine.names import END, PARENT, START, TASKS, branch_to
from pure_engine.program import Node
from pure_engine.savers import Write
from pure_engine.state import State
from pure_engine.tasks import Task
from pure_engine.types import RECORDS, Command, Envelope, Send, record_fields


def run_task(task: Task, state: State) -> None:
    """Run a task; its writes are those it made up to its end or its error."""
    task.writes.clear()
    value = task.node.run(task.input, task.ask)
    try:
        write_update(task.node, value, task.writes, state)
    except ParentCommand as error:
        # On its way out it is addressed to the graph around this one, whose namespace is empty.
        raise ParentCommand(dataclasses.replace(error.args[0], graph="")) from None


def write_update(node: Node, value: Any, writes: list[Write], state: State) -> None:
    """Add the writes that a node's update makes, and those of its edges and branches."""
    writes += [*_updates(value, state.program.fields), *_gotos(value), *node.targets]
    for route in node.routes:
        seen = _fresh(state, writes)
        given = {**cast("dict[str, Any]", value), **seen} if isinstance(value, dict) else seen
        writes += _routed(route(Scope(given, _no_answer)))


def _updates(value: Any, fields: Sequence[str]) -> list[Write]:
    if value is None:
        return []
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return [(name, each) for name, each in entries.items() if name in fields]
    if isinstance(value, Command):
        known = [] if value.graph == PARENT else command_updates(value)
        return [(name, each) for name, each in known if name in fields]
    if isinstance(value, list) and any(isinstance(each, Command) for each in value):  # pyright: ignore[reportUnknownVariableType]  # a list of anything
        return [write for each in cast("list[Any]", value) for write in _updates(each, fields)]
    if isinstance(value, (Envelope, *RECORDS)):
        known = record_fields(value)
        return [(name, known[name]) for name in fields if name in known]
    message = f"Expected dict, got {value}"
    raise InvalidUpdateError(with_guide(message, "INVALID_GRAPH_NODE_RETURN_VALUE"))


def command_updates(command: Command) -> list[Write]:
    """Return the state updates that a command holds."""
    update = command.update
    if isinstance(update, dict):
        return list(cast("dict[str, Any]", update).items())
    return [("__root__", update)] if update else []


def _gotos(value: Any) -> list[Write]:
    if isinstance(value, Send):
        return [(TASKS, value)]
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
    """Return where a command goes, as a sequence."""
    goto = command.goto
    return [goto] if isinstance(goto, (Send, str)) else goto


def _fresh(state: State, writes: Sequence[Write]) -> dict[str, Any]:
    """Return the state as it would be if this task's writes were all there are."""
    seen: dict[str, Any] = {}
    for name in state.program.fields:
        channel = state.channels[name].copy()
        channel.update([value for written, value in writes if written == name])
        if channel.is_available():
            seen[name] = channel.get()
    return seen


def _routed(result: Any) -> list[Write]:
    targets = cast("Sequence[Any]", result) if isinstance(result, (list, tuple)) else [result]
    if any(target is None or target == START for target in targets):
        raise ValueError("Branch did not return a valid destination")
    if any(isinstance(target, Send) and target.node == END for target in targets):
        raise InvalidUpdateError("Cannot send a packet to the END node")
    return [
        (TASKS, target) if isinstance(target, Send) else (branch_to(target), None)
        for target in targets
        if target != END
    ]


def _no_answer(value: Any) -> NoReturn:
    del value
    raise RuntimeError("a branch cannot interrupt")
