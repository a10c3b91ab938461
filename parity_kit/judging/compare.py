"""Comparing the outcomes of one case: the level reached, and every place that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Any, cast

from parity_kit.contract import (
    Case,
    Event,
    Level,
    Outcome,
    Raised,
    Returned,
    Unsupported,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.judging.causes import ABSENT, cause_of
from parity_kit.judging.masks import Masks, oracle_masks, value_part
from parity_kit.judging.outcome_text import outcome_lines
from parity_kit.judging.places import (
    Dropped,
    Error,
    EventAt,
    OutcomeKind,
    Place,
    StoredEntry,
    Value,
    kind_of,
    stored_entry,
)
from parity_kit.judging.renaming import Renamer
from parity_kit.judging.verdicts import (
    Difference,
    Divergent,
    Equal,
    NotSupported,
    ProtocolFault,
    Verdict,
)
from parity_kit.msgpack.parser import MalformedError, Node, describe, parse, walk
from parity_kit.msgpack.tree_difference import differences
from parity_kit.msgpack.values import order_sets

MOST_LISTED = 100
"""Differences of one case that are listed; the others are counted."""
_HEX = 32  # bytes of each side shown from the first differing one
_MOST_ALIGNED = 250_000  # pairs of events looked at, to align those of one operation
_VERSIONS = "$.channel_versions"


def compare(
    case: Case,
    reference: Sequence[Outcome],
    candidate: Sequence[Outcome],
    required: Level = Level.BYTES,
    masks: Masks | None = None,
) -> Verdict:
    """Return the verdict on a candidate's outcomes for a case.

    `required` is the level asked for; below bytes `masks` hold, the oracle's unless others are
    given. A candidate's `Unsupported` counts only where the reference supports the operation.
    """
    if len(candidate) != len(case.operations):
        return ProtocolFault(f"{len(case.operations)} operations, {len(candidate)} outcomes")
    try:
        given = _bytes_of(candidate)
    except TypeError as error:
        return ProtocolFault(f"outcomes that are no plain data: {error}")
    if _bytes_of(reference) == given:
        return Equal(required)
    places: dict[tuple[object, ...], _Site] = {}
    for site in _differing(case, reference, candidate, masks or oracle_masks(), required):
        # A place comes with the lowest level at which it differs first.
        places.setdefault(site.identity, site)
    gap = _gap(reference, candidate)
    if not places:
        return Equal(required) if gap is None else NotSupported(gap)
    ordered = sorted(places.values(), key=lambda site: site.rank)
    return Divergent(
        tuple(_difference(case, reference, candidate, site) for site in ordered[:MOST_LISTED]),
        Level(min(site.part.level for site in ordered) - 1),
        max(0, len(ordered) - MOST_LISTED),
        gap or "",
    )


def _gap(reference: Sequence[Outcome], candidate: Sequence[Outcome]) -> str | None:
    """Return why the candidate does not offer an operation that the reference does."""
    gaps = (
        theirs.reason
        for ours, theirs in zip(reference, candidate, strict=True)
        if isinstance(theirs, Unsupported) and not isinstance(ours, Unsupported)
    )
    return next(gaps, None)


def _bytes_of(outcomes: Sequence[Outcome]) -> bytes:
    """Return bytes that are the same only where outcomes are, whatever their types."""
    return pack([_flat(outcome) for outcome in outcomes])


def _flat(outcome: Outcome) -> Plain:
    # Nearly every case ends here, so the maps of `outcome_to_plain` are left out; each kind of
    # outcome has a length of its own.
    if isinstance(outcome, Unsupported):
        return (outcome.reason,)
    events = [(event.mode, event.namespace, event.payload) for event in outcome.events]
    stored = outcome.stored
    if len(stored) > 1:
        stored = {name: stored[name] for name in sorted(stored)}
    if isinstance(outcome, Returned):
        return (outcome.value, events, stored, outcome.dropped)
    return (outcome.error, outcome.message, events, stored, outcome.dropped)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an outcome in which the two sides differ, as bytes; None where one has none.

    Where they were compared with ids renamed, `exact` holds the bytes before renaming.
    """

    level: Level
    operation: int
    place: Place
    reference: bytes | None
    candidate: bytes | None
    exact: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Site:
    """One place in a part: path, byte offset in what was compared, and both sides as text."""

    part: _Part
    path: str
    offset: int | None
    texts: tuple[str, str]

    @property
    def identity(self) -> tuple[object, ...]:
        return self.part.operation, self.part.place, self.path

    @property
    def rank(self) -> tuple[int, Level]:
        return self.part.operation, self.part.level


def _differing(
    case: Case,
    reference: Sequence[Outcome],
    candidate: Sequence[Outcome],
    masks: Masks,
    required: Level,
) -> Iterator[_Site]:
    """Yield all places that differ at the level asked for, up to what the candidate lacks."""
    for part in _parts(case, reference, candidate, masks):
        if part.level <= required:
            yield from islice(_places(part), MOST_LISTED + 1)


def _parts(
    case: Case, reference: Sequence[Outcome], candidate: Sequence[Outcome], masks: Masks
) -> Iterator[_Part]:
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
            yield _Part(Level.BYTES, index, Dropped(), *dropped)


def _kinds(index: int, left: Outcome, right: Outcome) -> _Part:
    mine, yours = (outcome_lines(outcome)[0].encode() for outcome in (left, right))
    return _Part(Level.RESULT, index, OutcomeKind(kind_of(left), kind_of(right)), mine, yours)


def _results(
    case: Case,
    index: int,
    sides: tuple[Returned | Raised, Returned | Raised],
    level: Level,
    renamers: tuple[Renamer, Renamer],
) -> Iterator[_Part]:
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
        yield _Part(level, index, place, renamed[0], renamed[1], exact)
    if exact[0] != exact[1] and level is not Level.RESULT:
        yield _Part(Level.BYTES, index, place, *exact)


