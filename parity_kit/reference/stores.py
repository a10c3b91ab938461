"""The store subject: one of LangGraph's stores and the operations on it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from langgraph.store.base import (
    GetOp,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchItem,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from parity_kit.contract import (
    Operation,
    Pins,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
    stored_name,
)
from parity_kit.programs.admission import is_awaited
from parity_kit.reference.clocked import ClockedSession, call
from parity_kit.reference.postgres_stores import PostgresTable

_DIGITS_OF_A_SCORE = 5
"""A score is rounded: its last digits follow the library that multiplied the vectors."""


class StoreSession(ClockedSession):
    """A store."""

    kind = SubjectKind.STORE

    def __init__(self, subject: Subject, pins: Pins) -> None:
        super().__init__(pins)
        spec = subject.spec
        self._loop = asyncio.Runner() if is_awaited(spec["store"]) else None
        self._postgres = _postgres_table(spec, self._loop)
        table = self._postgres
        self._store = table.store if table else _make_store(spec, self._now, self._loop)

    def close(self) -> None:
        """Close the store's database."""
        if self._postgres is not None:
            self._postgres.close()
        elif self._loop is not None:
            self._loop.run(self._store.conn.close())
        elif not isinstance(self._store, InMemoryStore):
            self._store.conn.close()
        if self._loop is not None:
            self._loop.close()

    def _refusal(self, operation: Operation) -> str:
        if operation.name == "sweep":
            return "" if hasattr(self._store, "sweep_ttl") else "this store has no expiry"
        refused = self._loop is not None and not operation.args.get("async")
        return "all calls of this store are awaited" if refused else ""

    def _call(self, name: str, arguments: dict[str, Any], *, awaited: bool) -> Any:
        named: dict[str, Any] = {}
        if self._postgres is not None:
            self._postgres.set_clock(self._now())
        if name == "sweep":
            result = self._store.sweep_ttl()
            return result if self._loop is None else self._loop.run(result)
        if name == "batch":
            batch = [_OPERATIONS[kind](**given) for kind, given in arguments["operations"]]
            positional: list[Any] = [batch]
        else:
            positional, named = _arguments(name, arguments)
        if self._loop is None:
            return _shown(call(self._store, name, *positional, awaited=awaited, **named))
        return _shown(self._loop.run(getattr(self._store, f"a{name}")(*positional, **named)))

    def _contents(self) -> dict[str, bytes]:
        if isinstance(self._store, InMemoryStore):
            return {}
        if self._postgres is not None:
            return _contents(self._postgres.rows())
        if self._loop is None:
            return _contents(self._store.conn.execute(_ROWS))
        return _contents(self._loop.run(self._store.conn.execute_fetchall(_ROWS)))


