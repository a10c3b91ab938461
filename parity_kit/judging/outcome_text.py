"""Outcomes and operations as lines of text, for people."""

from __future__ import annotations

from parity_kit.contract import Operation, Outcome, Raised, Returned, Unsupported, split_stored_name
from parity_kit.contract.plain import Plain
from parity_kit.contract.text import one_line
from parity_kit.msgpack.parser import MalformedError, describe, parse
from parity_kit.msgpack.values import open_value

_WIDTH = 160


def arguments_line(operation: Operation) -> str:
    """Return an operation with its arguments in one line."""
    arguments = ", ".join(f"{key}={short(value)}" for key, value in operation.args.items())
    return one_line(f"{operation.name}({arguments})")


def outcome_lines(outcome: Outcome) -> list[str]:
    """Return an outcome as lines: value or error, then events, then what was stored."""
    lines = [result_line(outcome)]
    if isinstance(outcome, Unsupported):
        return lines
    lines += [f"event {event.mode} {short(event.payload)}" for event in outcome.events]
    lines += [
        f"stored {name} {_blob(name, outcome.stored[name])}" for name in sorted(outcome.stored)
    ]
    return [one_line(line) for line in (*lines, *(f"dropped {name}" for name in outcome.dropped))]


def result_line(outcome: Outcome) -> str:
    """Return an outcome's value or error in one line, or why it is not supported."""
    match outcome:
        case Unsupported():
            return one_line(f"unsupported: {outcome.reason}")
        case Raised():
            return one_line(f"raised {outcome.error}: {short(outcome.message)}")
        case Returned():
            return one_line(f"value {short(outcome.value)}")


def _blob(name: str, blob: bytes) -> str:
    if split_stored_name(name)[-1] != "msgpack" and name != "data":
        return short(blob.decode(errors="backslashreplace")) if blob else "(no bytes)"
    try:
        node = parse(blob)
    except MalformedError as error:
        return f"{len(blob)} bytes, no MessagePack: {error}"
    return f"{len(blob)} bytes, {describe(node)}"


def short(value: Plain, width: int = _WIDTH) -> str:
    """Return a value, opened, in one line of about `width` characters at most."""
    try:
        text = repr(open_value(value))
    except ValueError:
        text = repr(value)
    return text if len(text) <= width else f"{text[:width]}…"
