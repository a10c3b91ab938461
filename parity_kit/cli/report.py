"""`parity-kit report`: the page from a run's journal."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import completing
from parity_kit.cli.common import json_option, print_json, workspace_option
from parity_kit.cli.files import files_options
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import JOURNAL

if TYPE_CHECKING:
    from parity_kit.report.ci.files import Wanted

_LISTED = 10
_DATA = "report.json"


@click.command(name="report")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    metavar="[EARLIER]... RUN",
    shell_complete=completing.runs,
)
@click.option(
    "--csv",
    "tables",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write cases, divergences, pairs and memory as CSV files to DIR.",
)
@files_options
@json_option
@workspace_option
def command(
    runs: tuple[str, ...],
    workspace: Workspace,
    wanted: Wanted,
    tables: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write report.json and report.html from the journal of RUN, and any other file you ask for.

    RUN is a folder, or the name of one under reports/. Give earlier runs before it, oldest first,
    and the page also shows verdicts and speed over time, and what changed since the last of them;
    a report.json is enough for an earlier run. --json prints report.json and makes no page.
    """
    *names, run = runs
    folder = find_run(workspace, run)
    earlier = [path for name in names if (path := _earlier(workspace, name)) != folder]
    _write_files(workspace, folder, wanted)
    if tables is not None:
        from parity_kit.runs import load

        load(folder).write_csv(tables)
    if as_json:
        from parity_kit.report.write import write_data

        print_json(write_data(folder))
        return
    from parity_kit.report.write import write_report

    click.echo(str(write_report(folder, earlier)))


def _write_files(workspace: Workspace, folder: Path, wanted: Wanted) -> None:
    from parity_kit.contract.journal import read_journal
    from parity_kit.report.ci.files import opened

    events, notes = read_journal(folder)
    # The run itself has told GitHub already.
    with opened(dataclasses.replace(wanted, environment={}), workspace, folder, notes) as files:
        for event in events:
            files.emit(event)


def _earlier(workspace: Workspace, run: str) -> Path:
    """Return an earlier run's report.json or folder; one that was published has no journal."""
    for path in (Path(run), Path(run) / _DATA, workspace.reports / run / _DATA):
        if path.is_file():
            return path.parent if path.name == _DATA else path
    return find_run(workspace, run)


def find_run(workspace: Workspace, run: str) -> Path:
    """Return the folder of a run, given as a path or by its name under reports/.

    Raises:
        BadFileError: If there is none; the hint names the runs that there are, newest first.
    """
    for folder in (Path(run), workspace.reports / run):
        if (folder / JOURNAL).is_file():
            return folder
    runs = sorted(
        workspace.reports.glob(f"*/{JOURNAL}"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    names = ", ".join(path.parent.name for path in runs[:_LISTED])
    more = f" and {len(runs) - _LISTED} more" if len(runs) > _LISTED else ""
    hint = (
        f"there are: {names}{more}"
        if names
        else "there are none yet; `parity-kit parity` makes one"
    )
    raise BadFileError(f"no run {run!r}", where=str(workspace.reports), hint=hint)
