"""Every place where two MessagePack trees differ, or two traces of one case.

A place says what changed but not in which case, so that changes between two releases can be counted
by kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

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
from parity_kit.msgpack import tree_difference
from parity_kit.msgpack.parser import MalformedError, Node, describe, key_step, parse
from parity_kit.msgpack.semantics import record_of
from parity_kit.msgpack.tree_difference import ChangeKind, Pair, TreeDifference

_OWN_KEYS = {"channel_values", "channel_versions", "versions_seen", "configurable", "parents"}
"""Maps whose keys are the graph's; places in them leave the key out."""

_LEVELS = {"versions_seen": 2}
_PAYLOAD = 2  # its index in an envelope's array


@dataclass(frozen=True, slots=True)
class TraceDifference:
    """One difference: in which part of a trace, at which path in it, and how.

    A path holds `[*]` for any index and `*` for a key that is the graph's own, so that the same
    change in two cases has the same place. `inside` is the type or record it belongs to, and then
    the path begins there.
    """

    part: str
    path: str
    change: ChangeKind
    before: str = ""
    after: str = ""
    inside: str = ""


def differences(left: Node, right: Node, part: str) -> Iterator[TraceDifference]:
    """Yield the differences of two trees, as deep as both have the same shape and types."""
    yielded: dict[int, Pair] = {}
    for difference in tree_difference.differences(left, right):
        place, pair = _place(difference, part)
        # All differences inside values of different types are one: that of the types.
        if pair is difference.pair or id(pair) not in yielded:
            yielded[id(pair)] = pair
            yield place


def _place(difference: TreeDifference, part: str) -> tuple[TraceDifference, Pair]:
    """Return the place of a difference, and the pair of values that differ."""
    here = _Path()
    for pair, below in pairwise(difference.pair.trail):
        mine, yours = pair.left, pair.right
        if mine is None or yours is None:
            raise AssertionError("only the last pair of a trail lacks a side")
        if _type_of(mine) != _type_of(yours):
            return here.place(part, "changed", _typed(mine), _typed(yours)), pair
        here = here.into(pair, yours, below)
    return here.place(part, difference.change, *_texts(difference)), difference.pair


@dataclass(frozen=True, slots=True)
class _Path:
    """The path to a place; the next `free` levels of keys are the graph's own."""

    path: str = ""
    inside: str = ""
    free: int = 0

    def place(self, part: str, change: ChangeKind, before: str, after: str) -> TraceDifference:
        """Return a difference at this place."""
        return TraceDifference(part, self.path, change, before, after, self.inside)

    def into(self, pair: Pair, node: Node, below: Pair) -> _Path:
        """Return the path one step further, from a value to one inside it."""
        if node.kind == "map":
            return self._into_map(node, below)
        if node.kind == "ext":
            return self
        envelope = pair.above and pair.above.right
        if envelope and (name := _type_in(envelope)) and below.key == _PAYLOAD:
            return _Path("", name)
        return replace(self, path=f"{self.path}[*]")

    def _into_map(self, node: Node, below: Pair) -> _Path:
        opened, record = _opened(node), record_of(node)
        free = max(0, self.free - 1)
        if isinstance(below.key, Node) and below.key.value in _OWN_KEYS:
            free = _LEVELS.get(str(below.key.value), 1)
        if opened and below.step == ".payload":
            return _Path("", opened)
        if record:
            return _Path(below.step, record, free)
        return _Path(self.path + (".*" if self.free else below.step), self.inside, free)


def _texts(difference: TreeDifference) -> tuple[str, str]:
    """Return both sides of a difference in a few words."""
    sides = (difference.pair.left, difference.pair.right)
    match difference.change:
        case "form":
            texts = ["" if side is None else side.form for side in sides]
        case "order":
            texts = [", ".join(map(key_step, side.children[::2])) if side else "" for side in sides]
        case _:
            texts = ["" if side is None else _typed(side) for side in sides]
    return texts[0], texts[1]


def _type_in(node: Node) -> str:
    """Return the type that an ext's envelope names."""
    if node.kind != "ext":
        return ""
    inner = node.children[0].children if node.children else ()
    names = [item.value for item in inner[:2] if isinstance(item.value, str)]
    return ".".join(names) if len(names) == 2 and len(inner) > _PAYLOAD else ""  # noqa: PLR2004  # module and name


def _opened(node: Node) -> str:
    """Return the type of a value that was opened (docs/contract.md), or nothing."""
    entries = {key_step(key): at for at, key in enumerate(node.children[::2])}
    if node.kind != "map" or "['$ext']" not in entries or ".type" not in entries:
        return ""
    name = node.children[2 * entries[".type"] + 1].value
    return name if isinstance(name, str) else ""


def _type_of(node: Node) -> str:
    """Return the type that an ext or an opened value names; nothing for any other value."""
    return _opened(node) if node.kind == "map" else _type_in(node)


def _typed(node: Node) -> str:
    """Describe a value in a few words: by its type if it names one."""
    return _type_of(node) or describe(node)


