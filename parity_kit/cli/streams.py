"""Standard output and error: signs that the encoding has, and no error if nobody reads.

Everything a command prints goes through here, so a closed pipe, a full disk or a narrow encoding
never ends a command, and never changes the verdict that its exit code stands for; and no text that
somebody else chose acts on a terminal or a CI runner.
"""

# ruff: noqa: RUF001  # typographic signs are meant: this is where they are replaced

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

from parity_kit.contract.errors import ExitCode
from parity_kit.contract.text import Tamer

if TYPE_CHECKING:
    from typing_extensions import Buffer

_STDOUT, _STDERR = 1, 2
_ERRORS = "parity-kit-signs"
_ASCII = "parity-kit-ascii"  # under its own name click would replace the stream by a UTF-8 one
_SIGNS = {
    "✓": "+", "≠": "!=", "≈": "~", "–": "-", "—": "-", "−": "-", "✕": "x", "×": "x", "…": "...",
    "∅": "0", "↯": "!?", "⌛": "old", "·": "-", "•": "*", "▲": "^", "▼": "v", "±": "+-", "µ": "u",
    "␊": "\\n", "␉": "\\t", "⟨": "<", "⟩": ">", "→": "->", "─": "-", "━": "-", "╸": "-", "╺": "-",
    "│": "|", "’": "'", "“": '"', "”": '"',
}  # fmt: skip


class _Descriptor(io.FileIO):
    """Writes to a descriptor, and to nowhere once it takes no more; `problem` says why."""

    problem = ""

    def write(self, data: Buffer, /) -> int | None:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EPIPE:  # a reader that left has read what it wanted
                self.problem = error.strerror or str(error)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)
            return memoryview(data).nbytes


class _Tamed(io.TextIOWrapper):
    """Writes nothing that acts, whoever chose the text."""

    def __init__(
        self,
        terminal: bool,  # the only argument of its own
        buffer: io.BufferedWriter,
        encoding: str,
        errors: str,
        *,
        line_buffering: bool,
    ) -> None:
        super().__init__(buffer, encoding, errors, line_buffering=line_buffering)
        self._tame = Tamer(terminal=terminal)

    def write(self, text: str, /) -> int:
        super().write(self._tame(text))
        return len(text)


def prepare() -> None:
    """Replace both streams, and open those of the three that are closed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free descriptor, which is this one
    codecs.register_error(_ERRORS, _sign)
    codecs.register(_ascii)
    sys.stdout = _stream(sys.stdout, _STDOUT)
    sys.stderr = _stream(sys.stderr, _STDERR)


def finish(code: int) -> int:
    """Write what is left and return the exit code: worse if standard output could not be written.

    A reader that closed the pipe changes nothing.
    """
    sys.stdout.flush()
    problem = cast("_Descriptor", cast("io.BufferedWriter", sys.stdout.buffer).raw).problem
    if problem:
        sys.stderr.write(f"error: standard output could not be written: {problem}\n")
        code = max(code, ExitCode.USAGE)
    sys.stderr.flush()
    return int(code)


def _stream(old: TextIO | None, descriptor: int) -> TextIO:
    raw = _Descriptor(descriptor, "w", closefd=False)
    encoding = "utf-8" if old is None else old.encoding
    if codecs.lookup(encoding).name == "ascii":
        encoding = _ASCII
    at_once = descriptor == _STDERR or raw.isatty()
    terminal = raw.isatty()
    return _Tamed(terminal, io.BufferedWriter(raw), encoding, _ERRORS, line_buffering=at_once)


def _sign(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for characters that the encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_SIGNS.get(sign) or _escaped(sign) for sign in missing), error.end


def _escaped(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _ascii(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") == _ASCII:
        known = codecs.lookup("ascii")
        return codecs.CodecInfo(
            known.encode,
            known.decode,
            known.streamreader,
            known.streamwriter,
            known.incrementalencoder,
            known.incrementaldecoder,
            name=_ASCII,
        )
    return None
