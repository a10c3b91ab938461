"""Every place where two MessagePack trees differ, the first one first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from parity_kit.msgpack.parser import Node, key_step

ChangeKind: TypeAlias = Literal["added", "removed", "changed", "order", "form"]


@dataclass(frozen=True, slots=True)
class Pair:
    """The values that two trees have at one place; None for a side that has none.

    `key` leads here from the pair `above`: a map's key, an array's index, or None into an ext.
    """

    left: Node | None
    right: Node | None
    above: Pair | None = None
    key: Node | int | None = None

    @property
    def step(self) -> str:
        """The last step of the path, as `walk` writes it."""
        if isinstance(self.key, int):
            return f"[{self.key}]"
        if self.key is not None:
            return key_step(self.key)
        ext = self.above and (self.above.left or self.above.right)
        return f"<{ext.code}>" if ext else "$"

    @property
    def trail(self) -> list[Pair]:
        """The pairs from the root to this one."""
        pairs: list[Pair] = []
        pair: Pair | None = self
        while pair is not None:
            pairs.append(pair)
            pair = pair.above
        return pairs[::-1]


@dataclass(frozen=True, slots=True)
class TreeDifference:
    """One place where two trees differ, and how.

    `changed` is another value, `form` the same value in other bytes, `order` the same keys of a
    map in another order; `added` and `removed` have one side.
    """

    change: ChangeKind
    pair: Pair

    @property
    def path(self) -> str:
        """The path, as `walk` writes it."""
        path = "".join(pair.step for pair in self.pair.trail)
        return f"{path} (order of keys)" if self.change == "order" else path

    @property
    def sides(self) -> tuple[Node | None, Node | None]:
        """Both values; of keys in another order the first two that are not the same."""
        left, right = self.pair.left, self.pair.right
        if self.change != "order" or left is None or right is None:
            return left, right
        keys = zip(_shared_keys(left, right), _shared_keys(right, left), strict=False)
        return next((mine, yours) for mine, yours in keys if identity(mine) != identity(yours))


def differences(left: Node, right: Node) -> Iterator[TreeDifference]:
    """Yield where two trees differ, as far down as both have the same shape."""
    return _differences(Pair(left, right), left, right)


def _differences(pair: Pair, left: Node, right: Node) -> Iterator[TreeDifference]:
    kind = left.kind
    if kind != right.kind or left.code != right.code:
        yield TreeDifference("changed", pair)
    elif kind == "scalar":
        if identity(left) != identity(right):
            yield TreeDifference("changed", pair)
        elif left.form != right.form:
            yield TreeDifference("form", pair)
    else:
        inside = {"map": _in_maps, "array": _in_arrays, "ext": _in_exts}[kind]
        # The head of what holds others follows their number and size.
        alike = True
        for difference in inside(pair, left, right):
            alike = False
            yield difference
        if alike and left.form != right.form:
            yield TreeDifference("form", pair)


def _in_maps(pair: Pair, left: Node, right: Node) -> Iterator[TreeDifference]:
    # An engine whose maps are lists of pairs may give a key twice.
    yours: dict[object, list[tuple[Node, Node]]] = {}
    for key, value in _entries(right):
        yours.setdefault(identity(key), []).append((key, value))
    for key, value in _entries(left):
        others = yours.get(identity(key))
        if others:
            _, other = others.pop(0)
            yield from _differences(Pair(value, other, pair, key), value, other)
        else:
            yield TreeDifference("removed", Pair(value, None, pair, key))
    for others in yours.values():
        for key, value in others:
            yield TreeDifference("added", Pair(None, value, pair, key))
    mine, others = _shared_keys(left, right), _shared_keys(right, left)
    if list(map(identity, mine)) != list(map(identity, others)):
        yield TreeDifference("order", pair)


def _entries(node: Node) -> Iterator[tuple[Node, Node]]:
    return zip(node.children[::2], node.children[1::2], strict=True)


def _shared_keys(node: Node, other: Node) -> list[Node]:
    """Return the keys of a map that the other map has too, in their order."""
    left = Counter(map(identity, other.children[::2]))
    shared: list[Node] = []
    for key in node.children[::2]:
        if left[identity(key)] > 0:
            left[identity(key)] -= 1
            shared.append(key)
    return shared


def _in_arrays(pair: Pair, left: Node, right: Node) -> Iterator[TreeDifference]:
    for index, (mine, yours) in enumerate(zip(left.children, right.children, strict=False)):
        yield from _differences(Pair(mine, yours, pair, index), mine, yours)
    shared = min(len(left.children), len(right.children))
    for index, mine in enumerate(left.children[shared:], shared):
        yield TreeDifference("removed", Pair(mine, None, pair, index))
    for index, yours in enumerate(right.children[shared:], shared):
        yield TreeDifference("added", Pair(None, yours, pair, index))


def _in_exts(pair: Pair, left: Node, right: Node) -> Iterator[TreeDifference]:
    if left.children and right.children:
        mine, yours = left.children[0], right.children[0]
        yield from _differences(Pair(mine, yours, pair), mine, yours)
    elif left.value != right.value:
        yield TreeDifference("changed", pair)


def identity(node: Node) -> Any:
    """Return what is the same for two values of the same kind and content."""
    # repr tells 1 from 1.0 and from True, and one NaN from none
    return (
        repr(node.value) if node.kind in {"scalar", "ext"} else tuple(map(identity, node.children))
    )
