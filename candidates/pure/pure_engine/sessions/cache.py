"""The cache subject: what nodes have given, kept for a while."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parity_kit.contract import Operation, Outcome, Pins, Subject, Unsupported, stored_name
from pure_engine.codec.serializer import dumps, loads, native
from pure_engine.sessions.session import Session
from pure_engine.unsupported import check_known

_EVERYWHERE = frozenset({"async"})
_Key: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    data: bytes
    expires: float | None


class CacheSession(Session):
    """A cache. Its n-th operation happens n seconds after the epoch.

    LangGraph quirk: the cache in SQLite keeps namespaces as text, gives entries in the order in
    which they came, and one that expires now it still has; the one in memory has it no longer.
    """

    def __init__(self, subject: Subject, pins: Pins | None) -> None:
        name = str(subject.spec["cache"])
        check_known((name,), ("memory", "sqlite"), "no cache")
        self._in_sqlite = name == "sqlite"
        self._epoch, self._done = None if pins is None else pins.epoch, 0
        self._entries: dict[_Key, _Entry] = {}
        super().__init__(self._contents)

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        method = self._find(operation, _EVERYWHERE)
        if isinstance(method, Unsupported):
            return method
        self._done += 1
        return self._perform(_call(method, operation), [])

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return an operation as a call to time, with its arguments built."""
        method = self._find(operation, _EVERYWHERE)
        if isinstance(method, Unsupported):
            raise NotImplementedError(method.reason)
        return _call(method, operation)

    def do_get(self, keys: Any) -> Any:
        """Return the entries that there are, and drop those that have expired."""
        now = self._now()
        asked = dict.fromkeys(self._key(*key) for key in keys)
        known = [key for key in self._entries if key in asked] if self._in_sqlite else asked
        return [[list(key[0]), key[1], value] for key, value in self._fresh(list(known), now)]

    def do_set(self, entries: Any) -> None:
        """Keep entries, for so many seconds or for good."""
        now = self._now()
        # A mapping: a key that comes again replaces its entry, at its first place.
        given = {(tuple(namespace), name): entry for namespace, name, *entry in entries}
        for (namespace, name), (value, seconds) in given.items():
            key = self._key(namespace, name)
            if self._in_sqlite:
                self._entries.pop(key, None)
            expires = None if seconds is None else now + seconds
            self._entries[key] = _Entry(*dumps(value), expires)

    def do_clear(self, namespaces: Any = None) -> None:
        """Drop the entries of some namespaces, or all."""
        gone = None if namespaces is None else {self._namespace(labels) for labels in namespaces}
        for key in list(self._entries):
            if gone is None or key[0] in gone:
                del self._entries[key]

    def _fresh(self, keys: Sequence[_Key], now: float) -> Iterator[tuple[_Key, Any]]:
        for key in keys:
            entry = self._entries.get(key)
            if entry is None:
                continue
            left = None if entry.expires is None else entry.expires - now
            if left is None or left > 0 or (left == 0 and self._in_sqlite):
                yield key, loads(entry.kind, entry.data)
            else:
                del self._entries[key]

    def _now(self) -> float:
        return time.time() if self._epoch is None else float(self._epoch + self._done)

    def _key(self, namespace: Sequence[str], name: str) -> _Key:
        return self._namespace(namespace), name

    def _namespace(self, labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(",".join(labels).split(",")) if self._in_sqlite else tuple(labels)

    def _contents(self) -> dict[str, bytes]:
        """Return every byte string that is kept, by name, and when it expires."""
        contents: dict[str, bytes] = {}
        for (labels, key), entry in self._entries.items():
            where = [",".join(labels)] if self._in_sqlite else labels
            name = ("entry", *where, key)
            contents[stored_name(*name, entry.kind)] = entry.data
            if entry.expires is not None:
                contents[stored_name(*name, "expires_at")] = repr(entry.expires).encode()
        return contents


def _call(method: Callable[..., Any], operation: Operation) -> Callable[[], Any]:
    given = native(operation.args)
    given.pop("async", None)
    return functools.partial(method, **given)
