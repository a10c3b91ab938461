"""numpy arrays: each family of types, both byte orders, both layouts, every odd shape.

Absent on purpose: arrays of objects (they hold addresses) and of long doubles (their width follows
the platform).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.types import Send

from parity_kit.contract import Case
from parity_kit.corpora.authoring import classified, codec, dumped, envelope

_BOTH_ORDERS = ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
_CUBE = np.arange(24, dtype="<i2").reshape(2, 3, 4)
_SHAPES: dict[str, Any] = {
    "zero-dimensional": np.array(3.5),
    "one-element": np.array([7]),
    "empty": np.zeros(0),
    "empty-side-first": np.zeros((0, 3)),
    "empty-side-inside": np.zeros((2, 0, 3), dtype="<i4"),
    "two-dimensional": np.array([[0.5, -0.0], [np.inf, 1e300]]),
    "three-dimensional": _CUBE,
    "row": np.array([[1, 2, 3]], dtype="|u1"),
    "column": np.array([[1], [2], [3]], dtype="|u1"),
    "eight-dimensional": np.zeros((1, 1, 2, 1, 1, 1, 2, 1), dtype="|u1"),
    "nans": np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0], dtype="<f4"),
    "text": np.array(["ab", "c", ""]),
    "text-astral": np.array(["🦜", "é"]),
    "text-empty": np.array([""]),
    "text-big-endian": np.array(["ab"], dtype=">U2"),
    "bytes": np.array([b"ab", b"\x00c"]),
    "void": np.array([b"\x01\x02\x03"], dtype="V3"),
    "bool": np.array([[True, False], [False, True]]),
    "large": np.arange(300, dtype="<u2"),
}
_LAYOUTS: dict[str, Any] = {
    "fortran": np.asfortranarray([[1, 2], [3, 4]]),
    "fortran-3d": np.asfortranarray(_CUBE),
    "transposed": _CUBE.T,
    "axes-swapped-becomes-contiguous": _CUBE.transpose(1, 0, 2),
    "strided-becomes-contiguous": np.arange(6)[::2],
    "strided-2d-becomes-contiguous": _CUBE[:, ::2, ::2],
    "reversed-becomes-contiguous": np.arange(4, dtype="|i1")[::-1],
    "broadcast-becomes-contiguous": np.broadcast_to(np.array([1, 2], dtype="|i1"), (3, 2)),
    "diagonal-becomes-contiguous": np.arange(9, dtype="|i1").reshape(3, 3).diagonal(),
    "read-only": np.frombuffer(b"\x01\x00\x02\x00", dtype="<i2"),
    "fortran-row": np.asfortranarray(np.array([[1, 2, 3]], dtype="|u1")),
    "fortran-empty": np.zeros((0, 3), order="F"),
}
# What is stored is less than what was given: nothing in the bytes tells them from plain arrays.
_LESS: dict[str, Any] = {
    "structured-loses-fields": np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")]),
    "record-array-loses-fields": np.rec.array([(1,)], dtype=[("a", "<i4")]),
    "masked-loses-mask": np.ma.array([1, 2], mask=[False, True]),
    "matrix-becomes-array": np.array([[1, 2]]).view(np.matrix),
}
_EIGHT = b"\x01" + b"\x00" * 7
# Parts that numpy takes and gives back in another form, or does not take.
_PARTS: dict[str, tuple[Any, ...]] = {
    "dtype-by-name": ("int64", [1], "C", _EIGHT),
    "dtype-float-by-name": ("float32", [2], "C", _EIGHT),
    "dtype-bool-by-name": ("bool", [8], "C", _EIGHT),
    "dtype-native": ("i8", [1], "C", _EIGHT),
    "dtype-native-sign": ("=i8", [1], "C", _EIGHT),
    "dtype-byte-with-order": ("<i1", [8], "C", _EIGHT),
    "dtype-character": ("<h", [4], "C", _EIGHT),
    "dtype-unknown": ("<q9", [1], "C", _EIGHT),
    "dtype-null": (None, [1], "C", _EIGHT),
    "dtype-odd-width": ("<f9", [0], "C", b""),
    "dtype-odd-bool": ("<b8", [1], "C", _EIGHT),
    "dtype-odd-complex": ("|c1", [8], "C", _EIGHT),
    "shape-unknown-side-below-minus-one": ("<i2", [2, -10], "C", _EIGHT),
    "dtype-empty": ("", [1], "C", _EIGHT),
    "dtype-no-text": (8, [1], "C", _EIGHT),
    "dtype-objects": ("|O", [1], "C", _EIGHT),
    "shape-unknown-side": ("<i2", [2, -1], "C", _EIGHT),
    "shape-only-unknown": ("<i2", [-1], "C", _EIGHT),
    "shape-two-unknown": ("<i2", [-1, -1], "C", _EIGHT),
    "shape-too-large": ("<i2", [5], "C", _EIGHT),
    "shape-too-small": ("<i2", [3], "C", _EIGHT),
    "shape-number": ("<i2", 4, "C", _EIGHT),
    "shape-null": ("<i2", None, "C", _EIGHT),
    "shape-text": ("<i2", "4", "C", _EIGHT),
    "shape-float": ("<i2", [4.0], "C", _EIGHT),
    "shape-huge": ("<i2", [2**62, 2**62], "C", _EIGHT),
    "shape-empty-for-one": ("<i8", [], "C", _EIGHT),
    "shape-empty-for-several": ("<i2", [], "C", _EIGHT),
    "order-any": ("<i2", [2, 2], "A", _EIGHT),
    "order-columns": ("<i2", [2, 2], "F", _EIGHT),
    "order-columns-of-a-row": ("<i2", [1, 4], "F", _EIGHT),
    "order-lower-case": ("<i2", [2, 2], "f", _EIGHT),
    "order-unknown": ("<i2", [4], "X", _EIGHT),
    "order-null": ("<i2", [4], None, _EIGHT),
    "buffer-cut": ("<i8", [1], "C", _EIGHT[:7]),
    "buffer-empty": ("<i8", [0], "C", b""),
    "buffer-text": ("<i8", [1], "C", "abcdefgh"),
    "buffer-null": ("<i8", [1], "C", None),
    "buffer-list": ("<i8", [1], "C", [1]),
    "parts-missing": ("<i8", [1], "C"),
    "parts-extra": ("<i8", [1], "C", _EIGHT, 1),
    "no-parts": (),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for kind in _BOTH_ORDERS:
        for order, sign in {"little": "<", "big": ">"}.items():
            array = np.array([1, 0, 3], dtype=f"{sign}{kind}")
            yield from dumped(f"arrays/type/{kind}-{order}", array, "numpy array")
    for kind in ("i1", "u1", "b1"):
        array = np.array([1, 0, 1], dtype=kind)
        yield from dumped(f"arrays/type/{kind}", array, "numpy array")
    for group, arrays in {"shape": _SHAPES, "layout": _LAYOUTS, "less": _LESS}.items():
        for name, array in arrays.items():
            yield from dumped(f"arrays/{group}/{name}", array, "numpy array")
    for name, parts in _PARTS.items():
        yield codec(f"arrays/parts/{name}", envelope(6, *parts), "numpy array")
    for name in ("<M8[D]", ">M8[ns]", "<m8[s]", "<M8"):
        # Such an array can be read, and neither stored nor stored again.
        data = envelope(6, name, [1], "C", _EIGHT)
        case = f"arrays/parts/dtype-{'span' if 'm' in name else 'time'}-{name[-2:].strip('[]')}"
        yield classified(case, data, "numpy array")
    one = _SHAPES["one-element"]
    places = {"list": [one, one], "map": {"a": one}, "send": Send("n", {"a": one})}
    for place, value in (places | {"delta-snapshot": _DeltaSnapshot(one)}).items():
        yield from dumped(f"arrays/inside/{place}", value, "numpy array")
    yield codec("arrays/permissive/one", envelope(6, "<i8", [1], "C", _EIGHT), strict=False)
