"""What both engines did, superstep by superstep: rows that say where they part.

A row is one thing that an engine told or stored: an event, the writes of a task, a channel's value,
a checkpoint. Rows of both sides that mean the same thing stand beside each other. What was stored
says in which superstep that was; events that do not say it themselves are put where the node that
they name ran.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from parity_kit.contract import (
    Case,
    Event,
    Level,
    Outcome,
    Raised,
    Unsupported,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Plain
from parity_kit.judging.masks import oracle_masks, value_part
from parity_kit.judging.outcome_text import short
from parity_kit.judging.places import Dropped, Error, EventAt, OutcomeKind, StoredEntry, Value
from parity_kit.judging.renaming import Renamer
from parity_kit.judging.verdicts import Difference
from parity_kit.report.stored_rows import CHECKPOINT, WHOLE, Key, Row, stored_rows
from parity_kit.report.supersteps import EventPlaces, Supersteps, place_of

MOST_ROWS = 30
"""Rows of one operation that are kept."""
_WIDTH = 100  # characters of a row
_LEAD = 30  # characters before that which stay


def timeline(
    case: Case, sides: tuple[Sequence[Outcome], Sequence[Outcome]], difference: Difference
) -> list[dict[str, Any]]:
    """Return the operations up to the one that differs, each with its `number` and its `rows`.

    A row is its `step`, `what` it is (`ran`, `told`, `kept` or `gave`), the text of the
    `reference` and, if that is not the same, of the `candidate`; None for a side that has none.
    `parted` marks the row that the verdict is about, `first` the first of all that differ; `node`
    is there where a row is of one. What is the same on both sides and no task's is counted, as
    `more`; of very many rows `cut` counts those left out.
    """
    stored = isinstance(difference.place, StoredEntry) or any(
        not isinstance(operation, Unsupported) and operation.stored for operation in sides[1]
    )
    masks = oracle_masks().of(case)
    exactly = difference.level is Level.BYTES
    readers = [
        _Reader(case, Supersteps.of(own, *sides), own, Renamer(masks), exactly, stored)
        for own in (sides[0], sides[1] if stored else sides[0])
    ]
    shown: list[dict[str, Any]] = []
    for number in range(difference.operation + 1):
        mine, yours = (
            reader.rows(number, side[number]) for reader, side in zip(readers, sides, strict=True)
        )
        parted = _key_of(difference, mine, yours) if number == difference.operation else None
        shown.append({"number": number, "rows": list(_beside(mine, yours, parted))})
    differing = (row for operation in shown for row in operation["rows"] if "candidate" in row)
    if (first := next(differing, None)) is not None:
        first["first"] = True
    return [{**operation, "rows": _fewer(operation["rows"])} for operation in shown]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the outcomes of one side; below the bytes level what is masked is renamed.

    `kept` are the outcomes that say where nodes ran: its own, if it stores anything.
    """

    case: Case
    places: Supersteps
    kept: Sequence[Outcome]
    renamer: Renamer
    exactly: bool
    stored: bool

    def rows(self, number: int, outcome: Outcome) -> list[Row]:
        """Return what an operation told, stored and gave."""
        if isinstance(outcome, Unsupported):
            return [Row(("gave",), None, f"unsupported: {outcome.reason}", b"")]
        rows = self._events(number, outcome.events)
        if self.stored:
            rows += stored_rows(outcome, self.places)
        return [*rows, self._given(number, outcome)]

    def _given(self, number: int, outcome: Any) -> Row:
        error = isinstance(outcome, Raised)
        given: Plain = outcome.value if not error else [outcome.error, outcome.message]
        if isinstance(outcome, Raised):
            message = short(outcome.message, WHOLE)
            text = f"raises {outcome.error.rpartition('.')[2]}: {message}"
        else:
            text = f"gives {short(given, WHOLE)}"
        if not self.exactly:
            name = self.case.operations[number].name
            part = value_part(self.case.subject.kind, name, error=error)
            given = self.renamer.value(part, given)
        return Row(("gave",), None, text, pack(given))

    def _runs(self, number: int) -> list[tuple[int, str]]:
        return self.places.runs(self.kept[number : number + 1])

    def _events(self, number: int, events: Sequence[Event]) -> list[Row]:
        modes: Any = self.case.operations[number].args.get("modes")
        named = list(map(str, modes)) if isinstance(modes, (list, tuple)) else []  # pyright: ignore[reportUnknownArgumentType]  # plain data
        renamed = dict(self.renamer.events(events, named))
        event_places = EventPlaces(self._runs(number))
        occurrences: Counter[Key] = Counter()
        rows: list[Row] = []
        step: int | None = None
        for at, event in enumerate(events):
            event_step, node = event_places.place(event)
            step = step if event_step is None else event_step
            key = ("told", step, event.mode, event.namespace, node)
            occurrences[key] += 1
            inside = f" in {'|'.join(event.namespace)}" if event.namespace else ""
            text = f"{event.mode}{inside}: {short(event.payload, WHOLE)}"
            exact = pack(event.to_plain()) if self.exactly else pack(renamed[at])
            rows.append(Row((*key, occurrences[key]), step, text, exact, node, at))
        return rows


