"""Numbers and texts at the places where their encoding changes, and forms nobody needs to write."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from parity_kit.contract.canonical import pack

_EDGES = (0, 1 << 5, 1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 53, 1 << 63)
INTS = sorted(
    {
        sign * edge + shift
        for edge in _EDGES
        for sign in (1, -1)
        for shift in (-1, 0, 1)
        if sign * edge + shift >= -(1 << 63)
    }
    | {(1 << 64) - 2, (1 << 64) - 1, 1_000_000_007, -1_000_000_007}
)
FLOATS = {
    "zero": 0.0,
    "minus-zero": -0.0,
    "whole": 1.0,
    "minus-whole": -1.0,
    "whole-as-large-as-a-fixint": 127.0,
    "whole-above-2-to-53": 9007199254740994.0,
    "whole-as-large-as-uint64": 18446744073709551616.0,
    "needs-64-bits": 0.1,
    "fits-32-bits": 1.5,
    "largest-32-bit": 3.4028234663852886e38,
    "smallest-32-bit": 1.401298464324817e-45,
    "subnormal-min": 5e-324,
    "subnormal-minus": -5e-324,
    "subnormal-max": 2.225073858507201e-308,
    "normal-min": 2.2250738585072014e-308,
    "max": 1.7976931348623157e308,
    "minus-max": -1.7976931348623157e308,
    "one-and-epsilon": 1.0000000000000002,
    "third": 1 / 3,
    "infinity": math.inf,
    "minus-infinity": -math.inf,
    "nan": math.nan,
}
_BITS = {
    "nan-minus": 0xFFF8_0000_0000_0000,
    "nan-payload": 0x7FF8_0000_0000_0001,
    "nan-payload-all": 0x7FFF_FFFF_FFFF_FFFF,
    "nan-minus-payload": 0xFFF8_0000_DEAD_BEEF,
    "nan-signalling": 0x7FF0_0000_0000_0001,
    "nan-signalling-minus": 0xFFF0_0000_0000_0001,
}
FLOAT_BITS = {name: b"\xcb" + struct.pack(">Q", bits) for name, bits in _BITS.items()}
_SINGLES = {
    "zero": 0x0000_0000,
    "minus-zero": 0x8000_0000,
    "one": 0x3F80_0000,
    "tenth": 0x3DCC_CCCD,
    "subnormal-min": 0x0000_0001,
    "subnormal-max": 0x007F_FFFF,
    "normal-min": 0x0080_0000,
    "max": 0x7F7F_FFFF,
    "infinity": 0x7F80_0000,
    "minus-infinity": 0xFF80_0000,
    "nan": 0x7FC0_0000,
    "nan-minus": 0xFFC0_0000,
    "nan-payload": 0x7FC0_0001,
}
TEXTS = {
    "nul": "a\0b",
    "controls": "\x01\x1f\x7f\x80\x9f",
    "two-byte": "grün",
    "two-byte-min": "\x80",
    "two-byte-max": "\u07ff",
    "three-byte": "日本語",
    "three-byte-min": "\u0800",
    "three-byte-max": "\uffff",
    "four-byte-min": "\U00010000",
    "four-byte-max": "\U0010ffff",
    "below-surrogates": "\ud7ff",
    "above-surrogates": "\ue000",
    "replacement-character": "\ufffd",
    "byte-order-mark": "\ufeffa",
    "emoji-sequence": "👩‍👩‍👧",
    "flag": "🇦🇹",
    "combining": "e\u0301 is not é",
    "right-to-left": "\u202eabc",
    "line-separators": "\u2028\u2029\x85\r\n",
    "quotes-and-slashes": "\"'\\/<>&",
    **{f"plane-{plane}": chr(plane * 0x10000 + 0xABC) for plane in range(17)},
    "lone-high-surrogate-replaced": "\ud800x",
    "lone-low-surrogate-replaced": "x\udfff",
    "reversed-surrogates-replaced": "\udc00\ud800",
    "surrogate-pair-replaced": "\ud83e\udd9c",
}
_INT_FORMS = {
    "uint8": (">BB", 0xCC),
    "uint16": (">BH", 0xCD),
    "uint32": (">BI", 0xCE),
    "uint64": (">BQ", 0xCF),
    "int8": (">Bb", 0xD0),
    "int16": (">Bh", 0xD1),
    "int32": (">Bi", 0xD2),
    "int64": (">Bq", 0xD3),
}
_OTHERS = {
    "text-as-str8": b"\xd9\x01a",
    "text-as-str16": b"\xda\x00\x01a",
    "text-as-str32": b"\xdb\x00\x00\x00\x01a",
    "text-empty-as-str8": b"\xd9\x00",
    "text-empty-as-str32": b"\xdb\x00\x00\x00\x00",
    "bytes-as-bin16": b"\x91\xc5\x00\x01a",
    "bytes-as-bin32": b"\x91\xc6\x00\x00\x00\x01a",
    "bytes-empty-as-bin32": b"\x91\xc6\x00\x00\x00\x00",
    "array-as-array16": b"\xdc\x00\x01\x01",
    "array-as-array32": b"\xdd\x00\x00\x00\x01\x01",
    "array-empty-as-array32": b"\xdd\x00\x00\x00\x00",
    "map-as-map16": b"\xde\x00\x01\xa1a\x01",
    "map-as-map32": b"\xdf\x00\x00\x00\x01\xa1a\x01",
    "map-empty-as-map32": b"\xdf\x00\x00\x00\x00",
    "key-as-str16": b"\x81\xda\x00\x01a\x01",
    "key-as-uint32": b"\x81\xce\x00\x00\x00\x01\x01",
    "key-as-float32": b"\x81\xca\x3f\x80\x00\x00\x01",
    "key-array-as-array16": b"\x81\xdc\x00\x01\x01\x01",
    "ext-as-ext8": b"\xc7\x03\x07\x92\x01\x02",
    "ext-as-ext16": b"\xc8\x00\x03\x07\x92\x01\x02",
    "ext-as-ext32": b"\xc9\x00\x00\x00\x03\x07\x92\x01\x02",
    "fixext-as-ext8": b"\xc7\x01\x07\x01",
    "fixext-as-ext32": b"\xc9\x00\x00\x00\x02\x07\xcc\x01",
    "inside-an-ext": b"\xd7\x07\xd9\x06abcdef",
    "duplicate-key-last-wins": b"\x83\xa1a\x01\xa1b\x02\xa1a\x03",
    "duplicate-key-in-two-forms": b"\x82\xa1a\x01\xd9\x01a\x02",
    "keys-equal-in-python-int-and-true": b"\x82\x01\xa1a\xc3\xa1b",
    "keys-equal-in-python-int-and-float": b"\x82\x01\xa1a\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\xa1b",
    "keys-equal-in-python-zeros": b"\x83\x00\x01\xc2\x02\xcb\x80\x00\x00\x00\x00\x00\x00\x00\x03",
    "keys-equal-in-python-tuples": b"\x82\x91\x01\x01\x91\xc3\x02",
    "keys-not-equal-nans": b"\x82" + 2 * (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\x01"),
    "trailing-bytes-ignored": b"\x01\x02\x03",
    "trailing-garbage-ignored": b"\x01\xc1\xff",
}


def not_smallest() -> Iterator[tuple[str, bytes]]:
    """Yield bytes that hold a value in a form that is not its smallest, or not its only one."""
    for name, (layout, head) in _INT_FORMS.items():
        for number in (0, 1, 127, 128, 255, 256, 65536, 1 << 32, -1, -32, -33, -129, -32769):
            try:
                data = struct.pack(layout, head, number)
            except struct.error:
                continue  # this form cannot hold that number
            if data != pack(number):
                yield f"int-{number}-as-{name}", data
    for name, bits in _SINGLES.items():
        yield f"float32-{name}", b"\xca" + struct.pack(">I", bits)
    yield from _OTHERS.items()
