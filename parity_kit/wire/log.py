"""The conversation with candidates as readable text: `--trace FILE`."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from parity_kit.contract.files import not_written
from parity_kit.contract.text import one_line
from parity_kit.wire.frames import FrameBuffer, FrameError
from parity_kit.wire.messages import (
    Message,
    MessageError,
    Notification,
    Request,
    Response,
    parse,
)
from parity_kit.wire.readable import to_json

MOST_BYTES = 64 << 20
"""The largest size of a log."""
_LINE = 600
_LARGE = 1 << 16
_ARROWS = {"sent": "->", "received": "<-"}


class Log:
    """Writes a line per message as it crosses: time, direction, method or response, contents.

    It watches one process after another; a handshake begins a new one. Lines are flushed at once,
    so that none is lost in a crash.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise not_written(path, error) from error
        self._began = time.monotonic()
        self._left = MOST_BYTES
        self._received = FrameBuffer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be written was reported before
            self._file.close()

    def __call__(self, kind: str, data: bytes) -> None:
        """Write what crossed: a whole frame that was sent, or the bytes that were received."""
        if kind == "faulty":
            return  # its line is there already
        if kind == "sent":
            self._write(kind, data[4:])
            return
        self._received.feed(data)
        try:
            while (body := self._received.take()) is not None:
                self._write(kind, body)
        except FrameError as error:
            self._line("<-", f"not a frame: {' '.join(str(error).split())}")
            self._received = FrameBuffer()

    def _write(self, kind: str, body: bytes) -> None:
        try:
            message = parse(body)
        except MessageError as error:
            self._line(_ARROWS[kind], f"not a message: {error}: {body[:40].hex(' ')}")
            return
        if isinstance(message, Request) and message.method == "handshake":
            self._received = FrameBuffer()
            self._line("--", "a process")
        self._line(_ARROWS[kind], _summary(message, len(body)))

    def _line(self, arrow: str, text: str) -> None:
        if self._left <= 0:
            return
        line = f"{time.monotonic() - self._began:9.3f}  {arrow}  {one_line(text)}\n"
        self._left -= len(line)
        try:
            self._file.write(line if self._left > 0 else "the log is full: the rest is omitted\n")
        except OSError as error:
            self._left = 0
            raise not_written(Path(self._file.name), error) from error


def _summary(message: Message, size: int) -> str:
    match message:
        case Request(msgid, method, params):
            head, contents = f"{msgid} {method}", params
        case Notification(method, params):
            head, contents = method, params
        case Response(msgid, None, result):
            head, contents = f"{msgid}", result
        case Response(msgid, failure, _):
            head, contents = f"{msgid} error", failure and failure.to_plain()
    if size > _LARGE:
        return f"{head}  a body of {size:,} bytes"
    text = json.dumps(to_json(contents), ensure_ascii=True)
    cut = f"{text[:_LINE]} … {size:,} bytes in all" if len(text) > _LINE else text
    return f"{head}  {cut}"
