"""Comparing the outcomes of one case: the level reached, and every place that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from parity_kit.contract import (
    Case,
    Level,
    Outcome,
    Returned,
    Unsupported,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Plain
from parity_kit.judging.causes import ABSENT, cause_of
from parity_kit.judging.masks import Masks, oracle_masks
from parity_kit.judging.parts import Part, differing_parts
from parity_kit.judging.places import (
    EventAt,
    OutcomeKind,
    Place,
    StoredEntry,
    stored_entry,
)
from parity_kit.judging.verdicts import (
    Difference,
    Divergent,
    Equal,
    NotSupported,
    ProtocolFault,
    Verdict,
)
from parity_kit.msgpack.parser import MalformedError, Node, describe, dissect, parse, walk
from parity_kit.msgpack.tree_difference import differences

MOST_LISTED = 100
"""Differences of one case that are listed; the others are counted."""
_LONGEST = 2_000  # of a path, or of text that is shown as it is
_HEX = 32  # bytes of each side shown from the first differing one
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
    if (not_loaded := _not_loaded(case, candidate)) is not None:
        return NotSupported(not_loaded)
    places: dict[tuple[object, ...], _Site] = {}
    for site in _differing(case, reference, candidate, masks or oracle_masks(), required):
        # A place comes with the lowest level at which it differs first.
        places.setdefault(site.identity, site)
    gap = _gap(reference, candidate)
    if not places:
        return Equal(required) if gap is None else NotSupported(gap)
    ordered = sorted(places.values(), key=lambda site: site.rank)
    steps = _steps(reference)
    return Divergent(
        tuple(
            _difference(case, reference, candidate, site, steps) for site in ordered[:MOST_LISTED]
        ),
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


_BEGINNINGS = frozenset({"load_stored", "crash"})
"""Operations without which those that follow have nothing to go on with."""


def _not_loaded(case: Case, candidate: Sequence[Outcome]) -> str | None:
    """Return why the candidate could not begin: what follows then says nothing."""
    for operation, outcome in zip(case.operations, candidate, strict=True):
        if operation.name in _BEGINNINGS and isinstance(outcome, Unsupported):
            return outcome.reason
    return None


def same_outcomes(one: Sequence[Outcome], other: Sequence[Outcome]) -> bool:
    """Return whether two engines, or one twice, gave the same to the last byte."""
    try:
        return _bytes_of(one) == _bytes_of(other)
    except TypeError:
        return False


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
class _Site:
    """One place in a part: path, byte offset in what was compared, and both sides as text."""

    part: Part
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
    for part in differing_parts(case, reference, candidate, masks):
        if part.level <= required:
            yield from islice(_places(part), MOST_LISTED + 1)


def _places(part: Part) -> Iterator[_Site]:
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
    case: Case,
    reference: Sequence[Outcome],
    candidate: Sequence[Outcome],
    site: _Site,
    steps: Mapping[str, int | None],
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
    step, channel = _step_and_channel(part, path, steps)
    outcomes = (reference[part.operation], candidate[part.operation])
    return Difference(
        level=part.level,
        operation=part.operation,
        operation_name=case.operations[part.operation].name,
        place=part.place,
        path=path if len(path) <= _LONGEST else f"{path[:_LONGEST]}…",
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
    return next((node.offset for where, node in walk(dissect(side)[0]) if where == path), None)


def _is_packed(place: Place) -> bool:
    return not isinstance(place, StoredEntry) or place.is_packed


def _shown(part: Part, side: bytes | None) -> str:
    if side is None:
        return ABSENT
    if not side:
        return "there, and empty"
    if _is_packed(part.place):
        try:
            return _node_text(parse(side))
        except MalformedError:
            return f"{len(side)} bytes that are no MessagePack"
    text = side[:_LONGEST].decode(errors="backslashreplace")
    return text if len(side) <= _LONGEST else f"{text}… ({len(side)} bytes)"


def _node_text(node: Node | None) -> str:
    return ABSENT if node is None else f"{describe(node)} ({node.form})"


def _step_and_channel(
    part: Part, path: str, steps: Mapping[str, int | None]
) -> tuple[int | None, str | None]:
    """Return the superstep and the channel that a place belongs to, where it says so."""
    match part.place:
        case StoredEntry() as entry:
            channel = entry.channel
            if channel is None and path.startswith(_VERSIONS):
                channel = path.removeprefix(_VERSIONS).lstrip(".").strip("[]'") or None
            return steps.get(entry.checkpoint or ""), channel
        case EventAt(mode="checkpoints") if part.reference is not None:
            payload = cast("Any", unpack(part.reference))[2]
            return payload.get("metadata", {}).get("step"), None
        case _:
            return None, None


def _steps(reference: Sequence[Outcome]) -> dict[str, int | None]:
    """Return the superstep of each checkpoint, as its stored metadata says."""
    steps: dict[str, int | None] = {}
    for outcome in reference:
        if isinstance(outcome, Unsupported):
            continue
        for name, blob in outcome.stored.items():
            entry = stored_entry(name)
            if entry.kind == "metadata" and entry.checkpoint and entry.checkpoint not in steps:
                metadata: Any = unpack(blob) if entry.is_packed else _json(blob)
                steps[entry.checkpoint] = metadata.get("step")
    return steps


def _json(blob: bytes) -> Any:
    import json  # noqa: PLC0415  # only for the place of a difference in SQLite

    return json.loads(blob)
