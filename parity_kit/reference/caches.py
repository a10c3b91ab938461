"""The cache subject: one of LangGraph's caches and the operations on it.

Its clock is pinned: the n-th operation of a session happens n seconds after the epoch.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from langgraph.cache.memory import InMemoryCache

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Pins,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.contract.operations import operation_problem
from parity_kit.reference.native import Watch, canonical_blob, perform, serializer, to_native
from parity_kit.reference.pins import pinned_clock


class CacheSession:
    """A cache."""

    def __init__(self, subject: Subject, pins: Pins) -> None:
        self._epoch, self._done = pins.epoch, 0
        self._cache = _make_cache(subject.spec["cache"])
        self._watch = Watch()

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation."""
        if problem := operation_problem(SubjectKind.CACHE, operation):
            return Unsupported(problem)
        call = self.prepare(operation)
        self._done += 1

        def action(_: list[Event]) -> Any:
            return call()

        with pinned_clock(self._now):
            return perform(action, lambda: _contents(self._cache), self._watch)

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the operation as a function to be timed."""
        arguments = to_native(operation.args)
        awaited = arguments.pop("async", False)
        return functools.partial(self._call, operation.name, arguments, awaited=awaited)

    def close(self) -> None:
        """Close the cache's database."""
        if not isinstance(self._cache, InMemoryCache):
            self._cache._conn.close()  # noqa: SLF001  # LangGraph closes it when it is collected

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._epoch + self._done, UTC)

    def _call(self, name: str, arguments: dict[str, Any], *, awaited: bool) -> Any:
        method = getattr(self._cache, f"a{name}" if awaited else name)
        result = method(_ARGUMENT[name](arguments))
        if awaited:
            result = asyncio.run(result)
        if name != "get":
            return result
        return [[list(namespace), key, value] for (namespace, key), value in result.items()]


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
