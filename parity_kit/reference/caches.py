"""The cache subject: one of LangGraph's caches and the operations on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.cache.memory import InMemoryCache

from parity_kit.contract import (
    Pins,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.reference.clocked import ClockedSession, call
from parity_kit.reference.native import canonical_blob, serializer


class CacheSession(ClockedSession):
    """A cache."""

    kind = SubjectKind.CACHE

    def __init__(self, subject: Subject, pins: Pins) -> None:
        super().__init__(pins)
        self._cache = _make_cache(subject.spec["cache"])

    def close(self) -> None:
        """Close the cache's database."""
        if not isinstance(self._cache, InMemoryCache):
            self._cache._conn.close()  # noqa: SLF001  # LangGraph closes it when it is collected

    def _call(self, name: str, arguments: dict[str, Any], *, awaited: bool) -> Any:
        result = call(self._cache, name, _ARGUMENT[name](arguments), awaited=awaited)
        if name != "get":
            return result
        return [[list(namespace), key, value] for (namespace, key), value in result.items()]

    def _contents(self) -> dict[str, bytes]:
        return _contents(self._cache)


def _keys(arguments: dict[str, Any]) -> Any:
    return [(tuple(namespace), key) for namespace, key in arguments["keys"]]


def _pairs(arguments: dict[str, Any]) -> Any:
    return {
        (tuple(namespace), key): (value, ttl) for namespace, key, value, ttl in arguments["entries"]
    }


def _namespaces(arguments: dict[str, Any]) -> Any:
    named = arguments.get("namespaces")
    return None if named is None else [tuple(namespace) for namespace in named]


_ARGUMENT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "get": _keys,
    "set": _pairs,
    "clear": _namespaces,
}


def _make_cache(name: Any) -> Any:
    match name:
        case "memory":
            return InMemoryCache[Any](serde=serializer())
        case "sqlite":
            try:
                from langgraph.cache.sqlite import SqliteCache  # noqa: PLC0415  # may be missing
            except ImportError as error:
                raise UnsupportedSubjectError(f"no cache sqlite: {error}") from error
            return SqliteCache[Any](path=":memory:", serde=serializer())
        case _:
            raise UnsupportedSubjectError(f"no cache {name}")


def _contents(cache: Any) -> dict[str, bytes]:
    """Return every byte string that a cache holds, by name, and when it expires."""
    entries: dict[str, bytes] = {}
    for namespace, key, kind, value, expiry in _rows(cache):
        name = ("entry", *namespace, key)
        entries[stored_name(*name, kind)] = canonical_blob(kind, bytes(value))
        if expiry is not None:
            entries[stored_name(*name, "expires_at")] = repr(expiry).encode()
    return entries


def _rows(cache: Any) -> Any:
    if isinstance(cache, InMemoryCache):
        held: Any = vars(cache)["_cache"]  # LangGraph shows it nowhere
        for namespace, kept in held.items():
            for key, (kind, value, expiry) in kept.items():
                yield namespace, key, kind, value, expiry
        return
    rows: Any = cache._conn.execute("SELECT ns, key, encoding, val, expiry FROM cache")  # noqa: SLF001  # the same
    for namespace, *row in rows:
        yield [namespace], *row
