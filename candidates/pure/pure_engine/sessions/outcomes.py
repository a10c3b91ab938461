"""What the sessions share: finding an operation, and turning what it does into an outcome."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

from parity_kit.contract import Event, Operation, Outcome, Raised, Returned, Unsupported
from pure_engine.codec.serializer import native, plain
from pure_engine.errors import error_name


def find(
    session: object, operation: Operation, anywhere: frozenset[str] = frozenset()
) -> Callable[..., Any] | Unsupported:
    """Return a session's `do_…` method for an operation, or why there is none.

    Every operation takes the arguments in `anywhere`.
    """
    kind = type(session)
    method = getattr(session, f"do_{operation.name}", None)
    if method is None:
        return Unsupported(f"{kind.__name__} has no operation {operation.name}")
    given = operation.args.keys()
    if given and (unknown := sorted(given - _arguments(kind, operation.name) - anywhere)):
        return Unsupported(f"{operation.name} has no argument {unknown[0]}")
    return method


@functools.cache
def _arguments(kind: type, name: str) -> frozenset[str]:
    """Return an operation's argument names, including the keys of its `**options`."""
    method = getattr(kind, f"do_{name}")
    known = set(inspect.signature(method).parameters) - {"self", "options"}
    if (options := get_type_hints(method).get("options")) is not None:
        (keys,) = get_args(options)
        known |= set(get_type_hints(keys))
    return frozenset(known)


def prepared(session: object, operation: Operation) -> Callable[[], object]:
    """Return an operation as a call to time, with its arguments built."""
    method = find(session, operation)
    if isinstance(method, Unsupported):
        raise NotImplementedError(method.reason)
    return functools.partial(method, **native(operation.args))


class Watch:
    """Compares what is stored with what was stored the last time."""

    def __init__(self) -> None:
        self._known: Mapping[str, bytes] = {}

    def changes(self, now: Mapping[str, bytes]) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Return the new and changed entries, and the names that are gone."""
        known, self._known = self._known, now
        if known == now:
            return {}, ()
        changed = {name: data for name, data in now.items() if known.get(name) != data}
        return changed, tuple(sorted(known.keys() - now.keys()))


def perform(
    action: Callable[[], Any],
    contents: Callable[[], Mapping[str, bytes]],
    watch: Watch,
    events: list[Event] | None = None,
) -> Outcome:
    """Run one operation and return its outcome; `action` appends its events as they come."""
    events = [] if events is None else events
    try:
        value = plain(action())
    except Exception as error:  # noqa: BLE001  # whatever an operation raises is its outcome
        stored, dropped = watch.changes(contents())
        return Raised(error_name(error), str(error), tuple(events), stored, dropped)
    stored, dropped = watch.changes(contents())
    return Returned(value, tuple(events), stored, dropped)
