"""Text for the page: untrusted strings made visible, figures made readable."""

# ruff: noqa: RUF001  # typographic signs are meant: people read them

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from markupsafe import Markup, escape

from parity_kit.contract.text import one_line, visible

CLIP = 2_000
"""Characters of one side of a difference that the page shows."""


def plain_name(text: str) -> str:
    """Return a name with `_` for all that could act in a heading, a table or a title."""
    return re.sub(r"[^\w .:·+-]", "_", one_line(text))


def clip(text: str) -> str:
    """Return the beginning of a long text, and how much more there is."""
    if len(text) <= CLIP:
        return text
    return f"{text[:CLIP]}… ({len(text) - CLIP:,} more characters in report.json)"


def parted(mine: str, other: str) -> tuple[str, str, str]:
    """Return a side up to where it differs from the other, the differing character, and the rest.

    Texts that are equal, or of which one begins the other, have nothing to mark; nor have texts
    with nothing in common, where a mark on the first character would only distract.
    """
    pairs = enumerate(zip(mine, other, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), None)
    if not at:
        return mine, "", ""
    return mine[:at], mine[at], mine[at + 1 :]


def apart(mine: str, other: str) -> tuple[str, str, str]:
    """Return a side's text before what is not in the other, that part, and the text after it."""
    most = min(len(mine), len(other))
    first = next((at for at in range(most) if mine[at] != other[at]), most)
    rest = most - first
    same = next((at for at in range(rest) if mine[-1 - at] != other[-1 - at]), rest)
    end = len(mine) - same
    return mine[:first], mine[first:end], mine[end:]


def parted_hex(mine: str, other: str) -> tuple[str, str, str]:
    """Return bytes in hexadecimal up to the first that differs, that one, and the rest."""
    ours, theirs = mine.split(), other.split()
    pairs = enumerate(zip(ours, theirs, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), None)
    if at is None:
        return mine, "", ""
    return " ".join(ours[:at]), ours[at], " ".join(ours[at + 1 :])


def seconds(value: float | None) -> str:
    """Return a time with the unit that suits it."""
    if value is None:
        return "–"
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{value:.3g} s"


def ratio(value: float | None) -> str:
    """Return a ratio to three digits."""
    return "–" if value is None else f"{value:#.3g}".rstrip(".") + "×"


def plural(count: int, noun: str) -> str:
    """Return a count and its noun, `1 case`, `2,000 cases`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def inner(text: str) -> Markup:
    """Return text as the content of an element: quotes need no escape there, and are many."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(shown)  # noqa: S704  # escaped a line above


def coded(text: str) -> Markup:
    """Return text with what stands in backticks as code."""
    parts = [escape(visible(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return Markup("`").join(parts)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else part
        for index, part in enumerate(parts)
    )


def counts(verdicts: Mapping[str, int]) -> str:
    """Return counts by word, `71 equal, 2 divergent`."""
    return ", ".join(f"{count:,} {word}" for word, count in verdicts.items() if count)


def command(verb: str, run: str, file: str) -> str:
    """Return the command line that repeats or explains a case, safe to paste into a shell."""
    return f"parity-kit {verb} {shlex.quote(f'reports/{run}/{file}')}"
