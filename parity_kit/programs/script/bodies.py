"""Node bodies of graph programs as Python functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, assert_never

from parity_kit.programs.model import Body
from parity_kit.programs.operators import Action
from parity_kit.programs.script.expressions import (
    Frame,
    as_text,
    condition,
    expression,
    store_parts,
    variables_in,
)
from parity_kit.programs.script.source import call, identifiers, indented, literal, quoted


def function(name: str, body: Body, frame: Frame, annotation: str = "") -> list[str]:
    """Return the lines of a body's function.

    What the body needs besides its input (`frame.needs`) becomes parameters.
    """
    late = list(dict.fromkeys(_late(body, set())))
    frame = replace(frame, variables=_names(body, frame), needs=set[str]())
    lines = list(indented(_function_body(body, frame)))
    first = [f"    {frame.variables[name]} = None" for name in late if name in frame.variables]
    if "visits" in frame.needs:
        key = f"{frame.uses('visits')}[{quoted(frame.counter.removeprefix('task '))}]"
        first = [f"    {key} += 1", f"    visit = {key}", *first]
    parameters = [f"{frame.input}: {annotation}" if annotation else frame.input]
    for need, kind in (("error", "NodeError"), ("runtime", "Runtime")):
        if need in frame.needs:
            parameters.append(f"{need}: {frame.uses(kind)}")
    if "previous" in frame.needs:
        parameters += ["*", "previous"]
    head = "async def" if frame.awaits else "def"
    return [f"{head} {name}({', '.join(parameters)}):", *first, *lines]


def _function_body(body: Body, frame: Frame) -> list[str]:
    if _in_tail(body):
        return list(_run(body, frame, tail=True)) or ["return None"]
    lines = ["update = {}", *_run(body, frame, tail=False)]
    if any(instruction.keys() & {"return", "raise"} for instruction in body):
        return lines
    surely = any(instruction.get("write") for instruction in body)
    return [*lines, "return update" if surely else "return update or None"]


def _writes(body: Body) -> bool:
    """Return whether a body writes anything, anywhere."""
    return any(
        instruction.get("write")
        or any(map(_writes, instruction["when"][1:] if "when" in instruction else ()))
        for instruction in body
    )


def _in_tail(body: Body) -> bool:
    """Return whether all writes of a body come last, so that they can be returned."""
    end = len(body)
    while end and "write" in body[end - 1]:
        end -= 1
    fields = [field for instruction in body[end:] for field in instruction["write"]]
    if end < len(body):
        return len(fields) == len(set(fields)) and not _writes(body[:end])
    if body and "when" in body[-1]:
        return not _writes(body[:-1]) and all(map(_in_tail, body[-1]["when"][1:]))
    return not _writes(body)


def _run(body: Body, frame: Frame, *, tail: bool) -> Iterator[str]:
    """Yield the lines of instructions; in the tail, the function returns the writes."""
    written: list[str] = []
    for instruction in body:
        ((name, argument),) = instruction.items()
        match name:
            case "write" if tail:
                written += [
                    f"{quoted(key)}: {expression(value, frame)}" for key, value in argument.items()
                ]
            case "write":
                for key, value in argument.items():
                    yield f"update[{quoted(key)}] = {expression(value, frame)}"
            case "let":
                for key, value in argument.items():
                    yield f"{frame.variables[key]} = {expression(value, frame)}"
            case "when":
                yield from _when(argument, frame, tail=tail)
            case _:
                yield from _act(name, argument, frame)
                if name in {"return", "raise"}:
                    return  # what follows never runs
    if written:
        yield "return {" + ", ".join(written) + "}"


def _when(argument: Sequence[Any], frame: Frame, *, tail: bool) -> Iterator[str]:
    test, then, *otherwise = argument
    yield f"if {condition(test, frame)}:"
    yield from indented(list(_run(then, frame, tail=tail)) or ["pass"])
    if otherwise and (lines := list(_run(otherwise[0], frame, tail=tail))):
        yield "else:"
        yield from indented(lines)


def _act(name: Action | Literal["return", "wait"], argument: Any, frame: Frame) -> Iterator[str]:
    match name:
        case "return":
            yield f"return {expression(argument, frame)}"
        case "raise":
            yield f"raise {argument['type']}({quoted(argument['message'])})"
        case "emit":
            yield f"{frame.need('runtime')}.stream_writer({expression(argument, frame)})"
        case "drain":
            yield f"{frame.need('runtime')}.control.request_drain({quoted(argument)})"
        case "wait":
            if frame.awaits:
                yield f"await {frame.uses('wait')}({literal(argument, frame.uses)})"
        case "store_put":
            namespace, key, value = argument
            parts = [*store_parts(namespace, [key], frame), expression(value, frame)]
            yield call(frame.uses("put"), *parts)
        case "store_delete":
            namespace, key = argument
            store, path = store_parts(namespace, (), frame)
            yield f"if {store} is not None:"
            yield f"    {store}.delete({path}, {as_text(key, frame)})"
        case _:
            assert_never(name)


def _names(body: Body, frame: Frame) -> dict[str, str]:
    return identifiers(list(dict.fromkeys(_lets(body))), {"visit", *frame.callables.values()})


def _lets(body: Body) -> Iterator[str]:
    for instruction in body:
        if "let" in instruction:
            yield from instruction["let"]
        elif "when" in instruction:
            for part in instruction["when"][1:]:
                yield from _lets(part)


def _late(body: Body, known: set[str]) -> Iterator[str]:
    """Yield the variables that may be read before they are set; add the ones set to `known`."""
    for instruction in body:
        ((name, argument),) = instruction.items()
        if name in {"let", "write"}:
            for key, value in argument.items():
                yield from (read for read in variables_in(value) if read not in known)
                if name == "let":
                    known.add(key)
        elif name == "when":
            yield from (read for read in variables_in(argument[0]) if read not in known)
            sides = [set(known), set(known)]
            for side, part in zip(sides, argument[1:], strict=False):
                yield from _late(part, side)
            known |= sides[0] & sides[1]
        elif name != "raise":
            yield from (read for read in variables_in(argument) if read not in known)
