"""Bytes made to break a decoder. What comes of each is the fixture: kept, replaced or refused.

Only the strict codec reads them: permissively some would run what they name. Nothing is left to
Python's stack or to a library's wording, so that the outcome is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext
from parity_kit.corpora.authoring import classified, envelope

from ._broken_bytes import bombs, cuts, keys, lone_bytes, sizes, texts

_HUMAN = ("langchain_core.messages.human", "HumanMessage")
_VALIDATE = "model_validate_json"
_INSIDE: dict[str, tuple[int, list[Any]]] = {
    "single": (0, ["uuid", "UUID", "123e4567e89b42d3a456426614174000"]),
    "positional": (1, ["langgraph.types", "Send", ["node", {"k": [1]}]]),
    "keywords": (2, ["langgraph.types", "Overwrite", {"value": [1]}]),
    "method": (3, ["datetime", "datetime", "2024-02-29T12:30:00", "fromisoformat"]),
    "model-1": (4, ["langgraph.types", "Overwrite", {"value": 1}]),
    "model-2": (5, [*_HUMAN, {"content": "a"}, _VALIDATE]),
    "array": (6, ["<i2", [2], "C", b"\x01\x00\x02\x00"]),
}
_UUID = Ext(0, pack(["uuid", "UUID", "0" * 32]))
_SHAPES: dict[str, Any] = {
    "null": None,
    "true": True,
    "int": 5,
    "float": 1.5,
    "text": "abcdef",
    "text-short": "ab",
    "bytes": b"abcdef",
    "list-empty": [],
    "list-of-1": ["uuid"],
    "list-of-2": ["uuid", "UUID"],
    "list-of-3-nulls": [None, None, None],
    "list-of-4-nulls": [None, None, None, None],
    "list-of-ints": [0, 1, 2, 3],
    "names-are-lists": [["uuid"], ["UUID"], "x", "y"],
    "names-are-maps": [{}, {}, "x", "y"],
    "names-are-bytes": [b"uuid", b"UUID", "0" * 32],
    "names-are-typed": [_UUID, _UUID, "x", "y"],
    "module-null": [None, "UUID", "0" * 32, "fromisoformat"],
    "name-null": ["uuid", None, "0" * 32, "fromisoformat"],
    "method-null": ["datetime", "datetime", "2024-01-01", None],
    "method-list": ["datetime", "datetime", "2024-01-01", []],
    "map-empty": {},
    "map-with-names": {"module": "uuid", "name": "UUID", "arg": "0" * 32},
    "map-with-positions": {0: "builtins", 1: "set", 2: [1], 3: "fromisoformat"},
    "map-with-positions-refused": {0: "os", 1: "system", 2: "true", 3: "x"},
    "ext": _UUID,
    "ext-unknown": Ext(9, b""),
}
# What runs code, reads files or opens sockets: module, name, argument. Never read permissively.
_CODE: tuple[tuple[str, str, Any], ...] = (
    ("os", "system", "true"),
    ("os", "popen", "true"),
    ("os", "remove", "/nonexistent"),
    ("posix", "system", "true"),
    ("subprocess", "Popen", ["true"]),
    ("subprocess", "getoutput", "true"),
    ("builtins", "eval", "1+1"),
    ("builtins", "exec", "pass"),
    ("builtins", "compile", "1"),
    ("builtins", "open", "/dev/null"),
    ("builtins", "__import__", "this"),
    ("builtins", "getattr", "a"),
    ("builtins", "breakpoint", None),
    ("builtins", "list", [1]),
    ("builtins", "dict", {}),
    ("builtins", "int", "5"),
    ("importlib", "import_module", "this"),
    ("runpy", "run_path", "/nonexistent"),
    ("pickle", "loads", b"\x80\x05N."),
    ("marshal", "loads", b"N"),
    ("shelve", "open", "/nonexistent"),
    ("ctypes", "CDLL", "libc.so.6"),
    ("socket", "create_connection", ["192.0.2.1", 1]),
    ("urllib.request", "urlopen", "http://192.0.2.1/"),
    ("shutil", "rmtree", "/nonexistent"),
    ("webbrowser", "open", "http://192.0.2.1/"),
    ("functools", "partial", "print"),
    ("operator", "attrgetter", "x"),
    ("types", "FunctionType", None),
    ("code", "interact", None),
    ("numpy", "load", "/nonexistent"),
    ("langgraph.types", "interrupt", "q"),
    ("langgraph.checkpoint.serde.jsonplus", "JsonPlusSerializer", None),
    ("datetime", "sys.modules", None),
    ("re", "sys", None),
    ("uuid", "os", None),
    ("uuid", "UUID.__init__", "x"),
    ("decimal", "__builtins__", None),
    ("__main__", "x", None),
    ("", "", None),
    (".", "system", "true"),
    ("os.path", "os", None),
)
_METHODS = (
    ("datetime", "datetime", 0, "fromtimestamp"),
    ("datetime", "datetime", "2024", "__class__"),
    ("datetime", "datetime", "2024", "strptime"),
    ("datetime", "datetime", "2024-01-01", "FromIsoFormat"),
    ("datetime", "date", "2024-01-01", "fromisoformat"),
    ("datetime", "time", "01:00", "fromisoformat"),
    ("os", "path", "/", "exists"),
    ("builtins", "str", "abc", "upper"),
    ("builtins", "object", None, "__subclasses__"),
    ("uuid", "UUID", "0" * 32, "__init__"),
)
# Arguments that a safe constructor must refuse: the payload comes back.
_EMPTY_SET: list[Any] = ["builtins", "set", []]
_ARGUMENTS: dict[str, bytes] = {
    "uuid-short": envelope(0, "uuid", "UUID", "zz"),
    "uuid-null": envelope(0, "uuid", "UUID", None),
    "uuid-int": envelope(0, "uuid", "UUID", 5),
    "uuid-huge": envelope(0, "uuid", "UUID", "0" * 5000),
    "decimal-text": envelope(0, "decimal", "Decimal", "x"),
    "decimal-null": envelope(0, "decimal", "Decimal", None),
    "decimal-huge-exponent": envelope(0, "decimal", "Decimal", "1E+99999999999999999999"),
    "decimal-long": envelope(0, "decimal", "Decimal", "9" * 5000),
    "decimal-bad-tuple": envelope(0, "decimal", "Decimal", [0, [1, 2], "x"]),
    "set-of-lists": envelope(0, "builtins", "set", [[1]]),
    "set-of-maps": envelope(0, "builtins", "set", [{}]),
    "set-of-sets": envelope(0, "builtins", "set", [Ext(0, pack(_EMPTY_SET))]),
    "set-of-int": envelope(0, "builtins", "set", 5),
    "set-of-null": envelope(0, "builtins", "set", None),
    "frozenset-two-arguments": envelope(1, "builtins", "frozenset", [[1], [2]]),
    "frozenset-keywords": envelope(2, "builtins", "frozenset", {"iterable": [1]}),
    "deque-negative-bound": envelope(1, "collections", "deque", [[1], -1]),
    "deque-text-bound": envelope(1, "collections", "deque", [[1], "x"]),
    "datetime-text": envelope(3, "datetime", "datetime", "nope", "fromisoformat"),
    "datetime-empty": envelope(3, "datetime", "datetime", "", "fromisoformat"),
    "datetime-int": envelope(3, "datetime", "datetime", 0, "fromisoformat"),
    "datetime-month-13": envelope(3, "datetime", "datetime", "2024-13-01", "fromisoformat"),
    "datetime-year-0": envelope(1, "datetime", "datetime", [0, 1, 1]),
    "datetime-long": envelope(3, "datetime", "datetime", "2" * 5000, "fromisoformat"),
    "date-february-30": envelope(1, "datetime", "date", [2024, 2, 30]),
    "date-floats": envelope(1, "datetime", "date", [2024.0, 1.0, 1.0]),
    "date-huge": envelope(1, "datetime", "date", [2**63, 1, 1]),
    "date-pickle-state": envelope(1, "datetime", "date", [b"\x07\xe8\x0d\x01"]),
    "time-hour-25": envelope(2, "datetime", "time", {"hour": 25}),
    "time-fold-2": envelope(2, "datetime", "time", {"fold": 2}),
    "time-unknown-keyword": envelope(2, "datetime", "time", {"nanosecond": 1}),
    "time-int-keyword": envelope(2, "datetime", "time", {1: 1}),
    "time-zone-text": envelope(2, "datetime", "time", {"tzinfo": "UTC"}),
    "timedelta-overflow": envelope(1, "datetime", "timedelta", [10**10, 0, 0]),
    "timedelta-infinite": envelope(1, "datetime", "timedelta", [float("inf")]),
    "timedelta-nan": envelope(1, "datetime", "timedelta", [float("nan")]),
    "timezone-of-25-hours": envelope(
        1, "datetime", "timezone", [Ext(1, pack(["datetime", "timedelta", [0, 90000, 0]]))]
    ),
    "timezone-of-int": envelope(1, "datetime", "timezone", [3600]),
    "zoneinfo-absent": envelope(0, "zoneinfo", "ZoneInfo", "No/Such_Zone"),
    "zoneinfo-path-up": envelope(0, "zoneinfo", "ZoneInfo", "../../../etc/passwd"),
    "zoneinfo-absolute": envelope(0, "zoneinfo", "ZoneInfo", "/etc/passwd"),
    "zoneinfo-nul": envelope(0, "zoneinfo", "ZoneInfo", "UTC\0"),
    "zoneinfo-null": envelope(0, "zoneinfo", "ZoneInfo", None),
    "ip-text": envelope(0, "ipaddress", "IPv4Address", "localhost"),
    "ip-leading-zeros": envelope(0, "ipaddress", "IPv4Address", "192.168.01.1"),
    "ip-negative": envelope(0, "ipaddress", "IPv4Address", -1),
    "ip-too-large": envelope(0, "ipaddress", "IPv4Address", 2**32),
    "ip-v6-in-v4": envelope(0, "ipaddress", "IPv4Address", "::1"),
    "network-with-host-bits": envelope(0, "ipaddress", "IPv4Network", "10.0.0.1/8"),
    "network-prefix-33": envelope(0, "ipaddress", "IPv4Network", "10.0.0.0/33"),
    "pattern-unbalanced": envelope(1, "re", "compile", ["(", 32]),
    "pattern-deep": envelope(1, "re", "compile", ["(" * 5000, 32]),
    "pattern-huge-repeat": envelope(1, "re", "compile", ["a{1,99999999999999999999}", 32]),
    "pattern-flags-at-odds": envelope(1, "re", "compile", [b"a", 32]),
    "pattern-null": envelope(1, "re", "compile", [None]),
    "pattern-of-list": envelope(0, "re", "compile", ["a"]),
    "send-no-arguments": envelope(1, "langgraph.types", "Send", []),
    "send-null": envelope(1, "langgraph.types", "Send", None),
    "send-map": envelope(1, "langgraph.types", "Send", {"node": "a", "arg": 1}),
    "send-text": envelope(1, "langgraph.types", "Send", "ab"),
    "send-text-long": envelope(1, "langgraph.types", "Send", "abc"),
    "send-node-no-text": envelope(1, "langgraph.types", "Send", [5, 1]),
    "overwrite-no-value": envelope(2, "langgraph.types", "Overwrite", {}),
    "overwrite-two-types": envelope(2, "langgraph.types", "Overwrite", {"value": 1, "type": 5}),
    "interrupt-no-value": envelope(2, "langgraph.types", "Interrupt", {"id": "1"}),
    "interrupt-null": envelope(2, "langgraph.types", "Interrupt", None),
    "command-int-keyword": envelope(2, "langgraph.types", "Command", {1: 1}),
    "snapshot-missing-fields": envelope(2, "langgraph.types", "StateSnapshot", {"values": 1}),
    "task-too-many": envelope(1, "langgraph.types", "PregelTask", [*range(9)]),
    "item-missing-fields": envelope(2, "langgraph.store.base", "Item", {"key": "k"}),
    "item-bad-date": envelope(
        2,
        "langgraph.store.base",
        "Item",
        {"value": {}, "key": "k", "namespace": [], "created_at": "x", "updated_at": "y"},
    ),
    "message-no-content": envelope(2, *_HUMAN, {"id": "1"}),
    "message-int-keyword": envelope(5, *_HUMAN, {1: 1}, _VALIDATE),
    "message-fields-text": envelope(5, *_HUMAN, "abc", _VALIDATE),
    "message-base-no-type": envelope(
        2, "langchain_core.messages.base", "BaseMessage", {"content": "a"}
    ),
    "tool-message-no-call": envelope(
        2, "langchain_core.messages.tool", "ToolMessage", {"content": "a"}
    ),
    "remove-with-content": envelope(
        2, "langchain_core.messages.modifier", "RemoveMessage", {"id": "1", "content": "a"}
    ),
    "item-null-date": envelope(
        2,
        "langgraph.store.base",
        "Item",
        {"value": {}, "key": "k", "namespace": [], "created_at": None, "updated_at": None},
    ),
    "document-unknown-field": envelope(
        5, "langchain_core.documents.base", "Document", {"page_content": "a", "x": 1}, _VALIDATE
    ),
    "document-unknown-field-only": envelope(
        5, "langchain_core.documents.base", "Document", {"x": 1}, _VALIDATE
    ),
    "document-no-content": envelope(2, "langchain_core.documents.base", "Document", {"id": "1"}),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    groups = {
        "cut": cuts(),
        "byte": lone_bytes(),
        "size": sizes(),
        "bomb": bombs(),
        "key": keys(),
        "utf-8": texts(),
        "inside": _inside(),
        "mutated": _mutated(),
        "shape": _shapes(),
        "code": _code(),
        "argument": _ARGUMENTS.items(),
    }
    for group, broken in groups.items():
        for name, data in broken:
            yield classified(f"hostile/{group}/{name}", data, f"hostile {group}")


def _inside() -> Iterator[tuple[str, bytes]]:
    """Yield envelopes whose own size is right, and whose data is cut at each byte."""
    for name, (code, parts) in _INSIDE.items():
        inner = pack(parts)
        for size in range(len(inner)):
            yield f"{name}-{size:02}", pack(Ext(code, inner[:size]))


def _mutated() -> Iterator[tuple[str, bytes]]:
    """Yield envelopes with one byte changed."""
    for name in ("single", "positional", "keywords", "method"):
        code, parts = _INSIDE[name]
        data = pack([Ext(code, pack(parts)), 1])
        for at in range(1, len(data)):
            for label, byte in {"unused": 0xC1, "next": data[at] + 1 & 0xFF}.items():
                yield f"{name}-{at:02}-{label}", data[:at] + bytes((byte,)) + data[at + 1 :]


def _shapes() -> Iterator[tuple[str, bytes]]:
    for code in range(8):
        for name, value in _SHAPES.items():
            yield f"{code}-{name}", pack(Ext(code, pack(value)))
        yield f"{code}-no-data", pack(Ext(code, b""))
        yield f"{code}-no-messagepack", pack(Ext(code, b"\xc1"))
        yield f"{code}-two-values", pack(Ext(code, pack(["uuid", "UUID", "0" * 32]) + b"\x01"))


def _code() -> Iterator[tuple[str, bytes]]:
    for number, (module, name, argument) in enumerate(_CODE):
        # Each in one of the ways to build it, all ways in turn.
        code = (0, 1, 2, 4, 5)[number % 5]
        payload = {0: argument, 1: [argument]}.get(code, {"argument": argument})
        rest = [_VALIDATE] if code == 5 else []  # noqa: PLR2004  # a pydantic 2 model
        label = f"{module}.{name}".strip(".") or "empty"
        yield f"{code}-{label}", envelope(code, module, name, payload, *rest)
    for module, name, argument, method in _METHODS:
        yield f"3-{module}.{name}.{method}", envelope(3, module, name, argument, method)
