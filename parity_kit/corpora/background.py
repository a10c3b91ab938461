"""The check of the committed corpora in a process of its own, beside the judging of candidates."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import KitError, ParityKitError
from parity_kit.corpora.regenerate import Checked, check


class BackgroundCheck:
    """A check that runs from the start to the end of this context at most."""

    def __init__(self, workspace: Workspace) -> None:
        # A new interpreter: a fork would share this one's threads, caches and open files.
        context = multiprocessing.get_context("spawn")
        self._answers, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(workspace, sender), daemon=True)
        self._process.start()
        sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        self._process.kill()
        self._process.join()
        self._answers.close()

    @property
    def running(self) -> bool:
        """Whether the result is still to come."""
        return not self._answers.poll()

    def result(self) -> Checked:
        """Wait for the result.

        Raises:
            ParityKitError: As `check` does.
            KitError: If the check failed in any other way.
        """
        try:
            answer = self._answers.recv()
        except EOFError:
            self._process.join()
            raise KitError(
                f"the check of the corpora ended with code {self._process.exitcode}",
                hint="run it alone: parity-kit fixtures check",
            ) from None
        if isinstance(answer, ParityKitError):
            raise answer
        return answer


def _send(workspace: Workspace, answers: Connection) -> None:
    """Check the corpora and send the result; the terminal and Ctrl-C are the caller's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        answers.send(check(workspace))
    except ParityKitError as error:
        answers.send(error)
    except Exception:  # noqa: BLE001  # the process that waits says it
        last = traceback.format_exc().splitlines()[-1]
        answers.send(KitError(f"the check of the corpora failed: {last}"))
