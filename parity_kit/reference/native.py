"""Converts between plain data and the Python objects that real LangGraph works with.

LangGraph's own serializer does the work in both directions: a value is what it would store.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import signature
from typing import Any, cast

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from parity_kit.contract import Event, Outcome, Raised, Returned
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.msgpack.values import has_sets, order_sets, order_sets_in

HAS_ALLOWLIST = "allowed_msgpack_modules" in signature(JsonPlusSerializer).parameters
"""Whether the installed serializer knows which types are safe; older ones build every type."""

SERIALIZER = (
    JsonPlusSerializer(allowed_msgpack_modules=True) if HAS_ALLOWLIST else JsonPlusSerializer()
)
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


def to_native(value: Plain) -> Any:
    """Return the Python objects of a value."""
    return SERIALIZER.loads_typed(("msgpack", pack(value)))


def to_plain(value: Any) -> Plain:
    """Return what LangGraph would store for a Python object."""
    if value is None or value is True or value is False:
        return value  # the commonest values, which are stored as themselves
    kind, data = SERIALIZER.dumps_typed(value)
    if kind == "null":
        return None
    if kind not in _TYPED:
        return bytes(data)
    value = unpack(data)
    return order_sets_in(value) if has_sets(data) and _SETS_IN_ORDER.get() else value


def typed_bytes(value: Any) -> tuple[str, bytes]:
    """Return the type tag and the bytes that LangGraph stores for a Python object."""
    kind, data = SERIALIZER.dumps_typed(value)
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
