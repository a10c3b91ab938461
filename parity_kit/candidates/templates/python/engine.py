"""your-engine, an engine for Parity Kit: README.md says what to fill in, and in which order."""

from __future__ import annotations

from parity_kit.contract import (
    Case,
    Description,
    Level,
    Operation,
    Outcome,
    Pins,
    Plain,
    Returned,
    Session,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)


class NotYetError(Exception):
    """Something of LangGraph's that this engine does not offer yet."""


def decode(data: bytes) -> Plain:
    """Return the opened value of stored bytes (see: parity-kit docs contract)."""
    if len(data) == 1 and data[0] < 0x80:  # noqa: PLR2004  # the small integers of MessagePack
        return data[0]
    raise NotYetError("decode of more than one small integer")


def encode(value: Plain) -> bytes:
    """Return the bytes that store an opened value."""
    if type(value) is int and 0 <= value < 0x80:  # noqa: PLR2004  # as above
        return bytes([value])
    raise NotYetError("encode of more than one small integer")


class Codec:
    """The subject `codec`: LangGraph's stored values, read and written."""

    def apply(self, operation: Operation) -> Outcome:
        """Do one operation; what is not offered yet is unsupported, which is never wrong."""
        try:
            match operation.name, operation.args:
                case "decode", {"type": "msgpack", "data": bytes() as data}:
                    return Returned(decode(data))
                case "round_trip", {"type": "msgpack", "data": bytes() as data}:
                    return Returned("msgpack", stored={"data": encode(decode(data))})
                case "encode", {"value": value}:
                    return Returned("msgpack", stored={"data": encode(value)})
                case name, _:
                    return Unsupported(f"no {name} of that yet")
        except NotYetError as error:
            return Unsupported(f"not yet: {error}")

    def close(self) -> None:
        """Release what the session holds: nothing."""


class Engine:
    """What the kit opens subjects in."""

    def describe(self) -> Description:
        """Say what can be opened, and how closely it claims to be LangGraph's."""
        return Description("your-engine", "0.1.0", "Python", {SubjectKind.CODEC: Level.BYTES})

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a subject; `channel`, `graph` and `saver` are the others."""
        del pins
        if subject.kind is SubjectKind.CODEC:
            return Codec()
        raise UnsupportedSubjectError(f"no {subject.kind.value} yet")

    def measure(self, case: Case, loops: int) -> int:
        """Time a case inside the engine, for `parity-kit bench`."""
        raise UnsupportedSubjectError(f"not timed yet: {case.id}, {loops} times")
