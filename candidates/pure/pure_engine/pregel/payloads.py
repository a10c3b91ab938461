"""The payloads of stream items, by mode (`langgraph.pregel.debug`, `langgraph.pregel._io`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from pure_engine.names import ERROR, INTERRUPT, PUSH
from pure_engine.pregel.tasks import Status, Task, as_sequence, statuses
from pure_engine.savers.saver import PendingWrite, Write, metadata_only
from pure_engine.types import DATACLASSES, Interrupt, record_fields


def update_payload(
    task: Task, writes: Sequence[Write], fields: Collection[str] | str
) -> dict[str, Any]:
    """Return the `updates` item of a task: its node, and what it wrote to the state."""
    if isinstance(fields, str):
        values = [value for name, value in writes if name == fields]
        return {task.name: values if len(values) > 1 else values[0] if values else None}
    written = [(name, value) for name, value in writes if name in fields]
    names = [name for name, _ in written]
    if not written:
        return {task.name: None}
    if len(set(names)) == len(names):
        return {task.name: dict(written)}
    return {task.name: [{name: value} for name, value in written]}


def task_payload(task: Task, around: Mapping[str, Any], tags: Sequence[str]) -> dict[str, Any]:
    """Return the `tasks` item of a task that starts; `around` is the metadata around its run."""
    head = {"id": task.id, "name": task.name, "input": _given(task), "triggers": task.triggers}
    metadata = metadata_only({**around, **task.metadata})
    # LangGraph marks the steps of a sequence with tags of its own.
    if shown := [tag for tag in tags if not tag.startswith("seq:step")]:
        metadata["tags"] = shown
    return {**head, "metadata": metadata} if metadata else head


def _given(task: Task) -> Any:
    """Return a task's input: a packet's as it was sent, a handler's as the failed task's."""
    if task.failure is not None:
        return _given(task.failure.task)
    record = None if task.path[0] == PUSH else task.node.record
    return task.input if record is None else record.shown(task.input)


def result_payload(
    task: Task, writes: Sequence[Write], fields: Collection[str] | str
) -> dict[str, Any]:
    """Return the `tasks` item of a task that ended."""
    return {
        "id": task.id,
        "name": task.name,
        "error": next((value for name, value in writes if name == ERROR), None),
        "result": _folded(writes, (fields,) if isinstance(fields, str) else fields),
        "interrupts": _as_maps(
            interrupt
            for name, value in writes
            if name == INTERRUPT
            for interrupt in as_sequence(value)
        ),
    }


def debug_payload(mode: str, item: dict[str, Any], step: int, now: str) -> dict[str, Any]:
    """Return the `debug` item that wraps an item of mode `checkpoints` or `tasks`."""
    kind = "checkpoint" if mode == "checkpoints" else "task_result" if "result" in item else "task"
    return {"step": step, "timestamp": now, "type": kind, "payload": item}


def _result(writes: Iterable[Write], fields: Collection[str] | str) -> Any:
    """Return what a task wrote to the state: the value alone of a field without a sequence."""
    if isinstance(fields, str):
        return _folded(writes, (fields,)).get(fields)
    return _folded(writes, fields)


def _folded(writes: Iterable[Write], fields: Collection[str]) -> dict[str, Any]:
    """Return writes to the state by field; several to one field go under `$writes`.

    LangGraph quirk: a write of None is forgotten when another to the same field follows.
    """
    result: dict[str, Any] = {}
    for name, value in writes:
        if name not in fields:
            continue
        before = result.get(name)
        if before is None:
            result[name] = value
        else:
            several = _several(before)
            several.append(value)
            result[name] = {"$writes": several}
    return result


def _several(value: Any) -> list[Any]:
    if isinstance(value, dict):
        inside = cast("dict[Any, Any]", value).get("$writes")
        if isinstance(inside, list):
            return cast("list[Any]", inside)
    return [value]


def tasks_payload(
    tasks: Collection[Task],
    pending: Iterable[PendingWrite],
    fields: Collection[str] | str,
    thread: Any,
) -> dict[str, Any]:
    """Return the part of a `checkpoints` item about the tasks that follow the checkpoint."""
    states = {task.id: subgraph_config(task, thread) for task in tasks}
    return {
        "next": [task.name for task in tasks],
        "tasks": [_brief(state) for state in task_states(tasks, pending, fields, states)],
    }


def subgraph_config(task: Task, thread: Any) -> dict[str, Any] | None:
    """Return the config of a task's subgraph, if that keeps checkpoints."""
    if task.node.shows is None:
        return None
    return {"configurable": {"thread_id": thread, "checkpoint_ns": task.namespace}}


def _brief(state: dict[str, Any]) -> dict[str, Any]:
    head = {"id": state["id"], "name": state["name"]}
    if state["error"]:
        return {**head, "error": state["error"], "state": state["state"]}
    result = {"result": state["result"]} if state["result"] else {}
    interrupts = _as_maps(state["interrupts"])
    return {**head, **result, "interrupts": interrupts, "state": state["state"]}


def task_states(
    tasks: Iterable[Task],
    pending: Iterable[PendingWrite],
    fields: Collection[str] | str,
    states: Mapping[str, Any],
    *,
    live: bool = False,
) -> list[dict[str, Any]]:
    """Return tasks as a snapshot shows them; `states` are those of their subgraphs.

    With `live`, they show the interrupts that wait for an answer, otherwise all they ever raised.
    """
    recorded = statuses(pending)
    shown: list[dict[str, Any]] = []
    for task in tasks:
        status = recorded.get(task.id, _NOT_STARTED)
        shown.append(
            {
                "id": task.id,
                "name": task.name,
                "path": task.path,
                "error": status.error,
                "interrupts": status.waiting if live else status.interrupts,
                "state": states[task.id],
                "result": _result(status.output, fields) if status.output else None,
            }
        )
    return shown


_NOT_STARTED = Status()


def _as_maps(interrupts: Iterable[Interrupt]) -> list[Any]:
    return [_as_map(interrupt) for interrupt in interrupts]


def _as_map(value: Any) -> Any:
    """Return a value with LangGraph's dataclasses as dictionaries (`dataclasses.asdict`)."""
    if isinstance(value, DATACLASSES):
        return {name: _as_map(item) for name, item in record_fields(value).items()}
    if isinstance(value, dict):
        return {key: _as_map(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_as_map(item) for item in cast("Sequence[Any]", value)]
    return value
