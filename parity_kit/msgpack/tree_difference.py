"""Where two MessagePack trees first differ."""

from __future__ import annotations

from typing import Any, TypeAlias

from parity_kit.msgpack.parser import Node, key_step

Place: TypeAlias = tuple[str, Node | None, Node | None]
"""A path, and the value there on each side; None where that side has none."""


def first_difference(left: Node, right: Node, path: str = "$") -> Place:
    """Return where two trees first differ, and both values there.

    The trees must come from different bytes.
    """
    if left.kind != right.kind or left.code != right.code or left.kind == "scalar":
        return path, left, right
    if left.kind == "map":
        found = _first_in_map(left, right, path)
    elif left.kind == "array":
        found = _first_in_array(left, right, path)
    else:
        found = _first_in_ext(left, right, path)
    return found or (path, left, right)


def _first_in_map(left: Node, right: Node, path: str) -> Place | None:
    mine = list(zip(left.children[::2], left.children[1::2], strict=True))
    yours = {
        _key(key): value
        for key, value in zip(right.children[::2], right.children[1::2], strict=True)
    }
    for key, value in mine:
        here = f"{path}{key_step(key)}"
        other = yours.pop(_key(key), None)
        if other is None:
            return here, value, None
        if not _same(value, other):
            return first_difference(value, other, here)
    seen: set[object] = set()
    for key, value in zip(right.children[::2], right.children[1::2], strict=True):
        # An engine whose maps are lists of pairs may give a key twice.
        if _key(key) in yours or _key(key) in seen:
            return f"{path}{key_step(key)}", None, value
        seen.add(_key(key))
    order = [_key(key) for key in left.children[::2]]
    if order != [_key(key) for key in right.children[::2]]:
        at = next(
            index
            for index, (a, b) in enumerate(zip(order, map(_key, right.children[::2]), strict=True))
            if a != b
        )
        return f"{path} (order of keys)", left.children[2 * at], right.children[2 * at]
    return None


def _first_in_array(left: Node, right: Node, path: str) -> Place | None:
    for index, (mine, yours) in enumerate(zip(left.children, right.children, strict=False)):
        if not _same(mine, yours):
            return first_difference(mine, yours, f"{path}[{index}]")
    shared = min(len(left.children), len(right.children))
    if len(left.children) != len(right.children):
        return (
            f"{path}[{shared}]",
            left.children[shared] if shared < len(left.children) else None,
            right.children[shared] if shared < len(right.children) else None,
        )
    return None


def _first_in_ext(left: Node, right: Node, path: str) -> Place | None:
    if left.children and right.children and not _same(left.children[0], right.children[0]):
        return first_difference(left.children[0], right.children[0], f"{path}<{left.code}>")
    return None


def _same(left: Node, right: Node) -> bool:
    """Whether two values are written with the same bytes, wherever they lie."""
    return (
        left.form == right.form
        and left.code == right.code
        and left.size == right.size
        and _key(left) == _key(right)
        and all(map(_same, left.children, right.children))
    )


def _key(node: Node) -> Any:
    # repr tells 1 from 1.0 and from True, and one NaN from none
    return repr(node.value) if node.kind in {"scalar", "ext"} else tuple(map(_key, node.children))
