"""Running the tasks of a superstep (`langgraph.pregel._runner.PregelRunner`).

Every task runs to its end and is recorded as it ends, whatever happens to the others. If a task
failed for good and its node has a handler, the handler runs in the same superstep, after the tasks.
A run with a completion order ends at the first failure that nothing handles: the tasks that come
later are left to its end, where they run unseen, or are cancelled if it is asynchronous. So are the
handlers of an asynchronous run after the first, if something else fails.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from pure_engine.errors import BUBBLES, GraphInterrupt
from pure_engine.names import CONTROL, ERROR, ERROR_SOURCE_NODE, INTERRUPT, NO_WRITES, RESUME
from pure_engine.pregel.host import Services
from pure_engine.pregel.node import run_task
from pure_engine.pregel.prepare import handling_task
from pure_engine.pregel.run import Run
from pure_engine.pregel.tasks import Failure, Task, statuses
from pure_engine.savers.saver import Write

Record: TypeAlias = Callable[[Task, Sequence[Write]], None]
"""Records what a task wrote."""


def give_back_writes(run: Run) -> None:
    """Give tasks that an earlier run finished their output, so that they do not run again."""
    known = [write for write in run.pending if write[0] in run.tasks]
    for name, status in statuses(known).items():
        task = run.tasks[name]
        if any(write[:2] == (name, ERROR_SOURCE_NODE) for write in known) and task.node.handler:
            # It failed for good: only its handler is left to run. What it asked before is over.
            asked = {INTERRUPT, RESUME}
            task.writes += [w[1:] for w in known if w[0] == name and w[1] not in asked]
            _add_handler(run, Failure(task, status.error))
        else:
            task.writes.extend(status.output)


def run_tasks(
    run: Run, tasks: Iterable[Task], services: Services, record: Record
) -> tuple[list[Exception], list[Task]]:
    """Run tasks, then the handlers of those that failed.

    Return the errors that nothing handles, and the tasks that are left.
    """
    errors: list[Exception] = []
    failures: list[Failure] = []
    stopping = run.request.order is not None
    left = _in_order(tasks, run.request.order or ())
    while left and not (stopping and _has_failed(errors)):
        task = left.pop(0)
        error = _run_task(run, task, services, record)
        if error is None:
            continue
        if task.node.handler and not isinstance(error, BUBBLES):
            failures.append(Failure(task, error))
        else:
            errors.append(error)
    handlers = [_add_handler(run, failure) for failure in failures]
    most = 1 if run.request.asynchronous and _has_failed(errors) else len(handlers)
    for handler in handlers[:most]:
        error = _run_task(run, handler, services, record)
        if error is not None:
            errors.append(error)
    return errors, [*left, *handlers[most:]]


def end_tasks(run: Run, tasks: Iterable[Task], services: Services, record: Record) -> None:
    """End the tasks that are left of a run that failed."""
    for task in tasks:
        if run.request.asynchronous:
            task.writes.append((ERROR, CancelledError()))
            record(task, task.writes)
        else:
            _run_task(run, task, services, record)


def _has_failed(errors: Iterable[Exception]) -> bool:
    """Whether a failure that nothing handles is among these errors."""
    return any(not isinstance(error, BUBBLES) for error in errors)


def _in_order(tasks: Iterable[Task], order: Sequence[int]) -> list[Task]:
    """Return tasks in the order in which they end; those that it does not number end last."""
    numbered = [*tasks]
    first = [numbered[number] for number in order if number < len(numbered)]
    return [*first, *numbered[len(order) :]]


def raise_errors(errors: Sequence[Exception]) -> None:
    """Raise the first error that is no interrupt, or else all interrupts as one."""
    for error in errors:
        if not isinstance(error, GraphInterrupt):
            raise error
    interrupts = [error.interrupts for error in errors if isinstance(error, GraphInterrupt)]
    if interrupts:
        raise GraphInterrupt(tuple(interrupt for several in interrupts for interrupt in several))


def _add_handler(run: Run, failure: Failure) -> Task:
    handler = handling_task(run.state, failure, run.pending, run.step, run.answers)
    run.tasks[handler.id] = handler
    return handler


def _run_task(run: Run, task: Task, services: Services, record: Record) -> Exception | None:
    """Run a task and record how it ended; return its error, if there is one."""
    try:
        run_task(task, run.state, services)
    except GraphInterrupt as interrupt:
        if interrupt.interrupts:
            answered = [write for write in task.writes if write[0] == RESUME]
            record(task, [(INTERRUPT, interrupt.interrupts), *answered])
        return interrupt
    except BUBBLES as error:
        return error
    except Exception as error:  # noqa: BLE001  # raised when all tasks have run
        task.writes.append((ERROR, error))
        if task.node.handler is not None:
            task.writes.append((ERROR_SOURCE_NODE, task.name))
        record(task, task.writes)
        return error
    if all(channel in CONTROL for channel, _ in task.writes):
        task.writes.append((NO_WRITES, None))
    record(task, task.writes)
    return None
