"""A benchmark session on the command line: its progress, its journal, and how to resume it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from parity_kit import __version__
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.common import console
from parity_kit.contract.events import Event, GateProgress, RunFinished, RunStarted
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.bench.begun import Settings
    from parity_kit.candidates.manifest import Candidate


def measure(
    workspace: Workspace,
    candidates: Sequence[str],
    folder: Path,
    settings: Settings,
    seed: int,
    *,
    resume: bool,
    folders: Mapping[str, Path] | None = None,
) -> list[Event]:
    """Measure candidates and return the session's events, which its folder keeps as a journal.

    `folders` holds the folders of candidates that are not the workspace's own.
    """
    from parity_kit.bench.session import run_benchmarks
    from parity_kit.candidates import manifest
    from parity_kit.candidates.launch import find

    folders = folders or {}

    events: list[Event] = []
    with Progress() as progress:
        for name in candidates:
            elsewhere = folders.get(name)
            candidate = manifest.load(elsewhere) if elsewhere else find(workspace, name)
            _prepare(workspace, candidate, progress.say)
        progress.say(
            f"{', '.join(candidates)}: {len(settings.workloads)} workloads, pairs in {folder}"
        )
        with _journal(workspace, folder, candidates, seed, events.append) as keep:
            try:
                run_benchmarks(
                    workspace,
                    candidates,
                    folder,
                    settings,
                    seed=seed,
                    emit=lambda event: progress.take(event, keep),
                    resume=resume,
                    folders=folders,
                )
            except KeyboardInterrupt:
                click.echo(f"\nto resume:    parity-kit bench --resume {folder}", err=True)
                raise
    return events


@contextlib.contextmanager
def _journal(
    workspace: Workspace,
    folder: Path,
    candidates: Sequence[str],
    seed: int,
    keep: Callable[[Event], None],
) -> Generator[Callable[[Event], None]]:
    """Yield what keeps an event in the folder's journal, too; it begins and ends as a run's."""
    from parity_kit.corpora.oracle import versions
    from parity_kit.gates.runner import machine
    from parity_kit.report.ci.journal import Journal

    journal, began = Journal(folder), time.monotonic()

    def both(event: Event) -> None:
        journal.emit(event)
        keep(event)

    asked = {"command": "bench"}
    with contextlib.closing(journal):
        oracle = versions(workspace)
        start = RunStarted(
            folder.name, __version__, oracle, machine(), seed, [*candidates], asked=asked
        )
        journal.emit(start)
        yield both
        journal.emit(RunFinished(0, time.monotonic() - began))


def _prepare(workspace: Workspace, candidate: Candidate, say: Callable[[str], None]) -> None:
    """Start the candidate once, so that its environment is there before anything is timed."""
    from parity_kit.candidates.launch import start

    with start(candidate, workspace, on_progress=say):
        say(f"{candidate.name}: ready")


class Progress(AbstractContextManager["Progress"]):
    """A status line on a terminal's stderr; a line now and then where stderr is no terminal."""

    _EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._status = self._console.status("starting")
        self._live = sys.stderr.isatty()
        self._spoken = 0.0
        self._first: tuple[int, float] | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._status.stop()

    def say(self, text: str) -> None:
        """Show what is being done."""
        if self._live:
            from rich.markup import escape

            self._status.update(escape(one_line(text)))
        elif time.monotonic() - self._spoken > self._EVERY_SECONDS:
            self._spoken = time.monotonic()
            self._console.print(one_line(text), markup=False)

    def take(self, event: Event, keep: Callable[[Event], None]) -> None:
        """Show progress, keep everything else."""
        if isinstance(event, GateProgress):
            self.say(f"measuring: {event.done} of {event.total} times{self._left(event)}")
        else:
            keep(event)

    def _left(self, event: GateProgress) -> str:
        """Return how long the rest will take, from the times since the first."""
        now = time.monotonic()
        if self._first is None:
            self._first = (event.done, now)
        began, since = self._first
        if event.done <= began + 1:
            return ""
        left = (now - since) / (event.done - began) * (event.total - event.done)
        return f", about {left / 60:.0f} min left" if left > 90 else f", about {left:.0f} s left"  # noqa: PLR2004  # from there minutes say more
