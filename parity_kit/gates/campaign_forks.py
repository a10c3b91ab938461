"""A campaign on this machine: its tasks in forks of this process."""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

from parity_kit.candidates.forks import Ended, Forks, Lost, Send
from parity_kit.gates.campaign_worker import Campaigned, Shrunk, do
from parity_kit.reference.watcher import Watcher
from parity_kit.search.slices import Searched, SliceOrShrinking


class ForkExecutor:
    """Does the tasks of a campaign in so many forks."""

    def __init__(self, asked: Campaigned, workers: int) -> None:
        def work(task: Any, send: Send) -> None:
            send(do(asked, task))

        self._forks = Forks(work, workers, deque())

    def results(
        self, tasks: Sequence[SliceOrShrinking]
    ) -> Generator[tuple[SliceOrShrinking, Searched | Shrunk]]:
        """Yield each task with its result, as it comes.

        Raises:
            CandidateError: If the candidate cannot be judged any further.
            KitError: If the forks of one task die again and again.
        """
        importlib.import_module("parity_kit.reference")  # heavy, and all forks share it
        with Watcher():
            pass  # they share the compiled functions, too
        self._forks.waiting.extend(tasks)
        with closing(self._forks.messages()) as messages:
            for task, message in messages:
                if isinstance(message, Ended):
                    if message.error is not None:
                        raise message.error
                elif not isinstance(message, Lost):
                    yield task, message

    def first(self, task: SliceOrShrinking) -> None:
        """Do another task, before those that wait."""
        self._forks.waiting.appendleft(task)
