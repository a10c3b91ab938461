"""A thread's state as `get_state` and `get_state_history` show it."""

from __future__ import annotations

from typing import Any

from pure_engine.algorithm import Writes, apply_writes, next_tasks
from pure_engine.graph import Graph
from pure_engine.names import INPUT, NULL_TASK
from pure_engine.payloads import task_states
from pure_engine.savers import Saved, Where
from pure_engine.state import State
from pure_engine.tasks import statuses


def snapshot(graph: Graph, saved: Saved, *, live: bool = False) -> dict[str, Any]:
    """Return a checkpoint as a snapshot, with the writes pending on it applied.

    With `live` it shows where the thread is now: the output of tasks that finished is applied, and
    only what still has to run or to be answered is listed. Otherwise it is a record of the step.
    """
    program = graph.program
    state = State.restored(program, saved.checkpoint)
    step = saved.metadata.get("step", -1) + 1
    tasks = next_tasks(state, saved.pending, step)
    unowned = [write[1:] for write in saved.pending if write[0] == NULL_TASK]
    if unowned:
        apply_writes(state, [Writes((), INPUT, unowned)], None)
    if live:
        for name, status in statuses(saved.pending).items():
            if name in tasks:
                tasks[name].writes.extend(status.output)
        done = [task for task in tasks.values() if task.writes]
        if done:
            apply_writes(state, done, None)
    states = task_states(tasks.values(), saved.pending, program.fields, live=live)
    return {
        "values": state.values(),
        "next": [task.name for task in tasks.values() if not task.writes],
        "config": {"configurable": saved.config},
        "metadata": saved.metadata,
        "created_at": saved.checkpoint["ts"],
        "parent_config": None if saved.parent is None else {"configurable": saved.parent},
        "tasks": states,
        "interrupts": [interrupt for state in states for interrupt in state["interrupts"]],
    }


def empty_snapshot(where: Where) -> dict[str, Any]:
    """Return the snapshot of a thread that has no checkpoint."""
    return {
        "values": {},
        "next": [],
        "config": {"configurable": dict(where)},
        "metadata": None,
        "created_at": None,
        "parent_config": None,
        "tasks": [],
        "interrupts": [],
    }
