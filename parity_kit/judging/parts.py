"""The parts of two outcomes that differ: values, events, stored entries, at each level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from parity_kit.contract import Case, Event, Level, Outcome, Raised, Returned, Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Plain
from parity_kit.judging.masks import Masks, value_part
from parity_kit.judging.outcome_text import result_line
from parity_kit.judging.places import (
    Dropped,
    Error,
    EventAt,
    OutcomeKind,
    Place,
    Value,
    kind_of,
    stored_entry,
)
from parity_kit.judging.renaming import Renamer
from parity_kit.msgpack.values import order_sets

_MOST_ALIGNED = 250_000  # pairs of events looked at, to align those of one operation


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an outcome in which the two sides differ, as bytes; None where one has none.

    Where they were compared with ids renamed, `exact` holds the bytes before renaming.
    """

    level: Level
    operation: int
    place: Place
    reference: bytes | None
    candidate: bytes | None
    exact: tuple[bytes, bytes] | None = None


def differing_parts(
    case: Case, reference: Sequence[Outcome], candidate: Sequence[Outcome], masks: Masks
) -> Iterator[Part]:
    """Yield the parts that differ, up to the first operation that the candidate lacks."""
    own = masks.of(case)
    # Values get renamers of their own: an event too few must not shift the names in later values.
    values = (Renamer(own), Renamer(own))
    events = (Renamer(own), Renamer(own))
    for index, (left, right) in enumerate(zip(reference, candidate, strict=True)):
        if isinstance(right, Unsupported) and not isinstance(left, Unsupported):
            return  # what follows an operation that was not done says nothing
        if isinstance(left, Unsupported) or isinstance(right, Unsupported):
            if not isinstance(right, Unsupported):
                yield _kinds(index, left, right)
            continue
        yield from _results(case, index, (left, right), Level.RESULT, values)
        yield from _events(case, index, (left.events, right.events), events)
        # And an id in a value must be the one that it is in the events.
        yield from _results(case, index, (left, right), Level.TRACE, events)
        yield from _stored(index, left.stored, right.stored)
        if left.dropped != right.dropped:
            dropped = (pack(list(left.dropped)), pack(list(right.dropped)))
            yield Part(Level.BYTES, index, Dropped(), *dropped)


def _kinds(index: int, left: Outcome, right: Outcome) -> Part:
    mine, yours = (result_line(outcome).encode() for outcome in (left, right))
    return Part(Level.RESULT, index, OutcomeKind(kind_of(left), kind_of(right)), mine, yours)


def _results(
    case: Case,
    index: int,
    sides: tuple[Returned | Raised, Returned | Raised],
    level: Level,
    renamers: tuple[Renamer, Renamer],
) -> Iterator[Part]:
    """Compare what two operations gave, with what is masked renamed (at `level`) and as it is."""
    name = case.operations[index].name
    values = [_result(side) for side in sides]
    renamed = [
        pack(
            renamer.value(
                value_part(case.subject.kind, name, error=isinstance(side, Raised)), value
            )
        )
        for renamer, side, value in zip(renamers, sides, values, strict=True)
    ]
    if type(sides[0]) is not type(sides[1]):
        yield _kinds(index, *sides)
        return
    place = Value() if isinstance(sides[0], Returned) else Error()
    exact = (pack(values[0]), pack(values[1]))
    if renamed[0] != renamed[1]:
        yield Part(level, index, place, renamed[0], renamed[1], exact)
    if exact[0] != exact[1] and level is not Level.RESULT:
        yield Part(Level.BYTES, index, place, *exact)


def _result(outcome: Returned | Raised) -> Plain:
    if isinstance(outcome, Returned):
        return outcome.value
    return {"error": outcome.error, "message": outcome.message}


def _events(
    case: Case,
    index: int,
    sides: tuple[Sequence[Event], Sequence[Event]],
    renamers: tuple[Renamer, Renamer],
) -> Iterator[Part]:
    """Compare events with what is masked renamed, and then as they are and in their order."""
    modes = case.operations[index].args.get("modes")
    named = [str(mode) for mode in modes] if isinstance(modes, (list, tuple)) else []
    renamed = [
        dict(renamer.events(side, named)) for renamer, side in zip(renamers, sides, strict=True)
    ]
    exact = [[pack(event.to_plain()) for event in side] for side in sides]
    pairs = list(_aligned(sides, [list(order) for order in renamed]))
    alike = True
    for left, right in pairs:
        blobs = [
            None if at is None else pack(events[at])
            for events, at in zip(renamed, (left, right), strict=True)
        ]
        if blobs[0] != blobs[1]:
            alike = False
            both = _at(exact, left, right)
            yield Part(Level.TRACE, index, _event(sides, left, right), blobs[0], blobs[1], both)
    if alike:
        # What is alike but for its order has the places it really has.
        pairs = [(at, at) for at in range(len(exact[0]))]
    for left, right in pairs:
        both = _at(exact, left, right)
        if both is not None and both[0] != both[1]:
            yield Part(Level.BYTES, index, _event(sides, left, right), *both)


def _aligned(
    sides: tuple[Sequence[Event], Sequence[Event]], orders: Sequence[Sequence[int]]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair the events of both sides by their modes, so that one too few does not shift the rest."""
    modes = [[side[at].mode for at in order] for side, order in zip(sides, orders, strict=True)]
    if modes[0] == modes[1] or len(modes[0]) * len(modes[1]) > _MOST_ALIGNED:
        yield from zip_longest(orders[0], orders[1])
        return
    for tag, start, end, other_start, other_end in SequenceMatcher(
        None, modes[0], modes[1], autojunk=False
    ).get_opcodes():
        mine, yours = orders[0][start:end], orders[1][other_start:other_end]
        if tag == "equal":
            yield from zip(mine, yours, strict=True)
        else:
            yield from ((at, None) for at in mine)
            yield from ((None, at) for at in yours)


def _at(
    sides: Sequence[Sequence[bytes]], left: int | None, right: int | None
) -> tuple[bytes, bytes] | None:
    return None if left is None or right is None else (sides[0][left], sides[1][right])


def _event(
    sides: tuple[Sequence[Event], Sequence[Event]], left: int | None, right: int | None
) -> EventAt:
    if left is not None:
        return EventAt(sides[0][left].mode, left, right)
    if right is not None:
        return EventAt(sides[1][right].mode, left, right)
    raise AssertionError("a pair has a side")


def _stored(index: int, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Iterator[Part]:
    for name in sorted(left.keys() | right.keys()):
        mine, yours = left.get(name), right.get(name)
        if mine != yours and not _same_but_for_set_order(mine, yours):
            yield Part(Level.BYTES, index, stored_entry(name), mine, yours)


def _same_but_for_set_order(left: bytes | None, right: bytes | None) -> bool:
    if left is None or right is None or len(left) != len(right):
        return False
    try:
        return order_sets(left) == order_sets(right)
    except ValueError:
        return False
