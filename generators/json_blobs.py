"""Type tags other than MessagePack: what is stored without it, and the old `json` blobs.

LangGraph wrote checkpoints as JSON before 0.2.0 of its checkpoint library; today's release still
reads them. The `lc: 2` envelopes are LangGraph's own, those with `lc: 1` LangChain's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from parity_kit.contract import Case
from parity_kit.corpora.authoring import classified, codec, dumped

_DAY = "2024-01-01T00:00:00+00:00"


def _lc2(path: str, *args: Any, **more: Any) -> dict[str, Any]:
    """Return LangGraph's old envelope, as its encoder wrote it."""
    parts = {"lc": 2, "type": "constructor", "id": path.split("|")}
    return parts | ({"args": list(args)} if args else {}) | more


def _lc1(path: str, **fields: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": path.split("."), "kwargs": fields}


_NOT_MSGPACK = {
    "null": ("null", b""),
    "null-ignores-data": ("null", b"\x01"),
    "bytes": ("bytes", b"\x93"),
    "bytes-empty": ("bytes", b""),
    "bytearray": ("bytearray", b"\x93"),
    "bytearray-empty": ("bytearray", b""),
    "pickle-refused": ("pickle", b"\x80\x05N."),
    "pickle-refused-empty": ("pickle", b""),
    "unknown": ("yaml", b"a: 1"),
    "empty-saver-entry": ("empty", b""),
    "no-tag": ("", b"\x01"),
    "other-case": ("MSGPACK", b"\x01"),
    "encrypted": ("msgpack+aes", b"\x01"),
}
_TEXTS = {
    "object": '{"b": [1, 2.0, null, true], "a": "é"}',
    "array": "[]",
    "scalar-text": '"a"',
    "scalar-number": "1",
    "scalar-null": "null",
    "nan": "[NaN, Infinity, -Infinity]",
    "minus-zero": "[-0, -0.0]",
    "number-forms": "[1e3, 1E-2, 0.1, 1.0, 10000000000000000]",
    "float-overflow": "[1e400, -1e400]",
    "integer-uint64": "18446744073709551615",
    "integer-over-64-bits": "18446744073709551616",
    "integer-under-64-bits": "-9223372036854775809",
    "integer-over-64-bits-inside": '{"a": [123456789012345678901234567890]}',
    "duplicate-key": '{"a": 1, "a": 2}',
    "spaces": ' \t\r\n{ "a" : [ 1 , 2 ] }\n',
    "escapes": r'"\u00e9\ud83e\udd9c\n\/\\\""',
    "control-escaped": r'"\u0000"',
    "lone-surrogate-replaced": r'"\ud800x"',
    "lone-surrogate-in-list": r'["\udfff", "\ud800\ud800"]',
    "lone-surrogate-key": r'{"\ud800": 1}',
    "byte-order-mark": "\ufeff1",
    "number-text-keys": '{"1": 1, "true": 2}',
    "numbers-like-envelope": '{"lc": 2}',
    "checkpoint": json.dumps(
        {
            "v": 1,
            "ts": _DAY,
            "id": "1ef4f797-8335-6428-8001-8a1503f9b875",
            "channel_values": {"log": ["a"]},
            "channel_versions": {"log": 2},
            "versions_seen": {"__input__": {}},
            "pending_sends": [],
        }
    ),
    "metadata": '{"source": "loop", "step": 1, "writes": null, "parents": {}}',
}
_BROKEN = {
    "empty": b"",
    "cut": b'{"a": ',
    "cut-text": b'"a',
    "two-values": b"1 2",
    "trailing-comma": b"[1,]",
    "single-quotes": b"{'a': 1}",
    "number-key": b"{1: 2}",
    "no-utf8": b'"\xff"',
    "no-utf8-surrogate": b'"\xed\xa0\x80"',
    "control-in-text": b'"\n"',
    "bad-escape": rb'"\x"',
    "leading-zero": b"01",
    "plus": b"+1",
    "hexadecimal": b"0x10",
    "comment": b"[1] // a",
    "msgpack": b"\x81\xa1a\x01",
    "too-many-digits": b"9" * 5000,
    "deep": b"[" * 100_000,
}
_ENVELOPES: dict[str, Any] = {
    "uuid": _lc2("uuid|UUID", "123e4567-e89b-42d3-a456-426614174000"),
    "decimal": _lc2("decimal|Decimal", "1.50"),
    "set": _lc2("builtins|set", [1, 2]),
    "frozenset": _lc2("builtins|frozenset", ["a"]),
    "deque": _lc2("collections|deque", [1, 2]),
    "datetime-by-method": _lc2("datetime|datetime", _DAY, method="fromisoformat"),
    "datetime-by-position": _lc2("datetime|datetime", 2024, 1, 2, 3),
    "date": _lc2("datetime|date", 2024, 1, 2),
    "time": _lc2("datetime|time", kwargs={"hour": 1, "fold": 0}),
    "timedelta": _lc2("datetime|timedelta", 1, 2, 3),
    "timezone": _lc2("datetime|timezone", _lc2("datetime|timedelta", 0, 3600, 0)),
    "ip-address": _lc2("ipaddress|IPv4Address", "192.0.2.1"),
    "ip-network": _lc2("ipaddress|IPv6Network", "2001:db8::/32"),
    "zoneinfo": _lc2("zoneinfo|ZoneInfo", "Europe/Berlin"),
    "pattern": _lc2("re|compile", "a+", 34),
    "pattern-old-flags": _lc2("re|compile", "a+", method=None, kwargs={"flags": 2}),
    "send": _lc2("langgraph|types|Send", kwargs={"node": "a", "arg": {"k": 1}}),
    "interrupt": _lc2(
        "langgraph|types|Interrupt", kwargs={"value": 1, "resumable": True, "ns": ["a:1"]}
    ),
    "command": _lc2("langgraph|types|Command", kwargs={"goto": "a"}),
    "item": _lc2(
        "langgraph|store|base|Item",
        kwargs={
            "value": {},
            "key": "k",
            "namespace": ["n"],
            "created_at": _DAY,
            "updated_at": _DAY,
        },
    ),
    "message": _lc2(
        "langchain_core|messages|human|HumanMessage",
        method=[None, "construct"],
        kwargs={"content": "a", "type": "human", "id": "1"},
    ),
    "message-by-position": _lc2("langchain_core|messages|ai|AIMessage", "a"),
    "document": _lc2(
        "langchain_core|documents|base|Document", kwargs={"page_content": "a", "metadata": {"p": 1}}
    ),
    "message-not-valid-becomes-null": _lc2(
        "langchain_core|messages|human|HumanMessage",
        method=[None, "construct"],
        kwargs={"id": "1"},
    ),
    "bad-argument-becomes-null": _lc2("uuid|UUID", "zz"),
    "no-argument-becomes-null": _lc2("uuid|UUID"),
    "no-argument-empty-set": _lc2("builtins|set"),
    "unknown-keyword-becomes-null": _lc2("langgraph|types|Send", kwargs={"nodes": "a"}),
    "arguments-empty": _lc2("builtins|set", args=[], kwargs={}),
    "in-list": [_lc2("builtins|set", [1]), {"k": _lc2("decimal|Decimal", "1")}],
    "in-envelope": _lc2("langgraph|types|Send", "n", _lc2("builtins|set", [1])),
    "extra-keys-ignored": _lc2("builtins|set", [1], more=1),
    "refused-system": _lc2("os|system", "true"),
    "refused-eval": _lc2("builtins|eval", "1+1"),
    "refused-enum": _lc2("uuid|SafeUUID", 0),
    "refused-secret": _lc2("pydantic|types|SecretStr", "hush"),
    "refused-unknown-module": _lc2("no|such|module|Type", 1),
    "refused-inside-safe": _lc2("langgraph|types|Send", "n", _lc2("os|system", "true")),
    "safe-inside-refused": _lc2("os|system", _lc2("builtins|set", [1])),
    "refused-method-of-safe": _lc2("datetime|datetime", 0, method="fromtimestamp"),
    "path-too-short": {"lc": 2, "type": "constructor", "id": ["set"], "args": [[1]]},
    "path-empty": {"lc": 2, "type": "constructor", "id": [], "args": [[1]]},
    "path-null": {"lc": 2, "type": "constructor", "id": None, "args": [[1]]},
    "other-type": {"lc": 2, "type": "secret", "id": ["A", "B"]},
    "other-version": {"lc": 3, "type": "constructor", "id": ["builtins", "set"], "args": [[1]]},
    "version-as-text": {"lc": "2", "type": "constructor", "id": ["builtins", "set"]},
    "version-as-float": {"lc": 2.0, "type": "constructor", "id": ["builtins", "set"]},
}
_LANGCHAIN: dict[str, Any] = {
    "human": _lc1("langchain.schema.messages.HumanMessage", content="a", id="1"),
    "ai": _lc1("langchain.schema.messages.AIMessage", content="a", tool_calls=[]),
    "system": _lc1("langchain.schema.messages.SystemMessage", content="a"),
    "tool": _lc1("langchain.schema.messages.ToolMessage", content="a", tool_call_id="c"),
    "chat": _lc1("langchain.schema.messages.ChatMessage", content="a", role="r"),
    "human-in-core": _lc1("langchain_core.messages.human.HumanMessage", content="a"),
    "human-in-package": _lc1("langchain_core.messages.HumanMessage", content="a"),
    "document": _lc1("langchain.schema.document.Document", page_content="a", metadata={}),
    "document-in-core": _lc1("langchain_core.documents.base.Document", page_content="a"),
    "in-list": [_lc1("langchain.schema.messages.HumanMessage", content="a"), 1],
    "not-valid": _lc1("langchain.schema.messages.HumanMessage", id="1"),
    "not-allowed": _lc1("langchain.chat_models.openai.ChatOpenAI"),
    "not-langchain": _lc1("os.system", command="true"),
    "secret-is-null": {"lc": 1, "type": "secret", "id": ["PATH"]},
    "secret-two-ids": {"lc": 1, "type": "secret", "id": ["A", "B"]},
    "not-implemented": {"lc": 1, "type": "not_implemented", "id": ["a", "B"], "repr": "B()"},
    "other-type": {"lc": 1, "type": "other", "id": ["a"]},
    "path-null": {"lc": 1, "type": "constructor", "id": None, "kwargs": {}},
    "path-empty": {"lc": 1, "type": "constructor", "id": [], "kwargs": {}},
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for name, value in {"null": None, "bytes": b"\x00", "empty-bytes": b""}.items():
        yield from dumped(f"json_blobs/dumped/{name}", value, "type tag")
    for name, (kind, data) in _NOT_MSGPACK.items():
        yield codec(f"json_blobs/tag/{name}", data, "type tag", type=kind)
    for name, text in _TEXTS.items():
        yield _blob(f"json_blobs/text/{name}", text.encode())
    for encoding in ("utf-16", "utf-16-be", "utf-32-le"):
        yield _blob(f"json_blobs/text/{encoding}", '{"é": [1]}'.encode(encoding))
    for name, data in _BROKEN.items():
        yield _blob(f"json_blobs/broken/{name}", data)
    for group, envelopes in {"envelope": _ENVELOPES, "langchain": _LANGCHAIN}.items():
        for name, value in envelopes.items():
            yield _blob(f"json_blobs/{group}/{name}", json.dumps(value).encode())
    for name in ("refused-enum", "refused-system", "uuid"):
        data = json.dumps(_ENVELOPES[name]).encode()
        yield _blob(f"json_blobs/permissive/{name}", data, strict=False)


def _blob(case: str, data: bytes, *, strict: bool = True) -> Case:
    return classified(case, data, "json blob", type="json", strict=strict)
