"""MessagePack as a tree that knows where each value lies in the bytes.

A decoder forgets offsets and forms of encoding; comparing stored bytes needs both: to name the
place of a first difference, and to see a value that is right but not in its smallest form. Follows
the MessagePack specification's formats.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

MAX_DEPTH = 150
"""Reading takes four frames of Python's stack a level; deeper bytes are shown as hex alone."""
_SHOWN = 60  # characters of a value, bytes of hex, in a printed line

Scalar: TypeAlias = bool | int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Node:
    """One value: where it lies, how it is written, and what is inside.

    `form` is the specification's name for the format byte. A map's children alternate key and
    value; an ext's children are the values its data holds, if it is MessagePack itself.
    """

    offset: int
    size: int
    form: str
    value: Scalar = None
    children: tuple[Node, ...] = ()
    code: int | None = None

    @property
    def kind(self) -> str:
        """`map`, `array`, `ext` or `scalar`."""
        for kind in ("map", "array", "ext"):
            if kind in self.form:
                return kind
        return "scalar"


class MalformedError(ValueError):
    """The bytes are not MessagePack; `offset` says from where on."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(f"{problem} at byte {offset}")
        self.offset = offset


def parse(data: bytes) -> Node:
    """Return the tree of one MessagePack value.

    Raises:
        MalformedError: If `data` is not exactly one value, or nests deeper than `MAX_DEPTH`.
    """
    node = _Reader(data).read(0, len(data))
    if node.size != len(data):
        raise MalformedError(f"{len(data) - node.size} bytes too many", node.size)
    return node


class _Reader:
    """Reads values out of one byte string; `_FORMATS` says how each format byte is read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._depth = 0

    def read(self, offset: int, end: int) -> Node:
        """Return the value at `offset`, none of which may lie at or after `end`."""
        if self._depth > MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH}", offset)
        if offset >= end:
            raise MalformedError("the data ends where a value should begin", offset)
        form, how, argument = _FORMATS[self._data[offset]]
        self._depth += 1
        node = how(self, form, argument, offset, end)
        self._depth -= 1
        return node

    def constant(self, form: str, value: Scalar, offset: int, end: int) -> Node:
        """Read a value that its format byte says whole."""
        del end
        return Node(offset, 1, form, value)

    def number(self, form: str, layout: str, offset: int, end: int) -> Node:
        """Read a number of fixed width."""
        size = 1 + struct.calcsize(layout)
        self._need(offset, size, end)
        return Node(offset, size, form, struct.unpack_from(layout, self._data, offset + 1)[0])

    def fixed(self, form: str, length: int, offset: int, end: int) -> Node:
        """Read a value whose format byte holds its length."""
        return self._body(form, length, offset, offset + 1, end)

    def sized(self, form: str, width: int, offset: int, end: int) -> Node:
        """Read a value whose length stands in `width` bytes after the format byte."""
        self._need(offset, 1 + width, end)
        start = offset + 1 + width
        length = int.from_bytes(self._data[offset + 1 : start], "big")
        return self._body(form, length, offset, start, end)

    def unused(self, form: str, value: int, offset: int, end: int) -> Node:
        """Refuse the one format byte that the specification leaves out."""
        del form, end
        raise MalformedError(f"format byte 0x{value:02x} is never used", offset)

    def _body(self, form: str, length: int, offset: int, start: int, end: int) -> Node:
        if "map" in form or "array" in form:
            return self._several(form, 2 * length if "map" in form else length, offset, start, end)
        if "ext" in form:
            return self._ext(form, length, offset, start, end)
        self._need(offset, start - offset + length, end)
        raw = self._data[start : start + length]
        if "bin" in form:
            return Node(offset, start - offset + length, form, raw)
        try:
            return Node(offset, start - offset + length, form, raw.decode())
        except UnicodeDecodeError as error:
            raise MalformedError("a string is not UTF-8", start + error.start) from error

    def _several(self, form: str, count: int, offset: int, start: int, end: int) -> Node:
        at = start
        children: list[Node] = []
        for _ in range(count):
            child = self.read(at, end)
            children.append(child)
            at += child.size
        return Node(offset, at - offset, form, None, tuple(children))

    def _ext(self, form: str, length: int, offset: int, start: int, end: int) -> Node:
        size = start - offset + 1 + length
        self._need(offset, size, end)
        (code,) = struct.unpack_from(">b", self._data, start)
        raw = self._data[start + 1 : start + 1 + length]
        depth = self._depth
        try:
            inner = (self.read(start + 1, offset + size),)
        except MalformedError:
            self._depth, inner = depth, ()
        if inner and inner[0].size != length:
            inner = ()
        return Node(offset, size, form, raw, inner, code)

    def _need(self, offset: int, size: int, end: int) -> None:
        if offset + size > end:
            raise MalformedError(f"{size} bytes announced, {end - offset} there", offset)


_How: TypeAlias = Callable[[_Reader, str, Any, int, int], Node]
_FIXEXT = (1, 2, 4, 8, 16)


