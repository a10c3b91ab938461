"""A thread's state as `get_state` and `get_state_history` show it."""

from __future__ import annotations

from typing import Any

from pure_engine.names import INPUT, NS_SEP, NULL_TASK
from pure_engine.namespaces import without_task_ids
from pure_engine.pregel.apply import Writes, apply_writes
from pure_engine.pregel.checkpoints import config_of
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.payloads import subgraph_config, task_states
from pure_engine.pregel.prepare import next_tasks
from pure_engine.pregel.tasks import Task, statuses
from pure_engine.savers.saver import Saved, Where


def state_at(graph: Graph, where: Where, *, subgraphs: bool = False) -> dict[str, Any]:
    """Return the snapshot of a checkpoint, or of the thread as it is now."""
    saved = None if graph.saver is None else graph.saver.get(where)
    if saved is None:
        return empty_snapshot(where)
    return snapshot(graph, saved, live=not where.get("checkpoint_id"), subgraphs=subgraphs)


def snapshot(
    graph: Graph, saved: Saved, *, live: bool = False, subgraphs: bool = False
) -> dict[str, Any]:
    """Return the snapshot of a checkpoint.

    With `subgraphs`, it includes the state of its tasks' subgraphs, otherwise only their configs.
    With `live`, it shows the thread as it is now: the output of finished tasks is applied, and only
    tasks that still have to run and interrupts without an answer are listed.
    """
    program = graph.program
    state = graph.restored(saved, saved.config["checkpoint_ns"])
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
    thread = saved.config["thread_id"]
    inner = {
        task.id: _inner_state(graph, task, thread) if subgraphs else subgraph_config(task, thread)
        for task in tasks.values()
    }
    states = task_states(tasks.values(), saved.pending, program.fields, inner, live=live)
    return {
        "values": state.values(),
        "next": [task.name for task in tasks.values() if not task.writes],
        "config": config_of(saved.config, saved.metadata),
        "metadata": saved.metadata,
        "created_at": saved.checkpoint["ts"],
        "parent_config": config_of(saved.parent, saved.metadata),
        "tasks": states,
        "interrupts": [interrupt for state in states for interrupt in state["interrupts"]],
    }


def inner_graph(graph: Graph, where: Where, index: int) -> tuple[Graph, dict[str, Any]]:
    """Return the subgraph of one of the next tasks of a thread, and its location."""
    tasks = state_at(graph, where)["tasks"]
    task = tasks[index] if index < len(tasks) else None
    subgraph = None if task is None else graph.program.nodes[task["name"]].shows
    if task is None or subgraph is None:
        message = f"no subgraph at task {index}"
        raise ValueError(message)
    namespace = subgraph.namespace(task["state"]["configurable"]["checkpoint_ns"])
    return graph.inside(subgraph), {"thread_id": where["thread_id"], "checkpoint_ns": namespace}


def graph_in(graph: Graph, where: dict[str, Any], *, strict: bool) -> tuple[Graph, dict[str, Any]]:
    """Return the subgraph that the namespace of a place is of, and its place.

    That is the graph itself for an empty namespace, and for one of no subgraph, unless that is an
    error (`strict`).
    """
    namespace, inside = where.get("checkpoint_ns", ""), graph
    names = without_task_ids(namespace)
    for name in names.split(NS_SEP) if names else ():
        node = inside.program.nodes.get(name)
        if node is None or node.shows is None:
            if strict:
                message = f"Subgraph {names} not found"
                raise ValueError(message)
            return graph, where
        inside = inside.inside(node.shows)
        where = {**where, "checkpoint_ns": node.shows.namespace(namespace)}
    return inside, where


def checkpoint_of(graph: Graph, where: Where, checkpoint: str) -> dict[str, Any]:
    """Return the location of a checkpoint, with those of the checkpoints around it."""
    where = {**where, "checkpoint_id": checkpoint}
    return state_at(graph, where)["config"]["configurable"]


def _inner_state(graph: Graph, task: Task, thread: str) -> dict[str, Any] | None:
    """Return the snapshot of a task's subgraph, if that keeps checkpoints."""
    subgraph = task.node.shows
    if subgraph is None:
        return None
    where = {"thread_id": thread, "checkpoint_ns": subgraph.namespace(task.namespace)}
    return state_at(graph.inside(subgraph), where, subgraphs=True)


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
