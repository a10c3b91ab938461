"""The JSON Schema of every message, made of the types that both sides read and write.

A message is put into JSON as `parity_kit.wire.readable` says. The schema is about one message: that
a response answers a request, and has an outcome for each operation of it, it cannot say.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints

from parity_kit.contract import (
    PROTOCOL,
    Case,
    Description,
    Event,
    Level,
    Operation,
    Outcome,
    Pins,
    Raised,
    Returned,
    Subject,
    Unsupported,
)
from parity_kit.wire.callbacks import NodeAnswer, NodeAsked, RouteAsked
from parity_kit.wire.features import Bounds, Feature
from parity_kit.wire.messages import FailureCode


@dataclass(frozen=True, slots=True)
class Nothing:
    """Parameters of a method that takes none."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the kit says of itself."""

    protocol: int
    kit: str
    limits: Bounds
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A whole case."""

    case: Case


@dataclass(frozen=True, slots=True)
class Measure:
    """A case, and how often it is to be timed."""

    case: Case
    loops: int


@dataclass(frozen=True, slots=True)
class Open:
    """A subject to open."""

    subject: Subject
    pins: Pins


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on an open subject."""

    session: int
    operation: Operation


@dataclass(frozen=True, slots=True)
class Close:
    """An open subject."""

    session: int


@dataclass(frozen=True, slots=True)
class Told:
    """An event of an operation of a request, by its index, before the request is answered."""

    msgid: int
    operation: int
    event: Event


class _Anything:
    """Stands in for `Plain`, which holds itself: as JSON it may be anything."""


METHODS: Mapping[str, tuple[type, Any]] = {
    "handshake": (Handshake, Description),
    "describe": (Nothing, Description),
    "run": (Run, tuple[Outcome, ...]),
    "open": (Open, int),
    "apply": (Apply, Outcome),
    "close": (Close, None),
    "measure": (Measure, int),
    "shutdown": (Nothing, None),
}
"""What the kit asks an engine: the types of parameters and result."""

CALLBACKS: Mapping[str, tuple[type, Any]] = {
    "host.node": (NodeAsked, NodeAnswer),
    "host.route": (RouteAsked, _Anything),
}
"""What an engine may ask the kit."""

_HINTS = {"Plain": _Anything, "Mapping": Mapping, "Sequence": Sequence}
_LENGTHS = {Event: ("mode", "namespace", "payload")}
_CONSTANTS = {(Description, "protocol"): PROTOCOL, (Handshake, "protocol"): PROTOCOL}
_POSITIVE = {(Measure, "loops")}
_FEATURES = {(Description, "uses"): tuple[Feature, ...]}
_DEFAULTED = {
    Description: {"uses"},
    NodeAsked: {"answers", "visits", "info", "context", "error"},
}
"""What may be left out."""
_NAMES = {(Unsupported, "reason"): "unsupported"}
_OUTCOMES = (Returned, Raised, Unsupported)


def schema() -> dict[str, Any]:
    """Return the schema of a message, with a definition for each method's parameters and result."""
    definitions: dict[str, Any] = {
        "bytes": _map({"$bytes": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}}),
        "msgid": {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
        "error": _error(),
        "outcome": {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in _OUTCOMES]},
    }
    asked = [_asked(0, method, definitions, METHODS) for method in METHODS]
    called = [_asked(0, method, definitions, CALLBACKS) for method in CALLBACKS]
    told = [
        _array(2, _told("cancel"), _of(Nothing, definitions)),
        _array(2, _told("event"), _of(Told, definitions)),
    ]
    for kind in _OUTCOMES:
        _of(kind, definitions)
    definitions |= {
        "request": {"oneOf": asked},
        "callback": {"oneOf": called},
        "response": {
            "oneOf": [
                _array(1, _ref("msgid"), {"type": "null"}, True),  # noqa: FBT003  # any result
                _array(1, _ref("msgid"), _ref("error"), {"type": "null"}),
            ]
        },
        "notification": {"oneOf": told},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Messages of Parity Kit's wire protocol, version {PROTOCOL}",
        "description": (
            "A message in JSON: a byte string is {$bytes: hexadecimal}, an ext value {$ext: [code,"
            " hexadecimal]}, a float that JSON lacks or would take for an integer {$float: text}, a"
            " map with a key that is no string {$map: [[key, value], ...]}. The result of a method"
            " is in $defs, under `result of` and its name."
            " For the rest, see: parity-kit docs protocol."
        ),
        "oneOf": [_ref(item) for item in ("request", "callback", "response", "notification")],
        "$defs": dict(sorted(definitions.items())),
    }


def _asked(
    kind: int, method: str, definitions: dict[str, Any], methods: Mapping[str, tuple[type, Any]]
) -> Any:
    params, result = methods[method]
    definitions[f"result of {method}"] = _of(result, definitions)
    return _array(kind, _ref("msgid"), {"const": method}, _of(params, definitions))


def _told(method: str) -> Any:
    return {"const": method}


def _error() -> Any:
    return {
        "type": "object",
        "properties": {
            "code": {"enum": [str(each) for each in FailureCode]},
            "message": {"type": "string"},
            "detail": {"type": "string"},
        },
        "required": ["code", "message"],
    }


def _of(hint: Any, definitions: dict[str, Any]) -> Any:
    """Return the schema of a type; what is a dataclass is defined once."""
    hint = getattr(hint, "__supertype__", hint)  # of a NewType
    if hint in _KNOWN:
        return _KNOWN[hint]
    if get_origin(hint) is not None:
        return _generic(get_origin(hint), get_args(hint), definitions)
    if is_dataclass(hint):
        return _dataclass(cast("type", hint), definitions)
    return {"enum": [each.label if isinstance(each, Level) else each.value for each in hint]}


def _generic(origin: Any, inner: tuple[Any, ...], definitions: dict[str, Any]) -> Any:
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], definitions)}
    if origin is types.UnionType:
        return {"oneOf": [_of(each, definitions) for each in inner]}
    names = {} if inner[0] is str else {"propertyNames": _of(inner[0], definitions)}
    return {"type": "object", "additionalProperties": _of(inner[1], definitions), **names}


def _dataclass(kind: type, definitions: dict[str, Any]) -> Any:
    name = kind.__name__
    if name in definitions:
        return _ref(name)
    definitions[name] = {}  # it may hold itself
    hints = get_type_hints(kind, localns=_HINTS)
    properties: dict[str, Any] = {}
    for field in fields(cast("Any", kind)):
        place = kind, field.name
        found = _of(_FEATURES.get(place, hints[field.name]), definitions)
        if place in _CONSTANTS:
            found = {"const": _CONSTANTS[place]}
        elif place in _POSITIVE:
            found = {**found, "minimum": 1}
        properties[_NAMES.get(place, field.name)] = found
    if kind in _LENGTHS:
        definitions[name] = _array(*properties.values())
    else:
        definitions[name] = _map(properties, _DEFAULTED.get(kind, ()))
    definitions[name]["description"] = _first_line(kind)
    return _ref(name)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _map(properties: Mapping[str, Any], optional: Collection[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _array(*parts: Any) -> dict[str, Any]:
    items = [{"const": part} if type(part) is int else part for part in parts]
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


_KNOWN: dict[Any, Any] = {
    _Anything: True,
    Outcome: _ref("outcome"),
    None: {"type": "null"},
    type(None): {"type": "null"},
    str: {"type": "string"},
    int: {"type": "integer", "minimum": 0},
    float: {"anyOf": [{"type": "number"}, _map({"$float": {"type": "string"}})]},
    bytes: _ref("bytes"),
}
