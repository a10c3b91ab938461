"""Options and output that the commands share."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parity_kit.candidates.workspace import CACHE, Workspace, find_workspace
from parity_kit.contract import Level

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])

level_option = click.option(
    "--level",
    type=click.Choice([level.label for level in Level if level]),
    default=Level.BYTES.label,
    show_default=True,
    help="The level at which outcomes must agree.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def workspace_option(function: F) -> F:
    """Add `--workspace DIR` and `--cache DIR`; the command gets a `Workspace` as `workspace`."""

    @click.option(
        "--workspace",
        "directory",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The directory with parity.toml (default: the current one).",
    )
    @click.option(
        "--cache",
        type=click.Path(file_okay=False, path_type=Path),
        help="The directory for environments and the like (default: .parity in the workspace).",
    )
    @functools.wraps(function)
    def wrapper(*args: Any, directory: Path | None, cache: Path | None, **kwargs: Any) -> Any:
        if cache is not None:
            os.environ[CACHE] = str(cache.absolute())
        return function(*args, workspace=find_workspace(directory), **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature


def corpora_option(function: F) -> F:
    """Add the options of a workspace to a command that reads its corpora.

    Those of the oracle that parity.toml names are made first, if they are not there.
    """

    @workspace_option
    @functools.wraps(function)
    def wrapper(*args: Any, workspace: Workspace, **kwargs: Any) -> Any:
        if workspace.oracle:
            from parity_kit.corpora.oracle import prepare

            with progress_messages() as emit:
                prepare(workspace, emit)
        return function(*args, workspace=workspace, **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature


def console(*, stderr: bool = False) -> Console:
    """Return a console: colours and tables in a terminal, plain text in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 120
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=not stream.isatty())


def print_json(data: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


@contextmanager
def progress() -> Generator[Callable[[str, int], None]]:
    """Show how many cases of which corpus are done, in a terminal only."""
    with progress_messages("loading LangGraph") as emit:
        yield lambda corpus, done: emit(f"{corpus}: {done} cases")


@contextmanager
def progress_messages(first: str = "") -> Generator[Callable[[str], None]]:
    """Show the current step, in a terminal only."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _: None
        return
    with out.status(first) as status:
        yield lambda text: status.update(text.replace("[", r"\["))
