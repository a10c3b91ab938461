"""Bytes annotated: offsets, forms, envelopes and meanings as a tree, and what is not canonical."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from parity_kit.contract.text import one_line
from parity_kit.msgpack import semantics as meaning
from parity_kit.msgpack.forms import FORMS, Layout
from parity_kit.msgpack.parser import (
    MISSING,
    Node,
    canonical_form,
    describe,
    dissect,
    is_canonical,
    steps,
)

DEEPEST = 48
"""Levels that are listed value by value; what lies deeper is counted."""
_HEX = 10  # bytes of a value that are printed


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where bytes are not what LangGraph's serializer would write, and why."""

    offset: int
    path: str
    problem: str

    def __str__(self) -> str:
        return f"byte {self.offset}, {self.path}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Line:
    """One value: its own bytes (with its key's, without what is inside), form and meaning."""

    offset: int
    own: bytes
    depth: int
    label: str
    path: str
    text: str
    form: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A byte string as lines, parents first, and its flaws in the order of their offsets."""

    size: int
    lines: tuple[Line, ...]
    flaws: tuple[Flaw, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the annotation as a JSON object."""
        return {
            "bytes": self.size,
            "canonical": not self.flaws,
            "values": [asdict(line) | {"own": line.own.hex()} for line in self.lines],
            "flaws": [asdict(flaw) for flaw in self.flaws],
        }


Style: TypeAlias = Callable[[str, str], str]
"""Given what a text is (offset, bytes, form, meaning, flaw) and the text; returns it as shown."""


def plain_style(kind: str, text: str) -> str:
    """Return a text as it is."""
    del kind
    return text


def annotation_lines(annotation: Annotation, style: Style = plain_style) -> Iterator[str]:
    """Yield an annotation for people: the tree, then where it is not canonical."""
    starts = [line.offset for line in annotation.lines]
    flawed = {bisect_right(starts, flaw.offset) - 1 for flaw in annotation.flaws}
    for number, line in enumerate(annotation.lines):
        own = line.own.hex(" ") if len(line.own) <= _HEX else f"{line.own[: _HEX - 1].hex(' ')} …"
        indent = "  " * line.depth
        label = line.label if line.depth else "$"
        note = f"  {style('meaning', line.meaning)}" if line.meaning else ""
        mark = style("flaw", "!") if number in flawed else " "
        value = f"{one_line(label)}: {one_line(line.text)}"
        yield (
            f"{style('offset', f'{line.offset:6d}')} {mark} {style('bytes', f'{own:29}')}  "
            f"{indent}{value}  {style('form', f'({line.form})')}{note}"
        )
    for flaw in annotation.flaws:
        yield style("flaw", f"     ! {flaw}")


