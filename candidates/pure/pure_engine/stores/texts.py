"""Which texts of a value are indexed, and how near a text is to a query.

A text's vector has as many numbers as the index has dimensions: how many of its characters have
each remainder by that number. This is the contract's embedding, in place of a model's.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Any, cast

Vector = tuple[int, ...]


def embed(text: str, dimensions: int) -> Vector:
    """Return a text's vector."""
    counts = [0] * dimensions
    for character in text:
        counts[ord(character) % dimensions] += 1
    return tuple(counts)


def nearness(one: Vector, other: Vector) -> float:
    """Return the cosine of the angle between two vectors; 0 where one of them is nothing."""
    lengths = math.sqrt(_product(one, one)) * math.sqrt(_product(other, other))
    return _product(one, other) / lengths if lengths else 0.0


def _product(one: Vector, other: Vector) -> int:
    return sum(map(operator.mul, one, other))


def texts_at(value: Any, path: str) -> list[str]:
    """Return the texts at a path of names, `[n]`, `[*]`, `*` and `{a,b}`; an empty one is all."""
    if not path:
        return [_json(value)]
    return [text for part in _at(value, _steps(path)) for text in _text(part)]


def _steps(path: str) -> list[str]:
    """Split a path where a dot stands outside of brackets, and before and after brackets."""
    steps, step, depth = list[str](), "", 0
    for character in path:
        if depth == 0 and character in ".[{":
            if step:
                steps.append(step)
            step = ""
        was, depth = depth, max(0, depth + (character in "[{") - (character in "]}"))
        if character == "." and depth == 0:
            continue
        step += character
        if was and not depth:
            steps.append(step)
            step = ""
    return [*steps, step] if step else steps


def _at(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step.startswith("{") and step.endswith("}"):
        # LangGraph quirk: a selection follows plain names only, and ends the path.
        yield from (_named(value, _steps(name.strip())) for name in step[1:-1].split(","))
        return
    for part in _children(value, step):
        yield from _at(part, rest)


def _named(value: Any, names: Sequence[str]) -> Any:
    """Return what a selection's names lead to; None where they lead nowhere, or are none."""
    if not names:
        return None
    for name in names:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _children(value: Any, step: str) -> Sequence[Any]:
    names = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    elements = cast("list[Any]", value) if isinstance(value, list) else []
    if step == "*":
        return [*names.values(), *elements]
    if step == "[*]":
        return elements
    if not (step.startswith("[") and step.endswith("]")):
        return [names[step]] if step in names else []
    try:
        return [elements[int(step[1:-1])]]
    except (ValueError, IndexError):
        return []


def _text(value: Any) -> list[str]:
    if isinstance(value, (str, int, float)):
        return [str(value)]
    return [_json(value)] if isinstance(value, (list, dict)) else []


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
