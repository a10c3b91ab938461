"""`parity-kit fixtures check --loss`: what LangGraph does not bring back of a user's own data."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parity_kit.cli.common import console, print_json
from parity_kit.cli.tables import print_table
from parity_kit.cli.user_checkpoints import counting, database_options, warn_permissive
from parity_kit.contract.errors import ExitCode, UsageError
from parity_kit.contract.text import one_line

if TYPE_CHECKING:
    from parity_kit.corpora.user_checkpoints.loss import Loss, LossReport
    from parity_kit.corpora.user_checkpoints.source import StoredValue

F = TypeVar("F", bound=Callable[..., Any])


def loss_options(function: F) -> F:
    """Add `--loss` and what goes with it; the command runs only without."""

    @click.option(
        "--loss", is_flag=True, help="Check a database of your own for values that LangGraph loses."
    )
    @database_options
    @click.option(
        "--permissive",
        is_flag=True,
        help="With --loss: build every type that the data names, which imports and calls it.",
    )
    @functools.wraps(function)
    def wrapper(  # the options it takes away
        *args: Any,
        loss: bool,
        sqlite: str | None,
        postgres: str | None,
        threads: tuple[str, ...],
        limit: int | None,
        serde: str | None,
        permissive: bool,
        **kwargs: Any,
    ) -> Any:
        if loss:
            as_json = bool(kwargs["as_json"])
            return _check(
                sqlite, postgres, threads, limit, serde, permissive=permissive, as_json=as_json
            )
        given = (sqlite, postgres, limit, serde)
        if permissive or threads or any(item is not None for item in given):
            raise UsageError("a database is checked with --loss", hint="add --loss")
        return function(*args, **kwargs)

    return wrapper  # pyright: ignore[reportReturnType]  # click's decorators erase the signature


def _check(  # the options
    sqlite: str | None,
    postgres: str | None,
    threads: tuple[str, ...],
    limit: int | None,
    serde: str | None,
    *,
    permissive: bool,
    as_json: bool,
) -> int:
    from parity_kit.corpora.user_checkpoints.opening import open_source
    from parity_kit.corpora.user_checkpoints.source import Selection

    if permissive:
        warn_permissive()
    started = time.perf_counter()
    selection = Selection(threads, limit)
    with (
        open_source(sqlite, postgres, selection, serde) as source,
        counting("checkpoints") as progress,
    ):
        from parity_kit.corpora.user_checkpoints.loss import find_loss

        report = find_loss(source, progress, permissive=permissive)
    code = ExitCode.PARITY if report.values else ExitCode.NOT_JUDGED
    if report.lost:
        code = ExitCode.DIVERGENCE
    seconds = time.perf_counter() - started
    if as_json:
        print_json({**_as_json(report), "seconds": seconds, "exit_code": int(code)})
    else:
        _print(report, seconds)
    return code


def _print(report: LossReport, seconds: float) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    if report.lost:
        table = Table("what became of it", "type", box=None)
        table.add_column("values", justify="right")
        table.add_column("the first", overflow="fold")
        for loss, lost in _most_first(report):
            first = _where(lost.examples[0])
            kind = escape(one_line(loss.type))
            table.add_row(loss.became.value, kind, str(lost.count), escape(one_line(first)))
        print_table(out, table)
    result = "all come back to the same bytes"
    if report.lost:
        result = f"{report.values - report.kept} do not come back to the same bytes"
    out.print(
        f"{report.values} values of {report.checkpoints} checkpoints loaded and dumped again in "
        f"{seconds:.1f} s: {result if report.values else 'nothing was checked'}"
    )
    if report.encrypted:
        out.print(f"{report.encrypted} encrypted values were not looked at: --serde MODULE:NAME")


def _where(value: StoredValue) -> str:
    parts = [f"thread {value.thread}"]
    if value.place[2]:
        parts.append(f"namespace {value.place[2]}")
    if value.checkpoint:
        parts.append(f"checkpoint {value.checkpoint}")
    parts.append(f"channel {value.channel}" if value.channel else value.kind)
    return ", ".join(parts)


def _most_first(report: LossReport) -> list[tuple[Loss, Any]]:
    return sorted(report.lost.items(), key=lambda item: (-item[1].count, item[0].type))


def _as_json(report: LossReport) -> dict[str, Any]:
    return {
        "checkpoints": report.checkpoints,
        "values": report.values,
        "encrypted": report.encrypted,
        "kept": report.kept,
        "lost": [
            {
                "became": loss.became.value,
                "type": loss.type,
                "values": lost.count,
                "examples": [
                    {
                        "what": example.kind,
                        "thread": example.thread,
                        "namespace": example.place[2],
                        "checkpoint": example.checkpoint,
                        "channel": example.channel,
                    }
                    for example in lost.examples
                ],
            }
            for loss, lost in _most_first(report)
        ],
    }
