"""Which superstep things belong to, by what engines stored about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from parity_kit.canonical import unpack
from parity_kit.contract import Event, Outcome, Unsupported, split_stored_name

_PATH = 7  # where a pending write's name holds the path of its task
_PULLED = ("~__pregel_pull, ", "~__pregel_push, ")


@dataclass(slots=True)
class Supersteps:
    """The superstep of each checkpoint and channel version, and in which ones a node ran."""

    checkpoints: dict[str, int] = field(default_factory=dict[str, int])
    versions: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    runs: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def read(self, outcomes: Sequence[Outcome]) -> None:
        """Take what one side stored; what is known already stays."""
        entries = [
            (split_stored_name(name), data)
            for outcome in outcomes
            if not isinstance(outcome, Unsupported)
            for name, data in sorted(outcome.stored.items())
        ]
        for parts, data in entries:
            step = decoded(parts[-1], data).get("step") if parts[0] == "metadata" else None
            if isinstance(step, int):
                self.checkpoints.setdefault(place_of(parts), step)
        first = not self.runs
        for parts, data in entries:
            step = self.checkpoints.get(place_of(parts))
            if step is None:
                continue
            if parts[0] == "checkpoint":
                for channel, version in _items(decoded(parts[-1], data).get("channel_versions")):
                    known = self.versions.get((channel, str(version)), step)
                    self.versions[channel, str(version)] = min(step, known)
            if first and parts[0] == "write" and not parts[2] and (node := node_of(parts)):
                self.runs.append((step + 1, node))
        self.runs = sorted(set(self.runs))

    def of_event(self, event: Event, ran: Counter[str]) -> tuple[int | None, str]:
        """Return the superstep and the node that an event is of, as far as it shows.

        `ran` counts how often each node was told of before, in the same operation.
        """
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
        (node,) = fields
        runs = [step for step, each in self.runs if each == node]
        ran[node] += 1
        return (runs[ran[node] - 1] if ran[node] <= len(runs) else None), node


def place_of(parts: Sequence[str]) -> str:
    """Return the thread, namespace and id of the checkpoint that a stored entry is of."""
    return "/".join(parts[1:4])


def node_of(parts: Sequence[str]) -> str:
    """Return the node whose task made a pending write."""
    path = parts[_PATH] if len(parts) > _PATH else ""
    return path.rpartition(", ")[2] if path.startswith(_PULLED) else ""


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
