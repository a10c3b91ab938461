"""`parity-kit report`: the page from a run's journal."""

from __future__ import annotations

from pathlib import Path

import click

from parity_kit.cli.common import json_option, print_json, workspace_option
from parity_kit.errors import BadFileError
from parity_kit.events import JOURNAL
from parity_kit.workspace import Workspace

_LISTED = 10


@click.command(name="report")
@click.argument("run")
@json_option
@workspace_option
def command(run: str, space: Workspace, *, as_json: bool) -> None:
    """Write report.json and report.html from the journal of RUN.

    RUN is a folder, or the name of one under reports/. With --json the content of report.json is
    printed too, and no page is made.
    """
    folder = find_run(space, run)
    if as_json:
        from parity_kit.report.write import write_data

        print_json(write_data(folder))
        return
    from parity_kit.report.write import write_report

    click.echo(str(write_report(folder)))


def find_run(space: Workspace, run: str) -> Path:
    """Return the folder of a run, given as a path or by its name under reports/.

    Raises:
        BadFileError: If there is none; the hint names the runs that there are, newest first.
    """
    for folder in (Path(run), space.reports / run):
        if (folder / JOURNAL).is_file():
            return folder
    runs = sorted(
        space.reports.glob(f"*/{JOURNAL}"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    names = ", ".join(path.parent.name for path in runs[:_LISTED])
    more = f" and {len(runs) - _LISTED} more" if len(runs) > _LISTED else ""
    hint = (
        f"there are: {names}{more}"
        if names
        else "there are none yet; `parity-kit parity` makes one"
    )
    raise BadFileError(f"no run {run!r}", where=str(space.reports), hint=hint)
