"""What is read of a database of checkpoints: stored values one by one, and where each lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from parity_kit.contract import stored_name
from parity_kit.contract.errors import UsageError

What: TypeAlias = Literal["checkpoint", "metadata", "blob", "write"]


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A typed byte string, and where it lies.

    `place` is its name in docs/contract.md without the type: `checkpoint/thread/ns/id` and so on.
    `jsonb` says that `data` is what a PostgreSQL server prints for JSONB.
    """

    place: tuple[str, ...]
    type: str
    data: bytes
    jsonb: bool = False

    @property
    def what(self) -> str:
        """Which kind of entry it is."""
        return self.place[0]

    @property
    def name(self) -> str:
        """Its whole name, as savers' entries are named."""
        return stored_name(*self.place, self.type)

    @property
    def thread(self) -> str:
        """The thread it belongs to."""
        return self.place[1]

    @property
    def checkpoint(self) -> str | None:
        """The checkpoint it belongs to; a blob belongs to all that have its version."""
        return None if self.what == "blob" else self.place[3]

    @property
    def channel(self) -> str | None:
        """The channel it is a value or a write of."""
        return {"blob": self.place[3], "write": self.place[-2]}.get(self.what)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checkpoints are read: those of some threads, the newest so many; nothing means all."""

    threads: tuple[str, ...] = ()
    limit: int | None = None


class Source(Protocol):
    """A database that is open for reading."""

    kind: str

    def count(self) -> int:
        """Return how many checkpoints are selected."""
        ...

    def values(self) -> Iterator[StoredValue]:
        """Yield every stored value of the selected checkpoints, in the order of their keys."""
        ...


Opened: TypeAlias = AbstractContextManager[Source]


def check_threads(wanted: Sequence[str], known: Sequence[str], *, where: str) -> None:
    """Check that every thread that is asked for is there; `known` holds some, for the hint.

    Raises:
        UsageError: Naming the first that is not.
    """
    for thread in wanted:
        if thread not in known:
            some = ", ".join(known[:5])
            raise UsageError(
                f"no thread {thread!r}",
                where=where,
                hint=f"there are {some}" if some else "none is",
            )


def open_source(sqlite: str | None, postgres: str | None, selection: Selection) -> Opened:
    """Open one of the two kinds of database.

    Raises:
        UsageError: If not exactly one is named.
    """
    if (sqlite is None) == (postgres is None):
        raise UsageError(
            "name one database", hint="--sqlite FILE, or --postgres postgresql://user@host/name"
        )
    if sqlite is not None:
        from parity_kit.corpora.user_checkpoints.sqlite_source import open_sqlite  # noqa: PLC0415  # one of two

        return open_sqlite(sqlite, selection)
    from parity_kit.corpora.user_checkpoints.postgres_source import open_postgres  # noqa: PLC0415  # the other

    return open_postgres(str(postgres), selection)
