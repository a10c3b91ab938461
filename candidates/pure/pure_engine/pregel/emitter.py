"""What a run shows in its stream, item by item (`PregelLoop._emit`, `output_writes`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from pure_engine.names import ERROR, INTERRUPT
from pure_engine.pregel import payloads
from pure_engine.pregel.checkpoints import config_of
from pure_engine.pregel.run import Run
from pure_engine.pregel.store import Store
from pure_engine.pregel.streams import Stream
from pure_engine.pregel.tasks import Task
from pure_engine.savers.saver import Write


class Emitter:
    """Queues a run's stream items; `flush` hands them on when LangGraph would yield them."""

    def __init__(self, run: Run, store: Store) -> None:
        request = run.request
        self._run, self._store = run, store
        self.stream = Stream(
            request.modes,
            request.sink,
            request.subgraphs,
            run.nesting.namespace,
            run.graph.clock,
            run.nesting.stream,
        )
        self.flush = self.stream.flush

    def _emit(self, mode: str, payload: Callable[[], Any]) -> None:
        self.stream.emit(mode, payload, self._run.step)

    def custom(self, value: Any, namespace: str) -> None:
        """Queue a value that a node's body emitted, from the namespace it ran in."""
        self.stream.emit("custom", lambda: value, self._run.step, namespace)

    def checkpoint(self) -> None:
        """Queue the item of the checkpoint that the next superstep begins at."""
        if self._run.graph.saver is not None:
            self._emit("checkpoints", self._checkpoint_payload)

    def _checkpoint_payload(self) -> dict[str, Any]:
        run, store = self._run, self._store
        thread = store.where.get("thread_id")
        tasks = run.tasks.values()
        return {
            "config": config_of(store.newest, store.metadata),
            "parent_config": config_of(store.parent, store.metadata),
            "values": run.state.values(),
            "metadata": store.metadata,
            **payloads.tasks_payload(tasks, run.pending, run.request.shown, thread),
        }

    def tasks(self) -> None:
        """Queue the items of tasks that begin, and of what earlier runs recorded for them."""
        run, tasks = self._run, self._run.tasks.values()
        around, tags = run.nesting.metadata, run.request.tags
        for task in tasks:
            if run.shows(task):
                self._emit("tasks", lambda task=task: payloads.task_payload(task, around, tags))
        for task in tasks:
            if task.writes:
                self.writes(task, task.writes, cached=True)

    def writes(self, task: Task, writes: Sequence[Write], *, cached: bool = False) -> None:
        """Queue the items of a task's writes; `cached` if an earlier run recorded them."""
        if not self._run.shows(task):
            return
        first = writes[0][0]
        if first == INTERRUPT:
            interrupts = tuple(
                interrupt
                for channel, value in writes
                if channel == INTERRUPT
                for interrupt in value
            )
            self._emit("updates", lambda: {INTERRUPT: interrupts})
            self._emit("values", lambda: self._stopped_values(interrupts))
        elif first != ERROR:
            shown = self._run.request.shown
            metadata = {"__metadata__": {"cached": True}} if cached else {}
            self._emit("updates", lambda: payloads.update_payload(task, writes, shown) | metadata)
        if not cached:
            fields = self._run.graph.program.fields
            self._emit("tasks", lambda: payloads.result_payload(task, writes, fields))

    def values(self) -> None:
        """Queue the state."""
        self._emit("values", self.shown_values)

    def changed_values(self, updated: set[str]) -> None:
        """Queue the state, if the superstep's tasks wrote to it and it changed."""
        shown = self._run.request.shown_names
        if not updated.isdisjoint(shown) and any(
            channel in shown for task in self._run.tasks.values() for channel, _ in task.writes
        ):
            self.values()

    def breakpoint(self) -> None:
        """Queue the item of a stop that asks nothing."""
        self._emit("updates", lambda: {INTERRUPT: ()})

    def shown_values(self) -> Any:
        """Return the state as the run shows it."""
        return self._run.state.values(self._run.request.shown)

    def _stopped_values(self, interrupts: Sequence[Any]) -> dict[str, Any]:
        """Return the state with the interrupts that stop the run.

        LangGraph quirk: shown alone, a field that is a map is changed itself, so it keeps them.
        """
        values = self.shown_values()
        if not isinstance(values, dict):
            return {INTERRUPT: interrupts}
        values[INTERRUPT] = interrupts
        return cast("dict[str, Any]", values)
