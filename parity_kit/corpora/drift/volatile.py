"""The changes between two runs of one case on the reference: where, and how.

One side has the committed, pinned outcomes; the other comes from the same LangGraph with something
left unpinned. Masks are made from the differences (`parity_kit.judging.masks`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from parity_kit.contract import Case, Event, Outcome, Raised, Returned, Trace, Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.judging.masks import (
    ENTRY,
    KEYS,
    MARKS,
    NAME,
    MaskPlace,
    Move,
    asks,
    event_kind,
    names_of,
    step_of,
    value_part,
    without_nesting,
)
from parity_kit.judging.renaming import SHAPES, rename
from parity_kit.msgpack.values import open_value

_SHAPED = {Move.ID, Move.TIME, Move.VERSION}
_LONGEST = 80  # characters of an example
_WHOLE = ("graph run value", "$")
"""Where a list is the program's state, or the items of a stream, which have supersteps."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One change: its place, its kind, and both sides as far as they are reproducible."""

    place: MaskPlace
    move: Move
    example: Mapping[str, str]


def moves_between(
    trace: Trace, outcomes: Sequence[Outcome], fresh: Collection[MaskPlace] | None = None
) -> Iterator[Moved]:
    """Yield the changes between a trace and the outcomes of another run of its case.

    `fresh` holds the places whose values are known to be new every time; such a value stands for
    nothing elsewhere. Without `fresh`, every place is judged by itself.
    """
    pairs = _Pairs(trace.case, fresh)
    for index, (left, right) in enumerate(zip(trace.outcomes, outcomes, strict=True)):
        if isinstance(left, Unsupported) or isinstance(right, Unsupported):
            continue
        pairs.operation = index
        yield from pairs.events(left.events, right.events)
        yield from pairs.results(left, right)


