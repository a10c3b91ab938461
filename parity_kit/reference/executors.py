"""Replacements for LangGraph's executors, so that nothing depends on threads or on time."""

from __future__ import annotations

import asyncio
import functools
import importlib
import threading
import time
import types
from collections.abc import Callable, Coroutine, Generator, Iterable
from concurrent.futures import Future
from contextvars import Context, copy_context
from typing import Any, TypeAlias, cast

# What `langgraph.pregel._executor.Submit` takes for the executor itself.
_OPTIONS = {"__name__", "__cancel_on_exit__", "__reraise_on_exit__", "__next_tick__"}
# The hash of a future that is no task's: its bits choose the last slot of a small set, so that it
# takes no task's place there.
_APART_FROM_TASKS = 2**60 - 1


class _TaskFuture(Future[Any]):
    """A task's future, whose hash is the task's place in its superstep.

    `PregelRunner` keeps the futures of a superstep in a set and raises the error of whichever it
    pops first: with small consecutive hashes that is the first task's.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __hash__(self) -> int:
        return self._number


class _AsyncTaskFuture(asyncio.Future[Any]):
    """The future of an awaited task; waiters are notified when all tasks have ended.

    The first callback added to a task's future commits the task's writes
    (`langgraph.pregel._runner.FuturesDict`) as soon as the task has ended. All others belong to
    waiters, and would stop the other tasks if this one failed.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._commits = False
        self._announced = False
        self._waiting: list[tuple[Callable[[Any], object], Context | None]] = []

    def __hash__(self) -> int:
        return self._number

    def done(self) -> bool:
        return self._announced

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        if self._announced or not self._commits:
            self._commits = True
            super().add_done_callback(fn, context=context)
        else:
            self._waiting.append((fn, context))

    def remove_done_callback(self, fn: Callable[[Any], object], /) -> int:
        kept = [callback for callback in self._waiting if callback[0] != fn]
        removed, self._waiting = len(self._waiting) - len(kept), kept
        return removed + super().remove_done_callback(fn)

    def emit(self) -> None:
        """Notify the waiters that the task has ended."""
        self._announced = True
        for fn, context in self._waiting:
            super().add_done_callback(fn, context=context)


class _TaskNumbers:
    """Numbers the tasks of each superstep in the order in which they are started."""

    def __init__(self) -> None:
        self._superstep: tuple[object, int] = (None, 0)

    def of(self, args: tuple[Any, ...]) -> int | None:
        """Return the number of the task that an executor gets; None if it is not a task."""
        config = getattr(args[0], "config", None) if args else None
        if not isinstance(config, dict):
            return None
        step = cast("dict[str, Any]", config).get("metadata", {}).get("langgraph_step")
        number = self._superstep[1] if step == self._superstep[0] else 0
        self._superstep = (step, number + 1)
        return number


def _raise_first(futures: Iterable[Future[Any] | asyncio.Future[Any]]) -> None:
    """Raise the first error, as LangGraph's executors do when they end."""
    executor = importlib.import_module("langgraph.pregel._executor")
    bubbles = importlib.import_module("langgraph.errors").GraphBubbleUp
    # Up to LangGraph 1.1 the executor has no such set.
    skipped = getattr(executor, "SKIP_RERAISE_SET", ())
    for future in futures:
        if future not in skipped and not future.cancelled():
            failure = future.exception()
            if failure is not None and not isinstance(failure, bubbles):
                raise failure


