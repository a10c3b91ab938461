"""The option `--workers`, shared by the commands whose work runs in forks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
AUTO = "auto"


class _Workers(click.ParamType[int]):
    """A number of processes; `auto` is one for each processor that this one may use."""

    name = "workers"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return f"N|{AUTO}"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number."""
        if value == AUTO:
            from parity_kit.candidates.forks import usable_cores

            return usable_cores()
        if not str(value).isdecimal() or not int(value):
            self.fail(f"{value!r} is neither {AUTO} nor a number above 0", param, ctx)
        return int(value)


def workers_option(default: str, what: str) -> Callable[[F], F]:
    """Return the option; `what` says what is split over processes."""
    return click.option(
        "--workers",
        type=_Workers(),
        default=default,
        show_default=True,
        help=f"{what} in N processes; {AUTO}: one per processor.",
    )
