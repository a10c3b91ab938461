"""Reading MessagePack as ormsgpack reads it for LangGraph.

A loop over the bytes with a stack of open containers, as data may be nested deeper than Python's
own stack. Bytes after the first value are ignored.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

Hook: TypeAlias = Callable[[int, bytes], Any]
"""Returns the object that an ext's code and data say."""
_Reader: TypeAlias = Callable[[bytes, int], tuple[Any, int]]

_DEPTH = 1022
_TOO_DEEP = "Recursion limit reached"
_END = "unexpected end of file"


def unpack(data: bytes, hook: Hook) -> Any:
    """Return the value that MessagePack bytes begin with.

    Raises:
        ValueError: If they begin with none, with ormsgpack's message.
    """
    try:
        return _read(data, hook)
    except (IndexError, struct.error):
        raise ValueError(_END) from None


@dataclass(slots=True)
class _Open:
    """A container whose elements are still being read; `key` is a map's next."""

    items: list[Any] | dict[Any, Any]
    left: int
    key: Any = None


def _read(data: bytes, hook: Hook) -> Any:  # noqa: C901, PLR0912  # one loop instead of recursion
    at, stack = 0, list[_Open]()
    while True:
        head = data[at]
        size, at = _container_size(data, head, at + 1)
        if size is None:
            if head in _EXTS:
                value, at = _read_ext(data, head, at, hook)
            else:
                value, at = _SCALARS[head](data, at)
        else:
            value = dict[Any, Any]() if head in _MAPS else list[Any]()
            if size:
                if len(stack) >= _DEPTH:
                    raise ValueError(_TOO_DEEP)
                opened = _Open(value, size)
                if head in _MAPS:
                    opened.key, at = _read_key(data, at, len(stack) + 1)
                stack.append(opened)
                continue
        while stack:
            top = stack[-1]
            top.left -= 1
            if type(top.items) is dict:
                top.items[top.key] = value
                if top.left:
                    top.key, at = _read_key(data, at, len(stack))
            else:
                cast("list[Any]", top.items).append(value)
            if top.left:
                break
            value = stack.pop().items
        else:
            return value


def _container_size(data: bytes, head: int, at: int) -> tuple[int | None, int]:
    """Return how many elements the container has that `head` begins, or None for no container."""
    if 0x80 <= head < 0xA0:  # noqa: PLR2004  # fixmap and fixarray
        return head & 0x0F, at
    if head < 0xDC:  # noqa: PLR2004  # below array 16
        return None, at
    if head in (0xDC, 0xDE):
        return _U16(data, at)[0], at + 2
    if head in (0xDD, 0xDF):
        return _U32(data, at)[0], at + 4
    return None, at


def _read_key(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Return a map's key: a scalar, or an array of such as a tuple."""
    stack = list[tuple[list[Any], int]]()
    while True:
        head = data[at]
        if head in _MAPS or head in _EXTS:
            raise ValueError(_no_key(data, head, at + 1))
        size, at = _container_size(data, head, at + 1)
        if size is None:
            value, at = _SCALARS[head](data, at)
        elif size:
            if depth + len(stack) >= _DEPTH:
                raise ValueError(_TOO_DEEP)
            stack.append(([], size))
            continue
        else:
            value = ()
        while stack:
            items, size = stack[-1]
            items.append(value)
            if len(items) < size:
                break
            stack.pop()
            value = tuple(items)
        else:
            return value, at


def _no_key(data: bytes, head: int, at: int) -> str:
    """Return what ormsgpack says of a key that is a map or an ext.

    The forms that a timestamp can have it reads up to the code.
    """
    if head in _TIMESTAMPS:
        return "invalid value" if at + _TIMESTAMPS[head] <= len(data) else _END
    return _NO_KEY.get(head) or f"invalid type FixMap({head & 0x0F})"


def _read_ext(data: bytes, head: int, at: int, hook: Hook) -> tuple[Any, int]:
    size = _EXTS[head]
    if size is None:
        unpack_size, width = _SIZES[head - 0xC7]
        (size,) = unpack_size(data, at)
        at += width
    (code,) = _I8(data, at)
    inner, at = _take(data, at + 1, size)
    try:
        return hook(code, inner), at
    except Exception as error:
        raise ValueError("ext_hook failed") from error


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + size
    if end > len(data):
        raise ValueError(_END)
    return data[at:end], end


def _text(data: bytes, at: int, size: int) -> tuple[str, int]:
    raw, at = _take(data, at, size)
    try:
        return raw.decode(), at
    except UnicodeDecodeError:
        raise ValueError("invalid UTF-8 string") from None


def _reserved(data: bytes, at: int) -> tuple[Any, int]:
    del data, at
    raise ValueError("invalid type Reserved")


_U8, _U16 = struct.Struct(">B").unpack_from, struct.Struct(">H").unpack_from
_U32, _I8 = struct.Struct(">I").unpack_from, struct.Struct(">b").unpack_from
_SIZES = ((_U8, 1), (_U16, 2), (_U32, 4))


def _constant(value: Any) -> _Reader:
    return lambda _, at: (value, at)


def _fixed(layout: str) -> _Reader:
    packed = struct.Struct(layout)
    return lambda data, at: (packed.unpack_from(data, at)[0], at + packed.size)


def _short_text(size: int) -> _Reader:
    return lambda data, at: _text(data, at, size)


def _sized(read: Callable[[bytes, int, int], tuple[Any, int]], index: int) -> _Reader:
    unpack_size, width = _SIZES[index]
    return lambda data, at: read(data, at + width, unpack_size(data, at)[0])


_SCALARS: dict[int, _Reader] = {
    **{head: _constant(head) for head in range(0x80)},
    **{0xA0 | size: _short_text(size) for size in range(32)},
    0xC0: _constant(None),
    0xC1: _reserved,
    0xC2: _constant(False),  # noqa: FBT003  # the value itself
    0xC3: _constant(True),  # noqa: FBT003  # the same
    **{0xC4 + index: _sized(_take, index) for index in range(3)},
    **{0xCA + index: _fixed(layout) for index, layout in enumerate((">f", ">d"))},
    **{0xCC + index: _fixed(layout) for index, layout in enumerate((">B", ">H", ">I", ">Q"))},
    **{0xD0 + index: _fixed(layout) for index, layout in enumerate((">b", ">h", ">i", ">q"))},
    **{0xD9 + index: _sized(_text, index) for index in range(3)},
    **{head: _constant(head - 0x100) for head in range(0xE0, 0x100)},
}
_MAPS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
_EXTS = {0xC7: None, 0xC8: None, 0xC9: None, 0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
"""First byte to size; None where the size follows."""
_TIMESTAMPS = {0xD6: 1, 0xD7: 1, 0xC7: 2}
"""First byte of an ext that may be a timestamp, to the bytes from there to its code."""
_NO_KEY = {
    0xDE: "invalid type Map16",
    0xDF: "invalid type Map32",
    0xC8: "invalid type Ext16",
    0xC9: "invalid type Ext32",
    0xD4: "invalid type FixExt1",
    0xD5: "invalid type FixExt2",
    0xD8: "invalid type FixExt16",
}