def _result(outcome: Returned | Raised) -> Plain:
    if isinstance(outcome, Returned):
        return outcome.value
    return {"error": outcome.error, "message": outcome.message}


def _events(
    case: Case,
    index: int,
    sides: tuple[Sequence[Event], Sequence[Event]],
    renamers: tuple[Renamer, Renamer],
) -> Iterator[_Part]:
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
            yield _Part(Level.TRACE, index, _event(sides, left, right), blobs[0], blobs[1], both)
    if alike:
        # What is alike but for its order has the places it really has.
        pairs = [(at, at) for at in range(len(exact[0]))]
    for left, right in pairs:
        both = _at(exact, left, right)
        if both is not None and both[0] != both[1]:
            yield _Part(Level.BYTES, index, _event(sides, left, right), *both)


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


def _stored(index: int, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Iterator[_Part]:
    for name in sorted(left.keys() | right.keys()):
        mine, yours = left.get(name), right.get(name)
        if mine != yours and not _same_but_for_set_order(mine, yours):
            yield _Part(Level.BYTES, index, stored_entry(name), mine, yours)


def _same_but_for_set_order(left: bytes | None, right: bytes | None) -> bool:
    if left is None or right is None or len(left) != len(right):
        return False
    try:
        return order_sets(left) == order_sets(right)
    except ValueError:
        return False


def _places(part: _Part) -> Iterator[_Site]:
    """Yield where a part differs: the offset is that on the reference's side, if it has one."""
    left, right = part.reference, part.candidate
    if left is None or right is None:
        yield _Site(part, "$", None, (_shown(part, left), _shown(part, right)))
        return
    if isinstance(part.place, OutcomeKind):
        yield _Site(part, "$", None, (left.decode(), right.decode()))
        return
    try:
        trees = (parse(left), parse(right)) if _is_packed(part.place) else None
    except MalformedError:
        trees = None  # one side is no MessagePack: the bytes alone can be shown
    known = False
    for difference in differences(*trees) if trees else ():
        known = True
        mine, yours = difference.sides
        node = mine or yours
        texts = (_node_text(mine), _node_text(yours))
        yield _Site(part, difference.path, node.offset if node else None, texts)
    if not known:
        offset = next(
            (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
            min(len(left), len(right)),
        )
        yield _Site(part, "$", offset, (_shown(part, left), _shown(part, right)))


def _difference(
    case: Case, reference: Sequence[Outcome], candidate: Sequence[Outcome], site: _Site
) -> Difference:
    part, path, offset = site.part, site.path, site.offset
    if isinstance(part.place, OutcomeKind):
        sides, starts = (None, None), (0, 0)
    elif part.exact is None:
        sides, starts = (part.reference, part.candidate), (offset or 0, offset or 0)
    else:
        sides = part.exact
        offset = _offset_of(path, sides[0])
        starts = (offset or 0, _offset_of(path, sides[1]) or 0)
    hexes = [
        "" if side is None else side[start : start + _HEX].hex(" ")
        for side, start in zip(sides, starts, strict=True)
    ]
    step, channel = _step_and_channel(reference, part, path)
    outcomes = (reference[part.operation], candidate[part.operation])
    return Difference(
        level=part.level,
        operation=part.operation,
        operation_name=case.operations[part.operation].name,
        place=part.place,
        path=path,
        reference=site.texts[0],
        candidate=site.texts[1],
        step=step,
        channel=channel,
        offset=offset,
        reference_hex=hexes[0],
        candidate_hex=hexes[1],
        cause=cause_of(case, part.place, path, site.texts, outcomes),
    )


def _offset_of(path: str, side: bytes) -> int | None:
    """Return where a path lies in the bytes before renaming; None where renaming opened an ext."""
    return next((node.offset for where, node in walk(parse(side)) if where == path), None)


def _is_packed(place: Place) -> bool:
    return not isinstance(place, StoredEntry) or place.is_packed


def _shown(part: _Part, side: bytes | None) -> str:
    if side is None:
        return ABSENT
    if not side:
        return "there, and empty"
    if _is_packed(part.place):
        try:
            return _node_text(parse(side))
        except MalformedError:
            return f"{len(side)} bytes that are no MessagePack"
    return side.decode(errors="backslashreplace")


def _node_text(node: Node | None) -> str:
    return ABSENT if node is None else f"{describe(node)} ({node.form})"


def _step_and_channel(
    reference: Sequence[Outcome], part: _Part, path: str
) -> tuple[int | None, str | None]:
    """Return the superstep and the channel that a place belongs to, where it says so."""
    match part.place:
        case StoredEntry() as entry:
            channel = entry.channel
            if channel is None and path.startswith(_VERSIONS):
                channel = path.removeprefix(_VERSIONS).lstrip(".").strip("[]'") or None
            return _step_of(reference, entry.checkpoint), channel
        case EventAt(mode="checkpoints") if part.reference is not None:
            payload = cast("Any", unpack(part.reference))[2]
            return payload.get("metadata", {}).get("step"), None
        case _:
            return None, None


def _step_of(reference: Sequence[Outcome], checkpoint: str | None) -> int | None:
    for outcome in reference if checkpoint else ():
        if isinstance(outcome, Unsupported):
            continue
        for name, blob in outcome.stored.items():
            entry = stored_entry(name)
            if entry.kind == "metadata" and entry.checkpoint == checkpoint:
                metadata: Any = unpack(blob) if entry.is_packed else _json(blob)
                return metadata.get("step")
    return None


def _json(blob: bytes) -> Any:
    import json  # noqa: PLC0415  # only for the place of a difference in SQLite

    return json.loads(blob)