def _arguments(name: str, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a method, by position and by name."""
    named = dict(given)
    for key in ("prefix", "suffix"):
        if named.get(key) is not None:
            named[key] = tuple(named[key])
    if name == "list_namespaces":
        return [], named
    positional = [tuple(named.pop("namespace"))]
    if name != "search":
        positional.append(named.pop("key"))
    if name == "put":
        positional.append(named.pop("value"))
    return positional, named


def _get(namespace: Sequence[str], **given: Any) -> GetOp:
    return GetOp(tuple(namespace), **given)


def _put(namespace: Sequence[str], **given: Any) -> PutOp:
    return PutOp(tuple(namespace), **given)


def _search(namespace: Sequence[str], **given: Any) -> SearchOp:
    return SearchOp(tuple(namespace), **given)


def _list_namespaces(
    prefix: Sequence[str] | None = None, suffix: Sequence[str] | None = None, **given: Any
) -> ListNamespacesOp:
    paths = {"prefix": prefix, "suffix": suffix}
    conditions = [
        MatchCondition(match_type=kind, path=tuple(path))  # pyright: ignore[reportArgumentType]  # one of the two
        for kind, path in paths.items()
        if path is not None
    ]
    return ListNamespacesOp(match_conditions=tuple(conditions) or None, **given)


_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "get": _get,
    "put": _put,
    "search": _search,
    "list_namespaces": _list_namespaces,
}
"""What a batch can hold."""


def _shown(result: Any) -> Any:
    """Return a result as the contract's values: an item is a map, a namespace a list."""
    if isinstance(result, (list, tuple)):
        return [_shown(part) for part in result]  # pyright: ignore[reportUnknownVariableType]  # LangGraph's
    if not hasattr(result, "namespace"):
        return result
    item = result.dict()
    if isinstance(result, SearchItem) and result.score is not None:
        item["score"] = round(result.score, _DIGITS_OF_A_SCORE)
    return item


def _make_store(
    spec: Mapping[str, Any], now: Callable[[], datetime], loop: asyncio.Runner | None
) -> Any:
    match spec["store"]:
        case "memory" if spec.get("ttl") is None:
            index = spec.get("index")
            config: Any = index and {**index, "embed": _embedder(index["dims"])}
            return InMemoryStore(index=config)
        case "sqlite" if spec.get("index") is None:
            return _make_sqlite(spec.get("ttl"), now)
        case "async-sqlite" if spec.get("index") is None and loop is not None:
            return loop.run(_make_async_sqlite(spec.get("ttl"), now))
        case name:
            raise UnsupportedSubjectError(f"no store {name} with these settings")


def _postgres_table(spec: Mapping[str, Any], loop: asyncio.Runner | None) -> PostgresTable | None:
    """Return the table of a store on PostgreSQL, and None for other stores."""
    if spec["store"] not in {"postgres", "async-postgres"} or spec.get("index") is not None:
        return None
    return PostgresTable(spec.get("ttl"), loop)


def _make_sqlite(ttl: Any, now: Callable[[], datetime]) -> Any:
    try:
        from langgraph.store.sqlite import SqliteStore  # noqa: PLC0415  # older releases have none
    except ImportError as error:
        raise UnsupportedSubjectError(f"no store sqlite: {error}") from error
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.create_function(_TIME, 0, lambda: now().strftime(_SECONDS))
    store = SqliteStore(connection, ttl=ttl)
    store.setup()
    return store


async def _make_async_sqlite(ttl: Any, now: Callable[[], datetime]) -> Any:
    try:
        import aiosqlite  # noqa: PLC0415  # heavy, and rarely asked for
        from langgraph.store.sqlite import AsyncSqliteStore  # noqa: PLC0415  # the same
    except ImportError as error:
        raise UnsupportedSubjectError(f"no store async-sqlite: {error}") from error
    connection: Any = await aiosqlite.connect(":memory:", isolation_level=None)
    await connection.create_function(_TIME, 0, lambda: now().strftime(_SECONDS))
    store = AsyncSqliteStore(connection, ttl=ttl)
    await store.setup()
    return store


_TIME, _SECONDS = "current_timestamp", "%Y-%m-%d %H:%M:%S"
"""SQLite evaluates the keyword CURRENT_TIMESTAMP by the function of that name."""
_ROWS = "SELECT prefix, key, value, expires_at, ttl_minutes FROM store"


def _embedder(dimensions: int) -> Callable[[Sequence[str]], list[list[float]]]:
    """Return the kit's embedding: how many characters have each remainder by `dimensions`."""

    def embed(texts: Sequence[str]) -> list[list[float]]:
        return [
            [
                float(sum(ord(character) % dimensions == place for character in text))
                for place in range(dimensions)
            ]
            for text in texts
        ]

    return embed


def _contents(rows: Iterable[Any]) -> dict[str, bytes]:
    """Return what the rows of a database hold as text, by name."""
    entries: dict[str, bytes] = {}
    for prefix, key, value, expires, minutes in rows:
        entries[stored_name("item", prefix, key, "value")] = bytes(value)
        if minutes is not None:
            entries[stored_name("item", prefix, key, "expires_at")] = str(expires).encode()
            entries[stored_name("item", prefix, key, "ttl_minutes")] = repr(minutes).encode()
    return entries
