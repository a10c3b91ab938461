"""What LangGraph means by a value in its stored bytes, in words.

Follows `langgraph.checkpoint.serde.jsonplus` for what an ext holds, and
`langgraph.checkpoint.base.Checkpoint` and `CheckpointMetadata` for the keys of records.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from parity_kit.msgpack.parser import Node

_CODES: Final = {
    0: ("module", "name", "argument"),
    1: ("module", "name", "array of arguments"),
    2: ("module", "name", "map of keywords"),
    3: ("module", "name", "argument", "method"),
    4: ("module", "name", "map of fields"),
    5: ("module", "name", "map of fields", "method"),
    6: ("dtype", "shape", "order", "buffer"),
}
"""What the array in an ext of each code holds; code 7 holds any value."""

_PAYLOAD, _METHOD = 2, 3
_NUMPY, _DELTA = 6, 7
_CHECKPOINT: Final = {
    "v": "version of the checkpoint's layout",
    "ts": "when it was made",
    "id": "id of the checkpoint",
    "channel_values": "what the channels hold",
    "channel_versions": "the version of each channel",
    "versions_seen": "for each node, the channel versions it has seen: newer ones start it",
    "updated_channels": "the channels that the last superstep wrote",
    "pending_sends": "sends that wait to run (before version 4)",
}
_METADATA: Final = {
    "source": "what made it: input, loop, update or fork",
    "step": "the superstep; -1 is the input",
    "parents": "the checkpoints of the graphs around this one, by namespace",
    "run_id": "the run that made it",
}
_CHANNELS: Final = {
    "__start__": "the input",
    "__input__": "what the input has seen",
    "__interrupt__": "an interrupt",
    "__resume__": "an answer to an interrupt",
    "__error__": "an error of a task",
    "__no_writes__": "a task that wrote nothing",
    "__scheduled__": "a task that was scheduled",
    "__return__": "what a task returned",
    "__pregel_tasks": "sends for the next superstep",
    "__root__": "a state that is one value",
}
_PREFIXES: Final = {
    "branch:to:": "starts node",
    "start:": "starts node",
    "join:": "starts, once all have run,",
}
_VERSION = re.compile(r"(\d+)\.[\d.]+")
_PINNED = "00000000-0000-6000-8000-"
# uuid6 counts 100 nanoseconds from the first day of the Gregorian calendar.
_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)


def ext_problem(node: Node) -> str:
    """Return how an ext's data is not what its code says; nothing if it is."""
    code = node.code
    if code == _DELTA or code is None:
        return ""
    parts = _CODES.get(code)
    if parts is None:
        return f"no code of LangGraph: it writes 0 to {_DELTA}"
    if not node.children:
        return "its data is not MessagePack"
    inner = node.children[0]
    if inner.kind != "array" or len(inner.children) != len(parts):
        return f"its data is not an array of {len(parts)}: {', '.join(parts)}"
    problems = (
        _part_problem(part, child) for part, child in zip(parts, inner.children, strict=True)
    )
    return next((problem for problem in problems if problem), "") or (
        _buffer_problem(inner.children) if code == _NUMPY else ""
    )


def _part_problem(part: str, node: Node) -> str:
    text = isinstance(node.value, str)
    match part:
        case "module" | "name" | "dtype" | "order":
            right = text
        case "method":
            # Pydantic models may be rebuilt by the first of several methods that works.
            right = text or node.kind == "array"
        case "array of arguments" | "shape":
            right = node.kind == "array"
        case "map of keywords" | "map of fields":
            right = node.kind == "map"
        case "buffer":
            right = isinstance(node.value, bytes) and node.kind == "scalar"
        case _:
            right = True
    return "" if right else f"its {part} is no such thing, but {_word(node)}"


def _word(node: Node) -> str:
    return {"array": "an array", "map": "a map", "ext": "an ext"}.get(node.kind, node.form)


_DTYPE = re.compile(r"[<>|=]?[biufcmMSUV](\d+)(\[.*\])?")


def _buffer_problem(parts: tuple[Node, ...]) -> str:
    dtype, shape, _, buffer = parts
    match = _DTYPE.fullmatch(str(dtype.value))
    if match is None or not isinstance(buffer.value, bytes):
        return ""  # a structured dtype: its size is numpy's to say
    count = 1
    for child in shape.children:
        if not isinstance(child.value, int):
            return "its shape holds what is no integer"
        count *= child.value
    width = int(match[1]) * (4 if "U" in str(dtype.value) else 1)
    if count * width != len(buffer.value):
        return f"its shape needs {count * width} bytes, its buffer has {len(buffer.value)}"
    return ""