def _formats() -> list[tuple[str, _How, Any]]:
    """Return the specification's table of 256 format bytes: form, how to read it, its argument."""
    reader = _Reader
    table: list[tuple[str, _How, Any]] = []
    table += [("positive fixint", reader.constant, value) for value in range(0x80)]
    table += [("fixmap", reader.fixed, length) for length in range(16)]
    table += [("fixarray", reader.fixed, length) for length in range(16)]
    table += [("fixstr", reader.fixed, length) for length in range(32)]
    table += [("nil", reader.constant, None), ("unused", reader.unused, 0xC1)]
    table += [("false", reader.constant, False), ("true", reader.constant, True)]
    table += [(f"bin {8 * width}", reader.sized, width) for width in (1, 2, 4)]
    table += [(f"ext {8 * width}", reader.sized, width) for width in (1, 2, 4)]
    table += [("float 32", reader.number, ">f"), ("float 64", reader.number, ">d")]
    for sign, layouts in (("uint", "BHIQ"), ("int", "bhiq")):
        table += [
            (f"{sign} {8 * struct.calcsize(layout)}", reader.number, f">{layout}")
            for layout in layouts
        ]
    table += [(f"fixext {length}", reader.fixed, length) for length in _FIXEXT]
    table += [(f"str {8 * width}", reader.sized, width) for width in (1, 2, 4)]
    table += [(f"array {8 * width}", reader.sized, width) for width in (2, 4)]
    table += [(f"map {8 * width}", reader.sized, width) for width in (2, 4)]
    table += [("negative fixint", reader.constant, value) for value in range(-0x20, 0)]
    return table


_FORMATS = _formats()


def is_canonical(node: Node) -> bool:
    """Return whether this value (not what is inside) is written in its smallest form."""
    if node.kind in {"map", "array"}:
        each = 2 if node.kind == "map" else 1
        return node.form == _smallest(node.kind, len(node.children) // each)
    match node.value:
        case None | bool():
            return True
        case float():
            return node.form == "float 64"
        case int(number):
            return node.form == _smallest_int(number)
        case str(text):
            return node.form == _smallest("str", len(text.encode()))
        case bytes(raw):
            return node.form == _smallest("ext" if node.kind == "ext" else "bin", len(raw))


_POSITIVE = ((7, "positive fixint"), (8, "uint 8"), (16, "uint 16"), (32, "uint 32"))
_NEGATIVE = ((5, "negative fixint"), (7, "int 8"), (15, "int 16"), (31, "int 32"))


def _smallest_int(number: int) -> str:
    steps, widest = (_POSITIVE, "uint 64") if number >= 0 else (_NEGATIVE, "int 64")
    # A negative number's bits, as two's complement counts them.
    bits = (number if number >= 0 else ~number).bit_length()
    return next((form for width, form in steps if bits <= width), widest)


_FIX_LIMIT = {"map": 15, "array": 15, "str": 31}


def _smallest(kind: str, length: int) -> str:
    if kind == "ext" and length in _FIXEXT:
        return f"fixext {length}"
    if length <= _FIX_LIMIT.get(kind, -1):
        return f"fix{kind}"
    widths = (8, 16, 32) if kind in {"str", "bin", "ext"} else (16, 32)
    return f"{kind} {next(width for width in widths if length < 1 << width)}"


def walk(node: Node, path: str = "$") -> Iterator[tuple[str, Node]]:
    """Yield every value with its path, parents first.

    `$.log[2]`, `$['a b']`, and `$.x<2>` for what an ext of code 2 holds.
    """
    yield path, node
    if node.kind == "map":
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            yield from walk(value, path + key_step(key))
    elif node.kind == "array":
        for index, child in enumerate(node.children):
            yield from walk(child, f"{path}[{index}]")
    elif node.children:
        yield from walk(node.children[0], f"{path}<{node.code}>")


def key_step(key: Node) -> str:
    """Return the step of a path that leads to a map's value."""
    if isinstance(key.value, str) and key.value.isidentifier():
        return f".{key.value}"
    return f"[{key.value!r}]" if key.kind == "scalar" else f"[{describe(key)}]"


def path_at(node: Node, offset: int) -> str:
    """Return the path of the innermost value that covers a byte."""
    found = "$"
    for path, each in walk(node):
        if each.offset <= offset < each.offset + each.size:
            found = path
    return found


def describe(node: Node) -> str:
    """Return a value in a few words."""
    count = len(node.children)
    if node.kind == "map":
        return f"map of {count // 2}"
    if node.kind == "array":
        return f"array of {count}"
    if node.kind == "ext":
        return f"ext {node.code}, {_ENVELOPES.get(node.code or 0, 'no code of LangGraph')}"
    text = repr(node.value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


_ENVELOPES = {
    0: "constructor with one argument",
    1: "constructor with positional arguments",
    2: "constructor with keywords",
    3: "class method with one argument",
    4: "pydantic 1 model",
    5: "pydantic 2 model",
    6: "numpy array",
    7: "delta channel snapshot",
}


def render(node: Node, data: bytes) -> list[str]:
    """Return a tree as lines: offset, bytes in hex, path, form and value."""
    lines: list[str] = []
    for path, each in walk(node):
        own = data[each.offset : each.offset + min(each.size, _head_size(each))]
        note = "" if is_canonical(each) else "   not the smallest form"
        lines.append(
            f"{each.offset:6d}  {own.hex(' ')[:23]:23}  {path}: {describe(each)}"
            f"  ({each.form}){note}"
        )
    return lines


def _head_size(node: Node) -> int:
    if node.children:
        return node.children[0].offset - node.offset
    return node.size
