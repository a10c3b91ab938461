"""The option `--trace`, shared by the commands that start candidates."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from parity_kit.cli.files import OutputFile

F = TypeVar("F", bound=Callable[..., Any])


def trace_option(function: F) -> F:
    """Add `--trace`, which writes down what crosses while the command runs."""

    @click.option(
        "--trace",
        type=OutputFile(),
        help="Write what the kit and the candidate say to each other, a line a message.",
    )
    @functools.wraps(function)
    def wrapper(*args: Any, trace: Path | None, **kwargs: Any) -> Any:
        if trace is None:
            return function(*args, **kwargs)
        from parity_kit.candidates.launch import watched
        from parity_kit.wire.log import Log

        with Log(trace) as log, watched(log):
            return function(*args, **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature
