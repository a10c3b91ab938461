"""Text that is not the kit's own, made fit to be shown: it stays text wherever it is printed.

A candidate, a case file or a database chooses what its errors, names and values say. A terminal
obeys control sequences, a CI runner takes a line that begins with `::` for a command, and a
direction override makes a line read as another. `one_line` is for a text in a sentence, `sentence`
and `quoted` are for a message of several lines, and `visible` is for a part of a line. Every stream
applies `Tamer` to all output.
"""

# typographic signs are meant: people read them

from __future__ import annotations

import re
import textwrap
import unicodedata

MOST_CHARACTERS = 2_000
"""What is shown of a text in one line."""
BAR = "│ "
"""What stands before each line that the kit quotes."""

_MOST_LINES = 8
_MOST_QUOTED = 300  # characters of a line
_COMMAND = re.compile(r"##(?=\w*\[)")
_LINE_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_CONTROL_PICTURES = 0x2400
_SPACE = 0x20
_DELETE = 0x7F
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LIVE = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[[0-9]*[A-DGJK]|\r")
_BEGUN = "…"  # stands for a line that begins with something else


class WorkflowCommands(str):
    """Lines that a CI runner is meant to obey; everything in them is escaped."""

    __slots__ = ()


def visible(text: str) -> str:
    """Return text with every character that would act or hide shown by its picture or number.

    Control characters, direction overrides, zero-width characters, line separators and lone
    surrogates could make a terminal or a page show something other than what it holds.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < _SPACE:
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return "␡"
    return f"⟨U+{code:04X}⟩"


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return untrusted text as one line of at most `most` characters, its line ends shown.

    A CI runner would take `##[…]`, `##vso[…]` or `##teamcity[…]` for a command wherever it stands
    in a line, and `::…` at its beginning: the signs are parted.
    """
    shown = visible(text[: most + 1]).replace("\n", "␊").replace("\t", "␉")
    shown = _parted(shown)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def sentence(message: str) -> str:
    """Return a message without what it quotes: its first line.

    One that ends with a colon announces what follows, whose last line has the gist.
    """
    first, *quoted = message.strip().splitlines() or [""]
    return f"{first} {quoted[-1].strip()}" if quoted and first.endswith(":") else first


def quoted(message: str) -> list[str]:
    """Return what a message quotes after its first line (a traceback, last words), with a bar."""
    block = textwrap.dedent("\n".join(message.strip().splitlines()[1:]))
    lines = [line for line in block.splitlines() if line.strip()]
    return [f"{BAR}{one_line(line, _MOST_QUOTED)}" for line in lines[-_MOST_LINES:]]


class Tamer:
    """Takes from all that is printed, of whatever origin, what would act; it sees it in pieces.

    Colours stay, as the kit itself writes them; on a terminal, the cursor's moves of a progress bar
    stay too.
    """

    def __init__(self, *, terminal: bool) -> None:
        self._kept = _LIVE if terminal else _COLOUR
        self._head = ""
        """The current line so far, as long as it is nothing but blanks, colours and one colon."""

    def __call__(self, text: str) -> str:
        """Return the next piece of output."""
        if isinstance(text, WorkflowCommands):
            return text
        if not _is_plain(text):
            parts, kept = self._kept.split(text), self._kept.findall(text)
            shown = [visible(part) for part in parts]
            text = "".join(a + b for a, b in zip(shown, [*kept, ""], strict=True))
        lines = _COMMAND.sub("# #", text).split("\n")
        return "\n".join(
            self._line(line, ends=number < len(lines) - 1) for number, line in enumerate(lines)
        )

    def _line(self, line: str, *, ends: bool) -> str:
        """Return a piece of a line, in which the line does not begin with two colons."""
        whole = self._head + line
        bare = _LIVE.sub("", whole).lstrip()
        if not self._head.endswith(_BEGUN) and bare.startswith("::"):
            at = -1 if ":" in _LIVE.sub("", self._head) else line.find(":")
            line = f"{line[: at + 1]} {line[at + 1 :]}"
            whole = _BEGUN
        elif bare not in {"", ":"} or self._head.endswith(_BEGUN):
            whole = _BEGUN
        self._head = "" if ends else whole
        return line


def _is_plain(text: str) -> bool:
    return text.replace("\n", "").replace("\t", "").isprintable()


def _parted(text: str) -> str:
    """Part the signs by which CI runners know commands."""
    return _LINE_COMMAND.sub(r"\1: ", _COMMAND.sub("# #", text))
