"""What LangGraph's serializer makes of values: MessagePack itself, then each ext code.

Values are dumped from Python objects by LangGraph; bytes that it would read but never write are
literal. Absent on purpose, because their bytes follow the Python version or the platform: paths
(3.13 writes `pathlib._local`), and arrays of objects (they hold addresses).
"""

from __future__ import annotations

import collections
import decimal
import ipaddress
import math
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.checkpoint.serde.types import _DeltaSnapshot  # pyright: ignore[reportPrivateUsage]  # what savers store for a DeltaChannel
from langgraph.store.base import GetOp, Item
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from pydantic import SecretStr

from parity_kit.canonical import pack
from parity_kit.contract import Case
from parity_kit.corpora.authoring import codec, dump, dumped, envelope
from parity_kit.plain import Ext

_INTS = {
    "zero": 0,
    "fixint-max": 127,
    "uint8-min": 128,
    "uint8-max": 255,
    "uint16-min": 256,
    "uint16-max": 65535,
    "uint32-min": 65536,
    "uint32-max": 2**32 - 1,
    "uint64-min": 2**32,
    "int64-max": 2**63 - 1,
    "uint64-max": 2**64 - 1,
    "minus-one": -1,
    "negative-fixint-min": -32,
    "int8-max": -33,
    "int8-min": -128,
    "int16-max": -129,
    "int16-min": -32768,
    "int32-max": -32769,
    "int32-min": -(2**31),
    "int64-below": -(2**31) - 1,
    "int64-min": -(2**63),
}
_FLOATS = {
    "zero": 0.0,
    "minus-zero": -0.0,
    "whole": 1.0,
    "needs-64-bits": 0.1,
    "fits-32-bits": 1.5,
    "subnormal-min": 5e-324,
    "normal-min": 2.2250738585072014e-308,
    "max": 1.7976931348623157e308,
    "infinity": math.inf,
    "minus-infinity": -math.inf,
    "nan": math.nan,
}
_TEXTS = {
    "empty": "",
    "fixstr-max": "a" * 31,
    "str8-min": "a" * 32,
    "str8-max": "a" * 255,
    "str16-min": "a" * 256,
    "nul": "a\0b",
    "two-byte": "grün",
    "three-byte": "日本語",
    "astral": "🦜🔗",
    "combining": "e\u0301 is not é",
    "bytes-not-characters": "é" * 16,
    "right-to-left": "\u202eabc",
    "lone-surrogate-replaced": "\ud800x",
}
_BLOBS = {
    "empty": b"",
    "short": b"\x00\xff",
    "inside": {"b": b"\x00"},
    "bin8-max-inside": [b"a" * 255],
    "bin16-min-inside": [b"a" * 256],
    "bytearray": bytearray(b"ab"),
    "bytearray-inside": [bytearray(b"ab")],
    "memoryview": memoryview(b"ab"),
}


def _nested(depth: int) -> Any:
    value: Any = "bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


