"""Reading the JSON that LangGraph stored before it stored MessagePack.

An object with the key `lc` stands for a typed value. Version 2 is LangGraph's own
(`langgraph.checkpoint.serde.jsonplus`, `JsonPlusSerializer._reviver`), version 1 LangChain's
(`langchain_core.load.load.Reviver`). Of LangChain's classes, the engine knows messages and
documents; it refuses the others, as LangChain refuses classes that are not its own.
"""

from __future__ import annotations

import json
from typing import Any

from pure_engine.codec.safe_types import SAFE_TYPES, SHAPES
from pure_engine.codec.typed_values import KEYWORDS, maker_of
from pure_engine.errors import ValidationError

_DOCUMENT = "langchain_core.documents.base"
_MESSAGES = "langchain_core.messages"
_BRIEF = {"AIMessage", "ChatMessage", "FunctionMessage", "HumanMessage", "SystemMessage"}


def read_json(data: bytes) -> Any:
    """Return the object in JSON text, with its typed values built.

    Raises:
        ValueError, NotImplementedError: If it is malformed, or must not be loaded.
    """
    return json.loads(data, object_hook=_revive)


def _revive(value: dict[str, Any]) -> Any:
    names = value.get("id")
    if names is None:
        return value
    if value.get("lc") == 2 and value.get("type") == "constructor" and len(names) > 1:  # noqa: PLR2004  # the version, and module and name
        key = (".".join(names[:-1]), names[-1])
        if key in SAFE_TYPES:
            return _safe(key, value)
    return _langchain(value, names) if value.get("lc") == 1 else value


def _safe(key: tuple[str, str], value: dict[str, Any]) -> Any:
    """Call a constructor, never a method; return null if it fails."""
    try:
        return maker_of(KEYWORDS, *key)(*(value.get("args") or ()), **(value.get("kwargs") or {}))
    except Exception:  # noqa: BLE001  # whatever the constructor raises
        return None


def _langchain(value: dict[str, Any], names: Any) -> Any:
    kind = value.get("type")
    if kind == "secret":
        (_,) = names  # exactly one name, which is looked up nowhere
        return None
    if kind == "not_implemented":
        message = f"Trying to load an object that doesn't implement serialization: {value}"
        raise NotImplementedError(message)
    if kind != "constructor":
        return value
    [*_, _] = names
    key = _CLASSES.get(tuple(names))
    fields = value.get("kwargs", {})
    if key is None or fields.get("template_format") == "jinja2":
        message = f"Deserialization of {tuple(names)!r} is not allowed."
        raise ValueError(message)
    try:
        return maker_of(KEYWORDS, *key)(**fields)
    except TypeError as error:
        raise ValidationError(str(error)) from error


def _classes() -> dict[tuple[str, ...], tuple[str, str]]:
    """Return the classes under every path that LangChain knows them by."""
    classes: dict[tuple[str, ...], tuple[str, str]] = {}
    for module, name in SHAPES:
        paths = [f"{module}.{name}"]
        if module == _DOCUMENT:
            paths.append("langchain.schema.document.Document")
        elif module.startswith(_MESSAGES):
            paths.append(f"langchain.schema.messages.{name}")
            if name != "RemoveMessage":
                paths.append(f"{_MESSAGES}.{name}")
            if name in _BRIEF:
                paths.append(f"langchain.schema.{name}")
        else:
            continue  # LangGraph's own records are not LangChain's to revive
        classes |= {tuple(path.split(".")): (module, name) for path in paths}
    return classes


_CLASSES = _classes()
