"""Candidates as table rows and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parity_kit.cli.common import print_error
from parity_kit.contract.errors import BadManifestError

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate


def print_problems(problems: list[BadManifestError]) -> None:
    """Print the problems of manifests."""
    for problem in problems:
        print_error(problem)


def as_json_object(candidate: Candidate) -> dict[str, Any]:
    """Return the main keys of a manifest, for machines."""
    return {
        "name": candidate.name,
        "title": candidate.title,
        "kind": candidate.kind.value,
        "language": candidate.language,
        "description": candidate.description,
        "folder": str(candidate.folder),
    }


def table(*columns: str) -> Any:
    """Return a table without rows."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=True)
    for index, column in enumerate(columns):
        # The others give way to the name.
        made.add_column(column, overflow="fold" if index else "ellipsis", no_wrap=not index)
    return made


def row(shown: Any, *cells: str, style: str | None = None) -> None:
    """Add a row of plain text, never markup; `style` applies to its last cell."""
    from rich.text import Text

    shown.add_row(*(Text(cell) for cell in cells[:-1]), Text(cells[-1], style=style or ""))
