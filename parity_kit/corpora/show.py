"""Prints a fixture: its subject, operations and outcomes, and MessagePack beside its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from parity_kit.contract import (
    Case,
    Outcome,
    Raised,
    Returned,
    Trace,
    Unsupported,
    split_stored_name,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import UsageError
from parity_kit.contract.plain import Ext, Plain
from parity_kit.contract.text import one_line, visible
from parity_kit.corpora.corpus import trace_digest
from parity_kit.msgpack.hexdump import Style, annotate, annotation_lines, plain_style
from parity_kit.msgpack.values import open_value
from parity_kit.programs.features import UPSTREAM


def show(trace: Trace, style: Style = plain_style) -> Iterator[str]:
    """Yield a fixture's lines."""
    case = trace.case
    yield f"{one_line(case.id)}  {trace_digest(trace)[:12]}"
    features = [feature for feature in case.features if not feature.startswith(UPSTREAM)]
    yield f"features  {one_line(', '.join(features)) or 'none'}"
    yield from (f"upstream  {one_line(sentence)}" for sentence in findings_of(case))
    yield f"pins      {_text(case.pins.to_plain())}"
    yield f"subject   {case.subject.kind.value}"
    yield from _indented(pretty(case.subject.spec))
    for index, (operation, outcome) in enumerate(zip(case.operations, trace.outcomes, strict=True)):
        yield ""
        yield f"operation {index}  {one_line(operation.name)}"
        for name, value in operation.args.items():
            packed = operation.args.get("type", "msgpack") == "msgpack"
            yield from _named(name, value, style, packed=packed)
        yield from _outcome(outcome, style)


def findings_of(case: Case) -> list[str]:
    """Return the sentences that describe what LangGraph gets wrong in a case."""
    return [
        feature.removeprefix(UPSTREAM) for feature in case.features if feature.startswith(UPSTREAM)
    ]


def _outcome(outcome: Outcome, style: Style) -> Iterator[str]:
    if isinstance(outcome, Unsupported):
        yield f"  unsupported: {one_line(outcome.reason)}"
        return
    for number, event in enumerate(outcome.events):
        yield f"  event {number}  {one_line(event.mode)}"
        yield from _indented(pretty(event.payload), 4)
    match outcome:
        case Returned(value):
            yield "  -> value"
            yield from _indented(render_bytes(pack(value), style), 4)
        case Raised(error, message):
            yield f"  -> error  {one_line(f'{error}: {message}')}"
    for name, data in outcome.stored.items():
        yield f"  stored {one_line(name)}  ({len(data)} bytes)"
        packed = _is_packed(name, outcome)
        yield from _indented(render_bytes(data, style, packed=packed), 4)
    for name in outcome.dropped:
        yield f"  dropped {one_line(name)}"


def _is_packed(name: str, outcome: Outcome) -> bool:
    """Return whether a stored entry is MessagePack, judging by its name or the outcome."""
    if name == "data":
        return isinstance(outcome, Returned) and outcome.value == "msgpack"
    return split_stored_name(name)[-1] == "msgpack"


def render_bytes(data: bytes, style: Style = plain_style, *, packed: bool = True) -> Iterator[str]:
    """Yield bytes annotated as MessagePack, or as text if they are text and not `packed`."""
    text = "" if packed else _as_text(data)
    if text:
        yield text
    elif data:
        yield from annotation_lines(annotate(data), style)


