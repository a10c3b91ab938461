"""`--resume`: a command goes on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.cli import completing
from parity_kit.errors import UsageError

if TYPE_CHECKING:
    from parity_kit.earlier import Earlier
    from parity_kit.workspace import Workspace

resume_option = click.option(
    "--resume",
    "resumed",
    metavar="RUN",
    shell_complete=completing.runs,
    help="Go on with a run that was stopped, as it was asked.",
)


def taken_up(
    space: Workspace, command: str, run: str, options: tuple[str, ...]
) -> tuple[Path, Earlier]:
    """Return the folder of a run that the command goes on with, and what is known of it.

    `options` are those that say what is judged: they were given when the run began.

    Raises:
        BadFileError: If there is no such run, or nothing of it to go on from.
        UsageError: If it is another command's, or is asked for something else now.
    """
    from parity_kit.cli.report import find_run
    from parity_kit.earlier import read_earlier

    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                f"{name} was given when the run began, and stays as it was",
                where=f"--resume {run}",
                hint="leave it out, or start a new run",
            )
    folder = find_run(space, run)
    known = read_earlier(folder)
    of = known.started and known.started.asked.get("command")
    if of != command:
        raise UsageError(
            f"is no run of `parity-kit {command}`",
            where=str(folder),
            hint=f"parity-kit {of} --resume {run}" if of else "start a new run",
        )
    return folder, known
