"""The superstep loop (`langgraph.pregel._loop`).

A run prepares the tasks of a superstep, runs them, applies their writes and stores a checkpoint,
until no task is triggered, a breakpoint or an interrupt stops it, or it has taken its last step.
`starting` brings a run to its first superstep.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pure_engine.errors import GraphDrained, GraphInterrupt, GraphRecursionError, with_guide
from pure_engine.names import ERROR, INTERRUPT, NULL_TASK, SLOTS
from pure_engine.pregel import payloads
from pure_engine.pregel.apply import apply_writes
from pure_engine.pregel.checkpoints import (
    config_of,
    copy_checkpoint,
    drop_untracked_packets,
    empty_checkpoint,
    is_superseded,
    new_checkpoint,
    without_untracked,
)
from pure_engine.pregel.deltas import DeltaLog, bump, counted
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.host import Services
from pure_engine.pregel.nesting import is_lasting, replay_of, run_nested
from pure_engine.pregel.prepare import next_tasks, stops
from pure_engine.pregel.run import Run
from pure_engine.pregel.runner import give_back_writes, run_tasks
from pure_engine.pregel.streams import Stream
from pure_engine.pregel.tasks import Task, path_text
from pure_engine.pregel.versions import newer_versions
from pure_engine.savers.saver import PendingWrite, Saved, Write, metadata_only

_NEVER_STORED = "'{}PregelLoop' object has no attribute '_put_checkpoint_fut'"


class Loop:
    """A run."""

    def __init__(self, graph: Graph, run: Run) -> None:
        self.graph, self.run, self.around = graph, run, run.around
        self.program, self.saver, self.clock = graph.program, graph.saver, graph.clock
        self.next_version = graph.next_version
        around = run.around
        outer = None if around is None else around.loop
        self.namespace = "" if around is None else around.namespace
        self.parents = {} if around is None else around.checkpoints
        self.said: dict[str, Any] = (
            {} if around is None else {**around.loop.said, **around.task.metadata}
        )
        self.answers: dict[str, Any] | None = None if outer is None else outer.answers
        self.resuming = None if around is None else around.resuming
        self.replay = None if outer is None else outer.replay
        saved = self._find()
        self.superseded = (
            saved is not None
            and self.saver is not None
            and is_superseded(self.saver, run.where, saved.checkpoint)
        )
        if saved is None:
            saved = Saved({}, empty_checkpoint(self.clock), {"step": -2}, None, [])
        self.where: dict[str, Any] = {"checkpoint_ns": "", **run.where, **saved.config}
        self.parent = saved.parent
        self.saved = saved
        self.state = graph.restored(saved, self.namespace)
        self.metadata = saved.metadata
        self.pending: list[PendingWrite] = saved.pending
        self.step = self.metadata["step"] + 1
        self.stop = self.step + run.recursion_limit + 1
        self.updated: set[str] | None = None
        self.replaying = False
        self.tasks: dict[str, Task] | None = None
        self._saved_id = saved.checkpoint["id"]
        self._stored_versions = dict(self.state.versions)
        self._wrote: set[str] = set()
        self.deltas = DeltaLog(
            self.program,
            saved,
            asked=bool(run.where.get("checkpoint_id")),
            at_exit=self.saver is not None and run.durability == "exit",
        )
        self.stream = Stream(
            run.modes,
            run.sink,
            run.subgraphs,
            self.namespace,
            self.clock,
            None if outer is None else outer.stream,
        )
        self.drains: list[str] = [] if outer is None else outer.drains
        self.services = Services(
            self._emit_custom,
            self._drain,
            run.context,
            run.where.get("thread_id"),
            run.asynchronous,
            self.program.subgraphs,
            functools.partial(run_nested, self),
        )

    def _find(self) -> Saved | None:
        """Return the checkpoint that the run begins at."""
        where = self.run.where
        if self.saver is None:
            return None
        if self.replay is None or where.get("checkpoint_id"):
            return self.saver.get(where)
        self.resuming = None
        return self.replay.find(self.saver, where)

    def begin_replay(self) -> None:
        """Let subgraphs begin where they were at the checkpoint that this run was asked for."""
        if self.saver is not None:
            at_exit = self.run.durability == "exit"
            self.replay = replay_of(self.saved, self.state.checkpoint["id"], at_exit=at_exit)

    def _emit_custom(self, value: Any, namespace: str) -> None:
        self.stream.emit("custom", lambda: value, self.step, namespace)

    def _drain(self, reason: str) -> None:
        self.drains.append(reason)

    def emit(self, mode: str, payload: Callable[[], Any]) -> None:
        """Queue a stream's item."""
        self.stream.emit(mode, payload, self.step)

    def execute(self) -> None:
        """Take supersteps until the run ends.

        Items reach the sink when LangGraph yields them: an error while writes are applied loses
        those of its superstep.

        Raises:
            GraphRecursionError: If it took its last superstep and was not done.
            GraphDrained: If it was asked to stop and was not done.
        """
        unfinished: Exception | None = None
        try:
            while self.step <= self.stop:
                if not self._tick():
                    break
                if self.drains:
                    unfinished = GraphDrained(f"Graph drained: {self.drains[-1]}")
                    break
                self._show_tasks()
                run_tasks(self)
                self._after_tick()
                self._wait_for_storage()
            else:
                unfinished = self._out_of_steps()
                self._prepare()
        except GraphInterrupt as interrupt:
            self._store_at_exit()
            if self.around is not None:
                raise
            self._show_interrupt(interrupt)
        except Exception:
            self._store_at_exit()
            raise
        else:
            self._store_if_lasting()
        self.stream.flush()
        if unfinished is not None:
            raise unfinished

    def _out_of_steps(self) -> GraphRecursionError:
        message = (
            f"Recursion limit of {self.run.recursion_limit} reached without hitting a stop"
            " condition. You can increase the limit by setting the `recursion_limit` config key."
        )
        return GraphRecursionError(with_guide(message, "GRAPH_RECURSION_LIMIT"))

    def _wait_for_storage(self) -> None:
        # Storing waits for nothing here; LangGraph waits for what it never began without a saver.
        if self.saver is None and self.run.durability == "sync":
            raise AttributeError(_NEVER_STORED.format("Async" if self.run.asynchronous else "Sync"))

    def _tick(self) -> bool:
        """Prepare a superstep; return whether it has tasks."""
        tasks = self._prepare()
        if not tasks:
            return False
        if not self.replaying:
            give_back_writes(self, tasks)
        before = self.run.interrupt_before
        if before and stops(self.state, before, tasks.values()):
            raise GraphInterrupt
        return True

    def _show_tasks(self) -> None:
        """Queue the items of tasks that begin, and of what earlier runs recorded of them."""
        tasks = (self.tasks or {}).values()
        for task in tasks:
            if not task.hidden:
                self.emit("tasks", lambda task=task: payloads.task_payload(task, self.said))
        for task in tasks:
            if task.writes:
                self._show_writes(task, task.writes, again=True)

    def _prepare(self) -> dict[str, Task]:
        self.tasks = tasks = next_tasks(
            self.state,
            self.pending,
            self.step,
            updated=self.updated,
            answers=self.answers,
            stop=self.stop,
            around=None if self.around is None else self.around.answers,
        )
        if self.saver is not None:
            self.emit("checkpoints", lambda: self._checkpoint_payload(tasks))
        return tasks

    def _checkpoint_payload(self, tasks: dict[str, Task]) -> dict[str, Any]:
        where = {**self.where, "checkpoint_id": self.state.checkpoint["id"]}
        thread = self.where.get("thread_id")
        return {
            "config": config_of(where, self.metadata),
            "parent_config": config_of(self.parent, self.metadata),
            "values": self.state.values(),
            "metadata": self.metadata,
            **payloads.tasks_payload(tasks.values(), self.pending, self.run.shown, thread),
        }

    def put_writes(self, name: str, writes: Sequence[Write]) -> None:
        """Record a task's writes, store them, and show them in the stream."""
        if not writes:
            return
        self._wrote.add(name)
        if all(channel in SLOTS for channel, _ in writes):
            writes = list({write[0]: write for write in writes}.values())
        if name == NULL_TASK:
            # These add up, but for those that have a slot. Slots go last, so that the others keep
            # the index they are stored under.
            self.pending = [
                each for each in self.pending if each[0] != name or each[1] not in SLOTS
            ]
            writes = sorted(writes, key=lambda write: write[0] in SLOTS)
            kept = [each[1:] for each in self.pending if each[0] == name]
        else:
            self.pending = [each for each in self.pending if each[0] != name]
            kept: list[Write] = []
        to_store = [*kept, *writes]
        self.pending += [(name, channel, value) for channel, value in writes]
        task = None if self.tasks is None else self.tasks.get(name)
        if self.saver is not None and self.run.durability != "exit":
            self._store_writes(name, to_store, task)
        if task is not None:
            self._show_writes(task, writes)

    def _store_writes(self, name: str, writes: Sequence[Write], task: Task | None) -> None:
        if self.saver is None:
            return
        if self.program.has_untracked:
            specs = self.program.channels
            writes = [
                (channel, without_untracked(value, specs))
                for channel, value in writes
                if channel not in specs or specs[channel].tracked
            ]
        where = {**self.where, "checkpoint_id": self.state.checkpoint["id"]}
        path = "" if task is None else path_text(task.path)
        self.saver.put_writes(where, writes, name, path)

    def _after_tick(self) -> None:
        """Apply the superstep's writes and store the checkpoint after it."""
        tasks = self.tasks or {}
        for task in tasks.values():
            self.deltas.replace(task.writes)
        self.updated = apply_writes(self.state, tasks.values(), self.next_version)
        self.deltas.begin(self.step, tasks)
        for task in tasks.values():
            self.deltas.keep(self.step, task.id, path_text(task.path), task.writes)
        self._show_values(tasks, self.updated)
        self.pending.clear()
        self.replaying, self.resuming = False, None
        self.put_checkpoint("loop")
        after = self.run.interrupt_after
        if after and stops(self.state, after, tasks.values()):
            self._prepare()
            raise GraphInterrupt

    def _show_values(self, tasks: dict[str, Task], updated: set[str]) -> None:
        fields = self.run.shown
        if not updated.isdisjoint(fields) and any(
            channel in fields for task in tasks.values() for channel, _ in task.writes
        ):
            self.emit("values", self.shown_values)

    def shown_values(self) -> dict[str, Any]:
        """Return the state as the run gives it."""
        return self.state.values(self.run.shown)

    def _show_writes(self, task: Task, writes: Sequence[Write], *, again: bool = False) -> None:
        """Queue the items of a task's writes; `again` if an earlier run recorded them."""
        if task.hidden:
            return
        fields = self.run.shown
        first = writes[0][0]
        if first == INTERRUPT:
            interrupts = tuple(
                each for channel, value in writes if channel == INTERRUPT for each in value
            )
            self.emit("updates", lambda: {INTERRUPT: interrupts})
            self.emit("values", lambda: {**self.shown_values(), INTERRUPT: interrupts})
        elif first != ERROR:
            update = payloads.update_payload(task, writes, fields)
            metadata = {"__metadata__": {"cached": True}} if again else {}
            self.emit("updates", lambda: {**update, **metadata})
        if not again:
            self.emit("tasks", lambda: payloads.result_payload(task, writes, self.program.fields))

    def put_checkpoint(self, source: str) -> None:
        """Make the checkpoint of a superstep that ended, and store it unless at exit only."""
        parents = dict(self.parents)
        counters = counted(self.program, self.metadata, self.updated)
        self.metadata = {"source": source, "step": self.step, "parents": parents, **counters}
        self._store_checkpoint(store=self.saver is not None and self.run.durability != "exit")
        self.step += 1

    def _store_checkpoint(self, *, store: bool, name: str | None = None) -> None:
        state = self.state
        channels = state.channels if store else None
        snapshots = self._take_snapshots() if store else ()
        state.checkpoint = new_checkpoint(
            self.clock, state.checkpoint, channels, self.updated, name, snapshots=snapshots
        )
        if self.program.has_untracked:
            drop_untracked_packets(state.checkpoint, self.program.channels)
        if not store or self.saver is None:
            return
        self.parent = self.where if self.where.get("checkpoint_id") else None
        versions = dict(state.versions)
        new = newer_versions(self._stored_versions, versions)
        self._stored_versions = versions
        # What is said of the nodes around a nested run is stored with its checkpoints.
        where = {**metadata_only(self.said), **self.where}
        self.saver.put(where, copy_checkpoint(state.checkpoint), self.metadata, new)
        self.where = {**self.where, "checkpoint_id": self.state.checkpoint["id"]}

    def _take_snapshots(self) -> set[str]:
        """Return the delta channels that the checkpoint to be stored holds whole."""
        if self.saver is None or not self.program.deltas:
            return set()
        snapshots, writes = self.deltas.settle(self.metadata)
        if writes and not self.saved.config:
            # They go beside the checkpoint that the run began with: a new thread is given one.
            began = {**self.where, "checkpoint_id": None}
            self.where = self.saver.put(began, empty_checkpoint(self.clock), {"step": -2}, {})
        for name, path, kept in writes:
            self.saver.put_writes(self.where, kept, name, path)
        bump(self.state, self._stored_versions, snapshots, self.next_version)
        return snapshots

    def _store_if_lasting(self) -> None:
        """Store what waited till now; a nested run that went well leaves nothing but its result."""
        if self.around is None or is_lasting(self.namespace):
            self._store_at_exit()

    def _store_at_exit(self) -> None:
        """Store the last checkpoint and what is recorded after it, if that waited till now."""
        if self.run.durability != "exit" or self.saver is None:
            return
        if self.state.checkpoint["id"] != self._saved_id:
            self._store_checkpoint(store=True, name=self.state.checkpoint["id"])
        by_task: dict[str, list[Write]] = {}
        for name, channel, value in self.pending:
            if name in self._wrote:
                by_task.setdefault(name, []).append((channel, value))
        for name, writes in by_task.items():
            self.saver.put_writes(
                {**self.where, "checkpoint_id": self.state.checkpoint["id"]},
                writes,
                name,
                path_text(task.path) if (task := (self.tasks or {}).get(name)) else "",
            )

    def _show_interrupt(self, interrupt: GraphInterrupt) -> None:
        """Queue a stopped run's last items: the state with what is pending applied."""
        tasks = self.tasks or {}
        if self.pending and any(task.writes for task in tasks.values()):
            updated = apply_writes(self.state, tasks.values(), self.next_version)
            self._show_values(tasks, updated)
        if not interrupt.interrupts:
            self.emit("updates", lambda: {INTERRUPT: ()})