def ext_meaning(node: Node) -> str:
    """Return what an ext stands for, as far as its data says so."""
    if ext_problem(node):
        return ""
    if node.code == _DELTA:
        return "snapshot of a DeltaChannel's value"
    parts = node.children[0].children
    if node.code == _NUMPY:
        sizes = [str(child.value) for child in parts[1].children]
        layout = "in Fortran's order" if parts[2].value == "F" else "in C's order"
        return f"numpy array of {parts[0].value}, shape ({', '.join(sizes)}), {layout}"
    kind = f"{parts[0].value}.{parts[1].value}"
    value = _VALUES[kind](parts[_PAYLOAD]) if kind in _VALUES else ""
    how = ""
    if len(parts) > _METHOD:
        how = f" by {_method(parts[_METHOD])}"
    return f"{kind}{how}{': ' if value else ''}{value}"


def _method(node: Node) -> str:
    if node.kind == "array":
        return " or ".join(str(child.value or "the class itself") for child in node.children)
    return str(node.value)


def _datetime(payload: Node) -> str:
    try:
        moment = datetime.fromisoformat(str(payload.value))
    except ValueError:
        return f"not a time that fromisoformat reads: {payload.value!r}"
    zone = "no zone" if moment.tzinfo is None else f"UTC{moment:%z}"
    text = f"{moment:%A} {moment.date()} {moment.time()}, {zone}"
    return text if not moment.fold else f"{text}, the second of two (fold)"


def _numbers(payload: Node) -> list[int]:
    return [child.value for child in payload.children if isinstance(child.value, int)]


def _date(payload: Node) -> str:
    return "-".join(f"{number:02}" for number in _numbers(payload))


def _timedelta(payload: Node) -> str:
    try:
        days, seconds, micros = _numbers(payload)
        return str(timedelta(days, seconds, micros))
    except (ValueError, OverflowError):
        return ""


def _scalar(payload: Node) -> str:
    return "" if payload.value is None else str(payload.value)


def _several(payload: Node) -> str:
    return f"{len(payload.children)} elements"


def _path(payload: Node) -> str:
    return "/".join(str(child.value) for child in payload.children)


def _send(payload: Node) -> str:
    return f"to node {payload.children[0].value!r}" if payload.children else ""


_VALUES: Final = {
    "datetime.datetime": _datetime,
    "datetime.date": _date,
    "datetime.timedelta": _timedelta,
    "uuid.UUID": _scalar,
    "decimal.Decimal": _scalar,
    "zoneinfo.ZoneInfo": _scalar,
    "builtins.set": _several,
    "builtins.frozenset": _several,
    "collections.deque": _several,
    "pathlib.PosixPath": _path,
    "pathlib.PurePosixPath": _path,
    "pathlib.Path": _path,
    "langgraph.types.Send": _send,
    **{
        f"ipaddress.IPv{version}{suffix}": _scalar
        for version in (4, 6)
        for suffix in ("Address", "Interface", "Network")
    },
}


RECORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "checkpoint": _CHECKPOINT,
    "checkpoint's metadata": _METADATA,
}
"""LangGraph's records, and what their keys mean."""


def record_of(node: Node) -> str:
    """Return which of `RECORDS` a map is, by its keys; nothing for another map."""
    keys = {key.value for key in node.children[::2] if isinstance(key.value, str)}
    if {"v", "ts", "id", "channel_versions"} <= keys:
        return "checkpoint"
    return "checkpoint's metadata" if {"source", "step"} <= keys else ""


def value_meaning(record: str, key: str, value: Node) -> str:
    """Return more of what a record's value says: a time, a version, the age of an id."""
    if record == "checkpoint" and key == "ts" and isinstance(value.value, str):
        return _datetime(value)
    if record == "checkpoint" and key == "id" and isinstance(value.value, str):
        return _id(value.value)
    return ""


def channel_meaning(name: str) -> str:
    """Return what a channel of LangGraph's own is for; nothing for a user's."""
    for prefix, meaning in _PREFIXES.items():
        if name.startswith(prefix):
            return f"{meaning} {name.rpartition(':')[2]}"
    return _CHANNELS.get(name, "")


def version_meaning(value: Node) -> str:
    """Return the number in a channel's version."""
    match = _VERSION.fullmatch(value.value) if isinstance(value.value, str) else None
    return "" if match is None else f"version {match[1].lstrip('0') or '0'}"


def _id(text: str) -> str:
    if text.startswith(_PINNED):
        return f"pinned, the session's checkpoint {int(text.removeprefix(_PINNED), 16)}"
    try:
        name = UUID(text)
    except ValueError:
        return ""
    if name.version != 6:  # noqa: PLR2004  # what LangGraph makes
        return f"a UUID of version {name.version}"
    high, mid, low = struct.unpack(">IHH", name.bytes[:8])
    ticks = (high << 28) | (mid << 12) | (low & 0xFFF)
    return f"uuid6, made {(_GREGORIAN + timedelta(microseconds=ticks // 10)):%Y-%m-%d %H:%M:%S} UTC"
