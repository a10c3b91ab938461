"""The operations on a store, and what they give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Namespace: TypeAlias = tuple[Any, ...]
"""Labels, the outermost first."""


@dataclass(frozen=True, slots=True)
class Get:
    """Asks for an item."""

    namespace: Namespace
    key: Any
    refresh: bool = True


@dataclass(frozen=True, slots=True)
class Put:
    """Stores an item, or deletes it if the value is None."""

    namespace: Namespace
    key: Any
    value: Any
    index: Any = None
    ttl: float | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Asks for the items in and below a namespace."""

    namespace: Namespace
    filter: Mapping[str, Any] | None = None
    limit: int = 10
    offset: int = 0
    query: str | None = None
    refresh: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """Asks for namespaces that begin and end with these labels; `*` stands for any label."""

    prefix: Namespace | None = None
    suffix: Namespace | None = None
    depth: int | None = None
    limit: int = 100
    offset: int = 0


Request: TypeAlias = Get | Put | Search | Names


@dataclass(frozen=True, slots=True)
class Item:
    """A stored item; times are ISO text."""

    namespace: Namespace
    key: Any
    value: dict[Any, Any]
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class Scored:
    """An item of a search, with its nearness to the query where it has one."""

    item: Item
    score: float | None = None


class Store(Protocol):
    """A store. In a batch, everything is read before anything is written."""

    expires: bool
    asynchronous: bool

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Return the answer to each request."""
        ...

    def contents(self) -> dict[str, bytes]:
        """Return every byte string that the store holds, by name."""
        ...

    def sweep(self) -> int:
        """Delete what has expired, and return how many items that were."""
        ...

    def close(self) -> None:
        """Release what the store holds."""
        ...
