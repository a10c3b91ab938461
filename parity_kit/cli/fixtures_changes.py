"""Prints the changes between corpora for people and for machines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from parity_kit.cli.common import console
from parity_kit.corpora.changes import Change
from parity_kit.corpora.corpus import CorpusName

_SHOWN = 5  # changes printed for each corpus


def print_changes(
    changed: Mapping[CorpusName, Iterable[Change]], limit: int | None = _SHOWN
) -> None:
    """Print the changes of each corpus, one line per case."""
    out = console()
    for name, changes in changed.items():
        listed = list(changes)
        for change in listed[:limit]:
            out.print(f"{name}: {change}", markup=False)
        if limit is not None and len(listed) > limit:
            out.print(f"{name}: and {len(listed) - limit} more")


def print_skipped(skipped: Mapping[CorpusName, str]) -> None:
    """Print which corpora could not be made, and why."""
    for name, reason in skipped.items():
        console().print(f"{name}: not regenerated: {reason}", markup=False)


def changes_as_json(changed: Mapping[CorpusName, Iterable[Change]]) -> dict[str, Any]:
    """Return the changes of each corpus that changed."""
    return {
        name: [dataclasses.asdict(change) for change in changes]
        for name, changes in changed.items()
        if changes
    }
