"""Converts between plain data and the Python objects that real LangGraph works with.

LangGraph's own serializer does the work in both directions: a value is what it would store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from inspect import signature
from typing import Any, cast

from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract import Event, Outcome, Raised, Returned
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.msgpack.buildable import FIXTURE_TYPES, TypeName, unbuildable
from parity_kit.msgpack.values import has_sets, order_sets, order_sets_in

HAS_ALLOWLIST = "allowed_msgpack_modules" in signature(JsonPlusSerializer).parameters
"""Whether the installed serializer knows which types are safe; older ones build every type."""


_trusted: set[TypeName] = set()


def trust_types(types: Collection[TypeName]) -> None:
    """Let this process build these types too, which imports their modules and calls them."""
    _trusted.update(types)
    forget_serializers()


def untrusted(value: Plain) -> list[TypeName]:
    """Return the types that a value names and that this process must not build."""
    return [name for name in unbuildable(value) if name not in _trusted]


_BUILT = ContextVar[frozenset[TypeName]]("the types of an application that are built")


@contextmanager
def building(types: frozenset[TypeName]) -> Generator[None]:
    """Let `to_native` build these types too."""
    token = _BUILT.set(types)
    try:
        yield
    finally:
        _BUILT.reset(token)


def serializer(types: frozenset[TypeName] = frozenset()) -> JsonPlusSerializer:
    """Return a serializer that builds LangGraph's safe types, the fixtures' and `types`.

    None that it builds does more than hold what it is given: a case may come from anybody.
    """
    return _serializer_of(types)


def forget_serializers() -> None:
    """Let serializers be made anew."""
    _serializer_of.cache_clear()


@cache
def _serializer_of(types: frozenset[TypeName]) -> JsonPlusSerializer:
    if not HAS_ALLOWLIST:
        return JsonPlusSerializer()
    return JsonPlusSerializer(allowed_msgpack_modules=[*FIXTURE_TYPES, *types, *_trusted])


_TYPED = ("msgpack",)
_SETS_IN_ORDER = ContextVar("whether the elements of sets are put in order", default=True)


@contextmanager
def sets_as_they_come() -> Generator[None]:
    """Leave the elements of sets in LangGraph's order, to see whether it moves."""
    token = _SETS_IN_ORDER.set(False)
    try:
        yield
    finally:
        _SETS_IN_ORDER.reset(token)


_HARMLESS = {"messages", "document", "documents"}
"""The parts of LangChain whose classes only hold what they are given."""


def built_by_langchain(data: bytes) -> str:
    """Return a class that LangChain would build from a JSON blob, or nothing if there is none.

    Messages and documents do not count. Its `Reviver` builds all of its core classes, and warns of
    doing so with foreign data.
    """
    named: list[str] = []

    def keep(entries: dict[str, Any]) -> None:
        path: Any = entries.get("id")
        if entries.get("lc") == 1 and entries.get("type") == "constructor" and path:
            parts = [str(part) for part in path] if isinstance(path, list) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # foreign data
            if not _HARMLESS & set(parts):
                named.append(".".join(parts))

    with suppress(TypeError, ValueError, RecursionError):  # which the serializer raises again
        json.loads(data, object_hook=keep)
    reviver = getattr(jsonplus, "LC_REVIVER", None)  # older releases have none
    allowed = {".".join(path) for path in getattr(reviver, "allowed_class_paths", None) or ()}
    return next((path for path in named if path in allowed), "")


def to_native(value: Plain) -> Any:
    """Return the Python objects of a value."""
    return serializer(_BUILT.get(frozenset())).loads_typed(("msgpack", pack(value)))


def to_plain(value: Any) -> Plain:
    """Return what LangGraph would store for a Python object."""
    if value is None or value is True or value is False:
        return value  # the commonest values, which are stored as themselves
    kind, data = serializer().dumps_typed(value)
    if kind == "null":
        return None
    if kind not in _TYPED:
        return bytes(data)
    value = unpack(data)
    return order_sets_in(value) if has_sets(data) and _SETS_IN_ORDER.get() else value


def typed_bytes(value: Any) -> tuple[str, bytes]:
    """Return the type tag and the bytes that LangGraph stores for a Python object."""
    kind, data = serializer().dumps_typed(value)
    return kind, canonical_blob(kind, bytes(data))


def canonical_blob(kind: str, data: bytes) -> bytes:
    """Return stored bytes with set elements in order."""
    return order_sets(data) if kind in _TYPED and _SETS_IN_ORDER.get() else data


def error_name(error: BaseException) -> str:
    """Return the name of an exception's class, as outcomes write it."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else _dotted(kind)


def _class_and_message(error: Exception) -> tuple[str, str]:
    """Return an error's class and message; for a database server's, what every driver gets."""
    state = getattr(error, "sqlstate", None)
    if not state:
        return error_name(error), str(error)
    return f"postgres.{state}", str(cast("Any", error).diag.message_primary)


def _dotted(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class Watch:
    """Detects which stored byte strings are new or changed since the last look."""

    def __init__(self) -> None:
        self._known: Mapping[str, bytes] = {}

    def expect(self, stored: Mapping[str, bytes]) -> None:
        """Take these byte strings for those of the last look."""
        self._known = stored

    def changes(self, now: Mapping[str, bytes]) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Return the new or changed entries, and the names of those that are gone."""
        known, self._known = self._known, now
        if known == now:
            return {}, ()
        changed = {name: blob for name, blob in now.items() if known.get(name) != blob}
        return changed, tuple(sorted(set(known) - set(now)))


def perform(
    action: Callable[[list[Event]], Any], contents: Callable[[], Mapping[str, bytes]], watch: Watch
) -> Outcome:
    """Run one operation and return its outcome; `action` appends its events as they come."""
    events: list[Event] = []
    try:
        value = to_plain(action(events))
    except Exception as error:  # noqa: BLE001  # whatever LangGraph raises is an outcome
        stored, dropped = watch.changes(contents())
        return Raised(*_class_and_message(error), tuple(events), stored, dropped)
    stored, dropped = watch.changes(contents())
    return Returned(value, tuple(events), stored, dropped)


def interrupts_inside(value: Any) -> Any:
    """Return one of LangGraph's NamedTuples (a snapshot, a task) as a map, recursively."""
    if hasattr(value, "_asdict"):
        return {key: interrupts_inside(item) for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [interrupts_inside(item) for item in cast("list[Any]", value)]
    return value
