"""MessagePack as a tree that knows where each value lies in the bytes.

A decoder forgets offsets and forms of encoding; comparing stored bytes needs both: to name the
place of a first difference, and to see a value that is right but not in its smallest form. Follows
the MessagePack specification's formats.

`parse` is strict and stops at the first fault. `dissect` goes on as far as the bytes allow, and
says where each fault is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from parity_kit.msgpack.forms import FORMS, Layout, Scalar, smallest, smallest_integer

MAX_DEPTH = 150
"""How deep `parse` follows: those who compare trees descend into them frame by frame."""
_LONGEST_KEY = 400  # characters in a path: each value below repeats it
_SHOWN = 60  # characters of a value, bytes of hex, in a printed line

MISSING = "missing"
"""The form of a value that was announced and is not there; only `dissect` gives it."""


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
        self.problem = problem
        self.offset = offset


def parse(data: bytes) -> Node:
    """Return the tree of one MessagePack value.

    Raises:
        MalformedError: If `data` is not exactly one value, or nests deeper than `MAX_DEPTH`.
    """
    reader = _Reader(data, tolerant=False)
    node = reader.read()
    if node.size != len(data):
        raise MalformedError(f"{len(data) - node.size} bytes too many", node.size)
    return node


def dissect(data: bytes) -> tuple[Node, tuple[MalformedError, ...]]:
    """Return the tree of what bytes hold up to where they break, and each fault.

    Any depth is read, but for exts: each holds a copy of its data, so `MAX_DEPTH` holds for them.
    """
    reader = _Reader(data, tolerant=True)
    node = reader.read()
    return node, tuple(reader.faults)


@dataclass(slots=True)
class _Open:
    """A map, array or ext that is being read.

    `end` is where what is inside must end at the latest; an ext's data must end there. `levels`
    counts what this lies in, as far as the reader limits it.
    """

    offset: int
    form: str
    start: int
    end: int
    wanted: int
    levels: int
    raw: bytes | None = None
    code: int | None = None
    children: list[Node] = field(default_factory=list[Node])

    def at(self) -> int:
        """Return where the next value inside begins."""
        last = self.children[-1] if self.children else None
        return self.start if last is None else last.offset + last.size

    def node(self) -> Node:
        """Return what has been read as a value."""
        end = self.at() if self.raw is None else self.end
        children = tuple(self.children)
        return Node(self.offset, end - self.offset, self.form, self.raw, children, self.code)


class _Reader:
    """Reads one value; what is open lies on a list, so that depth costs no stack."""

    def __init__(self, data: bytes, *, tolerant: bool) -> None:
        self._data = data
        self._tolerant = tolerant
        self._open: list[_Open] = []
        self.faults: list[MalformedError] = []

    def read(self) -> Node:
        """Return the value at the start of the data.

        Raises:
            MalformedError: If it breaks, and the reader is not tolerant.
        """
        while True:
            try:
                item = self._item()
            except MalformedError as fault:
                item = self._recovered(fault)
            if isinstance(item, _Open):
                self._open.append(item)
                if item.wanted:
                    continue
                item = self._open.pop().node()
            while self._open:
                self._open[-1].children.append(item)
                if len(self._open[-1].children) < self._open[-1].wanted:
                    break
                item = self._closed()
            if not self._open:
                return item

    def _closed(self) -> Node:
        """Return the innermost open value, which has all that it wants."""
        item = self._open.pop()
        left = item.end - item.at()
        if item.raw is not None and left:
            if self._tolerant:
                self.faults.append(MalformedError(f"{left} bytes after an ext's value", item.at()))
            else:
                item.children.clear()
        return item.node()

    def _recovered(self, fault: MalformedError) -> Node:
        """Return the innermost ext that a fault lies in, or else all there is of the value."""
        inside = [item for item in self._open if item.raw is not None]
        if not inside and not self._tolerant:
            raise fault
        if inside:
            while self._open[-1] is not inside[-1]:
                self._open.pop()
            item = self._open.pop()
            if item.code in _ENVELOPES:
                where = f"in the data of ext {item.code}: {fault.problem}"
                self.faults.append(MalformedError(where, fault.offset))
            item.children.clear()
            return item.node()
        self.faults.append(fault)
        recovered = Node(fault.offset, 0, MISSING)
        while self._open:
            item = self._open.pop()
            item.children.append(recovered)
            if "map" in item.form and len(item.children) % 2:
                item.children.append(Node(recovered.offset + recovered.size, 0, MISSING))
            recovered = item.node()
        return recovered

    def _item(self) -> Node | _Open:
        """Return the next value, or the container that begins there."""
        inner = self._open[-1] if self._open else None
        at, end = (0, len(self._data)) if inner is None else (inner.at(), inner.end)
        if inner is not None and inner.levels > MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH}", at)
        if at >= end:
            raise MalformedError("the data ends where a value should begin", at)
        form = FORMS[self._data[at]]
        match form.layout:
            case Layout.CONSTANT:
                return Node(at, 1, form.name, form.value)
            case Layout.NUMBER:
                size = 1 + struct.calcsize(form.number)
                self._need(form.name, at, size, end)
                (number,) = struct.unpack_from(form.number, self._data, at + 1)
                return Node(at, size, form.name, number)
            case Layout.FIXED:
                return self._body(form.name, form.size, at, at + 1, end)
            case Layout.SIZED:
                start = at + 1 + form.size
                self._need(form.name, at, 1 + form.size, end)
                length = int.from_bytes(self._data[at + 1 : start], "big")
                return self._body(form.name, length, at, start, end)
            case Layout.UNUSED:
                raise MalformedError(f"format byte 0x{self._data[at]:02x} is never used", at)

    def _body(self, form: str, length: int, offset: int, start: int, end: int) -> Node | _Open:
        levels = self._open[-1].levels if self._open else 0
        if "map" in form or "array" in form:
            wanted = 2 * length if "map" in form else length
            return _Open(offset, form, start, end, wanted, levels + (not self._tolerant))
        size = start - offset + length + ("ext" in form)
        self._need(form, offset, size, end)
        if "ext" in form:
            (code,) = struct.unpack_from(">b", self._data, start)
            raw = self._data[start + 1 : offset + size]
            return _Open(offset, form, start + 1, offset + size, 1, levels + 1, raw, code)
        raw = self._data[start : start + length]
        if "bin" in form:
            return Node(offset, size, form, raw)
        try:
            return Node(offset, size, form, raw.decode())
        except UnicodeDecodeError as error:
            fault = MalformedError("a string is not UTF-8", start + error.start)
            if not self._tolerant:
                raise fault from error
            self.faults.append(fault)
            return Node(offset, size, form, raw)

    def _need(self, form: str, offset: int, size: int, end: int) -> None:
        if offset + size > end:
            raise MalformedError(f"{form}: {size} bytes announced, {end - offset} there", offset)


def is_canonical(node: Node) -> bool:
    """Return whether this value (not what is inside) is written in its smallest form."""
    return node.form == canonical_form(node)


def canonical_form(node: Node) -> str:
    """Return the form that a value (not what is inside) is written in canonically."""
    if node.kind in {"map", "array"}:
        per_entry = 2 if node.kind == "map" else 1
        return smallest(node.kind, len(node.children) // per_entry)
    match node.value:
        case None | bool():
            return node.form
        case float():
            return "float 64"
        case int(number):
            return smallest_integer(number)
        case str(text):
            return smallest("str", len(text.encode()))
        case bytes(raw):
            kind = "ext" if node.kind == "ext" else "str" if "str" in node.form else "bin"
            return smallest(kind, len(raw))


def walk(node: Node, path: str = "$") -> Iterator[tuple[str, Node]]:
    """Yield every value with its path, parents first.

    `$.log[2]`, `$['a b']`, and `$.x<2>` for what an ext of code 2 holds.
    """
    waiting = [(path, node)]
    while waiting:
        where, value = waiting.pop()
        yield where, value
        waiting += [(where + step, child) for step, child in reversed(list(steps(value)))]


def steps(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the values directly inside one, each with the step of a path that leads to it."""
    if node.kind == "map":
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            yield key_step(key), value
    elif node.kind == "array":
        for index, child in enumerate(node.children):
            yield f"[{index}]", child
    elif node.children:
        yield f"<{node.code}>", node.children[0]


