"""Updating a thread's state from outside a run (`langgraph.pregel.main.Pregel.update_state`).

An update counts as a node's: the node's edges and branches follow it.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pure_engine.errors import InvalidUpdateError
from pure_engine.names import BUMPS, END, INPUT, INTERRUPT, NULL_TASK, START
from pure_engine.pregel import checkpoints, deltas
from pure_engine.pregel.apply import Writer, Writes, apply_writes
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.migration import migrate
from pure_engine.pregel.node import write_update
from pure_engine.pregel.prepare import managed_values, next_tasks
from pure_engine.pregel.state import State
from pure_engine.pregel.tasks import Task, statuses
from pure_engine.pregel.versions import newer_versions
from pure_engine.program.model import Program
from pure_engine.savers.saver import Saver, Where, Write, with_metadata

COPY = "__copy__"
"""The `as_node` that stores the checkpoint again, beside itself."""


class Change(NamedTuple):
    """An update as a node's; `task` is the id of the task it stands for, if known."""

    values: Any
    as_node: str | None = None
    task: str | None = None


def update_state(
    graph: Graph,
    saver: Saver,
    where: Where,
    supersteps: Sequence[Sequence[Change]],
    metadata: Mapping[str, Any],
) -> dict[str, Any]:
    """Update a thread's state, superstep by superstep; return the last one's location.

    Checkpoints get the config's `metadata`.

    Raises:
        ValueError: If there are no supersteps, or one is empty.
    """
    if not supersteps:
        raise ValueError("No supersteps provided")
    if not all(supersteps):
        raise ValueError("No updates provided")
    for changes in supersteps:
        where = Update(graph, saver, where, metadata).apply(changes)
    return dict(where)


