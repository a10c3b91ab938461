"""The store subject."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from parity_kit.contract import (
    Operation,
    Outcome,
    Pins,
    Subject,
    Unsupported,
    UnsupportedSubjectError,
)
from pure_engine.codec.serializer import native
from pure_engine.sessions.session import Session
from pure_engine.stores.labels import check_labels, check_written
from pure_engine.stores.memory import MemoryStore
from pure_engine.stores.postgres import PostgresStore
from pure_engine.stores.sqlite import SqliteStore
from pure_engine.stores.store import Get, Item, Names, Put, Request, Scored, Search, Store

_EVERYWHERE = frozenset({"async"})
_NOT_GIVEN = object()
_DIGITS_OF_A_SCORE = 5
_NO_EXPIRY = (
    "TTL is not supported by InMemoryStore. "
    "Use a store implementation that supports TTL or set ttl=None."
)
_NOT_ASYNCHRONOUS = (
    "The SqliteStore does not support async methods. Consider using AsyncSqliteStore instead.\n"
    "from langgraph.store.sqlite.aio import AsyncSqliteStore\n"
)


class StoreSession(Session):
    """A store. Its n-th operation happens n seconds after the epoch."""

    def __init__(self, subject: Subject, pins: Pins | None) -> None:
        self._epoch, self._done = None if pins is None else pins.epoch, 0
        self._ttl: Mapping[str, Any] = subject.spec.get("ttl") or {}  # pyright: ignore[reportAttributeAccessIssue]  # the contract's map
        self._store = _make_store(subject, self._now)
        self._all_awaited = str(subject.spec["store"]).startswith("async-")
        super().__init__(self._store.contents)

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        if operation.name == "sweep" and not self._store.expires:
            return Unsupported("this store has no expiry")
        if self._all_awaited and operation.name != "sweep" and not operation.args.get("async"):
            return Unsupported("all calls of this store are awaited")
        method = self._find(operation, _EVERYWHERE)
        if isinstance(method, Unsupported):
            return method
        self._done += 1
        return self._perform(self._call(method, operation), [])

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return an operation as a call to time, with its arguments built."""
        method = self._find(operation, _EVERYWHERE)
        if isinstance(method, Unsupported):
            raise NotImplementedError(method.reason)
        return self._call(method, operation)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def do_put(
        self, namespace: Any, key: Any, value: Any, index: Any = None, ttl: Any = _NOT_GIVEN
    ) -> None:
        """Store an item."""
        check_written(tuple(namespace))
        if ttl is _NOT_GIVEN:
            ttl = self._ttl.get("default_ttl")
        elif ttl is not None and not self._store.expires:
            raise NotImplementedError(_NO_EXPIRY)
        self._ask(Put(tuple(namespace), self._key(key), value, index, ttl))

    def do_get(self, namespace: Any, key: Any, refresh_ttl: Any = None) -> Any:
        """Return an item."""
        check_labels(tuple(namespace))
        return self._ask(Get(tuple(namespace), self._key(key), self._refreshes(refresh_ttl)))

    def do_delete(self, namespace: Any, key: Any) -> None:
        """Delete an item."""
        check_labels(tuple(namespace))
        self._ask(Put(tuple(namespace), self._key(key), None))

    def do_search(  # noqa: PLR0913, PLR0917  # the operation's arguments
        self,
        namespace: Any,
        query: str | None = None,
        filter: Any = None,  # noqa: A002  # the contract's name
        limit: int = 10,
        offset: int = 0,
        refresh_ttl: Any = None,
    ) -> Any:
        """Return the items in and below a namespace."""
        check_labels(tuple(namespace))
        refresh = self._refreshes(refresh_ttl)
        return self._ask(Search(tuple(namespace), filter, limit, offset, query, refresh))

    def do_list_namespaces(
        self,
        prefix: Any = None,
        suffix: Any = None,
        max_depth: int | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Any:
        """Return namespaces."""
        for path in (prefix, suffix):
            check_labels(tuple(path or ()))
        return self._ask(_names(prefix, suffix, max_depth, limit, offset))

    def do_batch(self, operations: Any) -> Any:
        """Return the answers to several requests."""
        return self._batch([_REQUESTS[name](**given) for name, given in operations])

    def do_sweep(self) -> int:
        """Delete what has expired."""
        return self._store.sweep()

    def _call(self, method: Callable[..., Any], operation: Operation) -> Callable[[], Any]:
        given = native(operation.args)
        self._awaited = bool(given.pop("async", False))
        return functools.partial(method, **given)

    def _now(self) -> datetime:
        if self._epoch is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(self._epoch + self._done, UTC)

    def _key(self, key: Any) -> Any:
        # LangGraph quirk: the store whose calls are all awaited takes a key as it is.
        return key if self._all_awaited else str(key)

    def _refreshes(self, asked: Any) -> bool:
        return self._ttl.get("refresh_on_read", True) if asked is None else asked

    def _ask(self, request: Request) -> Any:
        return self._batch([request])[0]

    def _batch(self, requests: Sequence[Request]) -> list[Any]:
        if self._awaited and not self._store.asynchronous:
            raise NotImplementedError(_NOT_ASYNCHRONOUS)
        return [_shown(answer) for answer in self._store.batch(requests)]


def _make_store(subject: Subject, now: Callable[[], datetime]) -> Store:
    spec: Mapping[str, Any] = subject.spec
    match spec["store"]:
        case "memory" if spec.get("ttl") is None:
            return MemoryStore(lambda: now().isoformat(), spec.get("index"))
        case "sqlite" if spec.get("index") is None:
            return SqliteStore(now, spec.get("ttl"))
        case "async-sqlite" if spec.get("index") is None:
            return SqliteStore(now, spec.get("ttl"), asynchronous=True)
        case "postgres" | "async-postgres" if spec.get("index") is None:
            return PostgresStore(now, spec.get("ttl"))
        case name:
            problem = f"no store {name} with these settings"
            raise UnsupportedSubjectError(problem)


def _get(namespace: Any, key: Any, refresh_ttl: Any = True) -> Get:  # noqa: FBT002  # plain data
    return Get(tuple(namespace), key, refresh_ttl)


def _put(namespace: Any, key: Any, value: Any, index: Any = None, ttl: Any = None) -> Put:
    return Put(tuple(namespace), key, value, index, ttl)


def _search(namespace: Any, **given: Any) -> Search:
    refresh = given.pop("refresh_ttl", True)
    return Search(tuple(namespace), **given, refresh=refresh)


def _names(
    prefix: Any = None,
    suffix: Any = None,
    max_depth: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Names:
    first, last = (None if path is None else tuple(path) for path in (prefix, suffix))
    return Names(first, last, max_depth, limit, offset)


_REQUESTS: Mapping[str, Callable[..., Request]] = {
    "get": _get,
    "put": _put,
    "search": _search,
    "list_namespaces": _names,
}


def _shown(answer: Any) -> Any:
    match answer:
        case Item():
            return {
                "namespace": list(answer.namespace),
                "key": answer.key,
                "value": answer.value,
                "created_at": answer.created,
                "updated_at": answer.updated,
            }
        case Scored(item, score):
            rounded = None if score is None else round(score, _DIGITS_OF_A_SCORE)
            return {**_shown(item), "score": rounded}
        case list() | tuple():
            return [_shown(part) for part in answer]  # pyright: ignore[reportUnknownVariableType]  # of either kind
        case _:
            return answer
