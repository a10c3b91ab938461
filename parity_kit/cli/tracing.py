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
    """Add `--trace`, which logs the messages between kit and candidate."""

    @click.option(
        "--trace",
        type=OutputFile(),
        help="Log every message between the kit and the candidate, one per line.",
    )
    @functools.wraps(function)
    def wrapper(*args: Any, trace: Path | None, **kwargs: Any) -> Any:
        if trace is None:
            return function(*args, **kwargs)
        if "workers" in kwargs:
            given = click.get_current_context().get_parameter_source("workers")
            if given is click.core.ParameterSource.COMMANDLINE and kwargs["workers"] > 1:
                raise click.UsageError("--trace logs one process: leave out --workers")
            kwargs["workers"] = 1
        from parity_kit.candidates.launch import watched
        from parity_kit.wire.log import Log

        with Log(trace) as log, watched(log):
            return function(*args, **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature
