"""Candidates as rows of a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from parity_kit.contract.errors import BadManifestError

if TYPE_CHECKING:
    from parity_kit.candidates.manifest import Candidate


def tell_wrong(manifests: list[BadManifestError]) -> None:
    """Print what is wrong with manifests."""
    for manifest in manifests:
        click.echo(f"error {manifest.code}: {manifest}", err=True)


def as_json_object(candidate: Candidate) -> dict[str, Any]:
    """Return what a manifest says, for machines."""
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
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def row(shown: Any, *cells: str, style: str | None = None) -> None:
    """Add a row; a candidate's words are text, never markup, and the style is the last cell's."""
    from rich.text import Text

    shown.add_row(*(Text(cell) for cell in cells[:-1]), Text(cells[-1], style=style or ""))
