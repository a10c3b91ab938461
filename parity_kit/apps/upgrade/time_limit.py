"""Ends a worker whose node does not return, and names the node."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Generator
from types import FrameType

_GRACE = 5.0
"""Seconds after which a process ends whose node keeps Python itself from running."""


@contextlib.contextmanager
def time_limit(seconds: float, over: Callable[[list[str]], object]) -> Generator[None]:
    """If the block takes longer, call `over` with the nodes that run, and end the process.

    Nothing less ends a node: LangGraph waits for its threads, whatever is raised.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        over(_running_nodes())
        os._exit(0)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _running_nodes() -> list[str]:
    """Return the nodes that run in any thread or task, those of a subgraph behind its own."""
    stacks: list[FrameType | None] = list(sys._current_frames().values())  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the only way to other threads
    with contextlib.suppress(RuntimeError):  # no loop runs
        for task in asyncio.all_tasks():
            stacks += task.get_stack()
    nodes: list[str] = []
    for stack in stacks:
        path: list[str] = []
        frame = stack
        while frame is not None:
            # langgraph.pregel._retry: each task of a superstep runs in one of these.
            if frame.f_code.co_name in {"run_with_retry", "arun_with_retry"}:
                path.insert(0, str(frame.f_locals["task"].name))
            frame = frame.f_back
        nodes += ["/".join(path)] if path else []
    return list(dict.fromkeys(nodes))