_CONTAINERS: dict[str, Any] = {
    "array/empty": [],
    "array/fixarray-max": [0] * 15,
    "array/array16-min": [0] * 16,
    "array/tuple": (1, (2, ()), [3]),
    "array/mixed": [None, True, False, 1, -1, 1.5, "a", b"b", [], {}],
    "map/empty": {},
    "map/fixmap-max": {f"{n:x}": n for n in range(15)},
    "map/map16-min": {f"{n:x}": n for n in range(16)},
    "map/keeps-order": {"b": 1, "a": 2, "c": 3, "": 4},
    "map/int-keys": {0: "a", -1: "b", 128: "c", 2**63: "d"},
    "map/float-keys": {0.5: "a", -0.0: "b"},
    "map/bool-and-null-keys": {True: 1, None: 2, False: 3},
    "map/bytes-keys": {b"a": 1, b"": 2},
    "map/tuple-keys": {(1, 2): 3, (): 4, (1, ("a", None)): 5},
    "map/mixed-keys": {"1": "text", 1: "number", b"1": "bytes", (1,): "tuple"},
    "map/date-keys-become-text": {date(2024, 2, 29): 1, datetime(2024, 2, 29, tzinfo=UTC): 2},
    "map/uuid-keys-become-text": {uuid.UUID(int=1): 1},
    "map/dollar-keys": {"$ext": 0, "$map": [], "$": {"$x": 1}},
    "map/counter": collections.Counter("aab"),
    "map/ordered-dict": collections.OrderedDict(b=1, a=2),
    "map/default-dict": collections.defaultdict(int, a=1),
    "nesting/deep": _nested(100),
    "nesting/wide": {"a": {"b": {"c": [[[1], [2]], {"d": {}}]}}, "e": [{}, [], [{}]]},
}
# Round-tripped only, so that a case holds two copies and not six.
_LARGE = {
    "text/str32-min": "a" * 65536,
    "array/array32-min": [None] * 65536,
}
_BERLIN = ZoneInfo("Europe/Berlin")
_TIMES = {
    "datetime/naive": datetime(2024, 2, 29, 12, 30, 15, 123456),  # noqa: DTZ001  # naive is the case
    "datetime/utc": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "datetime/offset": datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    "datetime/zone-becomes-offset": datetime(2024, 7, 1, tzinfo=_BERLIN),
    "datetime/fold-is-lost": datetime(2024, 10, 27, 2, 30, fold=1),  # noqa: DTZ001  # the same
    "datetime/min": datetime.min,  # noqa: DTZ901  # the same
    "datetime/max": datetime.max,  # noqa: DTZ901  # the same
    "date/leap-day": date(2024, 2, 29),
    "date/min": date.min,
    "time/naive": time(1, 2, 3, 4),
    "time/midnight": time(),
    "time/utc": time(23, 59, 59, 999999, tzinfo=UTC),
    "time/fold": time(1, fold=1),
    "timedelta/zero": timedelta(),
    "timedelta/negative": timedelta(microseconds=-1),
    "timedelta/max": timedelta.max,
    "timezone/utc": UTC,
    "timezone/offset": timezone(timedelta(hours=5, minutes=45)),
    "timezone/named": timezone(timedelta(hours=2), "CEST"),
    "zoneinfo/named": _BERLIN,
    "zoneinfo/utc": ZoneInfo("UTC"),
}
_SINGLES = {
    "uuid/v4": uuid.UUID("123e4567-e89b-42d3-a456-426614174000"),
    "uuid/nil": uuid.UUID(int=0),
    "decimal/fraction": decimal.Decimal("10.50"),
    "decimal/exponent": decimal.Decimal("1E+3"),
    "decimal/minus-zero": decimal.Decimal("-0"),
    "decimal/long": decimal.Decimal("3.14159265358979323846264338327950288"),
    "decimal/infinity": decimal.Decimal("Infinity"),
    "decimal/nan": decimal.Decimal("NaN"),
    "set/empty": set[int](),
    "set/numbers": {3, 1, 2, 1000, -5},
    "set/texts": {"b", "a", "longer than the others"},
    "set/mixed": {1, "1", (1, 2), None, 1.5},
    "set/nested-frozenset": {frozenset({2, 1}), frozenset[int]()},
    "frozenset/texts": frozenset({"y", "x"}),
    "deque/bounded": collections.deque([3, 1, 2], maxlen=5),
    "deque/empty": collections.deque[int](),
    "ip/v4-address": ipaddress.IPv4Address("192.0.2.1"),
    "ip/v4-interface": ipaddress.IPv4Interface("192.0.2.1/24"),
    "ip/v4-network": ipaddress.IPv4Network("192.0.2.0/24"),
    "ip/v6-address": ipaddress.IPv6Address("2001:db8::1"),
    "ip/v6-interface": ipaddress.IPv6Interface("2001:db8::1/64"),
    "ip/v6-network": ipaddress.IPv6Network("2001:db8::/32"),
    "regex/plain": re.compile("a+b"),
    "regex/flags": re.compile("^é$", re.IGNORECASE | re.MULTILINE),
    "regex/bytes": re.compile(rb"\x00"),
    "secret/text": SecretStr("hush"),
    "enum/plain": uuid.SafeUUID.safe,
    "enum/flag": re.RegexFlag.IGNORECASE,
    "namedtuple/stdlib": urllib.parse.urlsplit("http://a/b?c#d"),
    "exception/becomes-text": ValueError("bad", 1),
    "exception/inside": {"error": KeyError("k")},
}
_LANGGRAPH = {
    "send/map": Send("node", {"k": [1, 2]}),
    "send/null": Send("node", None),
    "send/timeout": Send("node", 1, timeout=TimeoutPolicy(run_timeout=1.5)),
    "command/goto": Command(goto="next"),
    "command/update-and-sends": Command(update={"a": 1}, goto=[Send("x", 1), "y"]),
    "command/resume-map": Command(resume={"0123": "yes"}),
    "command/parent": Command(graph=Command.PARENT, update=[("a", 1)]),
    "interrupt/value": Interrupt(value={"q": 1}, id="00000000000000000000000000000001"),
    "overwrite/list": Overwrite([1, 2]),
    "overwrite/null": Overwrite(None),
    "timeout-policy/plain": TimeoutPolicy(run_timeout=1.0, idle_timeout=0.5),
    "item/store": Item(
        value={"a": 1},
        key="k",
        namespace=("u", "1"),
        created_at=datetime(2024, 1, 1, tzinfo=UTC),
        updated_at=datetime(2024, 1, 2, tzinfo=UTC),
    ),
    "get-op/store": GetOp(("u", "1"), "k"),
    "delta-snapshot/list": _DeltaSnapshot([1, "a"]),
    "delta-snapshot/null": _DeltaSnapshot(None),
    "delta-snapshot/typed": _DeltaSnapshot({"at": UTC, "in": _DeltaSnapshot([])}),
}
_CALL = {"name": "search", "args": {"q": "parity", "n": 2}, "id": "call-1", "type": "tool_call"}
_MESSAGES = {
    "human": HumanMessage(content="hello", id="m1"),
    "human-blocks": HumanMessage(
        content=[{"type": "text", "text": "é"}, "plain"], id="m2", name="ann"
    ),
    "system": SystemMessage(content="be brief", id="m3"),
    "ai": AIMessage(content="hi", id="m4", response_metadata={"model": "none"}),
    "ai-tool-calls": AIMessage(
        content="",
        id="m5",
        tool_calls=[_CALL],
        usage_metadata={"input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
    ),
    "ai-invalid-tool-call": AIMessage(
        content="",
        id="m6",
        invalid_tool_calls=[{"name": "f", "args": "{", "id": None, "error": "no JSON"}],  # pyright: ignore[reportArgumentType]  # `type` is added
    ),
    "ai-chunk": AIMessageChunk(content="he", id="m7"),
    "tool": ToolMessage(content="42", tool_call_id="call-1", id="m8", artifact={"rows": [1]}),
    "tool-error": ToolMessage(content="no", tool_call_id="call-1", id="m9", status="error"),
    "chat": ChatMessage(content="ahoy", role="pirate", id="m10"),
    "function": FunctionMessage(content="1", name="f", id="m11"),
    "remove": RemoveMessage(id="m1"),
    "conversation": [HumanMessage(content="2+2?", id="c1"), AIMessage(content="4", id="c2")],
    "document": Document(
        page_content="text", id="d1", metadata={"page": 1, "at": date(2024, 1, 1)}
    ),
}
_ARRAYS = {
    "int64": np.array([1, -2, 3]),
    "float64-2d": np.array([[0.5, -0.0], [np.inf, 1e300]]),
    "float32": np.array([1.5], dtype="<f4"),
    "big-endian": np.array([1, 2], dtype=">i4"),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j]),
    "text": np.array(["ab", "c"]),
    "bytes": np.array([b"ab"]),
    "fortran": np.asfortranarray([[1, 2], [3, 4]]),
    "strided-becomes-contiguous": np.arange(6)[::2],
    "empty": np.zeros((0, 3)),
    "scalar": np.array(3.5),
}
_NOT_SMALLEST = {
    "int-as-uint64": b"\xcf\x00\x00\x00\x00\x00\x00\x00\x01",
    "int-as-int8": b"\xd0\x01",
    "text-as-str32": b"\xdb\x00\x00\x00\x01a",
    "array-as-array32": b"\xdd\x00\x00\x00\x01\x01",
    "map-as-map16": b"\xde\x00\x01\xa1a\x01",
    "bytes-as-bin32": b"\x91\xc6\x00\x00\x00\x01a",
    "float32-widens": b"\xca\x3f\xc0\x00\x00",
    "float32-tenth": b"\xca\x3d\xcc\xcc\xcd",
    "duplicate-key-last-wins": b"\x83\xa1a\x01\xa1b\x02\xa1a\x03",
    "ext-as-ext32": b"\xc9\x00\x00\x00\x03\x07\x92\x01\x02",
    "fixext-as-ext8": b"\xc7\x01\x07\x01",
}
_MALFORMED = {
    "unknown-code": pack(Ext(8, b"\x01")),
    "unknown-code-max": pack(Ext(127, b"")),
    "timestamp-code": b"\xd6\xff\x00\x00\x00\x01",
    "unknown-code-inside": pack({"a": [Ext(100, b"x"), 1]}),
    "no-data": pack(Ext(0, b"")),
    "data-cut-short": pack(Ext(0, b"\x93\xa1a")),
    "data-no-list": pack(Ext(0, b"\x05")),
    "data-is-text": pack(Ext(0, pack("abc"))),
    "list-too-short": envelope(0, "uuid", "UUID"),
    "list-too-long": envelope(0, "uuid", "UUID", "00" * 16, "more", 1),
    "arguments-no-list": envelope(1, "datetime", "date", 5),
    "keywords-no-map": envelope(2, "langgraph.types", "Overwrite", 5),
    "method-absent": envelope(3, "datetime", "datetime", "2024-01-01"),
    "method-not-allowed": envelope(3, "datetime", "datetime", "2024-01-01", "strptime"),
    "pydantic-1-cut-short": pack(Ext(4, b"\x93")),
    "pydantic-2-cut-short": pack(Ext(5, b"\x93")),
    "array-buffer-too-short": envelope(6, "<i8", [3], "C", b"\x00" * 8),
    "array-no-dtype": envelope(6, "no dtype", [1], "C", b"\x00" * 8),
    "bad-uuid": envelope(0, "uuid", "UUID", "zz"),
    "bad-decimal": envelope(0, "decimal", "Decimal", "x"),
    "bad-datetime": envelope(3, "datetime", "datetime", "nope", "fromisoformat"),
    "bad-date": envelope(1, "datetime", "date", [2024, 13, 1]),
    "bad-network": envelope(0, "ipaddress", "IPv4Network", "10.0.0.1/8"),
    "set-of-lists": envelope(0, "builtins", "set", [[1]]),
}
_NORMALISED = {
    "uuid-with-dashes": envelope(0, "uuid", "UUID", "123e4567-e89b-42d3-a456-426614174000"),
    "decimal-lower-case": envelope(0, "decimal", "Decimal", "1e3"),
    "decimal-from-int": envelope(0, "decimal", "Decimal", 5),
    "datetime-z": envelope(3, "datetime", "datetime", "2024-01-01T00:00:00Z", "fromisoformat"),
    "timedelta-carries": envelope(1, "datetime", "timedelta", [0, 86401, 0]),
    "set-drops-equal": envelope(0, "builtins", "set", [1, 2, 1]),
    "message-defaults-added": envelope(
        5, "langchain_core.messages.human", "HumanMessage", {"content": "a"}, "model_validate_json"
    ),
    "overwrite-as-pydantic-1": envelope(4, "langgraph.types", "Overwrite", {"value": 1}),
}
_OTHER_TYPES = {
    "null": ("null", b""),
    "null-ignores-data": ("null", b"\x01"),
    "bytes": ("bytes", b"\x93"),
    "bytearray": ("bytearray", b"\x93"),
    "json-object": ("json", '{"b": [1, 2.0, null, true], "a": "é"}'.encode()),
    "json-nan": ("json", b"[NaN, Infinity]"),
    "pickle-refused": ("pickle", b"\x80\x05N."),
    "unknown": ("yaml", b"a: 1"),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in {"null": None, "true": True, "false": False}.items():
        yield from dumped(f"msgpack/{name}", value, "value constant")
    groups: dict[str, tuple[dict[str, Any], str]] = {
        "int/": (_INTS, "value int"),
        "float/": (_FLOATS, "value float"),
        "text/": (_TEXTS, "value text"),
        "bytes/": (_BLOBS, "value bytes"),
        "": (_CONTAINERS, "value container"),
        "typed/": (_SINGLES | _TIMES, "standard type"),
        "langgraph/": (_LANGGRAPH, "langgraph type"),
        "message/": (_MESSAGES, "message"),
        "numpy/": (_ARRAYS, "numpy array"),
    }
    for prefix, (values, feature) in groups.items():
        for name, value in values.items():
            yield from dumped(f"msgpack/{prefix}{name}", value, feature)
    for name, value in _LARGE.items():
        yield codec(f"msgpack/{name}", dump(value)[1], "large value", decode=False)
    for name, data in _NOT_SMALLEST.items():
        yield codec(f"msgpack/not-smallest/{name}", data, "not in smallest form")
    for name, data in _MALFORMED.items():
        yield codec(f"msgpack/malformed/{name}", data, "malformed ext")
    for name, data in _NORMALISED.items():
        yield codec(f"msgpack/normalised/{name}", data, "normalised by its type")
    for name, (kind, data) in _OTHER_TYPES.items():
        yield codec(f"msgpack/type/{name}", data, "type tag", type=kind)
