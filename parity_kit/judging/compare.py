"""Comparing the outcomes of one case: the level reached, and the first place that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from parity_kit.contract import (
    Case,
    Event,
    Level,
    Outcome,
    Raised,
    Returned,
    Unsupported,
    split_stored_name,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.judging.masks import Masks, oracle_masks, value_part
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
from parity_kit.msgpack.tree_difference import first_difference
from parity_kit.msgpack.values import order_sets

_HEX = 32  # bytes of each side shown from the first differing one


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
    for ours, theirs in zip(reference, candidate, strict=True):
        if isinstance(theirs, Unsupported) and not isinstance(ours, Unsupported):
            return NotSupported(theirs.reason)
    parts = list(_differing(case, reference, candidate, masks or oracle_masks()))
    reached = min((part.level - 1 for part in parts), default=Level.BYTES)
    if reached >= required:
        return Equal(required)
    worst = min(
        (part for part in parts if part.level <= required),
        key=lambda part: (part.operation, part.level),
    )
    return Divergent(_difference(case, reference, worst), Level(reached))


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
    where: str
    reference: bytes | None
    candidate: bytes | None
    packed: bool = True
    exact: tuple[bytes, bytes] | None = None


def _differing(
    case: Case, reference: Sequence[Outcome], candidate: Sequence[Outcome], masks: Masks
) -> Iterator[_Part]:
    own = masks.of(case)
    # Values get renamers of their own: an event too few must not shift the names in later values.
    values = (Renamer(own), Renamer(own))
    events = (Renamer(own), Renamer(own))
    for index, (left, right) in enumerate(zip(reference, candidate, strict=True)):
        if isinstance(left, Unsupported) or isinstance(right, Unsupported):
            if left != right:
                yield _Part(Level.RESULT, index, "outcome", _word(left), _word(right), packed=False)
            continue
        yield from _results(case, index, (left, right), Level.RESULT, values)
        yield from _events(case, index, (left.events, right.events), events)
        # And an id in a value must be the one that it is in the events.
        yield from _results(case, index, (left, right), Level.TRACE, events)
        yield from _stored(index, left.stored, right.stored)
        if left.dropped != right.dropped:
            dropped = (pack(list(left.dropped)), pack(list(right.dropped)))
            yield _Part(Level.BYTES, index, "dropped entries", *dropped)


def _word(outcome: Outcome) -> bytes:
    return type(outcome).__name__.lower().encode()


def _results(
    case: Case,
    index: int,
    sides: tuple[Returned | Raised, Returned | Raised],
    level: Level,
    renamers: tuple[Renamer, Renamer],
) -> Iterator[_Part]:
    """Compare what two operations gave, with what is masked renamed (at `level`) and as it is."""
    where = "value" if all(isinstance(side, Returned) for side in sides) else "outcome"
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
    exact = (pack(values[0]), pack(values[1]))
    if renamed[0] != renamed[1]:
        yield _Part(level, index, where, renamed[0], renamed[1], exact=exact)
    elif exact[0] != exact[1]:
        yield _Part(Level.BYTES, index, where, *exact)


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
    given = [renamer.events(side, named) for renamer, side in zip(renamers, sides, strict=True)]
    mine, yours = ([pack(event.to_plain()) for event in side] for side in sides)
    for (at, left), (other, right) in zip(given[0], given[1], strict=False):
        renamed = (pack(left), pack(right))
        if renamed[0] != renamed[1]:
            exact = (mine[at], yours[other])
            yield _Part(Level.TRACE, index, _event(sides[0], at), *renamed, exact=exact)
    for at, exact in enumerate(zip(mine, yours, strict=False)):
        if exact[0] != exact[1]:
            yield _Part(Level.BYTES, index, _event(sides[0], at), *exact)
    if len(mine) != len(yours):
        at = min(len(mine), len(yours))
        where = _event(max(sides, key=len), at)
        rest = (mine[at] if len(mine) > at else None, yours[at] if len(yours) > at else None)
        yield _Part(Level.TRACE, index, where, *rest)


def _event(events: Sequence[Event], at: int) -> str:
    return f"event {at} {events[at].mode}"


def _stored(index: int, left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Iterator[_Part]:
    for name in sorted(left.keys() | right.keys()):
        mine, yours = left.get(name), right.get(name)
        if mine != yours and not _same_but_for_set_order(mine, yours):
            packed = split_stored_name(name)[-1] == "msgpack" or name == "data"
            yield _Part(Level.BYTES, index, f"stored {name}", mine, yours, packed)


def _same_but_for_set_order(left: bytes | None, right: bytes | None) -> bool:
    if left is None or right is None or len(left) != len(right):
        return False
    try:
        return order_sets(left) == order_sets(right)
    except ValueError:
        return False


def _difference(case: Case, reference: Sequence[Outcome], part: _Part) -> Difference:
    path, offset, texts = _first_place(part)
    if part.exact is None:
        sides = (part.reference, part.candidate)
        starts = (offset or 0, offset or 0)
    else:
        sides = part.exact
        offset = _offset_of(path, sides[0])
        starts = (offset or 0, _offset_of(path, sides[1]) or 0)
    hexes = [
        "" if side is None else side[start : start + _HEX].hex(" ")
        for side, start in zip(sides, starts, strict=True)
    ]
    step, channel = _step_and_channel(reference, part, path)
    return Difference(
        level=part.level,
        operation=part.operation,
        operation_name=case.operations[part.operation].name,
        where=part.where,
        path=path,
        reference=texts[0],
        candidate=texts[1],
        step=step,
        channel=channel,
        offset=offset,
        reference_hex=hexes[0],
        candidate_hex=hexes[1],
    )


def _offset_of(path: str, side: bytes) -> int | None:
    """Return where a path lies in the bytes before renaming; None where renaming opened an ext."""
    return next((node.offset for found, node in walk(parse(side)) if found == path), None)


def _first_place(part: _Part) -> tuple[str, int | None, tuple[str, str]]:
    """Return the path, the byte offset on the reference's side, and both sides as text."""
    left, right = part.reference, part.candidate
    if left is None or right is None:
        texts = ["absent" if side is None else _shown(part, side) for side in (left, right)]
        return "$", None, (texts[0], texts[1])
    if part.packed:
        try:
            path, mine, yours = first_difference(parse(left), parse(right))
        except MalformedError:
            pass  # one side is no MessagePack: the bytes alone can be shown
        else:
            nodes = (mine, yours)
            texts = ["absent" if node is None else _node_text(node) for node in nodes]
            offset = mine.offset if mine is not None else (yours.offset if yours else None)
            return path, offset, (texts[0], texts[1])
    offset = next(
        (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return "$", offset, (_shown(part, left), _shown(part, right))


def _shown(part: _Part, side: bytes) -> str:
    if not side:
        return "there, and empty"
    if part.packed:
        try:
            return _node_text(parse(side))
        except MalformedError:
            return f"{len(side)} bytes that are no MessagePack"
    return side.decode(errors="backslashreplace")


def _node_text(node: Node) -> str:
    return f"{describe(node)} ({node.form})"


def _step_and_channel(
    reference: Sequence[Outcome], part: _Part, path: str
) -> tuple[int | None, str | None]:
    """Return the superstep and the channel that a place belongs to, where it says so."""
    if part.where.startswith("stored "):
        parts = split_stored_name(part.where.removeprefix("stored "))
        channel = {"blob": 3, "write": 6}.get(parts[0])
        found = parts[channel] if channel is not None and len(parts) > channel else None
        if found is None and path.startswith("$.channel_versions"):
            found = path.removeprefix("$.channel_versions").lstrip(".").strip("[]'") or None
        return (_step_of(reference, parts[3]) if len(parts) > 4 else None), found  # noqa: PLR2004  # kind/thread/ns/id/…
    if part.where.endswith("checkpoints") and part.reference is not None:
        payload = cast("Any", unpack(part.reference))[2]
        return payload.get("metadata", {}).get("step"), None
    return None, None


def _step_of(reference: Sequence[Outcome], checkpoint_id: str) -> int | None:
    for outcome in reference:
        if isinstance(outcome, Unsupported):
            continue
        for name, blob in outcome.stored.items():
            kind, *_, last = parts = split_stored_name(name)
            if kind == "metadata" and parts[3] == checkpoint_id:
                metadata: Any = unpack(blob) if last == "msgpack" else _json(blob)
                return metadata.get("step")
    return None


def _json(blob: bytes) -> Any:
    import json  # noqa: PLC0415  # only for the place of a difference in SQLite

    return json.loads(blob)
