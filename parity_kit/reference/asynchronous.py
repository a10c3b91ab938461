"""Asynchronous LangGraph without a clock or a race: awaited calls run at once, in order.

The event loop keeps its own time: when only a timer can go on, time jumps to that timer. So nothing
sleeps, and a timeout measures how long the program says it waited.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Never waits for a timer, but reports how long it would have waited.

    It does wait for work in threads, which wake it.
    """

    passed = 0.0
    threads = 0

    def select(self, timeout: float | None = None) -> Any:
        waits = timeout is None or (timeout > 0 and self.threads > 0)
        ready = super().select(None if waits else 0)
        if timeout is not None and timeout > 0 and not ready:
            self.passed += timeout
        return ready


class TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when it has nothing else to do."""

    def __init__(self) -> None:
        self._jumps = _Selector()
        super().__init__(self._jumps)
        # LangGraph does not retrieve the errors of every call it started; Python would log them.
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Return the seconds that have passed because of timers."""
        return self._jumps.passed

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Run a function in a thread."""
        self._jumps.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, future: object) -> None:
        del future
        self._jumps.threads -= 1


class Awaited:
    """Calls the asynchronous methods, on a loop of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Await a method and return its result."""
        return self.complete(getattr(target, f"a{name}")(*args, **kwargs))

    def for_each(
        self, take: Callable[[Any], object], target: Any, name: str, *args: Any, **kwargs: Any
    ) -> None:
        """Iterate over a method's items, and pass them to `take` until it returns true."""

        async def iterate() -> None:
            async with contextlib.aclosing(getattr(target, f"a{name}")(*args, **kwargs)) as items:
                async for item in items:
                    if take(item):
                        return

        self.complete(iterate())

    def close(self) -> None:
        """Close the loop."""
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def complete(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end and return its result."""
        try:
            return self._loop.run_until_complete(coroutine)
        finally:
            # An attempt that ran out of time may still be running.
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(asyncio.wait(left))