def trace_differences(
    before: Trace, after: Trace, *, borrowed: bool = False
) -> Iterator[TraceDifference]:
    """Yield every place where two traces of one case differ.

    Outcomes are compared only if the operations have the same names in the same order, and only
    up to a run that takes another course, after which everything would differ. A borrowed case
    comes from another release, so differences in its operations say nothing about this one.
    """
    old, new = before.case.operations, after.case.operations
    if [step.name for step in old] != [step.name for step in new]:
        yield TraceDifference("the case", "", "changed", _names(old), _names(new))
        return
    if borrowed and old != new:
        yield TraceDifference("the case", "", "changed", "one release's", "the other's")
        return
    for left, right in zip(old, new, strict=True):
        yield from _given(left, right)
    for operation, left, right in zip(old, before.outcomes, after.outcomes, strict=True):
        courses = [_checkpoints(outcome) for outcome in (left, right)]
        if courses[0] != courses[1]:
            texts = [f"{len(course)} checkpoints" for course in courses]
            yield TraceDifference(
                f"stored course of {operation.name}", "", "changed", texts[0], texts[1]
            )
            return
        yield from _outcome(operation.name, left, right)


def _checkpoints(outcome: Outcome) -> tuple[str, ...]:
    """Return the names of the checkpoints that an operation stored."""
    if isinstance(outcome, Unsupported):
        return ()
    parts = (split_stored_name(name) for name in outcome.stored)
    # A channel's own checkpoint has a shorter name, and is not a step of a run.
    return tuple(sorted(part[3] for part in parts if part[0] == "checkpoint" and len(part) > 3))  # noqa: PLR2004  # thread/ns/id/type


def _names(operations: Sequence[Operation]) -> str:
    return ", ".join(operation.name for operation in operations)


def _given(left: Operation, right: Operation) -> Iterator[TraceDifference]:
    for name in sorted(left.args.keys() | right.args.keys()):
        mine, yours = left.args.get(name), right.args.get(name)
        part = "what the release dumps for the case's objects"
        if isinstance(mine, bytes) and isinstance(yours, bytes):
            yield from _blobs(mine, yours, part)
        else:
            yield from differences(parse(pack(mine)), parse(pack(yours)), part)


def _outcome(name: str, left: Outcome, right: Outcome) -> Iterator[TraceDifference]:
    if isinstance(left, Unsupported) or isinstance(right, Unsupported):
        if left != right:
            yield TraceDifference(
                f"outcome of {name}", "", "changed", _headline(left), _headline(right)
            )
        return
    match left, right:
        case Returned(mine), Returned(yours):
            yield from differences(parse(pack(mine)), parse(pack(yours)), f"value of {name}")
        case _ if _headline(left) != _headline(right):
            yield TraceDifference(
                f"outcome of {name}", "", "changed", _headline(left), _headline(right)
            )
        case _:
            pass
    yield from _events(left.events, right.events)
    yield from _stored(left.stored, right.stored)
    gone, new = set(left.dropped) - set(right.dropped), set(right.dropped) - set(left.dropped)
    for entry in sorted(gone):
        yield TraceDifference(f"dropped {_kind(entry)}", "", "removed", entry, "")
    for entry in sorted(new):
        yield TraceDifference(f"dropped {_kind(entry)}", "", "added", "", entry)


def _headline(outcome: Outcome) -> str:
    match outcome:
        case Raised(error, message):
            return f"{error}: {message}"
        case Unsupported(reason):
            return f"unsupported: {reason}"
        case Returned():
            return "a value"


def _events(left: Sequence[Event], right: Sequence[Event]) -> Iterator[TraceDifference]:
    modes = [[event.mode for event in events] for events in (left, right)]
    if modes[0] != modes[1]:
        yield from _modes(modes[0], modes[1])
        return
    for mine, yours in zip(left, right, strict=True):
        part = f"event of mode {mine.mode}"
        if mine.namespace != yours.namespace:
            yield TraceDifference(
                part, "namespace", "changed", str(mine.namespace), str(yours.namespace)
            )
        yield from differences(parse(pack(mine.payload)), parse(pack(yours.payload)), part)


def _modes(left: list[str], right: list[str]) -> Iterator[TraceDifference]:
    for mode in sorted({*left, *right}):
        counts = left.count(mode), right.count(mode)
        if counts[0] != counts[1]:
            change: ChangeKind = "added" if counts[1] > counts[0] else "removed"
            yield TraceDifference(f"events of mode {mode}", "", change, *map(str, counts))
    if sorted(left) == sorted(right):
        yield TraceDifference("events", "", "order", " ".join(left), " ".join(right))


def _stored(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Iterator[TraceDifference]:
    for name in sorted(left.keys() | right.keys()):
        mine, yours = left.get(name), right.get(name)
        part = f"stored {_kind(name)}"
        if mine is None:
            yield TraceDifference(part, "", "added", "", name)
        elif yours is None:
            yield TraceDifference(part, "", "removed", name, "")
        elif mine != yours:
            yield from _blobs(mine, yours, part)


def _kind(name: str) -> str:
    return split_stored_name(name)[0]


def _blobs(left: bytes, right: bytes, part: str) -> Iterator[TraceDifference]:
    """Yield how two byte strings differ: as MessagePack, as JSON, or just as bytes."""
    trees = [_tree(item) for item in (left, right)]
    if trees[0] is None or trees[1] is None:
        if left != right:
            yield TraceDifference(part, "", "changed", f"{len(left)} bytes", f"{len(right)} bytes")
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
