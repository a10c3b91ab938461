"""What an engine stored, as rows of a timeline: writes of tasks, channels, checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parity_kit.contract import Raised, Returned, split_stored_name
from parity_kit.contract.canonical import pack, unpack
from parity_kit.judging.outcome_text import short
from parity_kit.report.supersteps import Supersteps, place_of

Key: TypeAlias = tuple[Any, ...]
WHOLE = 4_000
"""Characters of a text that are looked through for where it parts from another."""
CHECKPOINT = ("checkpoint", "metadata", "parent")
"""The entries that a checkpoint is stored in."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing on one side: what it is, in words, and bytes that are the same only if it is.

    `number` is an event's, in the order in which the engine told it.
    """

    key: Key
    step: int | None
    text: str
    exact: bytes
    node: str = ""
    number: int = -1

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands in its operation: by superstep, what is in none last."""
        order = ("ran", "told", "kept", "gave").index(self.key[0])
        last = self.key[0] == "gave"
        return (2, 0, 0) if last else (self.step is None, self.step or 0, order)


def stored_rows(outcome: Returned | Raised, places: Supersteps) -> Iterator[Row]:
    """Yield a row for each thing that an operation stored."""
    yield from _tasks(outcome.stored, places)
    yield from _channels(outcome.stored, places)
    yield from _checkpoints(outcome.stored, places)
    yield from (Row(("kept", name), None, f"dropped {name}", b"") for name in outcome.dropped)


def _tasks(stored: Mapping[str, bytes], places: Supersteps) -> Iterator[Row]:
    """Yield a row for each task that wrote, with all that it wrote."""
    groups: dict[Key, list[tuple[Sequence[str], bytes]]] = {}
    for name in sorted(stored):
        parts = split_stored_name(name)
        if parts[0] == "write":
            groups.setdefault(tuple(parts[1:5]), []).append((parts, stored[name]))
    for key, writes in groups.items():
        writes.sort(key=lambda write: _index(write[0]))
        node, step = places.node_of(writes[0][0]), places.checkpoints.get("/".join(key[:3]))
        wrote = ", ".join(_written(parts, data) for parts, data in writes)
        yield Row(
            ("ran", *key),
            None if step is None else step + 1,
            f"{node or 'a task'}{_within(key[1])} → {wrote}",
            pack([["/".join(parts), data] for parts, data in writes]),
            "" if key[1] else node,
        )


def _index(parts: Sequence[str]) -> int:
    try:
        return int(parts[5])
    except (IndexError, ValueError):
        return 0


def _written(parts: Sequence[str], data: bytes) -> str:
    channel = parts[6] if len(parts) > 6 else "?"  # noqa: PLR2004  # kind/thread/ns/id/task/index/channel
    if channel.startswith("branch:to:"):
        return f"to {channel.removeprefix('branch:to:')}"
    return "nothing" if channel == "__no_writes__" else f"{channel} = {_value(parts[-1], data)}"


def _channels(stored: Mapping[str, bytes], places: Supersteps) -> Iterator[Row]:
    for name in sorted(stored):
        parts = split_stored_name(name)
        # kind/thread/ns/channel/version/form; a candidate may store what it likes.
        if parts[0] == "blob" and len(parts) == 6:  # noqa: PLR2004  # as above
            _, _, namespace, channel, version, form = parts
            step = places.versions.get((channel, version))
            text = f"channel {channel}{_within(namespace)} is {_value(form, stored[name])}"
            yield Row(("kept", name), step, text, stored[name])


def _checkpoints(stored: Mapping[str, bytes], places: Supersteps) -> Iterator[Row]:
    """Yield a row for each checkpoint, with all that is stored of it, and for what is none."""
    groups: dict[str, dict[str, bytes]] = {}
    for name in sorted(stored):
        parts = split_stored_name(name)
        if parts[0] in CHECKPOINT:
            groups.setdefault(place_of(parts), {})[parts[0]] = stored[name]
        elif parts[0] not in {"blob", "write"}:
            form = name.rpartition("/")[2] if "/" in name else "msgpack"
            yield Row(("kept", name), None, f"{name} is {_value(form, stored[name])}", stored[name])
    for place, entries in groups.items():
        namespace, _, identity = place.partition("/")[2].rpartition("/")
        kind = next(iter(entries))
        text = f"{kind} {identity[-4:]}{_within(namespace)}, {len(entries[kind])} bytes"
        exact = pack([[kind, entries[kind]] for kind in sorted(entries)])
        yield Row(("kept", place), places.checkpoints.get(place), text, exact)


def _within(namespace: str) -> str:
    return f" in {namespace}" if namespace else ""


def _value(form: str, data: bytes) -> str:
    if form == "msgpack":
        try:
            return short(unpack(data), WHOLE)
        except ValueError:
            return f"{len(data)} bytes, no MessagePack"
    return {"null": "None", "empty": "emptied"}.get(form) or f"{len(data)} bytes of {form}"
