"""What is read of a database of checkpoints: stored values one by one, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from parity_kit.contract import stored_name
from parity_kit.contract.errors import UsageError


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
    def kind(self) -> str:
        """Which kind of entry it is."""
        return self.place[0]

    @property
    def name(self) -> str:
        """Its whole name, as savers' entries are named."""
        return stored_name(*self.place, self.type)

    @property
    def is_encrypted(self) -> bool:
        """Whether `data` is encrypted, as `EncryptedSerializer` marks it in the type."""
        return "+" in self.type

    @property
    def thread(self) -> str:
        """The thread it belongs to."""
        return self.place[1]

    @property
    def checkpoint(self) -> str | None:
        """The checkpoint it belongs to; a blob belongs to all that have its version."""
        return None if self.kind == "blob" else self.place[3]

    @property
    def channel(self) -> str | None:
        """The channel it is a value or a write of."""
        return {"blob": self.place[3], "write": self.place[-2]}.get(self.kind)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checkpoints are read: those of some threads, the newest so many; nothing means all."""

    threads: tuple[str, ...] = ()
    limit: int | None = None


class Source(Protocol):
    """A database that is open for reading."""

    @property
    def kind(self) -> str:
        """The kind of database."""
        ...

    def count(self) -> int:
        """Return how many checkpoints are selected."""
        ...

    def values(self) -> Iterator[StoredValue]:
        """Yield every stored value of the selected checkpoints, in the order of their keys."""
        ...


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
