"""What every session does: find an operation's method, call it, and report the outcome."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

from parity_kit.contract import Event, Operation, Outcome, Raised, Returned, Unsupported
from pure_engine.codec.serializer import native, plain
from pure_engine.errors import error_name


class Session:
    """A session whose methods `do_…` are its operations; `contents` returns what it stores."""

    def __init__(self, contents: Callable[[], Mapping[str, bytes]]) -> None:
        self._contents = contents
        self._known: Mapping[str, bytes] = {}

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        method = self._find(operation)
        if isinstance(method, Unsupported):
            return method
        return self._perform(functools.partial(method, **native(operation.args)), [])

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return an operation as a call to time, with its arguments built."""
        method = self._find(operation)
        if isinstance(method, Unsupported):
            raise NotImplementedError(method.reason)
        return functools.partial(method, **native(operation.args))

    def close(self) -> None:
        """Release nothing."""

    def _find(
        self, operation: Operation, everywhere: frozenset[str] = frozenset()
    ) -> Callable[..., Any] | Unsupported:
        """Return an operation's method, or why there is none.

        Every operation takes the arguments in `everywhere`.
        """
        kind = type(self)
        method = getattr(self, f"do_{operation.name}", None)
        if method is None:
            return Unsupported(f"{kind.__name__} has no operation {operation.name}")
        names = operation.args.keys()
        if names and (unknown := sorted(names - _arguments(kind, operation.name) - everywhere)):
            return Unsupported(f"{operation.name} has no argument {unknown[0]}")
        return method

    def _perform(self, action: Callable[[], Any], events: list[Event]) -> Outcome:
        """Return an action's outcome; it appends its events to `events` as they come."""
        try:
            value = plain(action())
        except Exception as error:  # noqa: BLE001  # whatever an operation raises is its outcome
            stored, dropped = self._changes()
            return Raised(error_name(error), str(error), tuple(events), stored, dropped)
        stored, dropped = self._changes()
        return Returned(value, tuple(events), stored, dropped)

    def _changes(self) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """Return the entries that are new or changed since the last call, and the names gone."""
        known, self._known = self._known, self._contents()
        now = self._known
        if known == now:
            return {}, ()
        changed = {name: data for name, data in now.items() if known.get(name) != data}
        return changed, tuple(sorted(known.keys() - now.keys()))


@functools.cache
def _arguments(kind: type, name: str) -> frozenset[str]:
    """Return an operation's argument names, including the keys of its `**options`."""
    method = getattr(kind, f"do_{name}")
    known = set(inspect.signature(method).parameters) - {"self", "options"}
    if (options := get_type_hints(method).get("options")) is not None:
        (keys,) = get_args(options)
        known |= set(get_type_hints(keys))
    return frozenset(known)
