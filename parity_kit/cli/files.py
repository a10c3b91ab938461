"""The options for files that CI systems read, shared by the commands that judge."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)


def files_options(function: F) -> F:
    """Add `--junit`, `--sarif`, `--markdown` and `--badge`; the command gets them as `wanted`."""

    @click.option("--junit", type=_FILE, help="Write JUnit XML: a suite a gate, a test a case.")
    @click.option("--sarif", type=_FILE, help="Write SARIF 2.1.0, for code scanning.")
    @click.option("--markdown", type=_FILE, help="Write a summary in Markdown.")
    @click.option(
        "--badge", type=_FILE, help="Write a badge: .svg, or anything else for endpoint JSON."
    )
    @functools.wraps(function)
    def wrapper(
        *args: Any,
        junit: Path | None,
        sarif: Path | None,
        markdown: Path | None,
        badge: Path | None,
        **kwargs: Any,
    ) -> Any:
        from parity_kit.report.ci.files import Wanted

        wanted = Wanted(junit, sarif, markdown, badge, os.environ)
        return function(*args, wanted=wanted, **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature
