"""The types that a strict codec builds, and the fields of records among them.

The safe list is `langgraph.checkpoint.serde._msgpack.SAFE_MSGPACK_TYPES`. Records come back with
the defaults of omitted fields, in the order in which their class declares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

REQUIRED: Final = object()
"""Stands for the default of a required field."""

_STANDARD = {
    "builtins": "set frozenset",
    "collections": "deque",
    "datetime": "datetime date time timedelta timezone",
    "decimal": "Decimal",
    "ipaddress": "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network",
    "pathlib": "Path PosixPath WindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath",
    "re": "compile",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo",
}
_LANGGRAPH = {
    "langgraph.store.base": "Item GetOp",
    "langgraph.types": ("Send TimeoutPolicy Interrupt Command StateSnapshot PregelTask Overwrite"),
}
_LANGCHAIN = {
    "langchain_core.documents.base": "Document",
    "langchain_core.messages.ai": "AIMessage AIMessageChunk",
    "langchain_core.messages.base": "BaseMessage BaseMessageChunk",
    "langchain_core.messages.chat": "ChatMessage ChatMessageChunk",
    "langchain_core.messages.function": "FunctionMessage FunctionMessageChunk",
    "langchain_core.messages.human": "HumanMessage HumanMessageChunk",
    "langchain_core.messages.modifier": "RemoveMessage",
    "langchain_core.messages.system": "SystemMessage SystemMessageChunk",
    "langchain_core.messages.tool": "ToolMessage ToolMessageChunk",
}


def _keys(names: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((module, name) for module, listed in names.items() for name in listed.split())


STANDARD_TYPES = _keys(_STANDARD)
"""The safe types of Python's standard library."""

SAFE_TYPES = STANDARD_TYPES | _keys(_LANGGRAPH) | _keys(_LANGCHAIN)
"""The types that a strict codec builds, as (module, name)."""

SAFE_METHODS = frozenset((("datetime", "datetime", "fromisoformat"),))
"""The methods that any codec calls, as (module, name, method)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A record's fields and their defaults, and the ext code it is written with.

    `positional` are the fields that its constructor also takes by position. `extra` records keep
    undeclared fields and may lack required ones, like a model built without validation; `ignores`
    records drop undeclared fields. Records written with keywords are dataclasses if `dataclass`,
    and named tuples otherwise.
    """

    code: int
    fields: Mapping[str, Any]
    positional: tuple[str, ...] = ()
    extra: bool = False
    ignores: bool = False
    dataclass: bool = False


_SNAPSHOT = (
    *("values", "next", "config", "metadata", "created_at", "parent_config"),
    *("tasks", "interrupts"),
)
_TASK = ("id", "name", "path", "error", "interrupts", "state", "result")
_ITEM = "namespace key value created_at updated_at"
ITEM = ("langgraph.store.base", "Item")
REMOVE = ("langchain_core.messages.modifier", "RemoveMessage")

_SHAPES: dict[tuple[str, str], Shape] = {
    ("langgraph.types", "TimeoutPolicy"): Shape(
        2, {"run_timeout": None, "idle_timeout": None, "refresh_on": "auto"}, dataclass=True
    ),
    ("langgraph.types", "StateSnapshot"): Shape(
        2, dict.fromkeys(_SNAPSHOT, REQUIRED), positional=_SNAPSHOT
    ),
    ("langgraph.types", "PregelTask"): Shape(
        2,
        {
            **dict.fromkeys(("id", "name", "path"), REQUIRED),
            "error": None,
            "interrupts": (),
            "state": None,
            "result": None,
        },
        positional=_TASK,
    ),
    ("langgraph.store.base", "GetOp"): Shape(
        2,
        {"namespace": REQUIRED, "key": REQUIRED, "refresh_ttl": True},
        positional=("namespace", "key", "refresh_ttl"),
    ),
    ITEM: Shape(4, dict.fromkeys(_ITEM.split(), REQUIRED)),
    ("langchain_core.documents.base", "Document"): Shape(
        5,
        {"id": None, "metadata": {}, "page_content": REQUIRED, "type": "Document"},
        positional=("page_content",),
        extra=True,
        ignores=True,
    ),
}


def _message(kind: Any, own: Mapping[str, Any]) -> Shape:
    common: dict[str, Any] = {"content": REQUIRED, "additional_kwargs": {}, "response_metadata": {}}
    fields = {**common, "type": kind, "name": None, "id": None, **own}
    return Shape(5, fields, positional=("content",), extra=True)


_AI: dict[str, Any] = {"tool_calls": [], "invalid_tool_calls": [], "usage_metadata": None}
_TOOL: dict[str, Any] = {"tool_call_id": REQUIRED, "artifact": None, "status": "success"}
_MESSAGES: dict[str, dict[str, Any]] = {
    "human": {},
    "system": {},
    "ai": _AI,
    "chat": {"role": REQUIRED},
    "tool": _TOOL,
    "function": {"name": REQUIRED},
}
for _kind, _own in _MESSAGES.items():
    _class = "AIMessage" if _kind == "ai" else f"{_kind.title()}Message"
    _module = f"langchain_core.messages.{_kind}"
    _chunk: dict[str, Any] = (
        {"tool_call_chunks": [], "chunk_position": None} if _kind == "ai" else {}
    )
    _SHAPES[_module, _class] = _message(_kind, _own)
    _SHAPES[_module, f"{_class}Chunk"] = _message(f"{_class}Chunk", {**_own, **_chunk})
for _class in ("BaseMessage", "BaseMessageChunk"):
    _SHAPES["langchain_core.messages.base", _class] = _message(REQUIRED, {})
_SHAPES[REMOVE] = Shape(
    5, {**_message("remove", {}).fields, "content": ""}, positional=("id",), extra=True
)

SHAPES: Mapping[tuple[str, str], Shape] = _SHAPES
"""The safe records that the engine keeps as envelopes."""
