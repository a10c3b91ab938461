"""Frames and messages: what is whole is read, what is not is refused with a reason."""

from __future__ import annotations

import os
import struct

import ormsgpack
import pytest

from parity_kit.contract.plain import Plain
from parity_kit.wire.frames import FrameBuffer, FrameError, frame, read_frame, write_frame
from parity_kit.wire.messages import (
    Failure,
    FailureCode,
    Message,
    MessageError,
    Notification,
    Request,
    Response,
    encode,
    parse,
)


def test_frame_is_a_big_endian_length_and_the_body() -> None:
    assert frame(b"abc") == b"\x00\x00\x00\x03abc"
    assert frame(b"") == b"\x00\x00\x00\x00"


def test_bodies_come_out_whole_however_the_bytes_are_cut() -> None:
    bodies = [b"", b"a", b"bc" * 300]
    stream = b"".join(frame(body) for body in bodies)
    for size in (1, 2, 3, 5, 7, 64, len(stream)):
        buffer = FrameBuffer()
        taken: list[bytes] = []
        for start in range(0, len(stream), size):
            buffer.feed(stream[start : start + size])
            while (body := buffer.take()) is not None:
                taken.append(body)
        assert taken == bodies
        assert len(buffer) == 0


def test_limit_is_the_largest_body_that_passes() -> None:
    assert len(frame(b"x" * 10, limit=10)) == 14
    with pytest.raises(FrameError, match="11 bytes is over the frame limit of 10"):
        frame(b"x" * 11, limit=10)
    buffer = FrameBuffer(limit=10)
    buffer.feed(frame(b"x" * 10))
    assert buffer.take() == b"x" * 10


def test_length_over_the_limit_is_refused_before_its_body_comes() -> None:
    buffer = FrameBuffer(limit=10)
    buffer.feed(struct.pack(">I", 11))
    with pytest.raises(FrameError, match="announces 11 bytes, over the limit of 10"):
        buffer.take()


def test_printed_text_is_recognised_and_shown() -> None:
    buffer = FrameBuffer()
    buffer.feed("Grüße aus dem Modell\n".encode())
    with pytest.raises(FrameError, match=r"printed to standard output\?\s+it begins with 'Grüße"):
        buffer.take()


def test_bytes_that_are_no_text_are_shown_as_hexadecimal() -> None:
    buffer = FrameBuffer()
    buffer.feed(b"\xff\xfe\x00\x01")
    with pytest.raises(FrameError, match="begins with ff fe 00 01"):
        buffer.take()


def test_frames_go_through_a_pipe() -> None:
    source, sink = os.pipe()
    try:
        write_frame(sink, b"one")
        write_frame(sink, b"")
        os.write(sink, b"\x00\x00\x00\x05ab")
        os.close(sink)
        assert read_frame(source) == b"one"
        assert read_frame(source) == b""
        with pytest.raises(FrameError, match="inside a frame, 2 of 5 bytes in"):
            read_frame(source)
        assert read_frame(source) is None
    finally:
        os.close(source)


def test_end_inside_a_length_is_no_end() -> None:
    source, sink = os.pipe()
    try:
        os.write(sink, b"\x00\x00")
        os.close(sink)
        with pytest.raises(FrameError, match="inside a frame's length, after 2 bytes"):
            read_frame(source)
    finally:
        os.close(source)


@pytest.mark.parametrize(
    "message",
    [
        Request(0, "run", {"case": {"id": "x", "bytes": b"\x00\xff"}}),
        Request((1 << 32) - 1, "describe", {}),
        Response(1, None, [1.5, None, {"a": True}]),
        Response(2, Failure(FailureCode.UNSUPPORTED, "no", "because"), None),
        Notification("log", {"text": "hello"}),
    ],
)
def test_message_comes_back_as_it_went(message: Message) -> None:
    assert parse(encode(message)) == message


def test_messages_are_messagepack_rpc() -> None:
    assert ormsgpack.unpackb(encode(Request(5, "run", {"a": 1}))) == [0, 5, "run", {"a": 1}]
    assert ormsgpack.unpackb(encode(Response(5, None, 7))) == [1, 5, None, 7]
    assert ormsgpack.unpackb(encode(Notification("log", {}))) == [2, "log", {}]


NO_MESSAGES: list[tuple[Plain, str]] = [
    ([0, 1, "run"], "not a MessagePack-RPC message: array of 3"),
    ([3, 1, "run", {}], "not a MessagePack-RPC message"),
    ({"id": 1}, "not a MessagePack-RPC message: map of 1"),
    ([0, -1, "run", {}], "unsigned 32-bit"),
    ([0, 1 << 32, "run", {}], "unsigned 32-bit"),
    ([1, True, None, 1], "unsigned 32-bit"),
    ([0, 1, "run", [1]], "params must be a map"),
    ([1, 1, {"code": "engine", "message": "m"}, 1], "both an error and a result"),
    ([1, 1, {"code": "other", "message": "m"}, None], "a `code` "),
    ([1, 1, "broken", None], "an error must be a map"),
]


@pytest.mark.parametrize(("value", "words"), NO_MESSAGES)
def test_what_is_no_message_is_refused(value: Plain, words: str) -> None:
    with pytest.raises(MessageError, match=words):
        parse(ormsgpack.packb(value))


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x94\x01", ormsgpack.packb([1, 1, None, 1])[:-1]])
def test_body_that_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        parse(body)


def test_bytes_after_the_value_are_refused() -> None:
    with pytest.raises(MessageError, match="not exactly one"):
        parse(encode(Response(1, None, 1)) + b"\xc0")