def _key_of(difference: Difference, mine: Sequence[Row], yours: Sequence[Row]) -> Key | None:
    """Return the key of the row that the first difference is in."""
    match place := difference.place:
        case EventAt():
            rows = yours if place.reference is None else mine
            return next((row.key for row in rows if row.number == place.number), None)
        case StoredEntry(parts) if place.kind == "write":
            return ("ran", *parts[1:5])
        case StoredEntry(parts):
            return ("kept", place_of(parts) if place.kind in CHECKPOINT else place.name)
        case Value() | Error() | OutcomeKind():
            return ("gave",)
        case Dropped():
            return None


def _beside(
    mine: Sequence[Row], yours: Sequence[Row], parted: Key | None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of both sides beside each other, superstep by superstep."""
    ours, theirs = ({row.key: row for row in side} for side in (mine, yours))
    both = [*mine, *(row for row in yours if row.key not in ours)]
    for row in sorted(both, key=lambda row: row.place):
        left, right = ours.get(row.key), theirs.get(row.key)
        shown: dict[str, Any] = {"step": row.step, "what": row.key[0]}
        if left and right and left.exact == right.exact:
            shown["reference"] = _cut(left.text, 0)
        else:
            texts = [item.text if item else None for item in (left, right)]
            shown["reference"], shown["candidate"] = _apart(*texts)
        if row.key == parted:
            shown["parted"] = True
        if row.node:
            shown["node"] = row.node
        yield shown


def _apart(left: str | None, right: str | None) -> tuple[str | None, str | None]:
    """Return two texts cut so that where they part is seen."""
    if left is None or right is None:
        return (left and _cut(left, 0)), (right and _cut(right, 0))
    if left == right:
        return _cut(left, 0), f"{_cut(right, 0)} (in other bytes)"
    at = next(
        (index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return _cut(left, at), _cut(right, at)


def _cut(text: str, at: int) -> str:
    start = at - _LEAD if at > _WIDTH - _LEAD else 0
    end = start + _WIDTH
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _fewer(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that say something: tasks, what each gave, and what differs.

    The rest is counted by superstep. Of very many rows those around the first difference are left.
    """
    stored = any(row["what"] == "ran" for row in rows)
    kept: list[dict[str, Any]] = []
    for step, group in groupby(rows, key=lambda row: row["step"]):
        same = 0
        for row in group:
            listed = row["what"] in {"ran", "gave"} or (row["what"] == "told" and not stored)
            if listed or "candidate" in row:
                kept.append(row)
            else:
                same += 1
        if same:
            kept.append({"step": step, "more": same})
    return _around(kept)


def _around(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) <= MOST_ROWS:
        return rows
    marked = [index for index, row in enumerate(rows) if "first" in row or "parted" in row]
    at = marked[0] if marked else 0
    start = max(0, min(at - MOST_ROWS // 3, len(rows) - MOST_ROWS))
    end = start + MOST_ROWS
    # What the operation gave comes last, and always stays.
    head = [{"step": None, "cut": start}] if start else []
    tail = [{"step": None, "cut": len(rows) - 1 - end}, rows[-1]] if end < len(rows) else []
    return [*head, *rows[start:end], *(row for row in tail if row.get("cut", 1))]
