"""Replacements for LangGraph's executors, so that nothing depends on threads or on time."""

from __future__ import annotations

import asyncio
import functools
import importlib
import types
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from concurrent import futures
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, cast

# What `langgraph.pregel._executor.Submit` takes for the executor itself.
_OPTIONS = {"__name__", "__cancel_on_exit__", "__reraise_on_exit__", "__next_tick__"}
# The hash of a future that is no task's: its bits choose the last slot of a small set, so that it
# takes no task's place there.
_APART_FROM_TASKS = 2**60 - 1


class _TaskFuture(Future[Any]):
    """A task's future, whose hash is the task's place in the order in which its superstep ends.

    `PregelRunner` keeps the futures of a superstep in a set and raises the error of whichever it
    pops first: with small hashes that is the error of the task that ended first.
    """

    def __init__(self, place: int, act: Callable[[], Any], *, stops: bool = False) -> None:
        super().__init__()
        self.stops = stops
        """Whether a failure before it leaves the task to the end of its executor."""
        self._place = place
        self._act = act

    def __hash__(self) -> int:
        return self._place

    def run(self) -> None:
        """Do the task."""
        try:
            result = self._act()
        except BaseException as failure:  # noqa: BLE001  # an executor hands every error to its future
            self.set_exception(failure)
        else:
            self.set_result(result)


def wait(superstep: Any, *args: Any, **kwargs: Any) -> Any:
    """Stand in for `concurrent.futures.wait` in `PregelRunner`: a superstep's tasks run now.

    Its `FuturesDict` sets an event once the superstep has ended or a failure ends it.
    """
    waiting = [future for future in superstep if isinstance(future, _TaskFuture)]
    for future in sorted(waiting, key=hash):
        if future.stops and superstep.event.is_set():
            future.set_running_or_notify_cancel()  # as in a thread: it cannot be cancelled
        elif not future.done():
            future.run()
    return futures.wait(superstep, *args, **kwargs)


class _AsyncTaskFuture(asyncio.Future[Any]):
    """The future of an awaited task; waiters are notified when all tasks have ended.

    The first callback added to a task's future commits the task's writes
    (`langgraph.pregel._runner.FuturesDict.on_done`) as soon as the task has ended. All others
    belong to waiters, and would stop the other tasks if this one failed.
    """

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place
        self._superstep: Any = None
        self._announced = False
        self._stopped = False
        self._waiting: list[tuple[Callable[[Any], object], Context | None]] = []

    def __hash__(self) -> int:
        return self._place

    def done(self) -> bool:
        return self._announced

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        if self._announced or self._superstep is None:
            self._superstep = self._superstep or getattr(getattr(fn, "func", None), "__self__", fn)
            super().add_done_callback(fn, context=context)
        else:
            self._waiting.append((fn, context))

    def remove_done_callback(self, fn: Callable[[Any], object], /) -> int:
        kept = [callback for callback in self._waiting if callback[0] != fn]
        removed, self._waiting = len(self._waiting) - len(kept), kept
        return removed + super().remove_done_callback(fn)

    @property
    def stops_others(self) -> bool:
        """Whether LangGraph stops the other tasks, now that this one has ended."""
        return self._superstep.event.is_set()

    def stop(self) -> None:
        """Expect that LangGraph cancels the task, which is not going to run."""
        self._stopped = True

    def cancel(self, msg: Any = None) -> bool:
        if self._stopped:
            self.emit()
        return super().cancel(msg)

    def emit(self) -> None:
        """Notify the waiters that the task has ended."""
        self._announced = True
        for fn, context in self._waiting:
            super().add_done_callback(fn, context=context)


