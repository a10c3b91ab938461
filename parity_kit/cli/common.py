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
from parity_kit.contract.errors import ParityKitError, error_text
from parity_kit.contract.text import visible

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
    """Return a console: colours and tables in a terminal, plain text in a pipe.

    Whatever it prints is text: control characters show, and what is no valid markup stays as it is.
    """
    from parity_kit.cli.safe_console import SafeConsole

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 120
    wraps = not stream.isatty()
    return SafeConsole(stderr=stderr, width=width, highlight=False, soft_wrap=wraps, emoji=False)


def echo(text: str, *, err: bool = False) -> None:
    """Print lines, in which nothing acts."""
    click.echo(visible(text), err=err)


def print_json(data: object) -> None:
    """Print one JSON document; what would act stands in it escaped, so that it stays the same."""
    click.echo(json_text(data))


def json_text(data: object) -> str:
    """Return a JSON document without a character that would act on a terminal or a CI runner."""
    text = json.dumps(data, indent=2, ensure_ascii=False).replace("##", "#\\u0023")
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        char if char == "\n" or visible(char) == char else json.dumps(char)[1:-1] for char in text
    )


def print_error(error: ParityKitError) -> None:
    """Print an error on standard error: a line, what it quotes behind bars, and the next step."""
    echo(error_text(error), err=True)


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
    from rich.markup import escape

    with out.status(first) as status:
        yield lambda text: status.update(escape(text))
