"""Which types the serializer may build: LangGraph's safe list, and what is not on it.

A type off the list is only ever decoded strictly, where it is not built. The permissive codec would
import and call it, so there it is asked about and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from langchain_core import messages
from langchain_core.documents import Document
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_METHODS, SAFE_MSGPACK_TYPES
from langgraph.store.base import GetOp, Item
from langgraph.types import (
    Command,
    Interrupt,
    Overwrite,
    PregelTask,
    Send,
    StateSnapshot,
    TimeoutPolicy,
)

from parity_kit.contract import Case
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext
from parity_kit.corpora.authoring import classified, codec, dump, envelope, is_allowed

_NOON = "2024-01-01T12:00:00"
_DAY = datetime(2024, 1, 1, tzinfo=UTC)
# Envelopes of the types that can be built wherever the kit runs: the safe list without paths, which
# follow the Python version and the platform.
_BUILT: dict[str, bytes] = {
    "datetime.datetime": envelope(3, "datetime", "datetime", _NOON, "fromisoformat"),
    "datetime.date": envelope(1, "datetime", "date", [2024, 1, 1]),
    "datetime.time": envelope(2, "datetime", "time", {"hour": 12}),
    "datetime.timedelta": envelope(1, "datetime", "timedelta", [1, 2, 3]),
    "datetime.timezone": envelope(
        1, "datetime", "timezone", [Ext(1, pack(["datetime", "timedelta", [0, 3600, 0]]))]
    ),
    "uuid.UUID": envelope(0, "uuid", "UUID", "0" * 32),
    "decimal.Decimal": envelope(0, "decimal", "Decimal", "1.0"),
    "builtins.set": envelope(0, "builtins", "set", [1, 2]),
    "builtins.frozenset": envelope(0, "builtins", "frozenset", [1, 2]),
    "collections.deque": envelope(0, "collections", "deque", [1, 2]),
    "ipaddress.IPv4Address": envelope(0, "ipaddress", "IPv4Address", "192.0.2.1"),
    "ipaddress.IPv4Interface": envelope(0, "ipaddress", "IPv4Interface", "192.0.2.1/24"),
    "ipaddress.IPv4Network": envelope(0, "ipaddress", "IPv4Network", "192.0.2.0/24"),
    "ipaddress.IPv6Address": envelope(0, "ipaddress", "IPv6Address", "2001:db8::1"),
    "ipaddress.IPv6Interface": envelope(0, "ipaddress", "IPv6Interface", "2001:db8::1/64"),
    "ipaddress.IPv6Network": envelope(0, "ipaddress", "IPv6Network", "2001:db8::/32"),
    "zoneinfo.ZoneInfo": envelope(0, "zoneinfo", "ZoneInfo", "UTC"),
    "re.compile": envelope(1, "re", "compile", ["a+", 32]),
}
_OBJECTS: list[object] = [
    messages.BaseMessage(content="a", type="base", id="1"),
    messages.BaseMessageChunk(content="a", type="base", id="1"),
    messages.HumanMessage(content="a", id="1"),
    messages.HumanMessageChunk(content="a", id="1"),
    messages.AIMessage(content="a", id="1"),
    messages.AIMessageChunk(content="a", id="1"),
    messages.SystemMessage(content="a", id="1"),
    messages.SystemMessageChunk(content="a", id="1"),
    messages.ChatMessage(content="a", role="r", id="1"),
    messages.ChatMessageChunk(content="a", role="r", id="1"),
    messages.ToolMessage(content="a", tool_call_id="c", id="1"),
    messages.ToolMessageChunk(content="a", tool_call_id="c", id="1"),
    messages.FunctionMessage(content="a", name="f", id="1"),
    messages.FunctionMessageChunk(content="a", name="f", id="1"),
    messages.RemoveMessage(id="1"),
    Document(page_content="a", id="1"),
    Send("a", 1),
    TimeoutPolicy(run_timeout=1.0),
    Interrupt(1, id="1"),
    Command(goto="a"),
    StateSnapshot({"a": 1}, ("n",), {"configurable": {}}, None, None, None, (), ()),
    PregelTask("1", "n", ("__pregel_pull", "n")),
    Overwrite(1),
    Item(value={"a": 1}, key="k", namespace=("n",), created_at=_DAY, updated_at=_DAY),
    GetOp(("n",), "k"),
]
# A payload must come back as it is, whatever the envelope asks for.
_REFUSED: dict[str, bytes] = {
    "os-system": envelope(0, "os", "system", "true"),
    "eval": envelope(0, "builtins", "eval", "1+1"),
    "exec": envelope(1, "builtins", "exec", ["pass"]),
    "popen": envelope(2, "subprocess", "Popen", {"args": ["true"]}),
    "getattr": envelope(1, "builtins", "getattr", ["a", "upper"]),
    "import": envelope(0, "builtins", "__import__", "os"),
    "open": envelope(1, "builtins", "open", ["/dev/null"]),
    "pickle": envelope(0, "pickle", "loads", b"\x80\x05N."),
    "list": envelope(0, "builtins", "list", [1, 2]),
    "enum": envelope(0, "uuid", "SafeUUID", 0),
    "secret": envelope(0, "pydantic.types", "SecretStr", "hush"),
    "namedtuple": envelope(2, "urllib.parse", "SplitResult", {"scheme": "http"}),
    "retry-policy": envelope(2, "langgraph.types", "RetryPolicy", {"max_attempts": 3}),
    "method-of-safe-type": envelope(3, "datetime", "datetime", "2024", "fromtimestamp"),
    "method-of-other-type": envelope(3, "builtins", "str", "abc", "upper"),
    "pydantic-1": envelope(4, "no.such.module", "Model", {"a": 1}),
    "pydantic-2": envelope(5, "no.such.module", "Model", {"a": 1}, "model_validate_json"),
    "safe-name-in-other-module": envelope(0, "uuid2", "UUID", "0" * 32),
    "safe-module-other-name": envelope(0, "uuid", "uuid5", "a"),
    "case-differs": envelope(0, "UUID", "uuid", "0" * 32),
    "dotted-name": envelope(1, "datetime", "datetime.now", []),
    "empty-names": envelope(0, "", "", {"a": 1}),
}
_INSIDE: dict[str, Ext] = {
    "single": Ext(0, pack(["os", "system", "true"])),
    "positional": Ext(1, pack(["builtins", "exec", ["pass"]])),
    "keywords": Ext(2, pack(["subprocess", "Popen", {"args": ["true"]}])),
    "method": Ext(3, pack(["os", "path", "/", "exists"])),
    "model-1": Ext(4, pack(["no.such.module", "Model", {"a": 1}])),
    "model-2": Ext(5, pack(["no.such.module", "Model", {"a": 1}, "model_validate_json"])),
    "list-as-payload": Ext(0, pack(["os", "system", ["true"]])),
}
_HUMAN = ("langchain_core.messages.human", "HumanMessage")
_VALIDATE = "model_validate_json"
# Where a refused type can hide: the value that holds it is safe.
_PLACES: dict[str, Callable[[Ext], Any]] = {
    "list": lambda it: [1, it, 2],
    "map": lambda it: {"a": {"b": it}},
    "set": lambda it: Ext(0, pack(["builtins", "set", [it, 1]])),
    "deque": lambda it: Ext(0, pack(["collections", "deque", [it]])),
    "safe-argument": lambda it: Ext(0, pack(["decimal", "Decimal", it])),
    "send-argument": lambda it: Ext(1, pack(["langgraph.types", "Send", ["n", it]])),
    "send-node": lambda it: Ext(1, pack(["langgraph.types", "Send", [it, 1]])),
    "send-timeout": lambda it: Ext(1, pack(["langgraph.types", "Send", ["n", 1, it]])),
    "arguments": lambda it: Ext(1, pack(["langgraph.types", "Send", it])),
    "keyword": lambda it: Ext(2, pack(["langgraph.types", "Overwrite", {"value": it}])),
    "keywords": lambda it: Ext(2, pack(["langgraph.types", "Overwrite", it])),
    "interrupt": lambda it: Ext(
        2, pack(["langgraph.types", "Interrupt", {"value": [it], "id": "1"}])
    ),
    "command": lambda it: Ext(2, pack(["langgraph.types", "Command", {"update": {"a": it}}])),
    "method-argument": lambda it: Ext(3, pack(["datetime", "datetime", it, "fromisoformat"])),
    "model-1-field": lambda it: Ext(4, pack(["langgraph.types", "Overwrite", {"value": it}])),
    "message-content": lambda it: Ext(5, pack([*_HUMAN, {"content": [it]}, _VALIDATE])),
    "message-kwargs": lambda it: Ext(
        5, pack([*_HUMAN, {"content": "a", "additional_kwargs": {"k": it}}, _VALIDATE])
    ),
    "array-buffer": lambda it: Ext(6, pack(["|u1", [1], "C", it])),
    "delta-snapshot": lambda it: Ext(7, pack([it])),
    "delta-snapshot-alone": lambda it: Ext(7, pack(it)),
    "alpha": lambda it: Ext(8, pack(it)),
    "refused": lambda it: Ext(0, pack(["os", "system", [it]])),
    "refused-keywords": lambda it: Ext(2, pack(["os", "system", {"a": it}])),
    "module": lambda it: Ext(0, pack([it, "system", "true"])),
    "name": lambda it: Ext(0, pack(["builtins", it, [1]])),
    "delta-in-send-in-list": lambda it: [
        Ext(1, pack(["langgraph.types", "Send", ["n", Ext(7, pack({"a": it}))]]))
    ],
}
_ASKED_ONLY = (
    ("os", "system"),
    ("builtins", "eval"),
    ("builtins", "list"),
    ("subprocess", "Popen"),
    ("langgraph.types", "RetryPolicy"),
    ("pydantic.types", "SecretStr"),
    ("uuid", "SafeUUID"),
    ("", ""),
)
_METHODS = (
    ("datetime", "datetime", "fromtimestamp"),
    ("datetime", "datetime", "__new__"),
    ("datetime", "date", "fromisoformat"),
    ("builtins", "str", "upper"),
)


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    for parts in sorted(SAFE_MSGPACK_TYPES):
        yield from _asked("safe", "safe type", *parts)
    for parts in sorted(SAFE_MSGPACK_METHODS):
        yield from _asked("safe-method", "safe method", *parts)
    for parts in _ASKED_ONLY:
        yield from _asked("off", "refused type", *parts)
    for parts in _METHODS:
        yield from _asked("off-method", "refused method", *parts)
    for name, data in _built():
        yield codec(f"allowlist/built/{name}", data, "safe type")
        yield codec(f"allowlist/built/{name}/permissive", data, "safe type", strict=False)
    for name, data in _REFUSED.items():
        yield codec(f"allowlist/refused/{name}", data, "refused type")
    yield from _hidden()
    yield from _paths()


def _hidden() -> Iterator[Case]:
    for place, put in _PLACES.items():
        for name, refused in _INSIDE.items():
            data = pack(put(refused))
            yield codec(f"allowlist/inside/{place}/{name}", data, "refused type inside")
    safe = Ext(0, pack(["uuid", "UUID", "0" * 32]))
    yield codec("allowlist/inside/safe-in-refused", envelope(0, "os", "system", {"id": safe}))
    for name, refused in _INSIDE.items():
        for place, head in {"key": b"\x81", "key-array": b"\x81\x91"}.items():
            data = head + pack(refused) + b"\x01"
            yield classified(f"allowlist/inside/{place}/{name}", data, "refused type inside")


def _built() -> Iterator[tuple[str, bytes]]:
    yield from _BUILT.items()
    for value in _OBJECTS:
        kind = type(value)
        yield f"{kind.__module__}.{kind.__qualname__}", dump(value)[1]


def _asked(group: str, feature: str, *parts: str) -> Iterator[Case]:
    case = f"allowlist/{group}/{'.'.join(parts)}"
    named = dict(zip(("module", "name", "method"), parts, strict=False))
    yield is_allowed(f"{case}/strict", feature, strict=True, **named)
    yield is_allowed(f"{case}/permissive", feature, strict=False, **named)


def _paths() -> Iterator[Case]:
    """Yield paths as each Python writes and reads them: 3.13 keeps them in `pathlib._local`."""
    for home in ("pathlib", "pathlib._local"):
        for module in ("pathlib", "pathlib._local"):
            for label, (name, parts) in _PATHS.items():
                data = envelope(1, module, name, parts)
                case = f"allowlist/path/in-{home}/{module}.{name}-{label}"
                yield codec(case, data, "path", paths=home)
                yield codec(f"{case}/permissive", data, "path", strict=False, paths=home)


_PATHS: dict[str, tuple[str, list[str]]] = {
    "absolute": ("Path", ["/", "a", "b.txt"]),
    "from-root": ("PosixPath", ["/", "a"]),
    "with-dots": ("PosixPath", ["a", "..", ".", "b"]),
    "unicode": ("PosixPath", ["é", "🦜"]),
    "empty": ("PosixPath", []),
    "drive": ("WindowsPath", ["C:\\", "a"]),
}
