"""Reading MessagePack as ormsgpack reads it for LangGraph.

It loops over the bytes with a stack of open containers, since data may nest deeper than Python's
own stack. Bytes after the first value are ignored.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

Hook: TypeAlias = Callable[[int, bytes], Any]
"""Returns the object for an ext's code and data."""
_Reader: TypeAlias = Callable[[bytes, int], tuple[Any, int]]

_DEPTH = 1022
_TOO_DEEP = "Recursion limit reached"
_END = "unexpected end of file"


def unpack(data: bytes, hook: Hook) -> Any:
    """Return the first value in MessagePack bytes, or raise ormsgpack's `ValueError`."""
    try:
        return _read(data, hook)
    except (IndexError, struct.error):
        raise ValueError(_END) from None
    except UnicodeDecodeError:
        raise ValueError("invalid UTF-8 string") from None


def _read(data: bytes, hook: Hook) -> Any:  # noqa: C901, PLR0912  # one loop instead of recursion
    # The container being read, whether it is a map, how many elements are left, and a map's next
    # key. The stack holds the same for the containers around it.
    items: Any = None
    value: Any
    in_map, left, key, at, stack = False, 0, None, 0, list[tuple[Any, bool, int, Any]]()
    size = len(data)
    while True:
        if in_map:
            head = data[at]
            end = at + 1 + (head & 0x1F)
            if 0xA0 <= head < 0xC0 and end <= size:  # noqa: PLR2004  # a short text, like most keys
                key, at = data[at + 1 : end].decode(), end
            else:
                key, at = _read_key(data, at, len(stack))
        head = data[at]
        at += 1
        if 0xA0 <= head < 0xC0:  # noqa: PLR2004  # a short text, the most frequent value
            end = at + (head & 0x1F)
            if end > size:
                raise ValueError(_END)
            value, at = data[at:end].decode(), end
        elif (read := _SCALARS[head]) is not None:
            value, at = read(data, at)
        elif head in _EXTS:
            value, at = _read_ext(data, head, at, hook)
        else:
            length, at = _container_size(data, head, at)
            value = {} if head in _MAPS else []
            if length:
                if len(stack) >= _DEPTH:
                    raise ValueError(_TOO_DEEP)
                stack.append((items, in_map, left, key))
                items, in_map, left = value, head in _MAPS, length
                continue
        while items is not None:
            left -= 1
            if in_map:
                items[key] = value
            else:
                items.append(value)
            if left:
                break
            value = items
            items, in_map, left, key = stack.pop()
        else:
            return value


def _container_size(data: bytes, head: int, at: int) -> tuple[int, int]:
    """Return the number of elements in the container that `head` begins."""
    if head < 0xA0:  # noqa: PLR2004  # fixmap and fixarray
        return head & 0x0F, at
    if head in (0xDC, 0xDE):
        return _U16(data, at)[0], at + 2
    return _U32(data, at)[0], at + 4


def _read_key(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Return a map's key: a scalar, or an array of keys as a tuple."""
    stack = list[tuple[list[Any], int]]()
    while True:
        head = data[at]
        read = _SCALARS[head]
        if read is not None:
            value, at = read(data, at + 1)
            if not stack:
                return value, at
        elif head in _MAPS or head in _EXTS:
            raise ValueError(_no_key(data, head, at + 1))
        else:
            size, at = _container_size(data, head, at + 1)
            if size:
                if depth + len(stack) >= _DEPTH:
                    raise ValueError(_TOO_DEEP)
                stack.append(([], size))
                continue
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
    """Return ormsgpack's message about a key that is a map or an ext.

    It reads an ext that may be a timestamp up to its code first.
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
    end = at + size
    if end > len(data):
        raise ValueError(_END)
    return data[at:end].decode(), end


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


_READERS: dict[int, _Reader] = {
    **{head: _constant(head) for head in range(0x80)},
    **{0xA0 | size: _short_text(size) for size in range(32)},
    0xC0: _constant(None),
    0xC1: _reserved,
    0xC2: _constant(False),  # noqa: FBT003  # the value itself
    0xC3: _constant(True),  # noqa: FBT003  # the value itself
    **{0xC4 + index: _sized(_take, index) for index in range(3)},
    **{0xCA + index: _fixed(layout) for index, layout in enumerate((">f", ">d"))},
    **{0xCC + index: _fixed(layout) for index, layout in enumerate((">B", ">H", ">I", ">Q"))},
    **{0xD0 + index: _fixed(layout) for index, layout in enumerate((">b", ">h", ">i", ">q"))},
    **{0xD9 + index: _sized(_text, index) for index in range(3)},
    **{head: _constant(head - 0x100) for head in range(0xE0, 0x100)},
}
_SCALARS = tuple(_READERS.get(head) for head in range(0x100))
"""A reader by first byte; None for containers and exts."""
_MAPS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
_EXTS = {0xC7: None, 0xC8: None, 0xC9: None, 0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
"""First byte to size; None where the size follows."""
_TIMESTAMPS = {0xD6: 1, 0xD7: 1, 0xC7: 2}
"""First byte of an ext that may be a timestamp, to the number of bytes up to its code."""
_NO_KEY = {
    0xDE: "invalid type Map16",
    0xDF: "invalid type Map32",
    0xC8: "invalid type Ext16",
    0xC9: "invalid type Ext32",
    0xD4: "invalid type FixExt1",
    0xD5: "invalid type FixExt2",
    0xD8: "invalid type FixExt16",
}
