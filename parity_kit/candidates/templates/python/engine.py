"""your-engine, a LangGraph engine for Parity Kit. README.md lists what to implement, in order."""

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
    """This engine does not implement this part of LangGraph yet."""


def decode(data: bytes) -> Plain:
    """Return the opened form of stored bytes (see: parity-kit docs contract)."""
    if len(data) == 1 and data[0] < 0x80:  # noqa: PLR2004  # the small integers of MessagePack
        return data[0]
    raise NotYetError("decoding more than a small integer")


def encode(value: Plain) -> bytes:
    """Return the bytes that LangGraph would store for an opened value."""
    if type(value) is int and 0 <= value < 0x80:  # noqa: PLR2004  # as above
        return bytes([value])
    raise NotYetError("encoding more than a small integer")


class Codec:
    """The codec subject: reads and writes the values that LangGraph stores."""

    def apply(self, operation: Operation) -> Outcome:
        """Apply one operation; `Unsupported` counts as a gap, never as a fault."""
        try:
            match operation.name, operation.args:
                case "decode", {"type": "msgpack", "data": bytes() as data}:
                    return Returned(decode(data))
                case "round_trip", {"type": "msgpack", "data": bytes() as data}:
                    return Returned("msgpack", stored={"data": encode(decode(data))})
                case "encode", {"value": value}:
                    return Returned("msgpack", stored={"data": encode(value)})
                case name, _:
                    return Unsupported(f"{name} is not implemented")
        except NotYetError as error:
            return Unsupported(f"not implemented: {error}")

    def close(self) -> None:
        """Release resources; this session holds none."""


class Engine:
    """Opens subjects."""

    def describe(self) -> Description:
        """Claim a level for each kind of subject that `open` opens."""
        return Description("your-engine", "0.1.0", "Python", {SubjectKind.CODEC: Level.BYTES})

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a subject; the other kinds are channel, graph, saver, store and cache."""
        del pins
        if subject.kind is SubjectKind.CODEC:
            return Codec()
        raise UnsupportedSubjectError(f"{subject.kind.value} subjects are not implemented")

    def measure(self, case: Case, loops: int) -> int:
        """Return the nanoseconds that `loops` runs of a case take, for `parity-kit bench`."""
        del case, loops
        raise UnsupportedSubjectError("measure is not implemented")
