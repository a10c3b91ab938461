"""The types that the kit lets LangGraph build, and the types that a value names.

LangGraph imports and calls whatever a stored value names, unless it is given a list. A case may
come from anybody, so the kit always gives one: LangGraph's own safe list, and the types of the
kit's fixtures. None of them does more than hold what it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from parity_kit.contract.canonical import unpack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.msgpack.values import METHOD, PYDANTIC_2

TypeName: TypeAlias = tuple[str, str]
"""A module, and a name in it."""

_SAFE: Final = {
    "builtins": "set frozenset",
    "collections": "deque",
    "datetime": "datetime date time timedelta timezone",
    "decimal": "Decimal",
    "ipaddress": ("IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network"),
    "pathlib": "Path PosixPath WindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath",
    "re": "compile",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo",
    "langchain_core.documents.base": "Document",
    "langchain_core.messages.ai": "AIMessage AIMessageChunk",
    "langchain_core.messages.base": "BaseMessage BaseMessageChunk",
    "langchain_core.messages.chat": "ChatMessage ChatMessageChunk",
    "langchain_core.messages.function": "FunctionMessage FunctionMessageChunk",
    "langchain_core.messages.human": "HumanMessage HumanMessageChunk",
    "langchain_core.messages.modifier": "RemoveMessage",
    "langchain_core.messages.system": "SystemMessage SystemMessageChunk",
    "langchain_core.messages.tool": "ToolMessage ToolMessageChunk",
    "langgraph.store.base": "GetOp Item",
    "langgraph.types": ("Command Interrupt Overwrite PregelTask Send StateSnapshot TimeoutPolicy"),
}
_FIXTURES: Final = {
    "parity_kit.reference.fixture_types": (
        "Colour Pair Level Word Mode Point FrozenPoint SlottedPoint Line Counted Move OldMove "
        "Model1 Model2 Nested1 Nested2 Extra2 Secret2"
    ),
    "difflib": "Match",
    "http": "HTTPMethod HTTPStatus",
    "langchain_core.agents": "AgentAction AgentFinish",
    "langchain_core.outputs.chat_generation": "ChatGeneration",
    "langchain_core.outputs.generation": "Generation",
    "langchain_core.prompt_values": "ChatPromptValue StringPromptValue",
    "langgraph.checkpoint.base": "CheckpointTuple",
    "langgraph.store.base": "ListNamespacesOp MatchCondition PutOp SearchOp",
    "pydantic.types": "Secret SecretBytes SecretStr",
    "pydantic.v1.types": "SecretBytes SecretStr",
    "re": "RegexFlag",
    "urllib.parse": "SplitResult",
    "uuid": "SafeUUID",
}


def _pairs(types: Mapping[str, str]) -> frozenset[TypeName]:
    return frozenset((module, name) for module in types for name in types[module].split())


SAFE_TYPES: Final = _pairs(_SAFE)
"""What a strict codec builds (`langgraph.checkpoint.serde._msgpack.SAFE_MSGPACK_TYPES`)."""
FIXTURE_TYPES: Final = _pairs(_FIXTURES)
"""The further types that the committed corpora hold."""
BUILDABLE: Final = SAFE_TYPES | FIXTURE_TYPES

_SAFE_METHOD = ("datetime", "datetime", "fromisoformat")
_ENVELOPES = range(PYDANTIC_2 + 1)


def unbuildable(value: Plain) -> list[TypeName]:
    """Return the types that a value names and the kit does not let LangGraph build."""
    return sorted(named_types(value) - BUILDABLE)


def named_types(value: Plain) -> set[TypeName]:
    """Return every type that LangGraph would look up to build a value."""
    return set(_named(value))


def _named(value: Plain) -> Iterator[TypeName]:
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Ext):
            inner: Any = _inner(item)
            if item.code in _ENVELOPES and isinstance(inner, list):
                yield from _envelope(item.code, cast("list[Any]", inner))
            pending.append(inner)
        elif isinstance(item, Mapping):
            entries = cast("Mapping[Any, Any]", item)
            pending += [*entries.keys(), *entries.values()]
        elif isinstance(item, (list, tuple)):
            pending += cast("list[Any]", item)


def _inner(ext: Ext) -> Any:
    try:
        return unpack(ext.data)
    except ValueError:
        return None  # LangGraph gives null for what does not load


def _envelope(code: int, parts: list[Any]) -> Iterator[TypeName]:
    # A part may be an ext that decodes to text, so anything but text counts as a name of its own.
    texts = [part if isinstance(part, str) else f"<{type(part).__name__}>" for part in parts]
    match texts:
        case [module, name, _, method, *_] if code == METHOD:
            if (module, name, method) != _SAFE_METHOD:
                yield module, f"{name}.{method}"
        case [module, name, *_]:
            yield module, name
        case _:
            pass
