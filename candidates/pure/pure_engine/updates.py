"""Updating a thread's state from outside a run (`langgraph.pregel.main.Pregel.update_state`).

An update is made as if a node had made it: the node's edges and branches follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pure_engine.algorithm import (
    Writer,
    Writes,
    apply_writes,
    managed_values,
    next_tasks,
    path_text,
)
from pure_engine.checkpoints import (
    copy_checkpoint,
    empty_checkpoint,
    is_superseded,
    new_checkpoint,
    newer_versions,
)
from pure_engine.errors import InvalidUpdateError
from pure_engine.graph import Graph
from pure_engine.migration import migrate
from pure_engine.names import END, INPUT, INTERRUPT, NULL_TASK, START
from pure_engine.program import Program
from pure_engine.running import write_update
from pure_engine.savers import Saver, Where, Write
from pure_engine.state import State
from pure_engine.tasks import Task, statuses

COPY = "__copy__"
"""The node whose update is none: the checkpoint is stored again, beside itself."""


class Update:
    """One update of a thread's state."""

    def __init__(self, graph: Graph, saver: Saver, where: Where) -> None:
        self._graph, self._saver = graph, saver
        self._saved = saved = saver.get(where)
        self._asked = where
        self._where: dict[str, Any] = {
            **where,
            **({"checkpoint_ns": ""} if saved is None else saved.config),
        }
        if saved is None:
            checkpoint = empty_checkpoint(graph.clock)
        else:
            # A copy has only the parts of today's layout.
            migrate(graph.program, saved.checkpoint)
            checkpoint = copy_checkpoint(saved.checkpoint)
        self._state = State.restored(graph.program, checkpoint)
        self._stored_versions = dict(self._state.versions)
        self._step = -1 if saved is None else saved.metadata.get("step", -1)

    def apply(self, values: Any, as_node: str | None) -> dict[str, Any]:
        """Apply values as a node's update; return where the new checkpoint is.

        Raises:
            InvalidUpdateError: If no node is named and none can be told, or it does not exist.
        """
        if values is None and as_node == END:
            return self._clear()
        if as_node == INPUT:
            return self._as_input(values)
        if as_node == COPY:
            return self._copy()
        program = self._graph.program
        tasks = self._next_tasks()
        if as_node is None:
            as_node = _last_node(program, self._state.seen)
        if as_node is None:
            raise InvalidUpdateError("Ambiguous update, specify as_node")
        if as_node not in program.nodes:
            message = f"Node {as_node} does not exist"
            raise InvalidUpdateError(message)
        waiting = (task.id for task in tasks.values() if task.name == as_node)
        name = next(waiting, None) or str(
            uuid.uuid5(uuid.UUID(self._state.checkpoint["id"]), INTERRUPT)
        )
        writes: list[Write] = []
        managed = managed_values(program, self._step + 1, self._step + 3)
        write_update(program.nodes[as_node], values, writes, self._state, managed)
        writer = Writes((INTERRUPT, 0), as_node, writes, (INTERRUPT,))
        self._store_writes(name, writes, path_text(writer.path))
        self._apply([writer])
        return self._store("update", self._step + 1)

    def _clear(self) -> dict[str, Any]:
        """Drop all tasks, after the output of those that finished."""
        if self._saved is not None:
            tasks = self._next_tasks()
            unowned = [write[1:] for write in self._saved.pending if write[0] == NULL_TASK]
            if unowned:
                self._apply([Writes((), INPUT, unowned)])
            for name, status in statuses(self._saved.pending).items():
                if name in tasks:
                    tasks[name].writes.extend(status.output)
            self._apply(tasks.values())
        return self._store("update", self._step + 1)

    def _as_input(self, values: Any) -> dict[str, Any]:
        if values is None:
            message = f"Received no input writes for {START}"
            raise InvalidUpdateError(message)
        writes: list[Write] = [(START, values)]
        name = str(uuid.uuid5(uuid.UUID(self._state.checkpoint["id"]), INPUT))
        self._store_writes(name, writes, "")
        self._apply([Writes((), INPUT, writes)])
        known = self._saved is not None and self._saved.metadata.get("step") is not None
        return self._store("input", self._step + 1 if known else -1)

    def _copy(self) -> dict[str, Any]:
        """Store the checkpoint again, beside itself."""
        saved = self._saved
        if saved is None:
            raise InvalidUpdateError("Cannot copy a non-existent checkpoint")
        copied = new_checkpoint(self._graph.clock, self._state.checkpoint, None)
        where = saved.parent or {**saved.config, "checkpoint_id": None}
        parents = saved.metadata.get("parents", {})
        metadata = {"source": "fork", "step": self._step + 1, "parents": parents}
        return self._saver.put(where, copied, metadata, {})

    def _next_tasks(self) -> dict[str, Task]:
        if self._saved is None:
            return {}
        return next_tasks(self._state, self._saved.pending, self._step + 1)

    def _apply(self, writers: Iterable[Writer]) -> None:
        apply_writes(self._state, writers, self._graph.next_version)

    def _store_writes(self, name: str, writes: Sequence[Write], path: str) -> None:
        """Store the writes beside the checkpoint they build on, if the thread is still there."""
        saved = self._saved
        if saved is None or is_superseded(self._saver, self._asked, saved.checkpoint):
            return
        if writes:
            self._saver.put_writes(self._where, writes, name, path)

    def _store(self, source: str, step: int) -> dict[str, Any]:
        metadata: dict[str, Any] = {} if self._saved is None else self._saved.metadata
        parents = metadata.get("parents", {})
        metadata = {"source": source, "step": step, "parents": parents}
        state = self._state
        made = new_checkpoint(self._graph.clock, state.checkpoint, state.channels)
        new = newer_versions(self._stored_versions, made["channel_versions"])
        return self._saver.put(self._where, made, metadata, new)


def _last_node(program: Program, seen: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the node that ran last, or None if several did."""
    if not any(version for versions in seen.values() for version in versions.values()):
        return START
    runs = sorted(
        (version, name)
        for name, versions in seen.items()
        if name in program.nodes
        for version in versions.values()
    )
    if len(runs) == 1 or (runs and runs[-1][0] != runs[-2][0]):
        return runs[-1][1]
    return None
