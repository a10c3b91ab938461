"""MessagePack itself: every place where an encoding changes form, and every form in every place.

Values are dumped from Python objects by LangGraph; bytes that it would read but never write are
literal. Values of 64 KiB and more are classified, so that a case holds one copy of them.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Iterator
from typing import Any

from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.types import Send

from parity_kit.contract import Case
from parity_kit.contract.canonical import pack
from parity_kit.corpora.authoring import classified, codec, dump, dumped

from ._forms import FLOAT_BITS, FLOATS, INTS, TEXTS, not_smallest

_LENGTHS = {
    "text": ("a", (0, 1, 31, 32, 255, 256, 65535, 65536)),
    "text/two-byte": ("é", (15, 16, 127, 128)),
    "text/four-byte": ("🦜", (7, 8, 63, 64)),
    "bytes": (b"\x80", (0, 1, 31, 32, 255, 256, 65535, 65536)),
    "array": ([None], (0, 1, 15, 16, 65535, 65536)),
}
_LARGE = 60_000  # elements from which a case holds its value once

_BLOBS = {
    "empty": b"",
    "short": b"\x00\xff",
    "all": bytes(range(256)),
    "looks-like-a-map": b"\x81\xa1a\x01",
    "inside": {"b": b"\x00"},
    "bytearray": bytearray(b"ab"),
    "bytearray-empty": bytearray(),
    "bytearray-inside": [bytearray(b"ab")],
    "memoryview": memoryview(b"ab"),
}
_CONTAINERS: dict[str, Any] = {
    "array/tuple": (1, (2, ()), [3]),
    "array/mixed": [None, True, False, 1, -1, 1.5, "a", b"b", [], {}],
    "array/of-empties": [[], {}, "", b"", (), [[]], [{}], {"": ""}],
    "map/empty": {},
    "map/fixmap-max": {f"{n:x}": n for n in range(15)},
    "map/map16-min": {f"{n:x}": n for n in range(16)},
    "map/keeps-order": {"b": 1, "a": 2, "c": 3, "": 4},
    "map/int-keys": {0: "a", -1: "b", 128: "c", 2**63: "d"},
    "map/float-keys": {0.5: "a", -0.0: "b", math.inf: "c"},
    "map/nan-key": {math.nan: 1},
    "map/bool-and-null-keys": {True: 1, None: 2, False: 3},
    "map/bytes-keys": {b"a": 1, b"": 2},
    "map/tuple-keys": {(1, 2): 3, (): 4, (1, ("a", None)): 5},
    "map/mixed-keys": {"1": "text", 1: "number", b"1": "bytes", (1,): "tuple"},
    "map/dollar-keys": {"$ext": 0, "$map": [], "$": {"$x": 1}},
    "map/text-keys-of-every-form": {"a" * size: size for size in (0, 31, 32, 255, 256)},
    "map/counter": collections.Counter("aab"),
    "map/ordered-dict": collections.OrderedDict(b=1, a=2),
    "map/default-dict": collections.defaultdict(int, a=1),
    "nesting/wide": {"a": {"b": {"c": [[[1], [2]], {"d": {}}]}}, "e": [{}, [], [{}]]},
}
_PLACES: dict[str, Callable[[Any], Any]] = {
    "in-array": lambda value: [value, value],
    "in-map": lambda value: {"k": value},
    "in-ext": _DeltaSnapshot,
    "in-send": lambda value: Send("n", value),
}
_FORMS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "fixint": 127,
    "negative-fixint": -32,
    "uint8": 255,
    "uint16": 65535,
    "uint32": 2**32 - 1,
    "uint64": 2**64 - 1,
    "int8": -128,
    "int16": -32768,
    "int32": -(2**31),
    "int64": -(2**63),
    "float": 0.1,
    "fixstr": "é",
    "str8": "b" * 40,
    "str16": "b" * 300,
    "bin8": b"\x00",
    "bin16": b"\x01" * 300,
}
_CONTAINER_FORMS: dict[str, Any] = {
    "fixarray": [1],
    "array16": list(range(20)),
    "fixmap": {"a": 1},
    "map16": {f"{n}": n for n in range(20)},
    "ext": _DeltaSnapshot(1),
}
_KEYS = {
    name: value for name, value in _FORMS.items() if not isinstance(value, (bool, type(None)))
} | {"tuple": (1, "a"), "tuple-of-tuples": ((), ((1,),)), "tuple-of-all": (None, True, 1.5, b"")}
_NESTS: dict[str, Callable[[Any], Any]] = {
    "array": lambda value: [value],
    "map": lambda value: {"k": value},
    "both": lambda value: [{"k": value}],
    "delta": _DeltaSnapshot,
}
# LangGraph writes 255 containers within each other, and reads 1022 (ormsgpack's limits). An ext
# begins to count afresh.
_HEADS = {"array": b"\x91", "map": b"\x81\xa1k", "int-map": b"\x81\x01", "array16": b"\xdc\x00\x01"}
_EXT_SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255, 256, 65535, 65536)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in {"null": None, "true": True, "false": False}.items():
        yield from dumped(f"msgpack/{name}", value, "value constant")
    for number in INTS:
        yield from dumped(f"msgpack/int/{number}", number, "value int")
    groups: dict[str, tuple[dict[str, Any], str]] = {
        "float/": (FLOATS, "value float"),
        "text/": (TEXTS, "value text"),
        "bytes/": (_BLOBS, "value bytes"),
        "": (_CONTAINERS, "value container"),
    }
    for prefix, (values, feature) in groups.items():
        for name, value in values.items():
            yield from dumped(f"msgpack/{prefix}{name}", value, feature)
    for name, bits in FLOAT_BITS.items():
        yield codec(f"msgpack/float-bits/{name}", bits, "value float", encode=True)
    yield from _lengths()
    yield from _places()
    yield from _depths()
    yield from _ext_sizes()
    for name, data in not_smallest():
        yield codec(f"msgpack/not-smallest/{name}", data, "not in smallest form")


def _lengths() -> Iterator[Case]:
    for name, (unit, counts) in _LENGTHS.items():
        for count in counts:
            case = f"msgpack/length/{name}-{count}"
            # Bytes on their own have a type tag, and no head.
            value: Any = unit * count if name != "bytes" else [unit * count]
            yield from _sized(case, value, count, f"value {name.partition('/')[0]}")
    for count in (65535, 65536):
        value = dict.fromkeys(range(count))
        yield from _sized(f"msgpack/length/map-{count}", value, count, "value container")


def _sized(case: str, value: Any, count: int, feature: str) -> Iterator[Case]:
    if count < _LARGE:
        yield from dumped(case, value, feature)
    elif count % 2 == 0:  # the largest 16-bit form would be as large again, and says little more
        yield classified(case, dump(value)[1], feature, "large value")


def _places() -> Iterator[Case]:
    for place, put in _PLACES.items():
        for name, value in (_FORMS | _CONTAINER_FORMS).items():
            yield from dumped(f"msgpack/{place}/{name}", put(value), "form in place")
    for name, value in _KEYS.items():
        yield from dumped(f"msgpack/as-key/{name}", {value: value}, "form in place")
    for name, value in _FORMS.items():
        key = pack(value)
        data = b"\x81" + b"\x92" + key + key + key
        yield codec(f"msgpack/in-key-array/{name}", data, "form in place", encode=True)


def _depths() -> Iterator[Case]:
    for name, nest in _NESTS.items():
        for depth in (1, 2, 10, 40):
            value: Any = "bottom"
            for _ in range(depth):
                value = nest(value)
            yield from dumped(f"msgpack/nesting/{name}-{depth}", value, "nesting")
    for name, head in _HEADS.items():
        for depth in (100, 254, 255, 256, 257, 511, 1021, 1022, 1023, 1024, 5000):
            case = f"msgpack/nesting/{name}-{depth}"
            yield classified(case, head * depth + b"\xc0", "nesting", "depth limit")
    for depth in (10, 253, 254, 255, 1020, 1021, 1022, 1023):
        data = b"\x81" + b"\x91" * depth + b"\x01\x02"
        yield classified(f"msgpack/nesting/key-{depth}", data, "nesting", "depth limit")


def _ext_sizes() -> Iterator[Case]:
    for size in _EXT_SIZES:
        value: Any = _payload_of(size)
        case = f"msgpack/length/ext-{size}"
        if size < _LARGE:
            yield from dumped(case, _DeltaSnapshot(value), "value ext")
        elif size % 2 == 0:
            yield classified(case, dump(_DeltaSnapshot(value))[1], "value ext", "large value")


def _payload_of(size: int) -> Any:
    """Return a value that takes `size` bytes of MessagePack."""
    if size == 1:
        return 5
    heads = {1: 1 + 31, 2: 2 + 255, 3: 3 + 65535, 5: 5 + 2**32 - 1}  # bytes of a head, and its most
    head = next(head for head, most in heads.items() if size <= most)
    return "a" * (size - head)
