"""The store in PostgreSQL, without a server: its table is in memory, with values as JSONB."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from parity_kit.contract import stored_name
from pure_engine.errors import ServerError
from pure_engine.savers.postgres_jsonb import as_text, checked, exact
from pure_engine.stores.labels import check_request, is_under, matches
from pure_engine.stores.store import Get, Item, Names, Namespace, Put, Request, Scored, Search

_ABSENT = object()
_Condition = Callable[[Mapping[str, Any]], bool]
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "$gt": lambda held, asked: held > asked,
    "$gte": lambda held, asked: held >= asked,
    "$lt": lambda held, asked: held < asked,
    "$lte": lambda held, asked: held <= asked,
}


@dataclass(slots=True)
class _Row:
    text: str
    created: datetime
    updated: datetime
    expires: datetime | None
    minutes: int | None


class PostgresStore:
    """Keeps an item in a row, by its namespace and key."""

    expires = True
    asynchronous = True

    def __init__(self, now: Callable[[], datetime], ttl: Mapping[str, Any] | None) -> None:
        self._now = now
        self._omits = bool((ttl or {}).get("omit_expired"))
        self._rows: dict[tuple[Namespace, Any], _Row] = {}

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Return the answer to each request: gets are made first, then searches, then listings."""
        for request in requests:
            check_request(request)
        answers: list[Any] = [None] * len(requests)
        for kind, read in ((Get, self._get), (Search, self._search), (Names, self._names)):
            for place, request in enumerate(requests):
                if isinstance(request, kind):
                    answers[place] = read(cast("Any", request))
        puts = {
            (request.namespace, request.key): request
            for request in requests
            if isinstance(request, Put)
        }
        rows = {key: self._row(key, put) for key, put in puts.items() if put.value is not None}
        for key, put in puts.items():
            if put.value is None:
                self._rows.pop(key, None)
        self._rows |= rows
        return answers

    def contents(self) -> dict[str, bytes]:
        """Return the rows, by name."""
        entries: dict[str, bytes] = {}
        for (namespace, key), row in self._rows.items():
            name = ("item", ".".join(namespace), key)
            entries[stored_name(*name, "value")] = row.text.encode()
            if row.minutes is not None:
                entries[stored_name(*name, "expires_at")] = _printed(row.expires).encode()
                entries[stored_name(*name, "ttl_minutes")] = repr(row.minutes).encode()
        return entries

    def sweep(self) -> int:
        """Delete what has expired."""
        now = self._now()
        gone = [key for key, row in self._rows.items() if row.expires and row.expires < now]
        for key in gone:
            del self._rows[key]
        return len(gone)

    def close(self) -> None:
        """Release nothing."""

    def _row(self, key: tuple[Namespace, Any], put: Put) -> _Row:
        """LangGraph quirk: the column for minutes holds integers, so a fraction is rounded."""
        text = checked(json.dumps(dict(put.value)))
        if put.key is None:
            problem = 'null value in column "key" of relation "store" violates not-null constraint'
            raise ServerError("23502", problem)
        now, held = self._now(), self._rows.get(key)
        expires = None if put.ttl is None else now + timedelta(minutes=put.ttl)
        minutes = None if put.ttl is None else round(put.ttl)
        return _Row(text, held.created if held else now, now, expires, minutes)

    def _shown(self) -> Iterator[tuple[tuple[Namespace, Any], _Row]]:
        """Yield the rows that are read: where it is so set, not those that have expired."""
        now = self._now()
        for key, row in self._rows.items():
            if not (self._omits and row.expires is not None and row.expires <= now):
                yield key, row

    def _refresh(self, row: _Row) -> None:
        if row.minutes is not None:
            row.expires = self._now() + timedelta(minutes=row.minutes)

    def _get(self, get: Get) -> Item | None:
        for key, row in self._shown():
            if key == (get.namespace, get.key):
                if get.refresh:
                    self._refresh(row)
                return _item(key, row)
        return None

    def _search(self, search: Search) -> list[Scored]:
        conditions = list(_conditions(search.filter or {}))
        matching = [
            (key, row)
            for key, row in self._shown()
            if is_under(key[0], search.namespace)
            and all(condition(exact(row.text)) for condition in conditions)
        ]
        matching.sort(key=lambda pair: pair[1].updated, reverse=True)
        chosen = _limited(matching, search.limit, search.offset)
        for _, row in chosen if search.refresh else ():
            self._refresh(row)
        return [Scored(_item(key, row)) for key, row in chosen]

    def _names(self, names: Names) -> list[Namespace]:
        listed = {namespace for (namespace, _), _ in self._shown() if matches(namespace, names)}
        cut = {".".join(namespace[: names.depth]) for namespace in listed}
        limited = _limited(sorted(cut), names.limit, names.offset)
        if names.depth == 0 and limited:  # LangGraph quirk: the server makes null of no labels
            raise AttributeError("'NoneType' object has no attribute 'split'")
        return [tuple(prefix.split(".")) for prefix in limited]


def _item(key: tuple[Namespace, Any], row: _Row) -> Item:
    times = (row.created.isoformat(), row.updated.isoformat())
    return Item(*key, json.loads(row.text), *times)


def _printed(time: datetime | None) -> str:
    """Return a time as the server prints it: a fraction ends in no zeros."""
    text = str(time).removesuffix("+00:00")
    return "None" if time is None else (text.rstrip("0") if "." in text else text) + "+00"


def _limited(rows: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
    for state, name, number in (("2201X", "OFFSET", offset), ("2201W", "LIMIT", limit)):
        if number < 0:
            raise ServerError(state, f"{name} must not be negative")
    return rows[offset : offset + limit]


def _conditions(wanted: Mapping[str, Any]) -> Iterator[_Condition]:
    for key, asked in wanted.items():
        if not isinstance(asked, dict):
            yield _equal(key, asked)
            continue
        for name, operand in cast("dict[str, Any]", asked).items():
            yield _compared(key, name, operand)


def _compared(key: str, name: str, operand: Any) -> _Condition:
    if name == "$eq":
        return _equal(key, operand)
    if name == "$ne":
        equal = _equal(key, operand)
        return lambda value: key in value and not equal(value)
    if name not in _COMPARISONS:
        message = f"Unsupported operator: {name}"
        raise ValueError(message)

    def compared(value: Mapping[str, Any]) -> bool:
        """LangGraph quirk: numbers too are compared as texts."""
        held = as_text(value.get(key))
        return held is not None and _COMPARISONS[name](held, str(operand))

    return compared


def _equal(key: str, asked: Any) -> _Condition:
    wanted = exact(checked(json.dumps(asked)))
    return lambda value: _same(value.get(key, _ABSENT), wanted)


def _same(held: Any, asked: Any) -> bool:
    if isinstance(held, bool) or isinstance(asked, bool):
        return held is asked
    if isinstance(held, dict) and isinstance(asked, dict):
        left, right = cast("dict[str, Any]", held), cast("dict[str, Any]", asked)
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(held, list) and isinstance(asked, list):
        pairs = zip(cast("list[Any]", held), cast("list[Any]", asked), strict=False)
        return len(cast("list[Any]", held)) == len(cast("list[Any]", asked)) and all(
            _same(*pair) for pair in pairs
        )
    return held == asked