def annotate(data: bytes) -> Annotation:
    """Return bytes annotated; what is malformed is told up to where it breaks."""
    root, faults = dissect(data)
    writer = _Writer(data)
    writer.write(root)
    broken = any(fault.offset >= root.size for fault in faults)
    flaws = writer.flaws + [
        Flaw(fault.offset, writer.path_at(fault.offset), fault.problem) for fault in faults
    ]
    if root.size < len(data) and not broken:
        left = len(data) - root.size
        flaws.append(
            Flaw(root.size, "$", f"after the end: {left} more, which LangGraph never reads")
        )
    return Annotation(
        len(data), tuple(writer.lines), tuple(sorted(flaws, key=lambda flaw: flaw.offset))
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """A value that waits to be written, what leads to it, and what is known of it from above."""

    node: Node
    depth: int = 0
    label: str = ""
    path: str = "$"
    key: Node | None = None
    meaning: str = ""
    inside: str = ""


class _Writer:
    """Makes the lines; what waits lies on a list, as a tree may be deeper than Python's stack."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.lines: list[Line] = []
        self.flaws: list[Flaw] = []

    def write(self, root: Node) -> None:
        """Write a tree."""
        waiting = [_Visit(root)]
        while waiting:
            visit = waiting.pop()
            if visit.depth > DEEPEST:
                self._deeper(visit)
                continue
            record = self._line(visit)
            waiting += reversed(list(self._inside(visit, record)))

    def path_at(self, offset: int) -> str:
        """Return the path of the innermost line that begins at or before a byte."""
        paths = [line.path for line in self.lines if line.offset <= offset]
        return paths[-1] if paths else "$"

    def _line(self, visit: _Visit) -> str:
        """Write one value, and return which of LangGraph's records it is."""
        node, key = visit.node, visit.key
        start = node.offset if key is None else key.offset
        head = node.children[0].offset if node.children else node.offset + node.size
        words, record = visit.meaning, ""
        if node.kind == "ext":
            words = _joined(words, meaning.ext_meaning(node))
        elif node.kind == "map":
            record = meaning.record_of(node)
            words = _joined(words, record and f"a {record}")
        place = (visit.depth, visit.label, visit.path)
        line = Line(start, self._data[start:head], *place, self._text(node), node.form, words)
        self.lines.append(line)
        self._check(visit)
        return record

    def _text(self, node: Node) -> str:
        if node.form == MISSING:
            return "nothing there"
        if not _is_cut(node):
            return describe(node)
        form = FORMS[self._data[node.offset]]
        count = form.size
        if form.layout is Layout.SIZED:
            count = int.from_bytes(self._data[node.offset + 1 : node.offset + 1 + form.size], "big")
        return f"{node.kind} of {count}, cut short"

    def _check(self, visit: _Visit) -> None:
        node = visit.node
        if visit.key is not None:
            self._check_form(visit.key, f"{visit.path}, its key")
        self._check_form(node, visit.path)
        if node.kind == "ext" and (problem := meaning.ext_problem(node)):
            self.flaws.append(Flaw(node.offset, visit.path, f"ext {node.code}: {problem}"))
        if node.kind == "map":
            self._check_keys(node, visit.path)

    def _check_form(self, node: Node, path: str) -> None:
        if _is_cut(node) or is_canonical(node):
            return
        problem = f"not the smallest form: {node.form}, where {canonical_form(node)} would do"
        if node.form == "float 32":
            problem = "float 32: LangGraph writes every float with 64 bits"
        self.flaws.append(Flaw(node.offset, path, problem))

    def _check_keys(self, node: Node, path: str) -> None:
        offsets: dict[bytes, int] = {}
        for key in node.children[::2]:
            raw = self._data[key.offset : key.offset + key.size]
            # The same key may be written in two forms; a scalar's value says it better than bytes.
            if key.kind == "scalar":
                raw = f"{type(key.value).__name__} {key.value!r}".encode()
            if raw in offsets and key.form != MISSING:
                first = (
                    f"key {describe(key)} again, first at byte {offsets[raw]}: the last one wins"
                )
                self.flaws.append(Flaw(key.offset, path, first))
            offsets.setdefault(raw, key.offset)

    def _inside(self, visit: _Visit, record: str) -> Iterator[_Visit]:
        node = visit.node
        keys = node.children[::2] if node.kind == "map" else ()
        labels = _labels(node)
        for number, (step, child) in enumerate(steps(node)):
            key = keys[number] if keys else None
            words, next_inside = _meanings(record, visit.inside, key, child)
            path = visit.path + step
            yield _Visit(child, visit.depth + 1, labels[number], path, key, words, next_inside)

    def _deeper(self, visit: _Visit) -> None:
        """Write one line for a value below the deepest level listed, and for all inside it."""
        count, deepest = 0, 0
        waiting = [(visit.node, 0)]
        while waiting:
            node, depth = waiting.pop()
            count, deepest = count + 1, max(deepest, depth)
            self._check_form(node, visit.path)
            waiting += [(child, depth + 1) for child in node.children]
        node = visit.node
        text = f"… {count} values, {deepest + 1} levels, up to byte {node.offset + node.size}"
        own = self._data[node.offset : node.offset + node.size]
        self.lines.append(
            Line(node.offset, own, visit.depth, visit.label, visit.path, text, node.form)
        )


def _is_cut(node: Node) -> bool:
    return bool(node.children) and node.children[-1].form == MISSING


def _labels(node: Node) -> list[str]:
    if node.kind == "map":
        return [
            key.value if isinstance(key.value, str) and key.value.isidentifier() else describe(key)
            for key in node.children[::2]
        ]
    if node.kind == "array":
        return [str(index) for index in range(len(node.children))]
    return ["data"] * len(node.children)


_HOLDS = {
    "channel_values": "channels",
    "channel_versions": "versions",
    "versions_seen": "nodes",
}


def _meanings(record: str, inside: str, key: Node | None, child: Node) -> tuple[str, str]:
    """Return what a value inside means, and what it holds for those inside it."""
    name = key.value if key is not None and isinstance(key.value, str) else ""
    if record:
        more = meaning.value_meaning(record, name, child)
        holds = _HOLDS.get(name, "") if record == "checkpoint" else ""
        return _joined(meaning.RECORDS[record].get(name, ""), more), holds
    if inside in {"channels", "versions"}:
        return _joined(meaning.channel_meaning(name), meaning.version_meaning(child)), ""
    if inside == "nodes":
        return meaning.channel_meaning(name), "versions"
    return "", ""


def _joined(*texts: str) -> str:
    return ": ".join(text for text in texts if text)
