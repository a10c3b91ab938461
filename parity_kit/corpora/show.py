"""A fixture in words: its subject, operations and outcomes, MessagePack beside its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from parity_kit.canonical import pack
from parity_kit.contract import Outcome, Raised, Returned, Trace, Unsupported
from parity_kit.corpora.corpus import trace_digest
from parity_kit.dissect import MalformedError, parse, render
from parity_kit.plain import Ext, Plain
from parity_kit.values import open_value


def show(trace: Trace) -> Iterator[str]:
    """Yield a fixture's lines."""
    case = trace.case
    yield f"{case.id}  {trace_digest(trace)[:12]}"
    yield f"features  {', '.join(case.features) or 'none'}"
    yield f"pins      {_text(case.pins.to_plain())}"
    yield f"subject   {case.subject.kind.value}"
    yield from _indented(_pretty(case.subject.spec))
    for index, (operation, outcome) in enumerate(zip(case.operations, trace.outcomes, strict=True)):
        yield ""
        yield f"operation {index}  {operation.name}"
        for name, value in operation.args.items():
            yield from _named(name, value)
        yield from _outcome(outcome)


def _outcome(outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome, Unsupported):
        yield f"  unsupported: {outcome.reason}"
        return
    for number, event in enumerate(outcome.events):
        yield f"  event {number}  {event.mode}"
        yield from _indented(_pretty(event.payload), 4)
    match outcome:
        case Returned(value):
            yield "  -> value"
            yield from _indented(render_bytes(pack(value)), 4)
        case Raised(error, message):
            yield f"  -> error  {error}: {message}"
    for name, data in outcome.stored.items():
        yield f"  stored {name}  ({len(data)} bytes)"
        yield from _indented(render_bytes(data), 4)
    for name in outcome.dropped:
        yield f"  dropped {name}"


def render_bytes(data: bytes) -> Iterator[str]:
    """Yield bytes dissected as MessagePack, as text where they are none, or else as hex."""
    if not data:
        return
    try:
        yield from render(parse(data), data)
    except MalformedError as error:
        text = data.decode(errors="replace")
        yield text if text.isprintable() else f"{data[:32].hex(' ')}  not MessagePack: {error}"


def _named(name: str, value: Plain) -> Iterator[str]:
    if isinstance(value, bytes):
        yield f"  {name}  ({len(value)} bytes)"
        yield from _indented(render_bytes(value), 4)
        return
    lines = list(_pretty(value))
    yield f"  {name}  {lines[0]}"
    yield from _indented(iter(lines[1:]))


def _pretty(value: Any, width: int = 96) -> Iterator[str]:
    """Yield a value as JSON: in one line where it fits, else an entry a line."""
    printable = _printable(value)
    whole = json.dumps(printable, ensure_ascii=False)
    if len(whole) <= width or not isinstance(printable, (dict, list)) or not printable:
        yield whole
        return
    if isinstance(printable, dict):
        ends, entries = (
            "{}",
            [
                (f"{json.dumps(key, ensure_ascii=False)}: ", each)
                for key, each in cast("dict[str, Any]", printable).items()
            ],
        )
    else:
        ends, entries = "[]", [("", each) for each in cast("list[Any]", printable)]
    yield ends[0]
    for number, (key, each) in enumerate(entries, 1):
        first, *rest = _pretty(each, width - 2)
        lines = [key + first, *rest]
        lines[-1] += "," if number < len(entries) else ""
        yield from _indented(iter(lines))
    yield ends[1]


def _text(value: Any) -> str:
    return json.dumps(_printable(value), ensure_ascii=False)


def _printable(value: Any) -> Any:
    """Return plain data as JSON can say it: ext values opened, bytes as text."""
    if isinstance(value, Ext):
        return _printable(open_value(value))
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {
            key if isinstance(key, str) else repr(key): _printable(each)
            for key, each in entries.items()
        }
    if isinstance(value, (list, tuple)):
        return [_printable(each) for each in cast("list[Any]", value)]
    return repr(value) if isinstance(value, bytes) else value


def _indented(lines: Iterator[str], width: int = 2) -> Iterator[str]:
    return (f"{' ' * width}{line}" for line in lines)
