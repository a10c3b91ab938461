"""What came of an operation: its value or error, what it emitted and what it stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from parity_kit.contract.plain import Plain


@dataclass(frozen=True, slots=True)
class Event:
    """One item of a stream: its mode, the namespace it comes from, and its payload."""

    mode: str
    namespace: tuple[str, ...]
    payload: Plain

    def to_plain(self) -> list[Plain]:
        """Return the event as plain data."""
        return [self.mode, list(self.namespace), self.payload]

    @classmethod
    def from_plain(cls, data: Sequence[Plain]) -> Event:
        """Return the event that `to_plain` wrote."""
        mode, namespace, payload = data
        return cls(cast("str", mode), tuple(cast("Sequence[str]", namespace)), payload)


@dataclass(frozen=True, slots=True)
class Returned:
    """The operation gave a value.

    `stored` holds what the operation stored: the byte strings that are new or changed since the
    operation before, by name (`stored_name`). One that is gone is listed in `dropped`.
    """

    value: Plain = None
    events: tuple[Event, ...] = ()
    stored: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """The operation raised an error: the exception's class and its message.

    The class is written `module.Name`, without the module for Python's built-in exceptions.
    """

    error: str
    message: str
    events: tuple[Event, ...] = ()
    stored: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The engine says that it does not offer this."""

    reason: str


Outcome: TypeAlias = Returned | Raised | Unsupported


def outcome_to_plain(outcome: Outcome) -> dict[str, Plain]:
    """Return an outcome as plain data."""
    if isinstance(outcome, Unsupported):
        return {"unsupported": outcome.reason}
    head: dict[str, Plain] = (
        {"value": outcome.value}
        if isinstance(outcome, Returned)
        else {"error": outcome.error, "message": outcome.message}
    )
    return head | {
        "events": [event.to_plain() for event in outcome.events],
        "stored": {name: outcome.stored[name] for name in sorted(outcome.stored)},
        "dropped": list(outcome.dropped),
    }


def outcome_from_plain(data: Mapping[str, Plain]) -> Outcome:
    """Return the outcome that `outcome_to_plain` wrote.

    Raises:
        KeyError, TypeError, ValueError: If `data` has another shape.
    """
    if "unsupported" in data:
        return Unsupported(as_text(data["unsupported"]))
    events = tuple(
        Event.from_plain(event) for event in cast("Iterable[Sequence[Plain]]", data["events"])
    )
    stored = dict(cast("Mapping[str, bytes]", data["stored"]))
    dropped = tuple(as_text(item) for item in cast("Iterable[Plain]", data["dropped"]))
    if not all(isinstance(blob, bytes) for blob in stored.values()):  # pyright: ignore[reportUnnecessaryIsInstance]  # a candidate's data is not trusted
        raise TypeError("a stored entry is not a byte string")
    if "error" in data:
        return Raised(as_text(data["error"]), as_text(data["message"]), events, stored, dropped)
    return Returned(data["value"], events, stored, dropped)


def as_text(value: Plain) -> str:
    """Return a value that has to be a text.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(value, str):
        message = f"expected a string, got {type(value).__name__}"
        raise TypeError(message)
    return value


def stored_name(*parts: str) -> str:
    """Return the name of a stored entry: its parts joined by `/`, with `%` and `/` escaped."""
    name = "/".join(parts)
    if "%" not in name and name.count("/") == len(parts) - 1:
        return name  # as nearly all are
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def split_stored_name(name: str) -> tuple[str, ...]:
    """Return the parts that `stored_name` joined."""
    return tuple(part.replace("%2F", "/").replace("%25", "%") for part in name.split("/"))
