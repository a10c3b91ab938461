"""The store in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from pure_engine.stores.labels import is_under, matches
from pure_engine.stores.store import Get, Item, Names, Namespace, Put, Request, Scored, Search
from pure_engine.stores.texts import Vector, embed, nearness, texts_at

_WHOLE = "$"


class MemoryStore:
    """Keeps items in the order in which their namespaces, and in these their keys, came."""

    expires = False
    asynchronous = True

    def __init__(self, now: Callable[[], str], index: Mapping[str, Any] | None = None) -> None:
        self._now, self._index = now, index
        self._items: dict[Namespace, dict[Any, Item]] = {}
        self._vectors: dict[tuple[Namespace, Any], dict[str, Vector]] = {}

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Return the answer to each request."""
        answers = [self._read(request) for request in requests]
        puts = {
            (request.namespace, request.key): request
            for request in requests
            if isinstance(request, Put)
        }
        self._vectorize([put for put in puts.values() if put.value is not None])
        for put in puts.values():
            self._put(put)
        return answers

    def contents(self) -> dict[str, bytes]:
        """Return nothing: the store keeps objects, not bytes."""
        return {}

    def sweep(self) -> int:
        """Return 0: nothing expires."""
        return 0

    def close(self) -> None:
        """Release nothing."""

    def _read(self, request: Request) -> Any:
        match request:
            case Get():
                # LangGraph quirk: asking for an item makes its namespace.
                return self._items.setdefault(request.namespace, {}).get(request.key)
            case Search():
                return self._search(request)
            case Names():
                return self._names(request)
            case Put():
                return None

    def _put(self, put: Put) -> None:
        items = self._items.setdefault(put.namespace, {})
        if put.value is None:
            items.pop(put.key, None)
            self._vectors.pop((put.namespace, put.key), None)
        else:
            now = self._now()
            items[put.key] = Item(put.namespace, put.key, dict(put.value), now, now)

    def _vectorize(self, puts: Sequence[Put]) -> None:
        """Keep the vectors of items' texts.

        LangGraph quirk: those of an earlier value under other paths stay, and a text may stand only
        once in all that is put.
        """
        index = self._index
        if index is None:
            return
        texts = [(put, *text) for put in puts for text in _texts(put, index.get("fields"))]
        distinct = len({text for _, _, text in texts})
        if distinct < len(texts):
            message = (
                f"Number of embeddings ({distinct}) does not match number of indices ({len(texts)})"
            )
            raise ValueError(message)
        for put, name, text in texts:
            kept = self._vectors.setdefault((put.namespace, put.key), {})
            kept[name] = embed(text, index["dims"])

    def _search(self, search: Search) -> list[Scored]:
        wanted = search.filter or {}
        matching = [
            item
            for namespace, items in self._items.items()
            if is_under(namespace, search.namespace)
            for item in items.values()
            if all(_holds(item.value.get(key), asked) for key, asked in wanted.items())
        ]
        end = search.offset + search.limit
        if not search.query or self._index is None or not matching:
            return [Scored(item) for item in matching[search.offset : end]]
        return self._nearest(search, matching, embed(search.query, self._index["dims"]))

    def _nearest(self, search: Search, matching: Sequence[Item], query: Vector) -> list[Scored]:
        """Return the items nearest to a query, each by its nearest text.

        LangGraph quirk: items without a vector fill up the rest, whatever the offset.
        """
        vectors = {id(item): self._vectors.get((item.namespace, item.key), {}) for item in matching}
        near = [
            Scored(item, max(nearness(query, vector) for vector in vectors[id(item)].values()))
            for item in matching
            if vectors[id(item)]
        ]
        near.sort(key=_score, reverse=True)
        chosen = near[search.offset : search.offset + search.limit]
        rest = [Scored(item) for item in matching if not vectors[id(item)]]
        return chosen + rest[: max(0, search.limit - len(chosen))]

    def _names(self, names: Names) -> list[Namespace]:
        listed: Iterator[Namespace] = (name for name in self._items if matches(name, names))
        if names.depth is not None:
            listed = iter({name[: names.depth] for name in listed})
        return sorted(listed)[names.offset : names.offset + names.limit]


def _texts(put: Put, fields: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yield the texts of an item that are indexed, with their names.

    LangGraph quirk: `$` is the whole value only where the store is made; in a put it is a name.
    """
    if put.index is False:
        return
    default = ["" if path == _WHOLE else path for path in fields or (_WHOLE,)]
    for path in default if put.index is None else put.index:
        texts = texts_at(put.value, path)
        for number, text in enumerate(texts):
            yield f"{path}.{number}" if len(texts) > 1 else path, text


def _score(scored: Scored) -> float:
    return scored.score or 0.0


def _holds(value: Any, asked: Any) -> bool:
    """Return whether a value is what a filter asks for, all the way down."""
    if isinstance(asked, dict):
        parts = cast("dict[str, Any]", asked)
        if any(key.startswith("$") for key in parts):
            return all(_compares(value, name, operand) for name, operand in parts.items())
        inside = cast("dict[str, Any] | None", value if isinstance(value, dict) else None)
        return inside is not None and all(
            _holds(inside.get(key), part) for key, part in parts.items()
        )
    if isinstance(asked, list):
        elements = cast("list[Any]", asked)
        held = cast("list[Any] | None", value if isinstance(value, list) else None)
        return held is not None and len(held) == len(elements) and all(map(_holds, held, elements))
    return value == asked


def _compares(value: Any, name: str, operand: Any) -> bool:
    match name:
        case "$eq":
            return value == operand
        case "$ne":
            return value != operand
        case "$gt":
            return float(value) > float(operand)
        case "$gte":
            return float(value) >= float(operand)
        case "$lt":
            return float(value) < float(operand)
        case "$lte":
            return float(value) <= float(operand)
        case _:
            message = f"Unsupported operator: {name}"
            raise ValueError(message)
