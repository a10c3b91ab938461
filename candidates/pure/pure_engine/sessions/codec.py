"""The codec subject."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from parity_kit.contract import (
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    Unsupported,
    stored_name,
)
from pure_engine.codec.opened import close_value, open_value
from pure_engine.codec.paths import PLAIN
from pure_engine.codec.serializer import dumps, is_allowed, loads, plain
from pure_engine.errors import error_name
from pure_engine.sessions.session import Session


class CodecSession(Session):
    """A serializer."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(dict)
        spec: Any = subject.spec
        types = frozenset((module, name) for module, name in spec.get("types", ()))
        self._build = functools.partial(loads, types=types)
        self._loads = functools.partial(
            self._build, strict=bool(spec["strict"]), paths=spec.get("paths") or PLAIN
        )
        self._is_allowed = functools.partial(is_allowed, strict=bool(spec["strict"]))

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation."""
        act = self._find(operation)
        if isinstance(act, Unsupported):
            return act
        try:
            return act(**operation.args)
        except Exception as error:  # noqa: BLE001  # whatever the serializer raises is an outcome
            return Raised(error_name(error), str(error))

    def prepare(self, operation: Operation) -> Callable[[], object]:
        """Return the serializer's part of an operation as a call to time."""
        args: Any = operation.args
        if operation.name == "decode":
            return lambda: self._loads(args["type"], args["data"])
        if operation.name == "encode":
            value = self._native(args["value"])
            return lambda: dumps(value)
        if operation.name in {"round_trip", "classify"}:
            return lambda: dumps(self._loads(args["type"], args["data"]))
        return lambda: self.do_is_allowed(**args)

    def do_decode(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Decode bytes; return the value in opened form."""
        return Returned(open_value(plain(self._loads(type, data))))

    def do_encode(self, value: Any) -> Outcome:
        """Encode a value in opened form."""
        return _stored(self._native(value))

    def _native(self, opened: Any) -> Any:
        return self._build(*dumps(close_value(opened)))

    def do_round_trip(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Decode bytes and encode the value again."""
        return _stored(self._loads(type, data))

    def do_classify(self, type: str, data: bytes) -> Outcome:  # noqa: A002  # the contract's name
        """Return whether bytes come back unchanged, come back as others, or are refused."""
        try:
            value = self._loads(type, data)
        except Exception as error:  # noqa: BLE001  # the class of whatever it raises is the answer
            return Returned(f"refused: {error_name(error)}")
        try:
            kind, again = dumps(value)
        except Exception as error:  # noqa: BLE001  # its class is the answer here too
            return Returned(f"not storable: {error_name(error)}")
        if (kind, again) == (type, data):
            return Returned("kept")
        return Returned("replaced", stored={stored_name("data", kind): again})

    def do_is_allowed(self, module: str, name: str, method: str | None = None) -> Outcome:
        """Return whether a type may be built, or a method called."""
        return Returned(self._is_allowed(module, name, method))


def _stored(value: Any) -> Outcome:
    kind, data = dumps(value)
    return Returned(kind, stored={"data": data})
