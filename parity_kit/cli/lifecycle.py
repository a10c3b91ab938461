"""The lifecycle of a run: folder, journal, sinks, start, resume, finish, and what Ctrl-C leaves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from parity_kit import __version__
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing, interrupts
from parity_kit.cli.common import console
from parity_kit.contract.errors import UsageError
from parity_kit.contract.events import JOURNAL, PASSING, Event, RunFinished, RunStarted

if TYPE_CHECKING:
    from parity_kit.gates.resume import Earlier
    from parity_kit.gates.runner import Judging
    from parity_kit.report.ci.account import Account
    from parity_kit.report.ci.files import Files, Wanted
    from parity_kit.report.ci.journal import Journal
    from parity_kit.report.ci.terminal import Terminal

resume_option = click.option(
    "--resume",
    "resumed",
    metavar="RUN",
    shell_complete=completing.runs,
    help="Resume a stopped run with its original options.",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a new run is to do: judge these candidates, only show those, with these options."""

    candidates: list[str]
    seed: int
    asked: dict[str, Any]
    shown: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Run:
    """A run as a context: it emits its start event, and cleans up however it ends.

    A new run has a `label`, which names its folder under reports/; a resumed one has its `folder`.
    Without either only the CI files are written. A run that is not `journaled` cannot be resumed,
    and leaves no folder if nothing was written to it. One that is not `resumable` leaves none if it
    is stopped. The terminal does not show `hidden` events.
    """

    workspace: Workspace
    start: RunStarted
    wanted: Wanted
    label: str = ""
    folder: Path | None = None
    earlier: Earlier | None = None
    journaled: bool = True
    resumable: bool = True
    to_stderr: bool = False
    hidden: tuple[type[Event], ...] = ()
    events: list[Event] = field(default_factory=list[Event])
    """What happened, without the verdict on every case."""
    _terminal: Terminal = field(init=False)
    _files: Files = field(init=False)
    _journal: Journal | None = None
    _began: float = field(default_factory=time.monotonic)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.push(self._leave)
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def _open(self, stack: ExitStack) -> None:
        from parity_kit.report.ci import Journal, Terminal
        from parity_kit.report.ci.files import opened

        if self.label:
            self.folder = new_folder(self.workspace, self.label)
            self.start = replace(self.start, run=self.folder.name)
        if self.journaled and self.folder is not None:
            self._journal = Journal(self.folder)
            stack.callback(self._journal.close)
        self._files = stack.enter_context(opened(self.wanted, self.workspace, self.folder))
        self._terminal = stack.enter_context(Terminal(console(stderr=self.to_stderr)))
        self.emit(self.start)
        if self.earlier and (known := self.earlier.summary()):
            self.note(known)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _leave(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how to resume an interrupted run; remove a folder that holds nothing."""
        del error, trace
        if self.folder is None:
            return
        if not self.journaled:
            with suppress(OSError):
                self.folder.rmdir() if self.label else None
        elif kind and self.label and not (self.resumable and _has_begun(self.folder)):
            shutil.rmtree(self.folder, ignore_errors=True)
        elif kind and (interrupts.happened() or issubclass(kind, KeyboardInterrupt)):
            name, command = self.folder.name, self.start.asked["command"]
            click.echo(f"\nkept so far:  parity-kit report {name}", err=True)
            click.echo(f"to resume:    parity-kit {command} --resume {name}", err=True)

    def emit(self, event: Event) -> None:
        """Send an event to the journal, the CI files and the terminal."""
        if not isinstance(event, PASSING):
            self.events.append(event)
        if self._journal is not None:
            self._journal.emit(event)
        self._files.emit(event)
        if not isinstance(event, self.hidden):
            self._terminal.emit(event)

    def note(self, text: str) -> None:
        """Show what is going on where no event says it."""
        self._terminal.note(text)

    @property
    def account(self) -> Account:
        """What the events so far add up to."""
        return self._files.account

    @property
    def seconds(self) -> float:
        """The time since the run began or was resumed."""
        return time.monotonic() - self._began

    def judging(self, workers: int) -> Judging:
        """Return what judges candidates in this run, with so many gates at a time."""
        from parity_kit.gates.resume import Earlier
        from parity_kit.gates.runner import Judging

        earlier = self.earlier or Earlier()
        return Judging(self.workspace, self.folder, self.emit, self.note, earlier, workers)

    def finish(self, code: int, notes: Sequence[str] = ()) -> None:
        """End the run; `notes` say what was left out of it."""
        self.emit(RunFinished(int(code), self.seconds, list(notes)))


def begin(
    workspace: Workspace,
    resumed: str | None,
    options: Sequence[str],
    order: Callable[[], Order],
    wanted: Wanted,
    *,
    as_json: bool,
) -> Run:
    """Return a new run, or one to resume.

    A resumed run keeps the `options` it began with. `order` says what a new run is to do.

    Raises:
        BadFileError: If there is no such run, or nothing of it to resume.
        UsageError: If it is another command's, has other options, or its inputs changed.
        UnknownCandidateError: If there is no candidate of a name.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.corpora.oracle import versions
    from parity_kit.gates.resume import Earlier, check_same, made_of
    from parity_kit.gates.runner import machine

    command = str(click.get_current_context().info_name)
    folder, earlier = _stopped(workspace, command, resumed, options) if resumed else (None, None)
    if earlier and (then := earlier.started):
        wish = Order(then.candidates, then.seed, then.asked, then.shown)
    else:
        wish = order()
    # A wrong name ends here, before a run's folder is made.
    candidates = [find(workspace, name) for name in wish.candidates]
    start = RunStarted(
        folder.name if folder else "",
        __version__,
        versions(workspace),
        machine(),
        wish.seed,
        wish.candidates,
        wish.shown,
        {**wish.asked, "command": command},
        made_of(workspace, candidates),
    )
    check_same(earlier or Earlier(), start)
    label = "" if folder else "parity" if command == "parity" else wish.candidates[0]
    return Run(workspace, start, wanted, label, folder, earlier, to_stderr=as_json)


def _stopped(
    workspace: Workspace, command: str, run: str, options: Sequence[str]
) -> tuple[Path, Earlier]:
    """Return the folder of a stopped run, and what it knows already."""
    from parity_kit.cli.report import find_run
    from parity_kit.gates.resume import read_earlier

    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                f"{name} was given when the run began, and cannot change",
                where=f"--resume {run}",
                hint="leave it out, or start a new run",
            )
    folder = find_run(workspace, run)
    earlier = read_earlier(folder)
    of = earlier.started and earlier.started.asked.get("command")
    if of != command:
        raise UsageError(
            f"is not a run of `parity-kit {command}`",
            where=str(folder),
            hint=f"parity-kit {of} --resume {run}" if of else "start a new run",
        )
    return folder, earlier


def new_folder(workspace: Workspace, label: str) -> Path:
    """Make the folder of a new run: time and what is judged; never an existing one."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        folder = workspace.reports / f"{stamp}-{label}{f'-{attempt}' if attempt else ''}"
        if not folder.exists():
            folder.mkdir(parents=True)
            return folder
    raise click.ClickException(f"no free name for a run in {workspace.reports}")


def _has_begun(folder: Path) -> bool:
    """Whether the journal holds the start event, without which a run cannot be resumed."""
    journal = folder / JOURNAL
    return journal.is_file() and b"\n" in journal.read_bytes()
