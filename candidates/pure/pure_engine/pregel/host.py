"""What a node's body asks of the engine, answered for a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pure_engine.errors import NodeTimeoutError
from pure_engine.names import NS_SEP
from pure_engine.pregel.run import Log
from pure_engine.pregel.tasks import Task
from pure_engine.program.model import Subgraph
from pure_engine.program.policies import NO_LIMITS, Timeout


@dataclass(frozen=True, slots=True)
class Services:
    """What a run offers to its tasks."""

    emit: Callable[[Any, str], None]
    drain: Callable[[str], None]
    context: Mapping[str, Any] | None
    thread: str | None
    asynchronous: bool
    subgraphs: Mapping[str, Subgraph]
    nest: Callable[[Task, Subgraph, Any, bool], Any]
    log: Log


class Stopwatch:
    """An attempt's time, which only `wait` advances, and its limits."""

    def __init__(self, node: str, timeout: Timeout | None) -> None:
        self._node, self._limits = node, timeout or NO_LIMITS
        self._now = self._progress = 0.0

    def progress(self) -> None:
        """Note that the attempt made progress."""
        self._progress = self._now

    def wait(self, seconds: float) -> None:
        """Let time pass, or raise `NodeTimeoutError` if that reaches a limit."""
        self._now += seconds
        limits = self._limits
        ends = [
            (limits.run, f"run timeout of {limits.run or 0:.3f}s"),
            (
                None if limits.idle is None else self._progress + limits.idle,
                f"idle timeout of {limits.idle or 0:.3f}s without making progress",
            ),
        ]
        passed = [
            (end, limit_name) for end, limit_name in ends if end is not None and end <= self._now
        ]
        if passed:
            end, limit_name = min(passed, key=lambda limit: limit[0])
            message = f"Node '{self._node}' exceeded its {limit_name} (elapsed: {end:.3f}s)."
            raise NodeTimeoutError(message)


class TaskHost:
    """The host of a task's body in one attempt."""

    def __init__(self, task: Task, services: Services, attempt: int) -> None:
        self._task, self._services, self._attempt = task, services, attempt
        self._watch = Stopwatch(task.name, task.node.policies.timeout)

    def ask(self, value: Any) -> Any:
        """Return the answer to an interrupt."""
        return self._task.ask(value)

    def emit(self, value: Any) -> None:
        """Emit a value; a handler's has the namespace of the task that failed."""
        self._watch.progress()
        self._services.emit(value, self._task.namespace.rpartition(NS_SEP)[0])

    def wait(self, seconds: float) -> None:
        """Let time pass in an asynchronous run; a synchronous one does not wait."""
        if self._services.asynchronous:
            self._watch.wait(seconds)

    def drain(self, reason: str) -> None:
        """Ask the run to stop after this superstep."""
        self._services.drain(reason)

    def visits(self) -> int:
        """Return how often the body has run in this session."""
        return self._task.node.visits

    def call(self, name: str, given: Any) -> Any:
        """Run a subgraph of the program by name; return its result."""
        return self.nest(self._services.subgraphs[name], given)

    def nest(self, subgraph: Subgraph, given: Any) -> Any:
        """Run a subgraph inside the task; return its result."""
        return self._services.nest(self._task, subgraph, given, self._attempt > 1)

    def info(self, name: str) -> Any:
        """Return a fact about the task's execution; in a handler, about the task that failed."""
        failure = self._task.failure
        task = self._task if failure is None else failure.task
        known = {
            "attempt": self._attempt,
            "task_id": task.id,
            "checkpoint_ns": task.namespace,
            "thread_id": self._services.thread,
        }
        return known[name]

    def context(self, name: str) -> Any:
        """Return the value of a key of the run's context."""
        return (self._services.context or {}).get(name)

    def error(self, name: str) -> Any:
        """Return a fact about the failure that is being handled."""
        failure = self._task.failure
        if failure is None:
            return None
        known = {
            "node": failure.task.name,
            "type": type(failure.error).__name__,
            "message": str(failure.error),
        }
        return known[name]
