"""The options for files that CI systems read, shared by the commands that judge."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from parity_kit.candidates.workspace import MARKER

F = TypeVar("F", bound=Callable[..., Any])

_OUTPUTS = "parity_kit.outputs"
_STREAMS = {"/dev/null", "/dev/stdout", "/dev/stderr"}
_INPUTS = (MARKER, "candidates", "fixtures", "generators")


class OutputFile(click.Path):
    """A file that a command writes: not one of the workspace's own, nor another option's."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or end the command before it runs."""
        file = super().convert(value, param, ctx)
        if str(file) in _STREAMS or ctx is None or param is None:
            return file
        path = Path(os.fsdecode(file)).resolve()
        other = ctx.meta.setdefault(_OUTPUTS, {}).setdefault(path, param)
        if other is not param:
            self.fail(f"{file} is also the file of {other.opts[0]}: name another", param, ctx)
        root = next((item for item in path.parents if (item / MARKER).is_file()), None)
        if root and path.relative_to(root).parts[0] in _INPUTS:
            self.fail(f"{file} is one of the workspace's own files: name another", param, ctx)
        return file


_FILE = OutputFile()


def files_options(function: F) -> F:
    """Add `--junit`, `--sarif`, `--markdown` and `--badge`; the command gets them as `wanted`."""

    @click.option("--junit", type=_FILE, help="Write JUnit XML, with one test per case.")
    @click.option("--sarif", type=_FILE, help="Write SARIF 2.1.0 for code scanning.")
    @click.option("--markdown", type=_FILE, help="Write a Markdown summary.")
    @click.option(
        "--badge", type=_FILE, help="Write a badge: SVG if FILE ends in .svg, else endpoint JSON."
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
