"""Typed values: built from an ext's parts, and taken apart into them.

`langgraph.checkpoint.serde.jsonplus`: `_create_msgpack_ext_hook` and `_msgpack_default`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import ipaddress
import pathlib
import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from xxhash import xxh3_128_hexdigest

from pure_engine.codec.model_dump import dumped
from pure_engine.codec.safe_types import ITEM, REMOVE, REQUIRED, SHAPES, STANDARD_TYPES, Shape
from pure_engine.types import (
    PLACEHOLDER_ID,
    Command,
    Envelope,
    Interrupt,
    Overwrite,
    Send,
    Unstorable,
    record_fields,
)

SINGLE, POSITIONAL, KEYWORDS, METHOD, MODEL_1, MODEL_2, ARRAY, DELTA = range(8)
"""The ext codes (`langgraph.checkpoint.serde.jsonplus`, `EXT_*`)."""

_VALIDATE = "model_validate_json"
_TIMEOUT = ("langgraph.types", "TimeoutPolicy")
_SEND = ("langgraph.types", "Send")


def build(code: int, module: str, name: str, payload: Any, *, buildable: bool = False) -> Any:
    """Return the object that an ext's parts describe, or raise whatever prevents that.

    `buildable` says that LangGraph could build the type, whatever is installed here.
    """
    if code == POSITIONAL and (module, name) == _SEND:
        # LangGraph quirk: the third argument is the timeout, and more are ignored.
        return _send(*payload) if len(payload) == 2 else _send(payload[0], payload[1], payload[2])  # noqa: PLR2004  # node and argument
    try:
        maker = maker_of(code, module, name)
    except KeyError:
        return _unknown(code, module, name, payload, buildable=buildable)
    if code == SINGLE:
        return maker(payload)
    return maker(*payload) if code == POSITIONAL else maker(**payload)


@functools.cache
def maker_of(code: int, module: str, name: str) -> Callable[..., Any]:
    """Return the function that builds a safe type from an ext of this code, or raise `KeyError`."""
    key = (module, name)
    if key in _MAKERS:
        return _MAKERS[key]
    if key in STANDARD_TYPES:
        return getattr(importlib.import_module(module), name)
    return functools.partial(_record, key, code, SHAPES[key])


def _unknown(code: int, module: str, name: str, payload: Any, *, buildable: bool) -> Envelope:
    if not buildable and not _is_installed(module.partition(".")[0]):
        raise ModuleNotFoundError(module)
    # The payload must at least be something that a constructor can be called with.
    arguments: Any = payload
    if code == POSITIONAL:
        arguments = [*payload]
    elif code != SINGLE:
        arguments = dict[str, Any](**payload)
    return Envelope(code, [module, name, arguments, *([_VALIDATE] if code == MODEL_2 else [])])


@functools.cache
def _is_installed(package: str) -> bool:
    return bool(package) and importlib.util.find_spec(package) is not None


def _record(key: tuple[str, str], code: int, shape: Shape, /, *args: Any, **keywords: Any) -> Any:
    given = dict(zip(shape.positional, args, strict=False)) | keywords
    if len(args) > len(shape.positional) or len(given) < len(args) + len(keywords):
        raise TypeError("too many arguments")
    if not shape.extra and not given.keys() <= shape.fields.keys():
        raise TypeError("an unexpected keyword")
    if key == REMOVE and given.get("content") and code not in {MODEL_1, MODEL_2}:
        raise ValueError("removes a message, and has no content")
    if shape.ignores:
        given = {name: value for name, value in given.items() if name in shape.fields}
    fields = {**shape.fields, **given}
    absent = [name for name, value in fields.items() if value is REQUIRED]
    # Only a model is built without validation.
    if absent and not (shape.extra and code in {MODEL_1, MODEL_2}):
        raise TypeError("an argument is missing")
    for name in absent:
        del fields[name]
    if key == ITEM:
        moments = {name: _moment(fields[name]) for name in ("created_at", "updated_at")}
        if not all(hasattr(moment, "isoformat") for moment in moments.values()):
            return Unstorable()
        fields |= {name: moment.isoformat() for name, moment in moments.items()}
    if shape.code == MODEL_2:
        return Envelope(MODEL_2, [*key, dumped(fields), _VALIDATE])
    return Envelope(shape.code, [*key, fields])


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _send(node: str, arg: Any, timeout: Any = None) -> Send:
    return Send(node, arg, None if timeout is None else _timeout(timeout))


_make_timeout = functools.partial(_record, _TIMEOUT, KEYWORDS, SHAPES[_TIMEOUT])


def _timeout(value: Any) -> Envelope | None:
    """Return a packet's timeout as a policy in positive seconds, or None without limits."""
    if not isinstance(value, Envelope):
        value = _make_timeout(run_timeout=value)
    fields = value.parts[2]
    if fields["refresh_on"] not in ("auto", "heartbeat"):
        raise ValueError("refresh_on must be 'auto' or 'heartbeat'")
    limits = {name: _seconds(fields[name]) for name in ("run_timeout", "idle_timeout")}
    if limits["run_timeout"] is None and limits["idle_timeout"] is None:
        return None
    return _make_timeout(**{**fields, **limits})


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds <= 0:
        raise ValueError("must be greater than 0")
    return seconds


