"""Which superstep things belong to, by what engines stored about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from parity_kit.contract import Event, Outcome, Unsupported, split_stored_name
from parity_kit.contract.canonical import unpack
from parity_kit.contract.plain import Ext

_PATH = 7  # where a pending write's name holds the path of its task
_PULLED, _PUSHED = "~__pregel_pull", "~__pregel_push"
_SENDS = "__pregel_tasks"  # the channel that holds what was sent


_Entry: TypeAlias = tuple[Sequence[str], bytes]


@dataclass(slots=True)
class Supersteps:
    """The superstep of each checkpoint and channel version.

    `sent` names the nodes that a namespace's superstep was told to run by `Send`, in order.
    """

    checkpoints: dict[str, int] = field(default_factory=dict[str, int])
    versions: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    sent: dict[tuple[str, int], list[str]] = field(default_factory=dict[tuple[str, int], list[str]])

    @classmethod
    def of(cls, own: Sequence[Outcome], *others: Sequence[Outcome]) -> Supersteps:
        """Return what one side stored of it, and of what it has not itself what others did."""
        supersteps = cls()
        for outcomes in (own, *others):
            supersteps._read_checkpoints(_entries(outcomes))
        supersteps._read_sends(_entries(own))
        return supersteps

    def _read_checkpoints(self, entries: Sequence[_Entry]) -> None:
        for parts, data in entries:
            step = decoded(parts[-1], data).get("step") if parts[0] == "metadata" else None
            if isinstance(step, int):
                self.checkpoints.setdefault(place_of(parts), step)
        for parts, data in entries:
            step = self.checkpoints.get(place_of(parts))
            if step is not None and parts[0] == "checkpoint":
                for channel, version in _items(decoded(parts[-1], data).get("channel_versions")):
                    known = self.versions.get((channel, str(version)), step)
                    self.versions[channel, str(version)] = min(step, known)

    def _read_sends(self, entries: Sequence[_Entry]) -> None:
        for parts, data in entries:
            if parts[0] == "blob" and tuple(parts[3:4]) == (_SENDS,) and parts[-1] == "msgpack":
                step = self.versions.get((_SENDS, parts[4]))
                if step is not None:
                    self.sent.setdefault((parts[2], step + 1), _nodes(data))

    def runs(self, outcomes: Sequence[Outcome]) -> list[tuple[int, str]]:
        """Return in which superstep which node ran, in order, by what one side stored of it."""
        ran = {
            (self.checkpoints[place_of(parts)] + 1, parts[_PATH], parts[4], self.node_of(parts))
            for parts, _ in _entries(outcomes)
            if parts[0] == "write" and len(parts) > _PATH and not parts[2]
            if place_of(parts) in self.checkpoints
        }
        return [(step, node) for step, _, _, node in sorted(ran)]

    def _sent_before(self, namespace: str, step: int) -> list[str]:
        """Return what was sent for the superstep after `step`, or what is left from before."""
        known = [
            sent_step
            for name, sent_step in self.sent
            if name == namespace and sent_step <= step + 1
        ]
        return self.sent[namespace, max(known)] if known else []

    def node_of(self, parts: Sequence[str]) -> str:
        """Return the node whose task made a pending write; empty where that does not show."""
        path = parts[_PATH].split(", ") if len(parts) > _PATH else []
        match path:
            case [head, *_, name] if head == _PULLED:
                return name
            case [head, second, *_, name, index, _] if head == _PUSHED and second == _PULLED:
                return f"{name}, call {int(index) + 1}" if index.isdigit() else ""
            case [head, index, _] if head == _PUSHED and index.isdigit():
                sent = self._sent_before(parts[2], self.checkpoints.get(place_of(parts), -1))
                return sent[int(index)] if int(index) < len(sent) else ""
            case _:
                return ""


@dataclass(slots=True)
class EventPlaces:
    """Places the events of one operation, as far as they show it; `runs` says where nodes ran."""

    runs: Sequence[tuple[int, str]]
    events_of: Counter[str] = field(default_factory=Counter[str])

    def place(self, event: Event) -> tuple[int | None, str]:
        """Return the superstep and the node that an event is of; None and empty where unknown."""
        if not isinstance(event.payload, Mapping):
            return None, ""
        fields = cast("Mapping[str, Any]", event.payload)
        if event.mode == "debug":
            name = inside(fields, "payload").get("name", "")
            return _number(fields.get("step")), str(name)
        if event.mode == "checkpoints":
            return _number(inside(fields, "metadata").get("step")), ""
        if event.mode == "tasks":
            return None, str(fields.get("name", ""))
        if event.mode != "updates" or event.namespace or len(fields) != 1:
            return None, ""
        node = str(*fields)
        steps = [step for step, runner in self.runs if runner == node]
        self.events_of[node] += 1
        return (
            steps[self.events_of[node] - 1] if self.events_of[node] <= len(steps) else None
        ), node


def _entries(outcomes: Sequence[Outcome]) -> list[_Entry]:
    return [
        (split_stored_name(name), data)
        for outcome in outcomes
        if not isinstance(outcome, Unsupported)
        for name, data in sorted(outcome.stored.items())
    ]


def place_of(parts: Sequence[str]) -> str:
    """Return the thread, namespace and id of the checkpoint that a stored entry is of."""
    return "/".join(parts[1:4])


def _nodes(data: bytes) -> list[str]:
    """Return the nodes that a list of `Send` names."""
    try:
        sends: Any = unpack(data)
        opened: list[Any] = [unpack(send.data) for send in sends if isinstance(send, Ext)]
        return [str(send[2][0]) for send in opened]
    except (ValueError, LookupError, TypeError):
        return []  # a candidate may store what it likes


def decoded(form: str, data: bytes) -> dict[str, Any]:
    """Return the map that a stored entry holds; an empty one if it holds none."""
    try:
        value: Any = unpack(data) if form == "msgpack" else json.loads(data)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def inside(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the map under a key; an empty one if there is none."""
    value = fields.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _items(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from cast("Mapping[str, object]", value).items()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
