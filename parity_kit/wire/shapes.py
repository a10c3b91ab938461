"""The shapes of responses: a candidate's data is checked before it is trusted.

Every function takes plain data from the other side and returns a typed value, or raises
`ShapeError` with the path that is wrong (`outcomes[2].stored`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from parity_kit.contract import (
    PROTOCOL,
    Description,
    Event,
    Level,
    Outcome,
    Raised,
    Returned,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.plain import Plain
from parity_kit.wire.budget import MOST_NAME, clipped
from parity_kit.wire.features import Feature
from parity_kit.wire.messages import brief

_DESCRIPTION = ("name", "version", "language", "levels", "engaged", "protocol")
_TAKEN = ("events", "stored", "dropped")
_KEYS = {
    "value": ("value", *_TAKEN),
    "error": ("error", "message", *_TAKEN),
    "unsupported": ("unsupported",),
}


class ShapeError(ValueError):
    """Plain data of the wrong shape; the message begins with the path."""


def description(value: Plain) -> Description:
    """Return an engine's description."""
    data = _map(value, "description")
    _keys(data, _DESCRIPTION, "description", ("uses", "loaded"))
    protocol = data["protocol"]
    if protocol != PROTOCOL:
        raise ShapeError(
            f"description.protocol: the kit speaks protocol {PROTOCOL}, not {brief(protocol)}"
        )
    return Description(
        _name(data["name"], "description.name"),
        _name(data["version"], "description.version"),
        _name(data["language"], "description.language"),
        _levels(_map(data["levels"], "description.levels")),
        {
            _name(name, "description.engaged"): natural(count, f"description.engaged.{name}")
            for name, count in _map(data["engaged"], "description.engaged").items()
        },
        PROTOCOL,
        _uses(data.get("uses", ())),
        _name(data.get("loaded", ""), "description.loaded"),
    )


def outcome(value: Plain, where: str = "outcome") -> Outcome:
    """Return one outcome."""
    data = _map(value, where)
    kind = next((kind for kind in _KEYS if kind in data), None)
    if kind is None:
        raise ShapeError(f"{where}: has none of `value`, `error`, `unsupported`: {brief(value)}")
    _keys(data, _KEYS[kind], where)
    if kind == "unsupported":
        return Unsupported(clipped(_text(data["unsupported"], f"{where}.unsupported")))
    events = tuple(
        event(item, f"{where}.events[{index}]")
        for index, item in enumerate(_array(data["events"], f"{where}.events"))
    )
    stored = _map(data["stored"], f"{where}.stored")
    for name, blob in stored.items():
        _name(name, f"{where}.stored")
        if not isinstance(blob, bytes):
            raise ShapeError(f"{where}.stored.{name}: expected bytes, got {brief(blob)}")
    blobs = cast("dict[str, bytes]", dict(stored))
    dropped = _names(data["dropped"], f"{where}.dropped")
    if kind == "value":
        return Returned(data["value"], events, blobs, dropped)
    error = _name(data["error"], f"{where}.error")
    return Raised(error, _text(data["message"], f"{where}.message"), events, blobs, dropped)


def outcomes(value: Plain, count: int) -> tuple[Outcome, ...]:
    """Return a case's outcomes, one per operation."""
    array = _array(value, "outcomes")
    if len(array) != count:
        raise ShapeError(f"outcomes: expected {count}, one per operation, got {len(array)}")
    return tuple(outcome(item, f"outcomes[{index}]") for index, item in enumerate(array))


def natural(value: Plain, where: str) -> int:
    """Return a non-negative integer."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ShapeError(f"{where}: expected a non-negative integer, got {brief(value)}")
    return value


def _levels(data: Mapping[str, Plain]) -> dict[SubjectKind, Level]:
    labels = {level.label: level for level in Level}
    levels: dict[SubjectKind, Level] = {}
    for kind, label in data.items():
        where = f"description.levels.{kind}"
        if kind not in {*SubjectKind}:
            raise ShapeError(f"{where}: unknown subject; known subjects: {', '.join(SubjectKind)}")
        text = _text(label, where)
        if text not in labels:
            raise ShapeError(f"{where}: unknown level {text!r}; known levels: {', '.join(labels)}")
        levels[SubjectKind(kind)] = labels[text]
    return levels


def _uses(value: Plain) -> tuple[str, ...]:
    uses = _texts(value, "description.uses")
    if unknown := [use for use in uses if use not in {*Feature}]:
        problem = f"unknown feature {unknown[0]!r}; known features: {', '.join(Feature)}"
        raise ShapeError(f"description.uses: {problem}")
    return uses


def event(value: Plain, where: str) -> Event:
    """Return one event."""
    array = _array(value, where)
    if len(array) != 3:  # noqa: PLR2004  # the error names the three
        raise ShapeError(f"{where}: expected [mode, namespace, payload], got {brief(value)}")
    mode, namespace, payload = array
    return Event(_name(mode, f"{where}.mode"), _names(namespace, f"{where}.namespace"), payload)


def _keys(
    data: Mapping[str, Plain], expected: Sequence[str], where: str, optional: Sequence[str] = ()
) -> None:
    if missing := [key for key in expected if key not in data]:
        raise ShapeError(f"{where}: `{missing[0]}` is missing")
    if unknown := [key for key in data if key not in expected and key not in optional]:
        raise ShapeError(f"{where}: unknown key {unknown[0]!r}")


def _map(value: Plain, where: str) -> Mapping[str, Plain]:
    if not isinstance(value, Mapping):
        raise ShapeError(f"{where}: expected a map, got {brief(value)}")
    if wrong := [key for key in value if not isinstance(key, str)]:
        raise ShapeError(f"{where}: expected string keys, got {brief(wrong[0])}")
    return cast("Mapping[str, Plain]", value)


def _array(value: Plain, where: str) -> Sequence[Plain]:
    if not isinstance(value, list | tuple):
        raise ShapeError(f"{where}: expected an array, got {brief(value)}")
    return value


def _texts(value: Plain, where: str) -> tuple[str, ...]:
    return tuple(
        _text(item, f"{where}[{index}]") for index, item in enumerate(_array(value, where))
    )


def _names(value: Plain, where: str) -> tuple[str, ...]:
    return tuple(
        _name(item, f"{where}[{index}]") for index, item in enumerate(_array(value, where))
    )


def _name(value: Plain, where: str) -> str:
    """Return a text that a verdict repeats wherever it speaks of a place."""
    name = _text(value, where)
    if len(name) > MOST_NAME:
        raise ShapeError(f"{where}: a name of {len(name)} characters, over {MOST_NAME}")
    return name


def _text(value: Plain, where: str) -> str:
    if not isinstance(value, str):
        raise ShapeError(f"{where}: expected a string, got {brief(value)}")
    return value
