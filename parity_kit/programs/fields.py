"""The fields of a program from plain data: types, reducers, channels, managed values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.programs import rules
from parity_kit.programs.model import Field
from parity_kit.programs.reducers import BATCH_REDUCERS, RECORDED, REDUCERS, TYPES

_MANAGED = ("is_last_step", "remaining_steps")
_CHANNELS = {
    "LastValue": (),
    "LastValueAfterFinish": (),
    "AnyValue": (),
    "EphemeralValue": (),
    "UntrackedValue": (),
    "Topic": (),
    "BinaryOperatorAggregate": ("reducer",),
    "NamedBarrierValue": ("names",),
    "NamedBarrierValueAfterFinish": ("names",),
    "DeltaChannel": (),
}
"""The settings that a channel of each class needs."""
_SETTINGS = ("class", "type", "reducer", "guard", "accumulate", "names", "snapshot_frequency")


def fields_of(value: Any, where: str) -> dict[str, Field]:
    """Parse fields from plain data."""
    fields = rules.mapping(value, where).items()
    return {name: _field(field, f"{where}.{name}") for name, field in fields}


def _field(value: Any, where: str) -> Field:
    entries = rules.keys(value, {"type", "reducer", "channel", "managed", "calls"}, (), where)
    field = Field(
        entries.get("type", "any"),
        entries.get("reducer"),
        entries.get("channel"),
        entries.get("managed"),
        _calls(entries, f"{where}.calls"),
    )
    rules.one_of(field.type, TYPES, where, "type")
    if field.reducer is not None:
        rules.one_of(field.reducer, [*REDUCERS, RECORDED], where, "reducer")
    if field.channel is not None:
        check_channel(field.channel, f"{where}.channel")
    if field.managed is not None:
        rules.one_of(field.managed, _MANAGED, where, "managed value")
        if len(entries) > 1:
            raise BadProgramError("a managed value takes no other settings", where=where)
    return field


def _calls(entries: Mapping[str, Any], where: str) -> tuple[tuple[Any, Any, Any], ...]:
    if ("calls" in entries) != (entries.get("reducer") == RECORDED):
        raise BadProgramError(f"`calls` belongs to the reducer `{RECORDED}`", where=where)
    calls = [
        tuple(rules.items(call, where)) for call in rules.items(entries.get("calls", ()), where)
    ]
    if any(len(call) != _CALL for call in calls):
        raise BadProgramError("a call is left, right and result", where=where)
    return cast("Any", tuple(calls))


_CALL = 3


def check_channel(value: Any, where: str) -> None:
    """Check the settings of a channel."""
    kind = rules.one_of(
        rules.keys(value, _SETTINGS, {"class"}, where)["class"], _CHANNELS, where, "channel class"
    )
    rules.keys(value, _SETTINGS, _CHANNELS[kind], where)
    if "type" in value:
        rules.one_of(value["type"], TYPES, where, "type")
    if "reducer" in value:
        batch = BATCH_REDUCERS if kind == "DeltaChannel" else ()
        rules.one_of(value["reducer"], [*REDUCERS, *batch], where, "reducer")
    for name in rules.items(value.get("names", ()), where):
        rules.text(name, where, "`names` are text")
    for name in ("guard", "accumulate"):
        rules.flag(value.get(name, False), f"{where}.{name}")
    frequency = value.get("snapshot_frequency", 1)
    if isinstance(frequency, bool) or not isinstance(frequency, int):
        raise BadProgramError("`snapshot_frequency` is an integer", where=where)


def names_of(value: Any, fields: Collection[str], where: str) -> tuple[str, ...] | None:
    """Parse a list of field names; None if there is none."""
    if value is None:
        return None
    return tuple(rules.one_of(name, fields, where, "field") for name in rules.items(value, where))


def context_of(data: Mapping[str, Any], where: str) -> dict[str, str] | None:
    """Parse the context of a program: names and their types."""
    if data.get("context") is None:
        return None
    entries = rules.mapping(data["context"], f"{where}context")
    return {
        name: rules.one_of(kind, TYPES, f"{where}context.{name}", "type")
        for name, kind in entries.items()
    }
