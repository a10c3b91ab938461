"""Refusing, by name, what the engine does not support."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TypeVar

from parity_kit.contract import UnsupportedSubjectError

_T = TypeVar("_T")


def check_known(names: Iterable[str], known: Container[str], problem: str) -> None:
    """Check that names are known; in the error, `problem` comes before the first unknown one.

    Raises:
        UnsupportedSubjectError: If one is unknown.
    """
    if unknown := sorted(name for name in names if name not in known):
        message = f"{problem} {unknown[0]}"
        raise UnsupportedSubjectError(message)


def look_up(table: Mapping[str, _T], name: str, noun: str) -> _T:
    """Return a table's entry, or raise an error that names what is not supported."""
    check_known((name,), table, f"no {noun}")
    return table[name]
