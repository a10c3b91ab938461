"""Tables that fit where they are shown: a row as a line, or as a block, and nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_WIDEST = 10_000  # characters, of which no terminal has so many
_FOLDED = 14
"""The least width of a column whose text may be folded."""
_NOTHING = {"", "·"}


def print_table(out: Console, table: Table) -> None:
    """Print a table; where a terminal is too narrow, without empty columns or as blocks.

    In a pipe a row is a line, whatever its length.
    """
    if not out.is_terminal:
        out.width = max(out.width, _width(out, table))
    elif _is_too_wide(out, table):
        for column in table.columns[1:]:
            if all(_text(cell).plain in _NOTHING for cell in column.cells):
                table.columns.remove(column)
        if _is_too_wide(out, table):
            for block in _blocks(table):
                out.print(block)
            return
    out.print(table)


def _is_too_wide(out: Console, table: Table) -> bool:
    return _width(out, table, folded=_FOLDED) > out.width


def _width(out: Console, table: Table, folded: int | None = None) -> int:
    from rich.measure import Measurement

    foldable = [column for column in table.columns if column.overflow == "fold"]
    for column in foldable:
        column.max_width = folded
    width = Measurement.get(out, out.options.update(max_width=_WIDEST), table).maximum
    for column in foldable:
        column.max_width = None
    return width


def _blocks(table: Table) -> Iterator[RenderableType]:
    """Yield each row: its first cell, and below it the others behind their headings."""
    from rich.padding import Padding
    from rich.text import Text

    headings = [_text(column.header).plain for column in table.columns]
    for row, cells in zip(
        table.rows, zip(*(column.cells for column in table.columns), strict=True), strict=True
    ):
        first, *others = map(_text, cells)
        first.stylize("bold")
        yield first
        said = [
            Text.assemble((f"{heading}: " if heading else ""), text)
            for heading, text in zip(headings[1:], others, strict=True)
            if text.plain not in _NOTHING
        ]
        if said:
            line = Text(" · ", style="dim").join(said)
            line.stylize(row.style or "")
            yield Padding(line, (0, 0, 0, 2))


def _text(cell: RenderableType) -> Text:
    from rich.text import Text

    return cell.copy() if isinstance(cell, Text) else Text.from_markup(str(cell))
