"""MessagePack-RPC messages, parsed strictly.

    request         [0, msgid, method, params]
    response        [1, msgid, error, result]
    notification    [2, method, params]

An error is a `Failure`: a code and a message. The codes, and who is at fault:

    unsupported     nobody: the engine does not support the request
    engine          the candidate: it failed on the request
    bad-request     the sender: wrong method, parameters or session
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, cast

from parity_kit.contract import canonical
from parity_kit.contract.plain import Plain
from parity_kit.wire.limits import DEPTH


class FailureCode(StrEnum):
    """Why a request got no result."""

    UNSUPPORTED = "unsupported"
    ENGINE = "engine"
    BAD_REQUEST = "bad-request"


class MessageError(ValueError):
    """Bytes that are not a message of the protocol."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request got no result; `detail` is for people, a traceback for example."""

    code: FailureCode
    message: str
    detail: str = ""

    def to_plain(self) -> dict[str, Plain]:
        """Return the failure as plain data."""
        return {"code": self.code.value, "message": self.message, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Request:
    """A call; its response has the same `msgid`."""

    msgid: int
    method: str
    params: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request: a failure or a result."""

    msgid: int
    failure: Failure | None
    result: Plain


@dataclass(frozen=True, slots=True)
class Notification:
    """A call without a response."""

    method: str
    params: Mapping[str, Plain]


Message: TypeAlias = Request | Response | Notification

_MSGID_LIMIT = 1 << 32
# A body is unpacked inside an array that ends in this: ormsgpack ignores bytes after a value, and a
# body of more or less than one value displaces the tail.
_TAIL = b"\xc4\x10" + os.urandom(16)


def encode(message: Message) -> bytes:
    """Return a message's body.

    Raises:
        TypeError: If it holds anything but plain data.
    """
    match message:
        case Request(msgid, method, params):
            return canonical.pack([0, msgid, method, dict(params)])
        case Response(msgid, failure, result):
            return canonical.pack([1, msgid, failure and failure.to_plain(), result])
        case Notification(method, params):
            return canonical.pack([2, method, dict(params)])


def parse(body: bytes) -> Message:
    """Return the message in a body.

    Raises:
        MessageError: If there is none; the error says why.
    """
    match _unpack(body):
        case [0, msgid, str() as method, params]:
            return Request(_msgid(msgid), method, _params(params))
        case [1, msgid, failure, result]:
            if failure is not None and result is not None:
                raise MessageError("a response has both an error and a result")
            return Response(_msgid(msgid), None if failure is None else _failure(failure), result)
        case [2, str() as method, params]:
            return Notification(method, _params(params))
        case other:
            raise MessageError(f"not a MessagePack-RPC message: {brief(other)}")


def brief(value: Plain) -> str:
    """Return a short description of a value, safe to print whatever it holds."""
    if isinstance(value, str | bytes):
        return f"{type(value).__name__} {value[:40]!r}{'…' if len(value) > 40 else ''}"  # noqa: PLR2004  # one line
    if isinstance(value, Mapping):
        return f"map of {len(value)}"
    if isinstance(value, Sequence):
        inside = ", ".join(_name(item) for item in value[:6])
        return f"array of {len(value)} [{inside}{', …' if len(value) > 6 else ''}]"  # noqa: PLR2004  # one line
    return _name(value)


def _name(value: Plain) -> str:
    if value is None or isinstance(value, bool | int):
        return str(value)
    return {"dict": "map", "list": "array"}.get(type(value).__name__, type(value).__name__)


def _unpack(body: bytes) -> Plain:
    try:
        pair = canonical.unpack(b"\x92" + body + _TAIL)
    except ValueError as error:
        if "ecursion" in str(error):
            raise MessageError(f"nested deeper than {DEPTH}") from error
        raise MessageError(f"not MessagePack: {error}") from error
    value, tail = cast("Sequence[Plain]", pair)
    if tail != _TAIL[2:]:
        raise MessageError("a body is not exactly one MessagePack value")
    return value


def _msgid(value: Plain) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MSGID_LIMIT:
        raise MessageError(f"a msgid must be an unsigned 32-bit integer, not {brief(value)}")
    return value


def _params(value: Plain) -> Mapping[str, Plain]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise MessageError(f"params must be a map with string keys, not {brief(value)}")
    return cast("Mapping[str, Plain]", value)


def _failure(value: Plain) -> Failure:
    match value:
        case {"code": str() as code, "message": str() as message} if code in {*FailureCode}:
            detail = cast("Mapping[str, Plain]", value).get("detail", "")
            if not isinstance(detail, str):
                raise MessageError(f"an error's `detail` must be a string, not {brief(detail)}")
            return Failure(FailureCode(code), message, detail)
        case other:
            codes = ", ".join(FailureCode)
            raise MessageError(
                f"an error must be a map with `message` and a `code` ({codes}), not {brief(other)}"
            )
