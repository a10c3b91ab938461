"""Renaming what two engines may choose each for itself, at the places where it is masked.

Below the bytes level two engines agree if one's ids can be renamed into the other's: the same id in
the same places. Each side gets a `Renamer` of its own, which lasts for a whole case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import cast

from parity_kit.contract import Event
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.judging.masks import CaseMasks, Move, Step, entry, event_kind, keys
from parity_kit.msgpack.values import open_value

SHAPES = re.compile(
    r"(?P<version>\b\d{32}\.[0-9.e-]+)"
    r"|(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b)"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)"
)
"""What ids, times and version strings look like."""

_OFTEN = {"custom", "messages"}  # what one task may give many times
_Name = Callable[[Move, str], str]


class Renamer:
    """Renames the ids, times and version strings of one side of one case where they are masked."""

    def __init__(self, masks: CaseMasks) -> None:
        self._masks = masks
        self._names: dict[str, str] = {}
        self._numbers: Counter[Move] = Counter()

    def value(self, part: str, value: Plain) -> Plain:
        """Return a part of an outcome, opened where it can be, with what is masked renamed."""
        return self._walk(value, self._masks.part(part), self._name)

    def events(self, events: Sequence[Event], modes: Sequence[str]) -> list[tuple[int, Plain]]:
        """Return events renamed, each with its place among them.

        Those whose order is free stand in an order of their own within each superstep, as far as
        the other modes show where one ends.
        """
        order = list(range(len(events)))
        if any(not self._masks.is_free(mode) for mode in modes):
            order = [number for run in self._runs(events) for number in run]
        return [(at, self._event(events[at], self._name)) for at in order]

    def _runs(self, events: Sequence[Event]) -> list[list[int]]:
        kinds = [event_kind(event) for event in events]
        runs: list[list[int]] = []
        for is_free, group in groupby(
            range(len(events)), lambda at: self._masks.is_free(kinds[at])
        ):
            run = list(group)
            if is_free and _tasks_in([kinds[at] for at in run]) > 1:
                blank = {at: pack(self._event(events[at], _blank)) for at in run}
                run.sort(key=blank.__getitem__)
            runs.append(run)
        return runs

    def _event(self, event: Event, name: _Name) -> Plain:
        step = self._masks.part(f"graph event {event_kind(event)}")
        namespace, payload = (self._masks.into(step, key) for key in ("namespace", "payload"))
        return [
            event.mode,
            self._walk(list(event.namespace), namespace, name),
            self._walk(event.payload, payload, name),
        ]

    def _walk(self, value: Plain, step: Step, name: _Name) -> Plain:
        if isinstance(value, str):
            return rename(value, step.moves, _blank if Move.FRESH in step.moves else name)
        if isinstance(value, Ext):
            try:
                opened = open_value(value)
            except ValueError:
                return value
            return opened if isinstance(opened, Ext) else self._walk(opened, step, name)
        if isinstance(value, Mapping):
            value = self._in_order(cast("Mapping[Plain, Plain]", value))
            return {
                self._key(key, step, name): self._walk(inner, self._masks.into(step, key), name)
                for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return self._entries(cast("Sequence[Plain]", value), step, name)
        return value

    def _key(self, key: Plain, step: Step, name: _Name) -> Plain:
        # An engine may give arrays for keys, which are hashable only as they are.
        return self._walk(key, keys(step), name) if isinstance(key, str) else key

    def _in_order(self, value: Mapping[Plain, Plain]) -> Mapping[Plain, Plain]:
        """Return an opened set, or whatever else has no order, with its entries in one."""
        payload = value.get("payload")
        if "$ext" not in value or not isinstance(payload, (list, tuple)):
            return value
        if not self._masks.is_unordered(str(value.get("type"))):
            return value
        return {**value, "payload": sorted(cast("Sequence[Plain]", payload), key=pack)}

    def _entries(self, values: Sequence[Plain], step: Step, name: _Name) -> Plain:
        inside = entry(step)
        if Move.ORDER in step.moves:
            values = sorted(values, key=lambda item: pack(self._walk(item, inside, _blank)))
        return [self._walk(item, inside, name) for item in values]

    def _name(self, move: Move, text: str) -> str:
        if text not in self._names:
            self._numbers[move] += 1
            self._names[text] = f"<{move} {self._numbers[move]}>"
        return self._names[text]


def _tasks_in(kinds: Sequence[str]) -> int:
    """Return how many tasks events come from, as far as those show that a task gives once."""
    once = Counter(kind for kind in kinds if kind not in _OFTEN)
    return max(once.values(), default=0)


def rename(text: str, moves: set[Move], name: _Name) -> str:
    """Return a text in which what is shaped like one of `moves` has another name."""
    if not moves:
        return text

    def renamed(match: re.Match[str]) -> str:
        move = Move(match.lastgroup or "")
        return name(move, match[0]) if move in moves else match[0]

    return SHAPES.sub(renamed, text)


def _blank(move: Move, text: str) -> str:
    del text
    return f"<{move}>"
