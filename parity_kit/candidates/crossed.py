"""The bytes that crossed the wire, kept for as long as one question takes, and shown to people."""

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
class Crossed:
    """What was sent and received since it last forgot; of each no more than its beginning."""

    _sent: bytearray = field(default_factory=bytearray)
    _received: bytearray = field(default_factory=bytearray)

    def __call__(self, what: str, data: bytes) -> None:
        """Keep bytes: the watcher of a process."""
        kept = self._sent if what == "sent" else self._received
        kept += data[: _KEPT - len(kept)]

    def forget(self) -> None:
        """Begin anew."""
        self._sent.clear()
        self._received.clear()

    def lines(self) -> Iterator[str]:
        """Yield the last request and what came for it, bytes beside what they say."""
        yield from _told("sent", bytes(self._sent))
        yield from _told("received", bytes(self._received))


def _told(what: str, data: bytes) -> Iterator[str]:
    if not data:
        yield f"{what}: nothing"
        return
    bodies, rest = _frames(data)
    if len(bodies) > 1:
        yield f"{what}: {len(bodies)} frames, of which the last:"
    for body in bodies[-1:]:
        yield f"{what}: {len(body).to_bytes(_HEAD).hex(' ')}  a frame of {len(body)} bytes"
        lines = list(annotation_lines(annotate(body)))
        yield from (_printable(line) for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"       … {len(lines) - _SHOWN} more lines"
    if rest:
        after = "after that " if bodies else ""
        # Of a long frame only the beginning was kept, which is no fault of it.
        said = "the beginning of more" if len(data) == _KEPT else "no whole frame"
        yield f"{what}: {after}{len(rest)} bytes, {said}:"
        yield from _dump(rest)


def _frames(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole frames' bodies, and what follows them."""
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
    return "".join(each if each.isprintable() else "·" for each in line)[:200]