class _Pairs:
    """Walks both sides of a case at once, and remembers which id stands for which."""

    def __init__(self, case: Case, fresh: Collection[MaskPlace] | None) -> None:
        self._case = case
        self._fresh = fresh
        self._names = names_of(case)
        self._asking = asks(case)
        self._twins: dict[MaskPlace | None, tuple[dict[str, str], dict[str, str]]] = {}
        self.operation = 0

    def results(self, left: Returned | Raised, right: Returned | Raised) -> Iterator[Moved]:
        """Yield the changes between two values, or two errors."""
        name = self._case.operations[self.operation].name
        raised = isinstance(left, Raised)
        part = value_part(self._case.subject.kind, name, error=raised)
        if isinstance(left, Returned) and isinstance(right, Returned):
            yield from self._walk(left.value, right.value, part, "$")
        elif isinstance(left, Raised) and isinstance(right, Raised) and left.error == right.error:
            yield from self._walk(left.message, right.message, part, "$.message")
        else:
            yield self._moved(part, "$", Move.OTHER, _outcome(left), _outcome(right))

    def events(self, left: Sequence[Event], right: Sequence[Event]) -> Iterator[Moved]:
        """Yield the changes between the events of one operation."""
        mine, yours = ([_blank(event.to_plain()) for event in side] for side in (left, right))
        if mine == yours:
            for one, other in zip(left, right, strict=True):
                part = f"graph event {event_kind(one)}"
                spaces = (list(one.namespace), list(other.namespace))
                yield from self._walk(*spaces, part, "$.namespace")
                yield from self._walk(one.payload, other.payload, part, "$.payload")
        elif sorted(mine) == sorted(yours):
            for at, (blank, other) in enumerate(zip(mine, yours, strict=True)):
                if blank != other:
                    kinds = event_kind(left[at]), event_kind(right[at])
                    part = f"graph event {kinds[0]}"
                    move = Move.OTHER if kinds[0] in MARKS else Move.ORDER
                    yield self._moved(part, "$", move, "its place", f"that of {kinds[1]}")
        else:
            texts = [" ".join(map(event_kind, side)) for side in (left, right)]
            yield self._moved("graph events", "$", Move.OTHER, texts[0], texts[1])

    def _walk(self, left: Plain, right: Plain, part: str, path: str) -> Iterator[Moved]:
        left, right = _opened(left), _opened(right)
        if kind := _type_of(left):
            mine, yours = (_payload(side) for side in (left, right))
            if mine != yours and sorted(mine) == sorted(yours):
                yield self._moved(f"any {kind}", "$", Move.ORDER, _shown(left), _shown(right))
                return
        if isinstance(left, str) and isinstance(right, str):
            if left != right:
                yield from self._texts(left, right, part, path)
        elif isinstance(left, Mapping) and isinstance(right, Mapping):
            mine, yours = cast("Mapping[Plain, Plain]", left), cast("Mapping[Plain, Plain]", right)
            yield from self._maps(mine, yours, part, path)
        elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            mine, yours = cast("Sequence[Plain]", left), cast("Sequence[Plain]", right)
            yield from self._lists(mine, yours, part, path)
        elif pack(left) != pack(right):
            yield self._moved(part, path, Move.OTHER, str(left), str(right))

    def _texts(self, left: str, right: str, part: str, path: str) -> Iterator[Moved]:
        blanks = (_blank_text(left), _blank_text(right))
        if blanks[0] != blanks[1]:
            yield self._moved(part, path, Move.OTHER, *blanks)
            return
        for mine, yours in zip(SHAPES.finditer(left), SHAPES.finditer(right), strict=True):
            if mine[0] == yours[0]:
                continue
            yield self._moved(part, path, Move(mine.lastgroup or ""), left, blanks[1])
            if not self._is_twin(self._place(part, path), mine[0], yours[0]):
                yield self._moved(part, path, Move.FRESH, left, blanks[1])

    def _is_twin(self, place: MaskPlace, mine: str, yours: str) -> bool:
        """Return whether one id always stands for the other, as renaming requires."""
        alone = self._fresh is None or place in self._fresh
        there, back = self._twins.setdefault(place if alone else None, ({}, {}))
        return there.setdefault(mine, yours) == yours and back.setdefault(yours, mine) == mine

    def _maps(
        self, left: Mapping[Plain, Plain], right: Mapping[Plain, Plain], part: str, path: str
    ) -> Iterator[Moved]:
        mine, yours = list(map(_blank, left)), list(map(_blank, right))
        if mine != yours:
            move = Move.ORDER if sorted(mine) == sorted(yours) else Move.OTHER
            yield self._moved(part, f"{path}{KEYS}", move, str(list(left)), str(list(right)))
            return
        for key, other in zip(left, right, strict=True):
            if isinstance(key, str) and isinstance(other, str) and key != other:
                yield from self._texts(key, other, part, f"{path}{KEYS}")
            step = f".{step_of(key, self._names) if isinstance(key, str) else NAME}"
            yield from self._walk(left[key], right[other], part, path + step)

    def _lists(
        self, left: Sequence[Plain], right: Sequence[Plain], part: str, path: str
    ) -> Iterator[Moved]:
        mine, yours = list(map(_blank, left)), list(map(_blank, right))
        if len(mine) != len(yours):
            yield self._moved(part, path, Move.OTHER, f"{len(mine)} long", f"{len(yours)} long")
        elif mine != yours and sorted(mine) == sorted(yours):
            at = next(
                at for at, pair in enumerate(zip(mine, yours, strict=True)) if pair[0] != pair[1]
            )
            texts = _shown(left[at]), _shown(right[at])
            yield self._moved(part, path, Move.ORDER, *texts)
        else:
            for one, other in zip(left, right, strict=True):
                yield from self._walk(one, other, part, path + ENTRY)

    def _moved(self, part: str, path: str, move: Move, mine: str, yours: str) -> Moved:
        example = {
            "case": self._case.id,
            "operation": str(self.operation),
            "pinned": mine[:_LONGEST],
            "free": yours[:_LONGEST],
        }
        if move is Move.ORDER and (f".{NAME}" in path or (part, path) == _WHOLE):
            move = Move.OTHER  # the program decides the order in its own lists
        return Moved(self._place(part, path), move, example)

    def _place(self, part: str, path: str) -> MaskPlace:
        return MaskPlace(part, without_nesting(path), self._asking)


def _opened(value: Plain) -> Plain:
    if not isinstance(value, Ext):
        return value
    try:
        return open_value(value)
    except ValueError:
        return value


def _type_of(value: Plain) -> str:
    """Return the type of an opened value that is made from a list, or nothing."""
    if not isinstance(value, Mapping) or "$ext" not in value:
        return ""
    opened = cast("Mapping[str, Any]", value)
    return str(opened.get("type")) if isinstance(opened.get("payload"), list) else ""


def _payload(value: Plain) -> list[bytes]:
    opened = cast("Mapping[str, Any]", value if isinstance(value, Mapping) else {})
    return [_blank(part) for part in opened["payload"]] if _type_of(value) else []


def _outcome(outcome: Returned | Raised) -> str:
    return "a value" if isinstance(outcome, Returned) else f"{outcome.error}: {outcome.message}"


def _shown(value: Plain) -> str:
    return _blank_text(str(_opened(value)))


def _blank_text(text: str) -> str:
    return rename(text, _SHAPED, lambda move, _: f"<{move}>")


def _blank(value: Any) -> bytes:
    """Return the bytes of a value without its ids, times and versions."""
    return pack(_blanked(value))


def _blanked(value: Any) -> Any:
    value = _opened(value)
    if isinstance(value, str):
        return _blank_text(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return [[_blanked(key), _blanked(item)] for key, item in entries.items()]
    if isinstance(value, (list, tuple)):
        return [_blanked(item) for item in cast("Sequence[Any]", value)]
    return value
