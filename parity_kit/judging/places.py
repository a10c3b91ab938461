"""Where in an outcome two engines differ: a closed union, rendered and read here only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, assert_never

from parity_kit.contract import Outcome, Raised, Returned, Unsupported, split_stored_name
from parity_kit.contract.canonical import pack

Kind: TypeAlias = Literal["returned", "raised", "unsupported"]


@dataclass(frozen=True, slots=True)
class Value:
    """The values that both operations returned."""


@dataclass(frozen=True, slots=True)
class Error:
    """The errors that both operations raised: class and message."""


@dataclass(frozen=True, slots=True)
class OutcomeKind:
    """What the operations did, where it is not the same: one raised and the other returned."""

    reference: Kind
    candidate: Kind


@dataclass(frozen=True, slots=True)
class EventAt:
    """One event of a stream mode, by its number on each side; None for a side that lacks it."""

    mode: str
    reference: int | None
    candidate: int | None

    @property
    def number(self) -> int:
        """The number that it is shown with."""
        return (self.candidate or 0) if self.reference is None else self.reference


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One stored byte string, by the parts of its name (docs/contract.md)."""

    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name in `Outcome.stored`, with `%` and `/` escaped in its parts."""
        return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in self.parts)

    @property
    def kind(self) -> str:
        """What is stored: `checkpoint`, `metadata`, `parent`, `blob`, `write` or `data`."""
        return self.parts[0]

    @property
    def checkpoint(self) -> str | None:
        """The id of the checkpoint that it belongs to."""
        named = self.kind != "blob" and len(self.parts) > _PLACE
        return self.parts[_PLACE] if named else None

    @property
    def channel(self) -> str | None:
        """The channel that it holds a value of."""
        at = {"blob": _PLACE, "write": 6}.get(self.kind)
        return self.parts[at] if at is not None and len(self.parts) > at else None

    @property
    def form(self) -> str:
        """The serializer's type, such as `msgpack` or `empty`."""
        return self.parts[-1]

    @property
    def is_packed(self) -> bool:
        """Whether the bytes are MessagePack."""
        return self.form == "msgpack" or self.parts == ("data",)


_PLACE = 3  # kind/thread/namespace/checkpoint or channel/…


@dataclass(frozen=True, slots=True)
class Dropped:
    """The list of stored entries that are gone."""


Place: TypeAlias = Value | Error | OutcomeKind | EventAt | StoredEntry | Dropped

_TYPES: dict[str, type[Place]] = {
    "value": Value,
    "error": Error,
    "outcome": OutcomeKind,
    "event": EventAt,
    "stored": StoredEntry,
    "dropped": Dropped,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def stored_entry(name: str) -> StoredEntry:
    """Return the place of a stored entry by its name."""
    return StoredEntry(split_stored_name(name))


def place_text(place: Place) -> str:
    """Return a place in words, as verdicts, ledgers and reports write it."""
    match place:
        case Value():
            return "value"
        case Error():
            return "outcome"
        case OutcomeKind(reference, candidate):
            return f"{candidate} instead of {reference}"
        case EventAt():
            return f"event {place.number} {place.mode}"
        case StoredEntry():
            return f"stored {place.name}"
        case Dropped():
            return "dropped entries"
        case _:
            assert_never(place)


def place_to_json(place: Place) -> dict[str, Any]:
    """Return a place as plain JSON, its type under `type`."""
    return {"type": _NAMES[type(place)], **asdict(place)}


def place_from_json(data: dict[str, Any]) -> Place:
    """Return the place that `place_to_json` wrote.

    Raises:
        KeyError, TypeError: If it is no place.
    """
    fields = dict(data)
    kind = _TYPES[fields.pop("type")]
    return StoredEntry(tuple(fields["parts"])) if kind is StoredEntry else kind(**fields)


def kind_of(outcome: Outcome) -> Kind:
    """Return what an operation did."""
    match outcome:
        case Returned():
            return "returned"
        case Raised():
            return "raised"
        case Unsupported():
            return "unsupported"


def part_bytes(
    reference: Outcome, candidate: Outcome, place: Place
) -> tuple[bytes | None, bytes | None]:
    """Return the bytes of both sides at a place; None for a side that has none there."""
    numbers = (place.reference, place.candidate) if isinstance(place, EventAt) else (None, None)
    return _part(reference, place, numbers[0]), _part(candidate, place, numbers[1])


def _part(outcome: Outcome, place: Place, number: int | None) -> bytes | None:
    if isinstance(outcome, Unsupported):
        return None
    match place:
        case StoredEntry():
            return outcome.stored.get(place.name)
        case EventAt():
            return None if number is None else pack(outcome.events[number].to_plain())
        case Dropped():
            return pack(list(outcome.dropped))
        case Value() | Error() | OutcomeKind():
            return pack(
                outcome.value
                if isinstance(outcome, Returned)
                else {"error": outcome.error, "message": outcome.message}
            )
