"""Every place where two MessagePack trees differ, and where two traces of one case do.

`parity_kit.msgpack.tree_difference` finds the first place, for a verdict; here all are wanted, so
that changes between two releases can be told apart by kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from parity_kit.contract import (
    Event,
    Operation,
    Outcome,
    Raised,
    Returned,
    Trace,
    Unsupported,
    split_stored_name,
)
from parity_kit.contract.canonical import pack
from parity_kit.msgpack.parser import MalformedError, Node, describe, key_step, parse
from parity_kit.msgpack.semantics import record_of

What: TypeAlias = Literal["added", "removed", "changed", "order", "form"]

_OWN_KEYS = {"channel_values", "channel_versions", "versions_seen", "configurable", "parents"}
"""Maps whose keys are the graph's: a place in them is told without the key."""

_LEVELS = {"versions_seen": 2}
_PAYLOAD = 2  # where an envelope's array holds it


@dataclass(frozen=True, slots=True)
class Place:
    """One difference: in which part of a trace, at which path in it, and how.

    A path holds `[*]` for any index and `*` for a key that is the graph's own, so that the same
    change in two cases has the same place. `inside` is the type or record it belongs to, and then
    the path begins there.
    """

    part: str
    path: str
    what: What
    before: str = ""
    after: str = ""
    inside: str = ""


def differences(left: Node, right: Node, part: str) -> Iterator[Place]:
    """Yield where two trees differ, as far down as both have the same shape."""
    waiting = [_Pair(left, right)]
    while waiting:
        pair = waiting.pop()
        mine, yours = pair.left, pair.right
        if mine.kind != yours.kind or mine.code != yours.code or mine.kind == "scalar":
            yield from _values(pair, part)
        elif mine.kind == "map" and _opened(mine) != _opened(yours):
            yield pair.place(part, "changed", _typed(mine), _typed(yours))
        elif mine.kind == "map":
            yield from _keys(pair, part)
            waiting += _in_maps(pair)
        elif mine.kind == "array":
            yield from _lengths(pair, part)
            waiting += [
                replace(pair, left=one, right=other, path=f"{pair.path}[*]")
                for one, other in zip(mine.children, yours.children, strict=False)
            ]
        else:
            inner = _in_envelopes(pair)
            waiting += inner
            if not inner and mine.value != yours.value:
                yield pair.place(part, "changed", _typed(mine), _typed(yours))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two values to compare; `free` levels of keys below are the graph's own."""

    left: Node
    right: Node
    path: str = ""
    inside: str = ""
    free: int = 0

    def place(
        self, part: str, what: What, before: str = "", after: str = "", step: str = ""
    ) -> Place:
        """Return a difference at this place, or one step into it."""
        return Place(part, self.path + step, what, before, after, self.inside)


def _values(pair: _Pair, part: str) -> Iterator[Place]:
    if _scalar(pair.left) != _scalar(pair.right):
        yield pair.place(part, "changed", _typed(pair.left), _typed(pair.right))
    elif pair.left.form != pair.right.form:
        yield pair.place(part, "form", pair.left.form, pair.right.form)


def _scalar(node: Node) -> Any:
    # repr tells 1 from 1.0 and from True
    return repr(node.value) if node.kind == "scalar" else (node.kind, node.code)


def _type_in(node: Node) -> str:
    """Return the type that an ext's envelope names."""
    inner = node.children[0].children if node.children else ()
    names = [each.value for each in inner[:2] if isinstance(each.value, str)]
    return ".".join(names) if len(names) == 2 and len(inner) > _PAYLOAD else ""  # noqa: PLR2004  # module and name


def _typed(node: Node) -> str:
    """Return a value in a few words, an ext by its type."""
    kind = {"ext": _type_in, "map": _opened}.get(node.kind)
    return (kind(node) if kind else "") or describe(node)


def _in_envelopes(pair: _Pair) -> list[_Pair]:
    """Return what is inside two exts; where both are of one type, told from there on."""
    if not pair.left.children or not pair.right.children:
        return []
    kind = _type_in(pair.right)
    if not kind:
        inner = (pair.left.children[0], pair.right.children[0])
        return [replace(pair, left=inner[0], right=inner[1])]
    if _type_in(pair.left) != kind:
        return []
    payloads = [item.children[0].children[_PAYLOAD] for item in (pair.left, pair.right)]
    return [_Pair(payloads[0], payloads[1], "", kind)]


