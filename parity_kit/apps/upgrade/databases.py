"""A database of threads, and the copies of it that the releases work on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from parity_kit.contract.errors import BadFileError

Kind = Literal["sqlite", "postgres"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy, by what LangGraph's saver connects to: a file, or an address."""

    kind: Kind
    address: str


class Copies(Protocol):
    """Two copies, one for each release, which may write to it."""

    @property
    def before(self) -> Copy:
        """The copy for the installed release."""
        ...

    @property
    def after(self) -> Copy:
        """The copy for the other release."""
        ...

    def threads(self, behind: str | None) -> Iterator[str]:
        """Yield the wanted threads in order, from the one behind `behind` on."""
        ...

    def count(self) -> int:
        """Return how many threads are wanted."""
        ...


class Database(Protocol):
    """A user's database, which is only read."""

    def state(self) -> list[Any]:
        """Return what tells this database, and what is in it now, from others."""
        ...

    def copied(self, folder: Path) -> AbstractContextManager[Copies]:
        """Copy it, for as long as the context lasts.

        Raises:
            BadFileError, UsageError: If it is none of LangGraph's, broken, locked or in flux.
        """
        ...


def check_readable(value_type: str | None, serde: str | None, *, where: str) -> None:
    """Check that a stored value is not encrypted, unless there is a serializer to decrypt it.

    Raises:
        BadFileError: If it is.
    """
    if "+" in (value_type or "") and serde is None:
        raise BadFileError(
            f"holds encrypted values ({value_type})",
            where=where,
            hint="name their serializer: --serde MODULE:NAME, see parity-kit docs own-data",
        )
