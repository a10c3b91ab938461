"""LangGraph's own executor in threads, as an alternative to the pinned one."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from parity_kit.reference.executors import Places

_SETTLED = 0.004  # seconds in which a superstep's tasks are all submitted
_HANG = 0.5  # seconds after which a task no longer waits for one that cannot begin


class ThreadedExecutor:
    """LangGraph's own executor, in threads, in which a superstep's tasks end in `order`.

    Without one, the first task ends last: every run shows what a race would show only rarely.
    """

    def __init__(self, config: object, order: Sequence[int] | None = None) -> None:
        executor = importlib.import_module("langgraph.pregel._executor")
        self._real = executor.BackgroundExecutor(config)
        self._places = Places(order or ())
        self._reversed = order is None
        self._done: list[threading.Event] = []

    def __enter__(self) -> Callable[..., Future[Any]]:
        self._submit: Callable[..., Future[Any]] = self._real.__enter__()
        return self.submit

    def __exit__(self, *error: object) -> bool | None:
        return self._real.__exit__(*error)

    def submit(self, function: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        """Run `function` in a thread; a task waits for the one that ends before it."""
        number = self._places.number(args)
        if number is None:
            return self._submit(function, *args, **options)
        if number == 0:
            self._done = []
        done = self._done
        done.append(threading.Event())

        def late(*args: Any, **kwargs: Any) -> Any:
            time.sleep(_SETTLED)
            before = self._before(number, len(done))
            if before is not None:
                done[before].wait(_HANG)
                # The other task's result is processed in its own thread.
                time.sleep(_SETTLED)
            try:
                return function(*args, **kwargs)
            finally:
                done[number].set()

        return self._submit(late, *args, **options)

    def _before(self, number: int, count: int) -> int | None:
        """Return the task of `count` that ends before the numbered one."""
        if self._reversed:
            return number + 1 if number + 1 < count else None
        ends = sorted(range(count), key=self._places.place)
        at = ends.index(number)
        return ends[at - 1] if at else None
