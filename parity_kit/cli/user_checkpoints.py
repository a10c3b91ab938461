"""What the commands on a user's own database share: which one, and what of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def database_options(function: F) -> F:
    """Add the options that name a database and select checkpoints in it."""
    options = (
        click.option("--sqlite", metavar="FILE", help="Read a database written by SqliteSaver."),
        click.option("--postgres", metavar="URL", help="Read a database written by PostgresSaver."),
        click.option(
            "--thread", "threads", multiple=True, help="Read only this thread; may be repeated."
        ),
        click.option("--limit", type=click.IntRange(1), help="Read only the newest N checkpoints."),
        click.option(
            "--serde",
            metavar="MODULE:NAME",
            help="Decrypt with this EncryptedSerializer, or what this function returns. Its module "
            "is imported, which runs its code.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def warn_permissive() -> None:
    """Say what `--permissive` allows."""
    click.echo(
        "--permissive: LangGraph imports and calls whatever the data names; whoever can write to "
        "the database can run code here",
        err=True,
    )


@contextmanager
def counting(label: str) -> Generator[Callable[[int, int], None]]:
    """Show how many checkpoints are done, in a terminal and nowhere else."""
    from parity_kit.cli.common import console

    out = console(stderr=True)
    if not out.is_terminal:
        yield _silent
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _silent(done: int, total: int) -> None:
    del done, total