def _as_text(data: bytes) -> str:
    """Return bytes as text, if all of its characters are printable."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def stored_entries(trace: Trace, name: str) -> list[tuple[int, str, bytes]]:
    """Return the entries that a case stored under a name, or else under names that contain it.

    Every entry comes with the number of its operation.

    Raises:
        UsageError: If nothing was stored under such a name; the hint lists the names.
    """
    entries = [
        (index, key, data)
        for index, outcome in enumerate(trace.outcomes)
        if not isinstance(outcome, Unsupported)
        for key, data in outcome.stored.items()
    ]
    matching = [entry for entry in entries if entry[1] == name] or [
        entry for entry in entries if name in entry[1]
    ]
    if not matching:
        names = list(dict.fromkeys(key for _, key, _ in entries))
        raise UsageError(
            f"{trace.case.id} stored nothing under {name!r}",
            hint="it stored " + ("\n    ".join(["", *names]) if names else "nothing at all"),
        )
    return matching


def trace_to_json(trace: Trace) -> dict[str, Any]:
    """Return a fixture as a JSON object with its byte strings annotated."""
    case = trace.case
    return {
        "id": case.id,
        "sha256": trace_digest(trace),
        "features": list(case.features),
        "pins": _printable(case.pins.to_plain()),
        "subject": {"kind": case.subject.kind.value, "spec": _printable(case.subject.spec)},
        "operations": [
            {
                "name": operation.name,
                "args": {name: _annotated(value) for name, value in operation.args.items()},
                "outcome": _outcome_to_json(outcome),
            }
            for operation, outcome in zip(case.operations, trace.outcomes, strict=True)
        ],
    }


def _annotated(value: Plain) -> Any:
    return annotate(value).to_json() if isinstance(value, bytes) else _printable(value)


def _outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Unsupported):
        return {"unsupported": outcome.reason}
    head: dict[str, Any] = (
        {"value": annotate(pack(outcome.value)).to_json()}
        if isinstance(outcome, Returned)
        else {"error": outcome.error, "message": outcome.message}
    )
    stored = {
        name: annotate(data).to_json()
        if _is_packed(name, outcome) or not _as_text(data)
        else {"bytes": len(data), "text": _as_text(data)}
        for name, data in outcome.stored.items()
    }
    events = [_printable(event.to_plain()) for event in outcome.events]
    return head | {"events": events, "stored": stored, "dropped": list(outcome.dropped)}


def _named(name: str, value: Plain, style: Style, *, packed: bool) -> Iterator[str]:
    if isinstance(value, bytes):
        yield f"  {one_line(name)}  ({len(value)} bytes)"
        yield from _indented(render_bytes(value, style, packed=packed), 4)
        return
    lines = list(pretty(value))
    yield f"  {one_line(name)}  {lines[0]}"
    yield from _indented(iter(lines[1:]))


def pretty(value: Any, width: int = 96) -> Iterator[str]:
    """Yield a value as JSON: on one line if it fits, otherwise one line per entry."""
    printable = _printable(value)
    text = visible(json.dumps(printable, ensure_ascii=False))
    if len(text) <= width or not isinstance(printable, (dict, list)) or not printable:
        yield text
        return
    if isinstance(printable, dict):
        ends, entries = (
            "{}",
            [
                (f"{visible(json.dumps(key, ensure_ascii=False))}: ", item)
                for key, item in cast("dict[str, Any]", printable).items()
            ],
        )
    else:
        ends, entries = "[]", [("", item) for item in cast("list[Any]", printable)]
    yield ends[0]
    for number, (key, item) in enumerate(entries, 1):
        first, *rest = pretty(item, width - 2)
        lines = [key + first, *rest]
        lines[-1] += "," if number < len(entries) else ""
        yield from _indented(iter(lines))
    yield ends[1]


def _text(value: Any) -> str:
    return visible(json.dumps(_printable(value), ensure_ascii=False))


def _printable(value: Any) -> Any:
    """Return plain data in a form that JSON can express: ext values opened, bytes as text."""
    if isinstance(value, Ext):
        return _printable(open_value(value))
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {
            key if isinstance(key, str) else repr(key): _printable(item)
            for key, item in entries.items()
        }
    if isinstance(value, (list, tuple)):
        return [_printable(item) for item in cast("list[Any]", value)]
    return repr(value) if isinstance(value, bytes) else value


def _indented(lines: Iterator[str], width: int = 2) -> Iterator[str]:
    return (f"{' ' * width}{line}" for line in lines)
