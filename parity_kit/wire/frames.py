"""Frames: a length as an unsigned 32-bit big-endian integer, then that many bytes of body."""

from __future__ import annotations

import os
import struct

FRAME_LIMIT = 64 * 1024 * 1024
"""The largest body either side accepts by default, in bytes."""

_HEADER = struct.Struct(">I")
_CHUNK = 1 << 16
_SHOWN = 48


class FrameError(ValueError):
    """Bytes that are not a frame; the message describes them."""


def frame(body: bytes, limit: int = FRAME_LIMIT) -> bytes:
    """Return a body as a frame.

    Raises:
        FrameError: If the body is larger than `limit`.
    """
    if len(body) > limit:
        raise FrameError(f"a message of {len(body)} bytes is over the frame limit of {limit}")
    return _HEADER.pack(len(body)) + body


class FrameBuffer:
    """Takes bytes as they arrive and returns whole bodies; holds at most one frame and a chunk."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self._limit = limit
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes that were read."""
        self._bytes += data

    def take(self) -> bytes | None:
        """Return the next body, or None until it is complete.

        Raises:
            FrameError: If a frame's length is over the limit, as soon as the length is there.
        """
        if len(self._bytes) < _HEADER.size:
            return None
        (length,) = _HEADER.unpack_from(self._bytes)
        if length > self._limit:
            raise FrameError(_oversized(length, self._limit, self.start()))
        end = _HEADER.size + length
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[_HEADER.size : end])
        del self._bytes[:end]
        return body

    def start(self) -> bytes:
        """Return the first of the bytes that wait for the rest of their frame."""
        return bytes(self._bytes[:_SHOWN])

    def __len__(self) -> int:
        """Return how many bytes wait for the rest of their frame."""
        return len(self._bytes)


def read_frame(fd: int, limit: int = FRAME_LIMIT) -> bytes | None:
    """Return the next body from a blocking file descriptor, or None at its end.

    Raises:
        FrameError: If the frame is too large, or the stream ends inside it.
    """
    head = _read(fd, _HEADER.size)
    if not head:
        return None
    if len(head) < _HEADER.size:
        raise FrameError(f"the stream ended inside a frame's length, after {len(head)} bytes")
    (length,) = _HEADER.unpack(head)
    if length > limit:
        raise FrameError(_oversized(length, limit, head))
    body = _read(fd, length)
    if len(body) < length:
        raise FrameError(f"the stream ended inside a frame, {len(body)} of {length} bytes in")
    return body


def write_frame(fd: int, body: bytes, limit: int = FRAME_LIMIT) -> None:
    """Write a body as a frame to a blocking file descriptor.

    Raises:
        FrameError: If the body is too large; nothing is written then.
    """
    rest = memoryview(frame(body, limit))
    while rest:
        rest = rest[os.write(fd, rest) :]


def _read(fd: int, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = os.read(fd, min(count - len(data), _CHUNK))
        if not piece:
            break
        data += piece
    return bytes(data)


def _oversized(length: int, limit: int, start: bytes) -> str:
    """Return what is wrong; printed text taken for a length is by far the commonest cause."""
    problem = f"a frame announces {length} bytes, over the limit of {limit}"
    # How much has come after the length is chance, and the first line of an error is compared.
    if _is_text(start[: _HEADER.size]):
        text = start.decode("utf-8", "replace")
        return f"{problem}: is something printed to standard output?\n    it begins with {text!r}"
    return f"{problem}\n    it begins with {start[:16].hex(' ')}"


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", "ignore")  # its last letter may be cut
    long_enough = len(text.encode()) > len(start) // 2
    return long_enough and all(letter.isprintable() or letter in "\t\r\n" for letter in text)
