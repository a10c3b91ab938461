"""Running the tasks of a superstep (`langgraph.pregel._runner.PregelRunner`).

Every task runs to its end and is recorded as it ends. If one failed for good and has a handler,
that runs in the same superstep, after the others; any other error is raised when all have run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pure_engine.errors import BUBBLES, GraphInterrupt
from pure_engine.names import CONTROL, ERROR, ERROR_SOURCE_NODE, INTERRUPT, NO_WRITES, RESUME
from pure_engine.pregel.node import run_task
from pure_engine.pregel.prepare import handling_task
from pure_engine.pregel.tasks import Failure, Task, statuses

if TYPE_CHECKING:
    from pure_engine.pregel.loop import Loop


def give_back_writes(loop: Loop, tasks: dict[str, Task]) -> None:
    """Give tasks that an earlier run finished their output: they do not run again."""
    known = [write for write in loop.pending if write[0] in tasks]
    for name, status in statuses(known).items():
        task = tasks[name]
        if any(write[:2] == (name, ERROR_SOURCE_NODE) for write in known) and task.node.handler:
            # It failed for good, and its handler is what is left to do.
            task.writes += [write[1:] for write in known if write[0] == name]
            handler = _handling(loop, Failure(task, status.error))
            tasks[handler.id] = handler
        else:
            task.writes.extend(status.output)


def _handling(loop: Loop, failure: Failure) -> Task:
    return handling_task(loop.state, failure, loop.pending, loop.step, loop.answers)


def run_tasks(loop: Loop) -> None:
    """Run the superstep's tasks, each committed as it ends; then raise what stopped them."""
    tasks = loop.tasks or {}
    todo = [task for task in tasks.values() if not task.writes]
    loop.stream.flush()
    errors: list[Exception] = []
    failed: list[Failure] = []
    for task in todo:
        if (error := _run_task(loop, task)) is None:
            continue
        if task.node.handler and not isinstance(error, BUBBLES):
            failed.append(Failure(task, error))
        else:
            errors.append(error)
    for failure in failed:
        handler = _handling(loop, failure)
        tasks[handler.id] = handler
        if (error := _run_task(loop, handler)) is not None:
            errors.append(error)
    if errors or len(todo) > 1 or "custom" in loop.run.modes or loop.run.subgraphs:
        # A stream that nodes and subgraphs write to is read while they run.
        loop.stream.flush()
    failures = [error for error in errors if not isinstance(error, GraphInterrupt)]
    if failures:
        raise failures[0]
    interrupts = [error for error in errors if isinstance(error, GraphInterrupt)]
    if interrupts:
        raise GraphInterrupt(tuple(each for error in interrupts for each in error.interrupts))


def _run_task(loop: Loop, task: Task) -> Exception | None:
    """Run a task and record how it ended; return its error, if there is one."""
    try:
        run_task(task, loop.state, loop.services)
    except Exception as error:  # noqa: BLE001  # raised when all tasks have run
        _commit(loop, task, error)
        return error
    _commit(loop, task, None)
    return None


def _commit(loop: Loop, task: Task, error: Exception | None) -> None:
    """Record how a task ended."""
    if isinstance(error, GraphInterrupt):
        resumes = [write for write in task.writes if write[0] == RESUME]
        if error.interrupts:
            loop.put_writes(task.id, [(INTERRUPT, error.interrupts), *resumes])
        return
    if isinstance(error, BUBBLES):
        return
    if error is not None:
        task.writes.append((ERROR, error))
        if task.node.handler is not None:
            task.writes.append((ERROR_SOURCE_NODE, task.name))
    elif all(channel in CONTROL for channel, _ in task.writes):
        task.writes.append((NO_WRITES, None))
    loop.put_writes(task.id, task.writes)
