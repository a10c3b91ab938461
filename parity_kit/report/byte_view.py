"""The bytes of both sides around their first difference, and what they say, value by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity_kit.contract import Outcome
from parity_kit.judging.places import StoredEntry, part_bytes, place_text
from parity_kit.judging.verdicts import Difference
from parity_kit.msgpack.hexdump import Annotation, Line, annotate

ROW = 16
"""Bytes in a row."""
_BEFORE, _AFTER = 2, 5  # rows around the one with the first differing byte
_LINES_BEFORE, _LINES_AFTER = 6, 9  # values around the first that differs
_TEXT = 72


def byte_view(
    ours: Sequence[Outcome], theirs: Sequence[Outcome], difference: Difference
) -> dict[str, Any] | None:
    """Return the bytes of the part that differs, for `reference` and `candidate`.

    A side is its `size`, `start` (where the `hex` shown begins), `marked` (the differing bytes,
    from and to) and `values` (each as in `_value`), with `above` and `below` counting those left
    out; None where it has none.
    """
    place = difference.place
    sides = part_bytes(ours[difference.operation], theirs[difference.operation], place)
    if not any(sides):
        return None
    packed = not isinstance(place, StoredEntry) or place.is_packed
    notes = [annotate(side) if side and packed else None for side in sides]
    shown = [
        None if data is None else _side(data, other, note, _known(beside))
        for data, other, note, beside in zip(
            sides, reversed(sides), notes, reversed(notes), strict=True
        )
    ]
    return {"part": place_text(place), "reference": shown[0], "candidate": shown[1]}


def _known(annotation: Annotation | None) -> set[tuple[str, bytes]]:
    return {(line.path, line.own) for line in annotation.lines} if annotation else set()


def _side(
    data: bytes, other: bytes | None, note: Annotation | None, known: set[tuple[str, bytes]]
) -> dict[str, Any]:
    first, last = _differing(data, other) if other is not None else (0, len(data))
    start = max(0, first // ROW - _BEFORE) * ROW
    end = min(len(data), (first // ROW + _AFTER + 1) * ROW)
    side: dict[str, Any] = {
        "size": len(data),
        "start": start,
        "hex": data[start:end].hex(" "),
        "marked": [min(first, end), min(last, end)],
    }
    if note is None:
        return side
    marks = [(line.path, line.own) not in known for line in note.lines]
    at = next((index for index, marked in enumerate(marks) if marked), 0)
    begin, stop = max(0, at - _LINES_BEFORE), at + _LINES_AFTER + 1
    shown = zip(note.lines[begin:stop], marks[begin:stop], strict=True)
    return side | {
        "above": begin,
        "values": [_value(line, marked=marked and other is not None) for line, marked in shown],
        "below": max(0, len(note.lines) - stop),
    }


def _value(line: Line, *, marked: bool) -> list[Any]:
    """Return a value as offset, depth, label, text, form, and 1 if the other side has it not."""
    text = line.text if len(line.text) <= _TEXT else f"{line.text[:_TEXT]}…"
    return [
        line.offset,
        line.depth,
        line.label if line.depth else "$",
        text,
        line.form,
        int(marked),
    ]


def _differing(mine: bytes, other: bytes) -> tuple[int, int]:
    """Return where bytes begin to differ from others, and from where on they are the same again."""
    most = min(len(mine), len(other))
    first = next((at for at in range(most) if mine[at] != other[at]), most)
    rest = most - first
    same = next((at for at in range(rest) if mine[-1 - at] != other[-1 - at]), rest)
    return first, len(mine) - same
