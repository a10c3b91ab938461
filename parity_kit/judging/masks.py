"""What moves when LangGraph is compared with itself: the places where two engines may differ.

A mask is measured (`parity_kit.corpora.drift.volatile`), never written by hand, and keeps its
evidence. `masks.json` holds those of the oracle; below the bytes level comparing follows them, and
at bytes it asks for none.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from parity_kit.contract import Case, Event, SubjectKind
from parity_kit.contract.errors import BadFileError

MASKS = Path(__file__).with_name("masks.json")
"""The masks of the oracle."""

ENTRY, KEYS, NAME = "[]", "{}", "*"
"""Steps of a path: any entry of a list, the keys of a map, what the case itself names."""

MARKS = {"tasks start", "debug task", "values", "checkpoints", "debug checkpoint"}
"""The kinds of events that show where a superstep begins or ends: their order is never free."""

_TASK_STATE = ".tasks[].state"
_NESTED = re.compile(rf"(?:{re.escape(_TASK_STATE)}){{2,}}")
_STEP = re.compile(r"\.([^.\[\]{}]+)|(\[\])|(\{\})")
_NAMING = ("state", "private", "nodes", "subgraphs", "tasks")
# All these run a graph, and give the same.
_RUNS = {"invoke", "stream", "resume", "resume_map", "command"}
# What a program reads of LangGraph's own ids: where it writes them to is volatile in turn.
_ASKING = {"task_id", "checkpoint_ns"}


class Move(StrEnum):
    """What moves at a place.

    `fresh` says of an id, a time or a version that it is another one even where the pinned one is
    the same: not even which are equal can be compared. What is `other` has no mask: there the rule
    of its pin stands.
    """

    ID = "id"
    TIME = "time"
    VERSION = "version"
    FRESH = "fresh"
    ORDER = "order"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class MaskPlace:
    """A part of an outcome and a path in it, for every case alike.

    `part` is `graph get_state value`, `graph run error`, `graph event tasks result`, or `any` and a
    type; `asking` says that it is one only of programs that read LangGraph's ids themselves.
    """

    part: str
    path: str
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Mask:
    """A place and what moves there.

    The evidence: under each variation the cases in which it moved, and an example of both sides.
    """

    place: MaskPlace
    move: Move
    under: Mapping[str, int] = field(default_factory=dict[str, int])
    example: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """What a finding calls it."""
        asking = " of a program that asks for it" if self.place.asking else ""
        return f"{self.move} at {self.place.part} {self.place.path}{asking}"

    def to_json(self) -> dict[str, Any]:
        """Return the entry of the file."""
        return {
            "part": self.place.part,
            "path": self.place.path,
            **({"asking": True} if self.place.asking else {}),
            "moves": self.move.value,
            "under": dict(self.under),
            "example": dict(self.example),
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Mask:
        """Return the mask that `to_json` wrote."""
        place = MaskPlace(entry["part"], entry["path"], entry.get("asking", False))
        return cls(place, Move(entry["moves"]), entry["under"], entry["example"])


@dataclass(slots=True)
class Step:
    """What is masked at a place, and under it."""

    moves: set[Move] = field(default_factory=set[Move])
    inside: dict[str, Step] = field(default_factory=dict[str, "Step"])


class Masks:
    """All masks, by part; to be asked for those of one case."""

    def __init__(self, masks: Iterable[Mask]) -> None:
        masks = tuple(masks)
        self._parts = {asking: _tree(masks, asking=asking) for asking in (False, True)}

    def of(self, case: Case) -> CaseMasks:
        """Return what is masked in a case."""
        program = case.subject.spec.get("program")
        return CaseMasks(self._parts[_asks(program)], frozenset(_names(program)))


@dataclass(frozen=True, slots=True)
class CaseMasks:
    """What is masked in one case: steps by part, and the names that the case itself gives."""

    parts: Mapping[str, Step]
    names: frozenset[str]

    def part(self, part: str) -> Step:
        """Return what is masked in a part of an outcome."""
        return self.parts.get(part, _NOTHING)

    def into(self, step: Step, key: object) -> Step:
        """Return what is masked under a key of a map."""
        if not isinstance(key, str) or not step.inside:
            return _NOTHING
        # LangGraph's own key first: a field may have its name.
        own = step.inside.get(key) if is_plain_key(key) else None
        return own or step.inside.get(step_of(key, self.names), _NOTHING)

    def is_unordered(self, kind: str) -> bool:
        """Return whether the entries of a type, a set say, are in no order."""
        return Move.ORDER in self.part(f"any {kind}").moves

    def is_free(self, kind: str) -> bool:
        """Return whether events of a kind come in any order within their superstep."""
        return Move.ORDER in self.part(f"graph event {kind}").moves


_NOTHING = Step()


def entry(step: Step) -> Step:
    """Return what is masked in each entry of a list."""
    return step.inside.get(ENTRY, _NOTHING)


def keys(step: Step) -> Step:
    """Return what is masked in the keys of a map."""
    return step.inside.get(KEYS, _NOTHING)


@functools.lru_cache(4096)
def is_plain_key(key: str) -> bool:
    """Return whether a key can be one of LangGraph's own, as far as its shape says."""
    return key.replace("$", "_").isidentifier()


