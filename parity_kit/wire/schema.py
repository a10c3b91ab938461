"""The JSON Schema of every message, derived from the types that both sides read and write.

`parity_kit.wire.readable` puts a message into JSON. The schema covers one message at a time: it
cannot require that a response matches its request and has one outcome per operation.
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
from parity_kit.wire.callbacks import NodeAnswer, NodeCall, RouteCall
from parity_kit.wire.features import Bounds, Feature
from parity_kit.wire.messages import FailureCode


@dataclass(frozen=True, slots=True)
class Nothing:
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """The kit's protocol version, limits and features."""

    protocol: int
    kit: str
    limits: Bounds
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Run a whole case."""

    case: Case


@dataclass(frozen=True, slots=True)
class Measure:
    """Time a case, run `loops` times."""

    case: Case
    loops: int


@dataclass(frozen=True, slots=True)
class Open:
    """Open a subject."""

    subject: Subject
    pins: Pins


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply an operation to an open subject."""

    session: int
    operation: Operation


@dataclass(frozen=True, slots=True)
class Close:
    """Close an open subject."""

    session: int


@dataclass(frozen=True, slots=True)
class EventNotification:
    """An event of a pending request; `operation` is the index of its operation."""

    msgid: int
    operation: int
    event: Event


class _Anything:
    """Stands in for `Plain`, which is recursive: as JSON it may be anything."""


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
"""Methods of an engine: the types of parameters and result."""

CALLBACKS: Mapping[str, tuple[type, Any]] = {
    "host.node": (NodeCall, NodeAnswer),
    "host.route": (RouteCall, _Anything),
}
"""Methods of the kit that an engine may call."""

_HINTS = {"Plain": _Anything, "Mapping": Mapping, "Sequence": Sequence}
_LENGTHS = {Event: ("mode", "namespace", "payload")}
_CONSTANTS = {(Description, "protocol"): PROTOCOL, (Handshake, "protocol"): PROTOCOL}
_POSITIVE = {(Measure, "loops")}
_FEATURES = {(Description, "uses"): tuple[Feature, ...]}
_DEFAULTED = {
    Description: {"uses", "loaded"},
    NodeCall: {"answers", "visits", "info", "context", "error"},
}
"""Optional fields."""
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
    requests = [_request(method, definitions, METHODS) for method in METHODS]
    callbacks = [_request(method, definitions, CALLBACKS) for method in CALLBACKS]
    notifications = [
        _array(2, {"const": "cancel"}, _of(Nothing, definitions)),
        _array(2, {"const": "event"}, _of(EventNotification, definitions)),
    ]
    for kind in _OUTCOMES:
        _of(kind, definitions)
    definitions |= {
        "request": {"oneOf": requests},
        "callback": {"oneOf": callbacks},
        "response": {
            "oneOf": [
                _array(1, _ref("msgid"), {"type": "null"}, True),  # noqa: FBT003  # any result
                _array(1, _ref("msgid"), _ref("error"), {"type": "null"}),
            ]
        },
        "notification": {"oneOf": notifications},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Messages of Parity Kit's wire protocol, version {PROTOCOL}",
        "description": (
            "A message in JSON: a byte string is {$bytes: hexadecimal}, an ext value {$ext: [code,"
            " hexadecimal]}, a float that JSON lacks or would take for an integer {$float: text}, a"
            " map with a key that is not a string {$map: [[key, value], ...]}. The result of a"
            " method is in $defs, under `result of` and its name. See: parity-kit docs protocol."
        ),
        "oneOf": [_ref(item) for item in ("request", "callback", "response", "notification")],
        "$defs": dict(sorted(definitions.items())),
    }


def _request(
    method: str, definitions: dict[str, Any], methods: Mapping[str, tuple[type, Any]]
) -> Any:
    params, result = methods[method]
    definitions[f"result of {method}"] = _of(result, definitions)
    return _array(0, _ref("msgid"), {"const": method}, _of(params, definitions))


def _error() -> Any:
    return {
        "type": "object",
        "properties": {
            "code": {"enum": [str(code) for code in FailureCode]},
            "message": {"type": "string"},
            "detail": {"type": "string"},
        },
        "required": ["code", "message"],
    }


def _of(hint: Any, definitions: dict[str, Any]) -> Any:
    """Return the schema of a type; a dataclass is defined once."""
    hint = getattr(hint, "__supertype__", hint)  # of a NewType
    if hint in _KNOWN:
        return _KNOWN[hint]
    if get_origin(hint) is not None:
        return _generic(get_origin(hint), get_args(hint), definitions)
    if is_dataclass(hint):
        return _dataclass(cast("type", hint), definitions)
    return {"enum": [item.label if isinstance(item, Level) else item.value for item in hint]}


def _generic(origin: Any, inner: tuple[Any, ...], definitions: dict[str, Any]) -> Any:
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], definitions)}
    if origin is types.UnionType:
        return {"oneOf": [_of(member, definitions) for member in inner]}
    names = {} if inner[0] is str else {"propertyNames": _of(inner[0], definitions)}
    return {"type": "object", "additionalProperties": _of(inner[1], definitions), **names}


def _dataclass(kind: type, definitions: dict[str, Any]) -> Any:
    name = kind.__name__
    if name in definitions:
        return _ref(name)
    definitions[name] = {}  # it may be recursive
    hints = get_type_hints(kind, localns=_HINTS)
    properties: dict[str, Any] = {}
    for field in fields(cast("Any", kind)):
        place = kind, field.name
        of_field = _of(_FEATURES.get(place, hints[field.name]), definitions)
        if place in _CONSTANTS:
            of_field = {"const": _CONSTANTS[place]}
        elif place in _POSITIVE:
            of_field = {**of_field, "minimum": 1}
        properties[_NAMES.get(place, field.name)] = of_field
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