class Places:
    """Gives the tasks of each superstep their places in the order in which they end.

    Tasks are numbered as they are started; `order` has the numbers of those that end first, second
    and so on. It does not concern the handlers of failures, nor the tasks that a task calls.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._places = {number: place for place, number in enumerate(order)}
        self._superstep: tuple[object, int] = (None, 0)

    def number(self, args: tuple[Any, ...]) -> int | None:
        """Return the number of the task that an executor gets; None if it is not a task."""
        config = getattr(args[0], "config", None) if args else None
        if not isinstance(config, dict):
            return None
        step = cast("dict[str, Any]", config).get("metadata", {}).get("langgraph_step")
        number = self._superstep[1] if step == self._superstep[0] else 0
        self._superstep = (step, number + 1)
        return number

    def place(self, number: int) -> int:
        """Return a numbered task's place."""
        return self._places.get(number, number)


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
    """Stands in for `langgraph.pregel._executor.BackgroundExecutor`, without a thread.

    The tasks of a superstep end one after another, and all before the first is noticed; with an
    `order`, in that order, and what ends after a failure is not noticed at all. A checkpoint is
    stored before the next superstep begins: in the background a saver may read a channel's value (a
    topic's list, a barrier's set) while the next superstep changes it, and the stored bytes would
    depend on a race.
    """

    def __init__(self, config: object, order: Sequence[int] | None = None) -> None:
        del config
        self._places = Places(order or ())
        self._stops = order is not None
        self._together: list[_TaskFuture] = []
        self._raised: list[Future[Any]] = []

    def __enter__(self) -> Callable[..., Future[Any]]:
        return self.submit

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for future in sorted(self._together, key=hash):
            if not future.done():
                future.run()
        if kind is None:
            _raise_first(self._raised)

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Return the future of `function`: of a superstep's task, to be run by `wait`; or done."""
        number = self._places.number(args)
        kwargs = {name: value for name, value in options.items() if name not in _OPTIONS}
        act = functools.partial(copy_context().run, function, *args, **kwargs)
        if getattr(function, "__name__", "") == "wait":
            # The stream's reader waits for the next item, but here none can come while it waits.
            act = _nothing
        starting = number is not None and self._starts(number, options)
        if number is None:
            future = _TaskFuture(_APART_FROM_TASKS, act)
        elif starting:
            future = _TaskFuture(self._places.place(number), act, stops=self._stops)
        else:
            future = _TaskFuture(number, act)
        if options.get("__reraise_on_exit__", True):
            future.add_done_callback(self._ended)
        if starting:
            self._together.append(future)
        else:
            future.run()
        return future

    def _starts(self, number: int, options: dict[str, Any]) -> bool:
        """Return whether a task starts with its superstep; handlers and called tasks do not."""
        if options.get("__next_tick__"):
            return False
        if number == 0:
            self._together = []
        return number == 0 or (bool(self._together) and not self._together[-1].done())

    def _ended(self, future: Future[Any]) -> None:
        if future.exception() is not None:
            self._raised.append(future)


def _nothing() -> None:
    """Do nothing."""


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

    Tasks that start together run one after another. Without an `order` they end together, so all of
    them finish, as in a synchronous run; with one, a failure stops those that come after it.
    Everything else, such as storing a checkpoint, happens at once.
    """

    def __init__(self, config: object, order: Sequence[int] | None = None) -> None:
        del config
        self._loop = asyncio.get_running_loop()
        self._places = Places(order or ())
        self._stops = order is not None
        self._together: dict[Any, _Group] = {}
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
        number = self._places.number(args)
        kwargs = {name: value for name, value in options.items() if name not in _OPTIONS}
        coroutine = function(*args, **kwargs)
        future = (
            self._at_once(coroutine)
            if number is None
            else self._in_turn(number, coroutine, called=bool(options.get("__next_tick__")))
        )
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

    def _in_turn(
        self, number: int, coroutine: Coroutine[Any, Any, Any], *, called: bool
    ) -> asyncio.Future[Any]:
        starter = asyncio.current_task()
        group = self._together.get(starter)
        if group is None:
            group = self._together[starter] = _Group(number == 0 and not called)
            # It starts when the starter waits, so after everything that starts together.
            driver = self._loop.create_task(self._drive(starter))
            self._drivers.add(driver)
            driver.add_done_callback(self._drivers.discard)
        future = _AsyncTaskFuture(self._places.place(number) if group.ordered else number)
        group.tasks.append((future, coroutine, copy_context()))
        return future

    async def _drive(self, starter: Any) -> None:
        group = self._together.pop(starter)
        left = sorted(group.tasks, key=lambda started: hash(started[0]))
        ended: list[_AsyncTaskFuture] = []
        while left and not (self._stops and group.ordered and ended and ended[-1].stops_others):
            future, coroutine, context = left.pop(0)
            ended.append(future)
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
        for future, coroutine, _ in left:
            future.stop()
            coroutine.close()
        for future in ended:
            future.emit()


@dataclass(slots=True)
class _Group:
    """Tasks that start together; `ordered` if they start with their superstep.

    Handlers of failures, and tasks that a task calls, start later.
    """

    ordered: bool
    tasks: list[tuple[_AsyncTaskFuture, Coroutine[Any, Any, Any], Context]] = field(
        default_factory=list["tuple[_AsyncTaskFuture, Coroutine[Any, Any, Any], Context]"]
    )