def step_of(key: str, names: frozenset[str]) -> str:
    """Return the step into a map that leads to a key: what is the case's own is any name."""
    return key if is_plain_key(key) and key not in names else NAME


def names_of(case: Case) -> frozenset[str]:
    """Return the names that a case gives itself: of fields, nodes, tasks, subgraphs."""
    return frozenset(_names(case.subject.spec.get("program")))


def asks(case: Case) -> bool:
    """Return whether a case's program reads LangGraph's own ids, and may put them anywhere."""
    return _asks(case.subject.spec.get("program"))


def value_part(kind: SubjectKind, operation: str, *, error: bool = False) -> str:
    """Return what the value or the error of an operation is called."""
    name = "run" if operation in _RUNS else operation
    return f"{kind.value} {name} {'error' if error else 'value'}"


def event_kind(event: Event) -> str:
    """Return the kind of an event: its mode, and which of the mode's payloads it has."""
    if not isinstance(event.payload, Mapping):
        return event.mode
    payload = cast("Mapping[str, Any]", event.payload)
    if event.mode == "tasks":
        return "tasks result" if "result" in payload else "tasks start"
    if event.mode == "debug":
        return f"debug {payload.get('type')}"
    return f"{event.mode} interrupt" if "__interrupt__" in payload else event.mode


def _tree(masks: Iterable[Mask], *, asking: bool) -> dict[str, Step]:
    parts: dict[str, Step] = {}
    for mask in masks:
        if mask.move is Move.OTHER or (mask.place.asking and not asking):
            continue
        step = parts.setdefault(mask.place.part, Step())
        for match in _STEP.finditer(mask.place.path):
            step = step.inside.setdefault(match[match.lastindex or 0], Step())
        step.moves.add(mask.move)
    for root in parts.values():
        _nest(root)
    return parts


def _nest(step: Step) -> None:
    """Mask the state inside a task's state, however deep, as the first is masked."""
    for inside in step.inside.values():
        _nest(inside)
    state = _task_state(step)
    inner = state and state.inside.get("tasks", _NOTHING).inside.get(ENTRY)
    if state and inner:
        inner.inside["state"] = state


def _task_state(step: Step) -> Step | None:
    tasks = step.inside.get("tasks", _NOTHING)
    return tasks.inside.get(ENTRY, _NOTHING).inside.get("state")


def without_nesting(path: str) -> str:
    """Return the path of a place in a state inside a task's state as that of the outer one."""
    return _NESTED.sub(_TASK_STATE, path)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            if key in _NAMING and isinstance(inner, Mapping):
                yield from cast("Mapping[str, Any]", inner)
            yield from _names(inner)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _names(item)


def _asks(value: Any) -> bool:
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        name = entries.get("info")
        return (isinstance(name, str) and name in _ASKING) or any(map(_asks, entries.values()))
    return isinstance(value, (list, tuple)) and any(map(_asks, cast("list[Any]", value)))


@functools.cache
def oracle_masks() -> Masks:
    """Return the masks of the oracle.

    Raises:
        BadFileError: If their file is broken.
    """
    return Masks(read_masks(MASKS))


def read_masks(path: Path) -> tuple[Mask, ...]:
    """Return what a file says that moves, masked or not.

    Raises:
        BadFileError: If it is missing, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = [*content["masks"], *content["unmasked"]]
        return tuple(map(Mask.from_json, entries))
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadFileError(
            f"expected masks as `fixtures masks` writes them ({error!r})",
            where=str(path),
            hint="measure them again: parity-kit fixtures masks",
        ) from error