def _interrupt(
    value: Any,
    id: str = PLACEHOLDER_ID,  # noqa: A002  # LangGraph's keyword
    *,
    response_schema: Any = None,
    **older: Any,
) -> Interrupt:
    namespace = older.get("ns")
    if id == PLACEHOLDER_ID and isinstance(namespace, Sequence):
        joined = "|".join(cast("Sequence[str]", namespace))
        id = xxh3_128_hexdigest(joined.encode())  # noqa: A001  # LangGraph's keyword
    return Interrupt(value, id, response_schema)


_MAKERS: dict[tuple[str, str], Callable[..., Any]] = {
    _SEND: _send,
    ("langgraph.types", "Overwrite"): Overwrite,
    ("langgraph.types", "Interrupt"): _interrupt,
    ("langgraph.types", "Command"): Command,
}

Parts = tuple[int, Sequence[Any]]
"""An ext's code and the contents of its data."""


def take_apart(  # noqa: PLR0911  # one for each way to store a type
    value: Any, order: Callable[[Any], Any]
) -> Parts | str:
    """Return the parts that an object is stored as, or an exception's text.

    `order` is the sort key of a set's elements.

    Raises:
        TypeError: If LangGraph cannot store the object.
    """
    kind = cast("type[Any]", type(value))
    taken = _EXACT.get(kind)
    if taken is not None:
        return taken(value)
    if kind is set or kind is frozenset:
        return SINGLE, ("builtins", kind.__name__, sorted(value, key=order))
    for base, code, payload in _STANDARD:
        if isinstance(value, base):
            return code, (kind.__module__, kind.__name__, payload(value))
    if kind is re.Pattern:
        return POSITIONAL, ("re", "compile", (value.pattern, value.flags))
    if isinstance(value, datetime):
        return METHOD, (kind.__module__, kind.__name__, value.isoformat(), "fromisoformat")
    if isinstance(value, date):
        return POSITIONAL, (kind.__module__, kind.__name__, (value.year, value.month, value.day))
    if isinstance(value, BaseException):
        return repr(value)
    raise TypeError


def _langgraph(code: int, payload: Callable[[Any], Any]) -> Callable[[Any], Parts]:
    return lambda value: (code, ("langgraph.types", type(value).__name__, payload(value)))


def _send_parts(value: Send) -> tuple[Any, ...]:
    parts = (value.node, value.arg)
    return parts if value.timeout is None else (*parts, value.timeout)


def _time_fields(value: time) -> dict[str, Any]:
    names = ("hour", "minute", "second", "microsecond", "tzinfo", "fold")
    return {name: getattr(value, name) for name in names}


_EXACT: dict[type, Callable[[Any], Parts]] = {
    Envelope: lambda value: (value.code, value.parts),
    Send: _langgraph(POSITIONAL, _send_parts),
    **dict.fromkeys((Overwrite, Interrupt, Command), _langgraph(KEYWORDS, record_fields)),
}
_ADDRESSES = (
    *(ipaddress.IPv4Address, ipaddress.IPv4Interface, ipaddress.IPv4Network),
    *(ipaddress.IPv6Address, ipaddress.IPv6Interface, ipaddress.IPv6Network),
)
_STANDARD: tuple[tuple[Any, int, Callable[[Any], Any]], ...] = (
    (pathlib.Path, POSITIONAL, lambda value: value.parts),
    (UUID, SINGLE, lambda value: value.hex),
    (Decimal, SINGLE, str),
    (deque, SINGLE, tuple),
    (_ADDRESSES, SINGLE, str),
    (timedelta, POSITIONAL, lambda value: (value.days, value.seconds, value.microseconds)),
    (time, KEYWORDS, _time_fields),
    (timezone, POSITIONAL, lambda value: value.__getinitargs__()),
    (ZoneInfo, SINGLE, lambda value: value.key),
    (Enum, SINGLE, lambda value: value.value),
)