class Update:
    """One superstep of updates to a thread's state."""

    def __init__(
        self, graph: Graph, saver: Saver, where: Where, metadata: Mapping[str, Any]
    ) -> None:
        self._graph, self._saver, self._metadata = graph, saver, metadata
        self._saved = saved = saver.get(where)
        self._asked = where
        config = {} if saved is None else saved.config
        self._where: dict[str, Any] = {"checkpoint_ns": "", **where, **config}
        namespace = self._where["checkpoint_ns"]
        if saved is None:
            checkpoint = checkpoints.empty_checkpoint(graph.clock)
            self._state = State.restored(graph.program, checkpoint, namespace)
        else:
            # The copy has only the keys of today's layout.
            migrate(graph.program, saved.checkpoint)
            checkpoint = checkpoints.copy_checkpoint(saved.checkpoint)
            copied = dataclasses.replace(saved, checkpoint=checkpoint)
            self._state = graph.restored(copied, namespace)
        pending = [] if saved is None else saved.pending
        self._snapshots = deltas.left_behind(graph.program, pending)
        self._updated: set[str] = set()
        self._stored_versions = dict(self._state.versions)
        self._step = -1 if saved is None else saved.metadata.get("step", -1)

    def apply(self, changes: Sequence[Change]) -> dict[str, Any]:
        """Apply changes as one superstep's; return the new checkpoint's location.

        Raises:
            InvalidUpdateError: If the node does not exist, or is not named and not the only one.
        """
        values, as_node = changes[0].values, changes[0].as_node
        if values is None and as_node == END:
            _alone(changes, "Cannot apply multiple updates when clearing state")
            return self._clear()
        if as_node == INPUT:
            _alone(changes, "Cannot apply multiple updates when updating as input")
            return self._as_input(values)
        if as_node == COPY:
            _alone(changes, "Cannot copy checkpoint with multiple updates")
            return self._copy(values)
        program = self._graph.program
        if len(changes) == 1:
            if as_node is None:
                as_node = _last_node(program, self._state.versions_seen)
            if as_node is None:
                raise InvalidUpdateError("Ambiguous update, specify as_node")
            changes = [changes[0]._replace(as_node=as_node)]
        for change in changes:
            if change.as_node is None:
                raise InvalidUpdateError("as_node is required when applying multiple updates")
            if change.as_node not in program.nodes:
                message = f"Node {change.as_node} does not exist"
                raise InvalidUpdateError(message)
        writers = self._written(changes)
        self._apply(writers)
        return self._store("update", self._step + 1)

    def _written(self, changes: Sequence[Change]) -> list[Writer]:
        """Return the writes of changes, stored under the ids of the tasks that wait to run."""
        program, checkpoint = self._graph.program, uuid.UUID(self._state.checkpoint["id"])
        managed = managed_values(program, self._step + 1, self._step + 3)
        waiting = self.waiting()
        written: list[tuple[str, Writes]] = []
        for index, change in enumerate(changes):
            node = program.nodes[str(change.as_node)]
            ids = waiting.get(node.name, [])
            unasked = f"{INTERRUPT}:{index}" if index else INTERRUPT
            name = change.task or (ids.pop(0) if ids else str(uuid.uuid5(checkpoint, unasked)))
            writes: list[Write] = []
            write_update(node, change.values, writes, self._state, managed)
            written.append((name, Writes((INTERRUPT, index), node.name, writes, (INTERRUPT,))))
        for name, writer in written:
            self._store_writes(name, writer.writes, writer.order)
        return [writer for _, writer in written]

    def _clear(self) -> dict[str, Any]:
        """Drop all tasks, after applying the output of those that finished."""
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

    def _copy(self, values: Any) -> dict[str, Any]:
        """Store the checkpoint again beside itself, and apply a list of changes to the copy."""
        saved = self._saved
        if saved is None:
            raise InvalidUpdateError("Cannot copy a non-existent checkpoint")
        copied = checkpoints.new_checkpoint(self._graph.clock, self._state.checkpoint, None)
        # LangGraph stores the call's metadata only with the copy of a checkpoint without parent.
        first = {**with_metadata(self._where, self._metadata), "checkpoint_id": None}
        where = saved.parent or first
        parents = saved.metadata.get("parents", {})
        metadata = {"source": "fork", "step": self._step + 1, "parents": parents}
        if deltas.COUNTERS in saved.metadata:
            metadata[deltas.COUNTERS] = saved.metadata[deltas.COUNTERS]
        place = checkpoints.with_parents(self._saver.put(where, copied, metadata, {}), metadata)
        if not isinstance(values, list) or not values:
            return place
        copy = Update(self._graph, self._saver, place, {})
        return copy.apply(_grouped(cast("list[Any]", values), copy.waiting()))

    def waiting(self) -> dict[str, list[str]]:
        """Return the ids of the next tasks, by node."""
        ids: dict[str, list[str]] = {}
        for task in self._next_tasks().values():
            ids.setdefault(task.name, []).append(task.id)
        return ids

    def _next_tasks(self) -> dict[str, Task]:
        if self._saved is None:
            return {}
        return next_tasks(self._state, self._saved.pending, self._step + 1)

    def _apply(self, writers: Iterable[Writer]) -> None:
        self._updated |= apply_writes(self._state, writers, self._graph.next_version)

    def _store_writes(self, name: str, writes: Sequence[Write], path: str) -> None:
        """Store writes beside the checkpoint they build on, if that is still the latest."""
        saved = self._saved
        self._snapshots |= deltas.overwritten(self._graph.program, writes)
        if saved is None or checkpoints.is_superseded(self._saver, self._asked, saved):
            self._snapshots |= deltas.written_to(self._graph.program, writes)
            return
        if writes:
            self._saver.put_writes(self._where, writes, name, path)

    def _store(self, source: str, step: int) -> dict[str, Any]:
        metadata: dict[str, Any] = {} if self._saved is None else self._saved.metadata
        parents = metadata.get("parents", {})
        state, program = self._state, self._graph.program
        new_thread = self._saved is None
        counters = {} if new_thread else deltas.counted(program, metadata, self._updated)
        metadata = {"source": source, "step": step, "parents": parents, **counters}
        snapshots = self._snapshots | deltas.due(program, metadata)
        deltas.bump(state, self._stored_versions, snapshots, self._graph.next_version)
        deltas.settle(metadata, snapshots)
        made = checkpoints.new_checkpoint(
            self._graph.clock, state.checkpoint, state.channels, snapshots=snapshots
        )
        new = newer_versions(self._stored_versions, made["channel_versions"])
        where = with_metadata(self._where, self._metadata)
        return checkpoints.with_parents(self._saver.put(where, made, metadata, new), metadata)


def _alone(changes: Sequence[Change], message: str) -> None:
    if len(changes) > 1:
        raise InvalidUpdateError(message)


def _grouped(values: Sequence[Any], waiting: Mapping[str, Sequence[str]]) -> list[Change]:
    """Return changes grouped by node; a node's k-th stands for its k-th waiting task."""
    groups: dict[Any, list[Change]] = {}
    for item in values:
        if not isinstance(item, Sequence):
            message = f"Invalid update item: {item} when copying checkpoint"
            raise InvalidUpdateError(message)
        update, as_node = cast("Sequence[Any]", item)[:2]
        group = groups.setdefault(as_node, [])
        known = waiting.get(as_node, ())
        task = known[len(group)] if len(group) < len(known) else None
        group.append(Change(update, as_node, task))
    return [change for group in groups.values() for change in group]


def _last_node(program: Program, versions_seen: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the node that ran last, or None if several did."""
    ran = (node for node in versions_seen if node != BUMPS)
    if not any(version for node in ran for version in deltas.really_seen(versions_seen, node)):
        return START
    runs = sorted(
        (version, node)
        for node in versions_seen
        if node in program.nodes
        for version in deltas.really_seen(versions_seen, node)
    )
    if len(runs) == 1 or (runs and runs[-1][0] != runs[-2][0]):
        return runs[-1][1]
    return None
