"""A campaign on a cluster: its tasks on the workers of a Dask scheduler.

A worker is any process that the scheduler knows; it may join late, and die. What it was at is done
by another one. All have the workspace at the same path, and the same kit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

from parity_kit.contract.errors import KitError, ParityKitError, UsageError
from parity_kit.gates.campaign_worker import Campaigned, Shrunk, close, do
from parity_kit.search.slices import Searched, SliceOrShrinking

_AHEAD = 2
"""Tasks that each worker has, at work or waiting: it need not ask for one."""
SECONDS_TO_ANSWER = 10
"""Time in which a scheduler must answer."""


class DaskExecutor:
    """Does the tasks of a campaign on the workers of the scheduler at an address.

    Raises:
        UsageError: If Dask is not installed, or no scheduler answers.
    """

    def __init__(self, asked: Campaigned, address: str) -> None:
        try:
            from distributed import Client  # noqa: PLC0415  # an optional extra
        except ImportError:
            raise UsageError(
                "Dask is not installed here", hint="pip install 'parity-kit[cluster]'"
            ) from None
        self._asked = asked
        self._waiting: deque[SliceOrShrinking] = deque()
        try:
            self._client: Any = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"no scheduler answers: {error}",
                where=f"--scheduler {address}",
                hint="start one: dask scheduler",
            ) from error

    def results(
        self, tasks: Sequence[SliceOrShrinking]
    ) -> Generator[tuple[SliceOrShrinking, Searched | Shrunk]]:
        """Yield each task with its result, as it comes.

        Raises:
            ParityKitError: What a worker raised.
            KitError: If a worker failed otherwise, or the workers of one task died again and again.
        """
        from distributed import as_completed  # noqa: PLC0415  # an optional extra

        self._waiting.extend(tasks)
        running: dict[Any, SliceOrShrinking] = {}
        with self._client as client:
            completed: Any = as_completed(loop=client.loop)
            while self._waiting or running:
                workers = len(client.nthreads())
                while self._waiting and len(running) < _AHEAD * max(1, workers):
                    task = self._waiting.popleft()
                    future: Any = client.submit(do, self._asked, task, pure=False)
                    running[future] = task
                    completed.add(future)
                future = next(completed)
                yield running.pop(future), _result(future)
            ends = [client.submit(close, workers=[name], pure=False) for name in client.nthreads()]
            with suppress(TimeoutError):  # a worker that died since ends its engines itself
                list(as_completed(ends, client.loop, timeout=SECONDS_TO_ANSWER))

    def first(self, task: SliceOrShrinking) -> None:
        """Do another task, before those that wait."""
        self._waiting.appendleft(task)


def _result(future: Any) -> Searched | Shrunk:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ParityKitError):
        raise error
    raise KitError(f"a worker of the cluster failed: {type(error).__name__}: {error}") from error
