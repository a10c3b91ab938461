"""The rows of the matrix: each is something LangGraph does, and the cases that show it."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from importlib.resources import files
from pathlib import Path
from typing import Any

from parity_kit.contract.errors import UsageError
from parity_kit.corpora.reach import read_reach

FILE = "rows.toml"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `patterns` are over case ids; `published` marks a row of the published table."""

    category: str
    name: str
    shows: str
    patterns: tuple[str, ...]
    published: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells the row from all others."""
        return self.category, self.name

    def shown_by(self, case: str) -> bool:
        """Whether a case is one of those that show this row."""
        return bool(self.patterns) and _pattern(self.patterns).match(case) is not None


@functools.cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns))


@functools.cache
def read_rows() -> tuple[Row, ...]:
    """Return all rows, in their order."""
    text = (files("parity_kit.gates.matrix") / FILE).read_text(encoding="utf-8")
    data: Mapping[str, Mapping[str, Mapping[str, Any]]] = tomllib.loads(text)
    return tuple(
        Row(
            category,
            name,
            fields["shows"],
            tuple(fields["cases"]),
            fields.get("published", False),
        )
        for category, rows in data.items()
        for name, fields in rows.items()
    )


UNSEEN = "not looked at"
"""The category of the areas of LangGraph that no committed case runs: a row each, without cases."""


def all_rows(fixtures: Path) -> tuple[Row, ...]:
    """Return all rows, and a row for each area of LangGraph that no case of a folder runs."""
    reach = read_reach(fixtures)
    areas = reach.not_looked_at(reach.corpora()) if reach else []
    return (*read_rows(), *(Row(UNSEEN, area, "nothing: no case runs it", ()) for area in areas))


def select(
    rows: Iterable[Row], categories: Collection[str] = (), names: Collection[str] = ()
) -> tuple[Row, ...]:
    """Return the rows asked for, by their names or by a part that no other is the whole of.

    Raises:
        UsageError: If one that is asked for is none; the hint lists the nearest.
    """
    known = tuple(rows)
    in_category = _meant(categories, {row.category: None for row in known})
    with_name = _meant(names, {row.name: None for row in known})
    return tuple(row for row in known if row.category in in_category and row.name in with_name)


def _meant(wanted: Collection[str], names: Collection[str]) -> set[str]:
    """Return the names that are meant; all of them if none is asked for."""
    if not wanted:
        return set(names)
    selected: set[str] = set()
    for text in wanted:
        exact = {name for name in names if name.casefold() == text.casefold()}
        part = {name for name in names if text.casefold() in name.casefold()}
        if not part:
            raise _unknown(text, names)
        selected |= exact or part
    return selected


def _unknown(wanted: str, names: Collection[str]) -> UsageError:
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.3)
    return UsageError(
        f"no category or row {wanted!r} in the matrix",
        hint=f"nearest: {', '.join(near)}" if near else "parity-kit matrix --help",
    )