def _entries(node: Node) -> dict[str, tuple[Node, Node]]:
    keys, values = node.children[::2], node.children[1::2]
    return {key_step(key): (key, value) for key, value in zip(keys, values, strict=True)}


def _opened(node: Node) -> str:
    """Return the type of a value that was opened (docs/contract.md), or nothing."""
    entries = _entries(node)
    kind = entries.get(".type", (None, None))[1]
    if "['$ext']" not in entries or kind is None:
        return ""
    return kind.value if isinstance(kind.value, str) else ""


def _keys(pair: _Pair, part: str) -> Iterator[Place]:
    mine, yours = _entries(pair.left), _entries(pair.right)
    within = replace(pair, inside=record_of(pair.right) or pair.inside)
    for step in sorted(mine.keys() - yours.keys()):
        shown = ".*" if pair.free else step
        yield within.place(part, "removed", _typed(mine[step][1]), step=shown)
    for step in sorted(yours.keys() - mine.keys()):
        shown = ".*" if pair.free else step
        yield within.place(part, "added", after=_typed(yours[step][1]), step=shown)
    shared = [step for step in mine if step in yours]
    if shared != [step for step in yours if step in mine]:
        yield within.place(part, "order", ", ".join(mine), ", ".join(yours))


def _in_maps(pair: _Pair) -> list[_Pair]:
    mine, yours = _entries(pair.left), _entries(pair.right)
    opened = _opened(pair.right)
    record = record_of(pair.right)
    found: list[_Pair] = []
    for step, (key, value) in mine.items():
        if step not in yours:
            continue
        below = max(0, pair.free - 1)
        if isinstance(key.value, str) and key.value in _OWN_KEYS:
            below = _LEVELS.get(key.value, 1)
        path = pair.path + (".*" if pair.free else step)
        if opened and step == ".payload":
            found.append(_Pair(value, yours[step][1], "", opened))
        elif record:
            found.append(_Pair(value, yours[step][1], step, record, below))
        else:
            found.append(_Pair(value, yours[step][1], path, pair.inside, below))
    return found


def _lengths(pair: _Pair, part: str) -> Iterator[Place]:
    shared = min(len(pair.left.children), len(pair.right.children))
    for child in pair.left.children[shared:]:
        yield pair.place(part, "removed", _typed(child), step="[*]")
    for child in pair.right.children[shared:]:
        yield pair.place(part, "added", after=_typed(child), step="[*]")


def trace_differences(before: Trace, after: Trace, *, borrowed: bool = False) -> Iterator[Place]:
    """Yield every place where two traces of one case differ.

    Outcomes are compared only if the operations have the same names in the same order, and only
    up to a run that takes another course: what follows from that would differ everywhere. A
    borrowed case is another release's: where its operations differ, that says nothing of this one.
    """
    old, new = before.case.operations, after.case.operations
    if [each.name for each in old] != [each.name for each in new]:
        yield Place("the case", "", "changed", _names(old), _names(new))
        return
    if borrowed and old != new:
        yield Place("the case", "", "changed", "one release's", "the other's")
        return
    for left, right in zip(old, new, strict=True):
        yield from _given(left, right)
    for operation, left, right in zip(old, before.outcomes, after.outcomes, strict=True):
        courses = [_checkpoints(outcome) for outcome in (left, right)]
        if courses[0] != courses[1]:
            texts = [f"{len(course)} checkpoints" for course in courses]
            yield Place(f"stored course of {operation.name}", "", "changed", texts[0], texts[1])
            return
        yield from _outcome(operation.name, left, right)


