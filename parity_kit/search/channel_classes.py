"""Which classes of channels hold something when a thread is handed over: in its newest checkpoint.

They are read from the stored bytes, so an engine's own bytes may be anything: what cannot be read
holds nothing. Only checkpoints of the outermost graph count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from parity_kit.contract import split_stored_name
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext
from parity_kit.programs.model import END, START, Field, Functional, Program
from parity_kit.programs.parsing import parse

HOLDS = "hands over "
"""The prefix of a feature that names a class of channel."""
_COLLECTS = {"Topic", "NamedBarrierValue", "NamedBarrierValueAfterFinish"}
_NOTHING: list[Any] = []
_EMPTIED = (_NOTHING, Ext(0, pack(["builtins", "set", _NOTHING])))
"""What a channel stores that collects values and has none."""


def handed_classes(stored: Mapping[str, bytes], spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a feature for each class of channel, sorted."""
    program = parse(spec["program"])
    classes: set[str] = set()
    for versions, values in _newest(stored):
        for name in versions:
            kind = _class_of(name, program)
            # A delta channel lives in the writes since its last snapshot.
            held = kind == "DeltaChannel" or name in values
            if kind and held and not (kind in _COLLECTS and values[name] in _EMPTIED):
                classes.add(f"{HOLDS}{kind}")
    return tuple(sorted(classes))


def _newest(stored: Mapping[str, bytes]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Yield the versions and the values of the newest checkpoint of each thread."""
    newest: dict[str, tuple[str, Any]] = {}
    blobs: dict[tuple[str, str, str], Any] = {}
    for entry, data in stored.items():
        match split_stored_name(entry):
            case "checkpoint", thread, "", name, kind:
                newest[thread] = max(newest.get(thread, ("", None)), (name, (kind, data)))
            case "blob", thread, "", channel, version, kind if kind != "empty":
                blobs[thread, channel, version] = (kind, data)
            case _:
                pass
    for thread, (_, typed) in newest.items():
        checkpoint = _read(typed)
        versions, values = (
            _part(checkpoint, "channel_versions"),
            _part(checkpoint, "channel_values"),
        )
        for channel, version in versions.items():
            blob = blobs.get((thread, channel, str(version)))
            if blob is not None:
                values[channel] = _read(blob)
        yield versions, values


def _part(checkpoint: Any, name: str) -> dict[str, Any]:
    part: Any = checkpoint.get(name) if isinstance(checkpoint, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any bytes
    return dict(cast("dict[str, Any]", part)) if isinstance(part, dict) else {}


def _read(typed: tuple[str, bytes]) -> Any:
    kind, data = typed
    try:
        return json.loads(data) if kind == "json" else unpack(data) if data else None
    except ValueError:
        return None


def _class_of(name: str, program: Program | Functional) -> str | None:
    """Return the class of a channel; None if the program has none of that name."""
    if isinstance(program, Functional):
        return _OF_EVERY_PROGRAM.get(name) or _OF_AN_ENTRYPOINT.get(name)
    field = {**program.state, **program.private}.get(name)
    if field is not None:
        return _class_of_field(field)
    kind, target = name.partition(":")[0], name.rpartition(":")[2]
    after_finish = target in program.nodes and program.nodes[target].defer
    if kind == "branch":
        return "LastValueAfterFinish" if after_finish else "EphemeralValue"
    if kind == "join":
        return "NamedBarrierValueAfterFinish" if after_finish else "NamedBarrierValue"
    return _OF_EVERY_PROGRAM.get(name)


_OF_EVERY_PROGRAM = {START: "EphemeralValue", "__pregel_tasks": "Topic"}
_OF_AN_ENTRYPOINT = {END: "LastValue", "__previous__": "LastValue"}


def _class_of_field(field: Field) -> str:
    if field.channel is not None:
        return str(field.channel["class"])
    return "BinaryOperatorAggregate" if field.reducer else "LastValue"
