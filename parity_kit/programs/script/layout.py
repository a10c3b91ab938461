"""Long lines of generated Python, broken at their brackets."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST = 100
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def wrapped(line: str) -> Iterator[str]:
    """Yield a line; if it is too long, put the contents of its last outer brackets on another line.

    If they still do not fit, put every part of them on a line of its own, broken in the same way.
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
        # A tuple of one part has a comma too, without which it would be that part.
        comma = "," if len(parts) > 1 or inside.endswith(",") else ""
        for part in parts:
            yield from wrapped(f"{indent}{part}{comma}")
    yield indent[4:] + line[end:]


def _outer(line: str) -> tuple[int, int] | None:
    """Return where the last outer brackets that are not empty begin and end."""
    outer, start = None, 0
    for place, depth, char in _outside_strings(line):
        if depth == 1 and char in _PAIRS:
            start = place
        if depth == 0 and char in _PAIRS.values() and place > start + 1:
            outer = start, place
    return outer


def _parts(inside: str) -> Iterator[str]:
    """Yield the parts between commas that are outside all brackets."""
    start = 0
    for place, depth, char in _outside_strings(inside):
        if depth == 0 and char == ",":
            yield inside[start:place].strip()
            start = place + 1
    if rest := inside[start:].strip():
        yield rest


def _outside_strings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the index, the bracket depth after it, and the character, outside strings."""
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