def _checkpoints(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the checkpoints that an operation stored."""
    if isinstance(outcome, Unsupported):
        return ()
    parts = (split_stored_name(name) for name in outcome.stored)
    # A channel's own checkpoint has a shorter name, and is no step of a run.
    return tuple(sorted(part[3] for part in parts if part[0] == "checkpoint" and len(part) > 3))  # noqa: PLR2004  # thread/ns/id/type


def _names(operations: Sequence[Operation]) -> str:
    return ", ".join(operation.name for operation in operations)


def _given(left: Operation, right: Operation) -> Iterator[Place]:
    for name in sorted(left.args.keys() | right.args.keys()):
        mine, yours = left.args.get(name), right.args.get(name)
        part = "what the release dumps for the case's objects"
        if isinstance(mine, bytes) and isinstance(yours, bytes):
            yield from _blobs(mine, yours, part)
        else:
            yield from differences(parse(pack(mine)), parse(pack(yours)), part)


def _outcome(name: str, left: Outcome, right: Outcome) -> Iterator[Place]:
    if isinstance(left, Unsupported) or isinstance(right, Unsupported):
        if left != right:
            yield Place(f"outcome of {name}", "", "changed", _said(left), _said(right))
        return
    match left, right:
        case Returned(mine), Returned(yours):
            yield from differences(parse(pack(mine)), parse(pack(yours)), f"value of {name}")
        case _ if _said(left) != _said(right):
            yield Place(f"outcome of {name}", "", "changed", _said(left), _said(right))
        case _:
            pass
    yield from _events(left.events, right.events)
    yield from _stored(left.stored, right.stored)
    gone, new = set(left.dropped) - set(right.dropped), set(right.dropped) - set(left.dropped)
    for each in sorted(gone):
        yield Place(f"dropped {_kind(each)}", "", "removed", each, "")
    for each in sorted(new):
        yield Place(f"dropped {_kind(each)}", "", "added", "", each)


def _said(outcome: Outcome) -> str:
    match outcome:
        case Raised(error, message):
            return f"{error}: {message}"
        case Unsupported(reason):
            return f"unsupported: {reason}"
        case Returned():
            return "a value"


def _events(left: Sequence[Event], right: Sequence[Event]) -> Iterator[Place]:
    modes = [[event.mode for event in events] for events in (left, right)]
    if modes[0] != modes[1]:
        yield from _modes(modes[0], modes[1])
        return
    for mine, yours in zip(left, right, strict=True):
        part = f"event of mode {mine.mode}"
        if mine.namespace != yours.namespace:
            yield Place(part, "namespace", "changed", str(mine.namespace), str(yours.namespace))
        yield from differences(parse(pack(mine.payload)), parse(pack(yours.payload)), part)


def _modes(left: list[str], right: list[str]) -> Iterator[Place]:
    for mode in sorted({*left, *right}):
        counts = left.count(mode), right.count(mode)
        if counts[0] != counts[1]:
            what: What = "added" if counts[1] > counts[0] else "removed"
            yield Place(f"events of mode {mode}", "", what, *map(str, counts))
    if sorted(left) == sorted(right):
        yield Place("events", "", "order", " ".join(left), " ".join(right))


def _stored(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Iterator[Place]:
    for name in sorted(left.keys() | right.keys()):
        mine, yours = left.get(name), right.get(name)
        part = f"stored {_kind(name)}"
        if mine is None:
            yield Place(part, "", "added", "", name)
        elif yours is None:
            yield Place(part, "", "removed", name, "")
        elif mine != yours:
            yield from _blobs(mine, yours, part)


def _kind(name: str) -> str:
    return split_stored_name(name)[0]


def _blobs(left: bytes, right: bytes, part: str) -> Iterator[Place]:
    """Yield how two byte strings differ: as MessagePack, as JSON, or as no more than bytes."""
    trees = [_tree(item) for item in (left, right)]
    if trees[0] is None or trees[1] is None:
        if left != right:
            yield Place(part, "", "changed", f"{len(left)} bytes", f"{len(right)} bytes")
        return
    yield from differences(trees[0], trees[1], part)


def _tree(data: bytes) -> Node | None:
    if data[:1] in {b"{", b"["}:
        try:
            return parse(pack(json.loads(data)))
        except ValueError:
            pass  # MessagePack may begin with the same byte
    try:
        return parse(data)
    except MalformedError:
        return None
