"""Long lines of generated Python, broken at their brackets."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST = 100
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def wrapped(line: str) -> Iterator[str]:
    """Yield a line; if it is too long, with what is in its last outer brackets on lines of its own.

    What still does not fit there is given a line for each of its parts, which are broken likewise.
    """
    brackets = _outer(line) if len(line) > LONGEST else None
    if brackets is None:
        yield line
        return
    start, end = brackets
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    inside = line[start + 1 : end]
    yield line[: start + 1]
    if len(indent + inside) <= LONGEST:
        yield indent + inside
    else:
        parts = list(_parts(inside))
        for part in parts:
            yield from wrapped(f"{indent}{part}{',' if len(parts) > 1 else ''}")
    yield indent[4:] + line[end:]


def _outer(line: str) -> tuple[int, int] | None:
    """Return where the last outer brackets that hold something begin and end."""
    outer, start = None, 0
    for place, depth, char in _outside_strings(line):
        if depth == 1 and char in _PAIRS:
            start = place
        if depth == 0 and char in _PAIRS.values() and place > start + 1:
            outer = start, place
    return outer


def _parts(inside: str) -> Iterator[str]:
    """Yield the parts between commas that stand in no brackets."""
    start = 0
    for place, depth, char in _outside_strings(inside):
        if depth == 0 and char == ",":
            yield inside[start:place].strip()
            start = place + 1
    if rest := inside[start:].strip():
        yield rest


def _outside_strings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each character outside strings: its place, the depth of brackets after it, itself."""
    quote, escaped, depth = "", False, 0
    for place, char in enumerate(text):
        if quote:
            if not escaped and char == quote:
                quote = ""
            escaped = char == "\\" and not escaped
            continue
        if char in "'\"":
            quote = char
        elif char in _PAIRS:
            depth += 1
        elif char in _PAIRS.values():
            depth -= 1
        yield place, depth, char
