"""A leg of a run: from its beginning to its end, or to where it was stopped, or on from there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parity_kit import __version__
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.contract.errors import UsageError
from parity_kit.contract.events import RunStarted

if TYPE_CHECKING:
    from parity_kit.gates.resume import Earlier

resume_option = click.option(
    "--resume",
    "resumed",
    metavar="RUN",
    shell_complete=completing.runs,
    help="Go on with a run that was stopped, as it was asked.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new run is asked for: whom it judges, who of them is only shown, and how."""

    candidates: list[str]
    seed: int
    asked: dict[str, Any]
    shown: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Leg:
    """A run's folder, how this leg of it begins, and what is known from earlier ones."""

    folder: Path
    start: RunStarted
    earlier: Earlier


def begin(
    workspace: Workspace, resumed: str | None, options: Sequence[str], wish: Callable[[], Wish]
) -> Leg:
    """Begin a run, or go on with one.

    `options` are the command's that say what is judged: to a run that goes on they were given when
    it began. `wish` says what a new one is asked for.

    Raises:
        BadFileError: If there is no such run, or nothing of it to go on from.
        UsageError: If it is another command's, is asked for something else, or is not what it was.
        UnknownCandidateError: If there is no candidate of a name.
    """
    from parity_kit.candidates.launch import find
    from parity_kit.gates.resume import Earlier, check_same, made_of
    from parity_kit.gates.runner import machine
    from parity_kit.reference.engine import oracle_versions

    command = str(click.get_current_context().info_name)
    folder, earlier = (
        _taken_up(workspace, command, resumed, options) if resumed else (None, Earlier())
    )
    if then := earlier.started:
        wanted = Wish(then.candidates, then.seed, then.asked, then.shown)
    else:
        wanted = wish()
    # A wrong name ends here, before a run's folder is made.
    candidates = [find(workspace, name) for name in wanted.candidates]
    if folder is None:
        folder = new_run(workspace, "parity" if command == "parity" else wanted.candidates[0])
    start = RunStarted(
        folder.name,
        __version__,
        oracle_versions(),
        machine(),
        wanted.seed,
        wanted.candidates,
        wanted.shown,
        {**wanted.asked, "command": command},
        made_of(workspace, candidates),
    )
    check_same(earlier, start)
    return Leg(folder, start, earlier)


def _taken_up(
    workspace: Workspace, command: str, run: str, options: Sequence[str]
) -> tuple[Path, Earlier]:
    from parity_kit.cli.report import find_run
    from parity_kit.gates.resume import read_earlier

    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                f"{name} was given when the run began, and stays as it was",
                where=f"--resume {run}",
                hint="leave it out, or start a new run",
            )
    folder = find_run(workspace, run)
    known = read_earlier(folder)
    of = known.started and known.started.asked.get("command")
    if of != command:
        raise UsageError(
            f"is no run of `parity-kit {command}`",
            where=str(folder),
            hint=f"parity-kit {of} --resume {run}" if of else "start a new run",
        )
    return folder, known


@contextmanager
def interruptible(leg: Leg) -> Generator[None]:
    """Say what is left of a run that somebody stops, and how it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        name, command = leg.folder.name, leg.start.asked["command"]
        click.echo(f"\nwhat was seen is kept: parity-kit report {name}", err=True)
        click.echo(f"to go on from there: parity-kit {command} --resume {name}", err=True)
        raise


def new_run(workspace: Workspace, what: str) -> Path:
    """Make the folder of a new run: time and what is judged; never an existing one."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        folder = workspace.reports / f"{stamp}-{what}{f'-{attempt}' if attempt else ''}"
        if not folder.exists():
            folder.mkdir(parents=True)
            return folder
    raise click.ClickException(f"no free name for a run in {workspace.reports}")
