"""The store in SQLite: one table, with values as JSON that SQLite looks into."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from parity_kit.contract import stored_name
from pure_engine.stores.json_text import json_text
from pure_engine.stores.labels import check_request, is_under, matches
from pure_engine.stores.store import Get, Item, Names, Namespace, Put, Request, Scored, Search

_SCHEMA = """
CREATE TABLE store (
    prefix TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at TIMESTAMP,
    updated_at TIMESTAMP,
    expires_at TIMESTAMP,
    ttl_minutes REAL,
    PRIMARY KEY (prefix, key)
);
"""
_KEY = re.compile(r"[a-zA-Z0-9_.-]+")
_COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


class SqliteStore:
    """Keeps an item in a row; a namespace is its labels, joined by periods."""

    expires = True

    def __init__(
        self,
        now: Callable[[], datetime],
        ttl: Mapping[str, Any] | None,
        *,
        asynchronous: bool = False,
    ) -> None:
        self._now, self.asynchronous = now, asynchronous
        self._refreshes = bool((ttl or {}).get("refresh_on_read"))
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.executescript(_SCHEMA)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Return the answer to each request."""
        for request in requests:
            check_request(request)
        self._refresh_read(requests)
        answers = [self._read(request) for request in requests]
        puts = {
            (request.namespace, request.key): request
            for request in requests
            if isinstance(request, Put)
        }
        rows = [self._row(put) for put in puts.values() if put.value is not None]
        for put in puts.values():
            if put.value is None:
                self._database.execute(
                    "DELETE FROM store WHERE prefix = ? AND key = ?",
                    (_joined(put.namespace), put.key),
                )
        self._database.executemany(
            "INSERT OR REPLACE INTO store VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        return answers

    def contents(self) -> dict[str, bytes]:
        """Return the rows, by name."""
        rows = self._database.execute(
            "SELECT prefix, key, value, expires_at, ttl_minutes FROM store"
        )
        entries: dict[str, bytes] = {}
        for prefix, key, value, expires, minutes in rows:
            entries[stored_name("item", prefix, key, "value")] = value.encode()
            if minutes is not None:
                entries[stored_name("item", prefix, key, "expires_at")] = str(expires).encode()
                entries[stored_name("item", prefix, key, "ttl_minutes")] = repr(minutes).encode()
        return entries

    def sweep(self) -> int:
        """Delete what has expired; times are compared as text."""
        return self._database.execute(
            "DELETE FROM store WHERE expires_at < ?", (self._seconds(),)
        ).rowcount

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _seconds(self) -> str:
        return self._now().strftime("%Y-%m-%d %H:%M:%S")

    def _row(self, put: Put) -> tuple[Any, ...]:
        expires = None if put.ttl is None else str(self._now() + timedelta(minutes=put.ttl))
        now = self._seconds()
        text = json_text(dict(put.value))
        return _joined(put.namespace), put.key, text, now, now, expires, put.ttl

    def _read(self, request: Request) -> Any:
        match request:
            case Get():
                where, given = "prefix = ? AND key = ?", (_joined(request.namespace), request.key)
                return next((item for item, _ in self._rows(where, given)), None)
            case Search():
                return self._search(request)
            case Names():
                return self._names(request)
            case Put():
                return None

    def _rows(self, where: str, given: Sequence[Any]) -> Iterator[tuple[Item, str]]:
        rows = self._database.execute(
            f"SELECT prefix, key, value, created_at, updated_at FROM store WHERE {where}",  # noqa: S608  # no text of a user's
            given,
        )
        for prefix, key, value, created, updated in rows.fetchall():
            times = (created.replace(" ", "T"), updated.replace(" ", "T"))
            yield Item(tuple(prefix.split(".")), key, json.loads(value), *times), prefix

    def _search(self, search: Search) -> list[Scored]:
        conditions = list(_conditions(search.filter or {}))
        where = " AND ".join(["TRUE", *(text for text, _ in conditions)])
        given = [value for _, values in conditions for value in values]
        matching = [
            (item, prefix)
            for item, prefix in self._rows(f"{where} ORDER BY updated_at DESC", given)
            if is_under(item.namespace, search.namespace)
        ]
        start = max(0, search.offset)
        chosen = matching[start:] if search.limit < 0 else matching[start : start + search.limit]
        if search.refresh:
            self._refresh((prefix, item.key) for item, prefix in chosen)
        return [Scored(item) for item, _ in chosen]

    def _names(self, names: Names) -> list[Namespace]:
        prefixes = self._database.execute("SELECT DISTINCT prefix FROM store ORDER BY prefix")
        labels = [tuple(prefix.split(".")) for (prefix,) in prefixes]
        listed = [namespace for namespace in labels if matches(namespace, names)]
        if names.depth is not None:
            cut = sorted({_joined(namespace[: names.depth]) for namespace in listed})
            listed = [tuple(prefix.split(".")) for prefix in cut]
        start = max(0, names.offset)
        return listed[start:] if names.limit < 0 else listed[start : start + names.limit]

    def _refresh_read(self, requests: Sequence[Request]) -> None:
        """Give the items that are read more time.

        LangGraph quirk: one request that asks for it does so for all of its namespace.
        """
        gets = [request for request in requests if isinstance(request, Get)]
        refreshed = {request.namespace for request in gets if request.refresh}
        self._refresh(
            (_joined(get.namespace), get.key) for get in gets if get.namespace in refreshed
        )

    def _refresh(self, items: Iterator[tuple[str, Any]]) -> None:
        """LangGraph quirk: from then on, the time at which an item expires has no fraction."""
        if self._refreshes:
            self._database.executemany(
                "UPDATE store SET expires_at = DATETIME(?, '+' || ttl_minutes || ' minutes')"
                " WHERE prefix = ? AND key = ? AND ttl_minutes IS NOT NULL",
                [(self._seconds(), *item) for item in items],
            )


def _joined(namespace: Namespace) -> str:
    return ".".join(namespace)


def _conditions(wanted: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the SQL of a filter, and its parameters."""
    for key, asked in wanted.items():
        if not _KEY.fullmatch(key):
            message = (
                f"Invalid filter key: '{key}'. Filter keys must contain only alphanumeric"
                " characters, underscores, dots, and hyphens."
            )
            raise ValueError(message)
        place = f"json_extract(value, '$.{key}')"
        if not isinstance(asked, dict):
            yield _equal(place, asked, compound=str)
            continue
        for name, operand in cast("dict[str, Any]", asked).items():
            yield _compared(place, name, operand)


def _compared(place: str, name: str, operand: Any) -> tuple[str, list[Any]]:
    if name == "$eq":
        return _equal(place, operand, compound=str.encode)
    if name == "$ne":
        return _equal(place, operand, compound=str.encode, equal=False)
    if name not in _COMPARISONS:
        message = f"Unsupported operator: {name}"
        raise ValueError(message)
    sign = _COMPARISONS[name]
    if isinstance(operand, (int, float)):
        return f"CAST({place} AS REAL) {sign} ?", [float(operand)]
    # LangGraph quirk: anything else is compared with its JSON as bytes, which are above all texts.
    return f"{place} {sign} ?", [
        operand if isinstance(operand, str) else json_text(operand).encode()
    ]


def _equal(
    place: str, asked: Any, *, compound: Callable[[str], Any], equal: bool = True
) -> tuple[str, list[Any]]:
    sign = "=" if equal else "!="
    match asked:
        case None:
            return f"{place} IS NULL" if equal else f"{place} IS NOT NULL", []
        case bool():
            return f"{place} {sign} {int(asked)}", []
        case int() | float():
            return f"{place} {sign} ?", [float(asked)]
        case str():
            return f"{place} {sign} ?", [asked]
        case _:
            return f"{place} {sign} ?", [compound(json_text(asked))]
