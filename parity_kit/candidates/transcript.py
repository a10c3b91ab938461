"""The bytes that crossed the wire during one check, shown to people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parity_kit.msgpack.hexdump import annotate, annotation_lines
from parity_kit.wire.frames import FrameBuffer, FrameError

_KEPT = 1 << 16
_SHOWN = 48
_ROW = 16
_HEAD = 4


@dataclass(slots=True)
class Transcript:
    """The bytes sent and received since the last `forget`, up to a limit."""

    _sent: bytearray = field(default_factory=bytearray)
    _received: bytearray = field(default_factory=bytearray)

    def __call__(self, what: str, data: bytes) -> None:
        """Record bytes: a transcript is the watch of a process."""
        kept = self._sent if what == "sent" else self._received
        kept += data[: _KEPT - len(kept)]

    def forget(self) -> None:
        """Forget everything, before the next check."""
        self._sent.clear()
        self._received.clear()

    def lines(self) -> Iterator[str]:
        """Yield the last request and its response, bytes beside their meaning."""
        yield from _rows("sent", bytes(self._sent))
        yield from _rows("received", bytes(self._received))


def _rows(what: str, data: bytes) -> Iterator[str]:
    if not data:
        yield f"{what}: nothing"
        return
    bodies, rest = _frames(data)
    if len(bodies) > 1:
        yield f"{what}: {len(bodies)} frames; the last is:"
    for body in bodies[-1:]:
        yield f"{what}: {len(body).to_bytes(_HEAD).hex(' ')}  a frame of {len(body)} bytes"
        lines = list(annotation_lines(annotate(body)))
        yield from (_printable(line) for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"       … {len(lines) - _SHOWN} more lines"
    if rest:
        after = "after that " if bodies else ""
        # Only the beginning of a long frame is recorded, so an incomplete one is not a fault.
        state = "the beginning of more" if len(data) == _KEPT else "not a complete frame"
        yield f"{what}: {after}{len(rest)} bytes, {state}:"
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