class OrderedExecutor:
    """Stands in for `langgraph.pregel._executor.BackgroundExecutor`: runs everything at once.

    Tasks of a superstep end in task order, and a checkpoint is stored before the next superstep
    begins. In the background a saver may read a channel's value (a topic's list, a barrier's set)
    while the next superstep changes it: the stored bytes would depend on a race.
    """

    def __init__(self, config: object) -> None:
        del config
        self._numbers = _TaskNumbers()
        self._raised: list[Future[Any]] = []

    def __enter__(self) -> Callable[..., Future[Any]]:
        return self.submit

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            _raise_first(self._raised)

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Run `function` and return its future, done."""
        number = self._numbers.of(args)
        future = _TaskFuture(_APART_FROM_TASKS if number is None else number)
        kwargs = {name: value for name, value in options.items() if name not in _OPTIONS}
        if getattr(function, "__name__", "") == "wait":
            # The stream's reader waits for the next item, but here none can come while it waits.
            future.set_result(None)
            return future
        try:
            future.set_result(copy_context().run(function, *args, **kwargs))
        except BaseException as failure:  # noqa: BLE001  # an executor hands every error to its future
            future.set_exception(failure)
            if options.get("__reraise_on_exit__", True):
                self._raised.append(future)
        return future


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    """Continue a coroutine that has started and now waits for `awaited`."""
    while True:
        try:
            given = yield awaited
        except BaseException as failure:  # noqa: BLE001  # whatever it is, the coroutine is told
            resume = functools.partial(coroutine.throw, failure)
        else:
            resume = functools.partial(coroutine.send, given)
        try:
            awaited = resume()
        except StopIteration as done:
            return done.value


async def _continued(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Any:
    # From Python 3.12 on, a loop makes tasks of such coroutines only.
    rest: Any = _rest(coroutine, awaited)
    return await rest


class OrderedAsyncExecutor:
    """Stands in for `langgraph.pregel._executor.AsyncBackgroundExecutor`.

    Tasks that start together run one after another and end together, so all of them finish, as in
    a synchronous run. Everything else, such as storing a checkpoint, happens at once.
    """

    def __init__(self, config: object) -> None:
        del config
        self._loop = asyncio.get_running_loop()
        self._numbers = _TaskNumbers()
        self._together: dict[Any, list[_Started]] = {}
        self._drivers: set[asyncio.Task[None]] = set()
        self._futures: list[asyncio.Future[Any]] = []
        self._raised: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Callable[..., asyncio.Future[Any]]:
        return self.submit

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if self._futures:
            await asyncio.wait(self._futures)
        if kind is None:
            _raise_first(self._raised)

    def submit(
        self, function: Callable[..., Any], *args: Any, **options: Any
    ) -> asyncio.Future[Any]:
        """Start `function` and return its future."""
        number = self._numbers.of(args)
        kwargs = {name: value for name, value in options.items() if name not in _OPTIONS}
        coroutine = function(*args, **kwargs)
        future = self._at_once(coroutine) if number is None else self._in_turn(number, coroutine)
        self._futures.append(future)
        if options.get("__reraise_on_exit__", True):
            self._raised.append(future)
        return future

    def _at_once(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        context = copy_context()
        try:
            awaited = context.run(coroutine.send, None)
        except StopIteration as done:
            future.set_result(done.value)
        except Exception as failure:  # noqa: BLE001  # an executor hands every error to its future
            future.set_exception(failure)
        else:
            # It gathers what it stored earlier, and continues as soon as the loop does.
            return self._loop.create_task(_continued(coroutine, awaited), context=context)
        return future

    def _in_turn(self, number: int, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        starter = asyncio.current_task()
        if starter not in self._together:
            self._together[starter] = []
            # It starts when the starter waits, so after everything that starts together.
            driver = self._loop.create_task(self._drive(starter))
            self._drivers.add(driver)
            driver.add_done_callback(self._drivers.discard)
        future = _AsyncTaskFuture(number)
        self._together[starter].append((future, coroutine, copy_context()))
        return future

    async def _drive(self, starter: Any) -> None:
        started = self._together.pop(starter)
        for future, coroutine, context in started:
            task = self._loop.create_task(coroutine, context=context)
            await asyncio.wait([task])
            if future.cancelled():
                continue
            if task.cancelled():
                future.cancel()
            elif (failure := task.exception()) is not None:
                future.set_exception(failure)
            else:
                future.set_result(task.result())
            await asyncio.sleep(0)  # its writes are committed
        for future, *_ in started:
            future.emit()


_Started: TypeAlias = tuple[_AsyncTaskFuture, Coroutine[Any, Any, Any], Context]


_SETTLED = 0.004  # seconds in which a superstep's tasks are all submitted
_HANG = 0.5  # seconds after which a task no longer waits for one that cannot begin


class LateExecutor:
    """LangGraph's own executor, in threads, in which a superstep's first task ends last.

    So every run shows what a race would show only rarely.
    """

    def __init__(self, config: object) -> None:
        executor = importlib.import_module("langgraph.pregel._executor")
        self._real = executor.BackgroundExecutor(config)
        self._numbers = _TaskNumbers()
        self._done: list[threading.Event] = []

    def __enter__(self) -> Callable[..., Future[Any]]:
        self._submit: Callable[..., Future[Any]] = self._real.__enter__()
        return self.submit

    def __exit__(self, *error: object) -> bool | None:
        return self._real.__exit__(*error)

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Run `function` in a thread; a task waits for the one submitted after it."""
        number = self._numbers.of(args)
        if number is None:
            return self._submit(function, *args, **options)
        if number == 0:
            self._done = []
        done = self._done
        done.append(threading.Event())

        def late(*args: Any, **kwargs: Any) -> Any:
            time.sleep(_SETTLED)
            if number + 1 < len(done):
                done[number + 1].wait(_HANG)
                # The other task's result is processed in its own thread.
                time.sleep(_SETTLED)
            try:
                return function(*args, **kwargs)
            finally:
                done[number].set()

        return self._submit(late, *args, **options)
