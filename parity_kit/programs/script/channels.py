"""Channels as Python source, and the script of a case on one channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.programs.script.source import Uses, call, literal, quoted, shown

_TYPES = {"any": "Any", "messages": "list"}
_REDUCERS = {
    "add": "operator.add",
    "union": "operator.or_",
    "max": "largest",
    "min": "smallest",
    "messages": "add_messages",
}


def type_source(name: str, uses: Uses) -> str:
    """Return Python source for a field's type."""
    kind = _TYPES.get(name, name)
    return uses(kind) if kind == "Any" else kind


def reducer_source(name: str, uses: Uses) -> str:
    """Return Python source for a reducer."""
    source = _REDUCERS.get(name, name)
    uses(source.partition(".")[0])
    return source


def channel_source(spec: Mapping[str, Any], uses: Uses) -> str:
    """Return Python source that makes a channel."""
    name, kind = uses(spec["class"]), type_source(spec.get("type", "any"), uses)
    match name:
        case "EphemeralValue" | "UntrackedValue":
            return call(name, kind, str(bool(spec.get("guard", True))))
        case "Topic":
            return call(name, kind, str(bool(spec.get("accumulate", False))))
        case "BinaryOperatorAggregate":
            return call(name, kind, reducer_source(spec["reducer"], uses))
        case "DeltaChannel":
            reducer = spec.get("reducer", "add")
            if reducer == "messages_delta":
                fold = uses("_messages_delta_reducer")
            else:
                fold = call(uses("fold"), reducer_source(reducer, uses))
            frequency = literal(spec.get("snapshot_frequency", 100), uses)
            return call(name, fold, kind, snapshot_frequency=frequency)
        case "NamedBarrierValue" | "NamedBarrierValueAfterFinish":
            names = ", ".join(map(quoted, spec["names"]))
            return call(name, "str", "{" + names + "}" if names else "set()")
        case _:
            return call(name, kind)


def channel_lines(case: Case, uses: Uses) -> list[str]:
    """Return the lines of a case on one channel."""
    lines = [f"channel = {channel_source(case.subject.spec, uses)}", 'channel.key = "ch"']
    copied = False
    for index, operation in enumerate(case.operations):
        lines += shown(index, operation, _operation(operation, uses, copied=copied), uses)
        copied = copied or operation.name == "copy"
    return lines


def _operation(operation: Operation, uses: Uses, *, copied: bool) -> Iterator[str]:
    name, args = operation.name, operation.args
    given = {key: literal(value, uses) for key, value in args.items()}
    match name:
        case "update":
            yield f"print(channel.update({given['values']}))"
        case "load":
            yield f"channel = channel.from_checkpoint({given['value']})"
        case "restore":
            yield "channel = channel.from_checkpoint(channel.checkpoint())"
        case "copy":
            yield "aside = channel.copy()"
        case "swap":
            if copied:
                yield "channel, aside = aside, channel"
            yield f"print({copied})"
        case "replay_writes":
            writes = f"[('', 'ch', value) for value in {given['writes']}]"
            yield f"channel.replay_writes({writes})"
        case _:
            yield f"print(channel.{name}())"
