"""The Pregel loop (`langgraph.pregel._loop`).

A graph runs in supersteps. Each one

    prepares   a task for every packet that was sent and every node whose trigger has a new value,
    runs       the tasks, all on the state as it was before the superstep,
    applies    their writes to the channels, in task order, and
    stores     a checkpoint of the channels,

until no node is triggered, a breakpoint or an interrupt stops the run, or its steps are used up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from pure_engine.errors import GraphDrained, GraphInterrupt, GraphRecursionError, with_guide
from pure_engine.pregel.apply import apply_writes, lost_writes
from pure_engine.pregel.emitter import Emitter
from pure_engine.pregel.graph import Graph
from pure_engine.pregel.host import Services
from pure_engine.pregel.nesting import is_lasting, nest, nested_request
from pure_engine.pregel.prepare import stops
from pure_engine.pregel.run import Nesting, Request, open_run
from pure_engine.pregel.runner import (
    end_tasks,
    give_back_writes,
    raise_errors,
    run_tasks,
)
from pure_engine.pregel.start import start
from pure_engine.pregel.store import Store
from pure_engine.pregel.tasks import Task
from pure_engine.program.model import Breakpoints, Subgraph
from pure_engine.savers.saver import Write


class Loop:
    """A run of a graph: its state (`run`), what is stored of it, and what its stream shows."""

    def __init__(self, graph: Graph, request: Request, nesting: Nesting | None = None) -> None:
        self.run = open_run(graph, request, nesting or Nesting())
        self.store = Store(self.run)
        self.emitter = Emitter(self.run, self.store)
        self.services = Services(
            self.emitter.custom,
            self.run.nesting.drains.append,
            request.context,
            request.where.get("thread_id"),
            request.asynchronous,
            graph.program.subgraphs,
            self._run_nested,
            request.log,
        )
        self._left: list[Task] = []

    def execute(self) -> None:
        """Run the graph to its end.

        Raises:
            EmptyInputError: If there is nothing to do.
            GraphRecursionError: If the run used up its steps before it was done.
            GraphDrained: If a node asked it to stop before it was done.
            GraphInterrupt: If it stops and is nested; the outermost run shows the stop instead.
        """
        run = self.run
        start(run, self.store, self.emitter)
        unfinished: Exception | None = None
        try:
            unfinished = self._take_supersteps()
        except GraphInterrupt as interrupt:
            self.store.exit()
            if run.is_nested:
                raise
            self._show_stop(interrupt)
        except Exception:
            # Tasks that are cancelled end before the exit, threads after it.
            if not run.request.asynchronous:
                self.store.exit()
            end_tasks(run, self._left, self.services, self._record)
            if run.request.asynchronous:
                self.store.exit()
            raise
        else:
            # A nested run that succeeded leaves only its result, unless its namespace is kept.
            if not run.is_nested or is_lasting(run.nesting.namespace):
                self.store.exit()
        self.emitter.flush()
        if unfinished is not None:
            raise unfinished

    def _take_supersteps(self) -> Exception | None:
        """Take supersteps while there are tasks; return why the run ended before it was done."""
        run, request = self.run, self.run.request
        while run.step <= run.stop:
            self._prepare()
            if not run.tasks:
                return None
            if not run.replaying:
                give_back_writes(run)
            if self._stops_at(request.interrupt_before):
                raise GraphInterrupt
            if run.nesting.drains:
                return GraphDrained(f"Graph drained: {run.nesting.drains[-1]}")
            self.emitter.tasks()
            self._run_tasks()
            self._apply_writes()
            self.store.put_checkpoint("loop", run.updated)
            run.step += 1
            if self._stops_at(request.interrupt_after):
                self._prepare()
                raise GraphInterrupt
            self.store.wait()
        self._prepare()
        message = (
            f"Recursion limit of {request.recursion_limit} reached without hitting a stop"
            " condition. You can increase the limit by setting the `recursion_limit` config key."
        )
        return GraphRecursionError(with_guide(message, "GRAPH_RECURSION_LIMIT"))

    def _stops_at(self, breakpoints: Breakpoints) -> bool:
        if not breakpoints:
            return False
        run = self.run
        every = breakpoints == "*"
        tasks = (task for task in run.tasks.values() if not every or run.shows(task))
        return stops(run.state, breakpoints, tasks)

    def _prepare(self) -> None:
        self.run.tasks = self.run.next_tasks(self.run.updated)
        self.emitter.checkpoint()

    def _run_tasks(self) -> None:
        """Run the tasks that have no output yet; then raise what stopped them."""
        run, request = self.run, self.run.request
        tasks = [task for task in run.tasks.values() if not task.writes]
        self.emitter.flush()
        errors, self._left = run_tasks(run, tasks, self.services, self._record)
        # LangGraph quirk: a single task's items wait for the next superstep, and are lost if its
        # writes cannot be applied. A stream that nodes or subgraphs write to is read at once.
        if errors or len(tasks) > 1 or "custom" in request.modes or request.subgraphs:
            self.emitter.flush()
        raise_errors(errors)

    def _record(self, task: Task, writes: Sequence[Write]) -> None:
        """Record a task's writes: as pending, in the store and in the stream."""
        if writes:
            recorded = self.run.record(task.id, writes)
            self.store.put_writes(task.id, recorded, task.order)
            self.emitter.writes(task, recorded)

    def _apply_writes(self) -> None:
        run, deltas, tasks = self.run, self.store.deltas, self.run.tasks.values()
        for task in tasks:
            deltas.replace(task.writes)
        for text in lost_writes(run.state, tasks):
            run.request.log("WARNING", text)
        run.updated = apply_writes(run.state, tasks, run.graph.next_version)
        deltas.begin(run.step, run.tasks)
        for task in tasks:
            deltas.keep(run.step, task.id, task.order, task.writes)
        self.emitter.changed_values(run.updated)
        run.pending.clear()
        run.replaying, run.resuming = False, None

    def _run_nested(self, task: Task, subgraph: Subgraph, value: Any, again: bool) -> Any:  # noqa: FBT001  # `Services.nest` passes it by position
        """Run a subgraph inside a task; return the last state that it showed."""
        run, states = self.run, deque[Any]([None], maxlen=1)
        nesting = nest(run, self.emitter.stream, task, subgraph, again=again)
        request = nested_request(
            run.request, nesting, subgraph.program, value, lambda item: states.append(item[2])
        )
        Loop(run.graph.inside(subgraph), request, nesting).execute()
        return states[0]

    def _show_stop(self, interrupt: GraphInterrupt) -> None:
        """Queue a stopped run's last items: the state with pending writes applied."""
        run = self.run
        tasks = run.tasks.values()
        if run.pending and any(task.writes for task in tasks):
            self.emitter.changed_values(apply_writes(run.state, tasks, run.graph.next_version))
        if not interrupt.interrupts:
            self.emitter.breakpoint()
