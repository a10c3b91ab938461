"""The bytes that crossed the wire during one check, shown to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from parity_kit.msgpack.hexdump import annotate, annotation_lines
from parity_kit.wire.frames import FrameBuffer, FrameError
from parity_kit.wire.messages import Message, MessageError, Notification, Request, parse

_KEPT = 1 << 16
_SHOWN = 48
_ROW = 16
_HEAD = 4
_ROUTINE = {"handshake", "describe", "close", "shutdown"}
"""Methods that surround a check and are not what it asks."""


@dataclass(slots=True)
class Transcript:
    """The bytes sent and received since the last `forget`, up to a limit."""

    _sent: bytearray = field(default_factory=bytearray)
    _received: bytearray = field(default_factory=bytearray)
    _faulty: bytes | None = None

    def __call__(self, kind: str, data: bytes) -> None:
        """Record bytes: a transcript is the watch of a process."""
        if kind == "faulty":
            self._faulty = data
            return
        kept = self._sent if kind == "sent" else self._received
        kept += data[: _KEPT - len(kept)]

    def forget(self) -> None:
        """Forget everything, before the next check."""
        self._sent.clear()
        self._received.clear()
        self._faulty = None

    def lines(self) -> Iterator[str]:
        """Yield the faulty response and its request, bytes beside their meaning.

        Without a protocol fault these are the last that do not merely surround a check.
        """
        sent, unsent = _frames(bytes(self._sent))
        received, rest = _frames(bytes(self._received))
        msgid = _msgid(self._faulty) if self._faulty is not None else None
        if msgid is None:
            msgid = _last_asked(sent, waits=bool(rest) or not received)
        answer = self._faulty if self._faulty is not None else _of(msgid, received)
        yield from _rows("sent", sent, _of(msgid, sent), unsent)
        yield from _rows("received", received, answer, b"" if self._faulty is not None else rest)


def _last_asked(sent: Sequence[bytes], *, waits: bool) -> int | None:
    """Return the msgid of the last request that waits, or else of the last that asks for work."""
    asked: int | None = None
    for body in sent:
        message = _parsed(body)
        if isinstance(message, Request) and (
            waits or asked is None or message.method not in _ROUTINE
        ):
            asked = message.msgid
    return asked


def _of(msgid: int | None, bodies: Sequence[bytes]) -> bytes | None:
    """Return the last body with a msgid, or else the last of all."""
    same = [body for body in bodies if _msgid(body) == msgid]
    return (same or bodies)[-1] if bodies else None


def _msgid(body: bytes) -> int | None:
    message = _parsed(body)
    return None if message is None or isinstance(message, Notification) else message.msgid


def _parsed(body: bytes) -> Message | None:
    try:
        return parse(body)
    except MessageError:
        return None


def _rows(
    direction: str, bodies: Sequence[bytes], body: bytes | None, rest: bytes
) -> Iterator[str]:
    if body is None and not rest:
        yield f"{direction}: nothing"
    if body is not None and not (rest and direction == "received"):
        number = bodies.index(body) + 1 if body in bodies else len(bodies)
        which = f", number {number} of {len(bodies)}" if len(bodies) > 1 else ""
        head = len(body).to_bytes(_HEAD).hex(" ")
        yield f"{direction}: {head}  a frame of {len(body)} bytes{which}"
        lines = list(annotation_lines(annotate(body)))
        yield from (_printable(line) for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"       … {len(lines) - _SHOWN} more lines"
    if rest:
        after = f"after {len(bodies)} whole frame{'s' if len(bodies) > 1 else ''}, "
        # Only the beginning of a long frame is recorded, so an incomplete one is not a fault.
        recorded = sum(_HEAD + len(item) for item in bodies) + len(rest)
        state = "the beginning of more" if recorded == _KEPT else "not a complete frame"
        yield f"{direction}: {after if bodies else ''}{len(rest)} bytes, {state}:"
        yield from _dump(rest)


def _frames(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the bodies of the complete frames, and the bytes after them."""
    buffer, bodies, at = FrameBuffer(), list[bytes](), 0
    buffer.feed(data)
    try:
        while (body := buffer.take()) is not None:
            bodies.append(body)
            at += _HEAD + len(body)
    except FrameError:
        pass
    return bodies, data[at:]


def _dump(data: bytes) -> Iterator[str]:
    for at in range(0, min(len(data), _ROW * 8), _ROW):
        row = data[at : at + _ROW]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004  # ASCII that prints
        yield f"{at:6d}   {row.hex(' '):48} {text}"


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else "·" for letter in line)[:200]