def key_step(key: Node) -> str:
    """Return the step of a path that leads to a map's value."""
    value = key.value
    if isinstance(value, (str, bytes)) and len(value) > _LONGEST_KEY:
        return f"[{value[:_LONGEST_KEY]!r}…]"
    if isinstance(value, str) and value.isidentifier():
        return f".{value}"
    return f"[{value!r}]" if key.kind == "scalar" else f"[{describe(key)}]"


def path_at(node: Node, offset: int) -> str:
    """Return the path of the innermost value that covers a byte."""
    innermost = "$"
    for path, value in walk(node):
        if value.offset <= offset < value.offset + value.size:
            innermost = path
    return innermost


def describe(node: Node) -> str:
    """Return a value in a few words."""
    count = len(node.children)
    if node.kind == "map":
        return f"map of {count // 2}"
    if node.kind == "array":
        return f"array of {count}"
    if node.kind == "ext":
        return f"ext {node.code}, {_ENVELOPES.get(node.code, 'no code of LangGraph')}"
    text = repr(node.value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


_ENVELOPES: dict[int | None, str] = {
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
    for path, value in walk(node):
        own = data[value.offset : value.offset + min(value.size, _head_size(value))]
        note = "" if is_canonical(value) else "   not the smallest form"
        lines.append(
            f"{value.offset:6d}  {own.hex(' ')[:23]:23}  {path}: {describe(value)}"
            f"  ({value.form}){note}"
        )
    return lines


def _head_size(node: Node) -> int:
    if node.children:
        return node.children[0].offset - node.offset
    return node.size
