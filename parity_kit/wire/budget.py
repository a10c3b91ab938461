"""How much of a candidate's data the kit keeps or passes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.wire.limits import DEPTH

MOST_WORDS = 4_000
"""Characters of an error, or of a reason, that are kept of one answer."""
MOST_NAME = 2_000
"""Characters of a name: a stored entry's, an event's mode or namespace, an error's class."""
_CLIPPED = "… (clipped)"


def clipped(text: str) -> str:
    """Return a candidate's own words, cut to what is kept."""
    return text if len(text) <= MOST_WORDS else text[:MOST_WORDS] + _CLIPPED


def is_within(value: Any, most: int) -> bool:
    """Whether plain data takes at most about `most` bytes, and nests no deeper than `DEPTH`.

    A value that is held in several places counts in each, as it does when it is packed.
    """
    try:
        return _size(value, {}, DEPTH) <= most
    except RecursionError:
        return False


def _size(value: Any, known: dict[int, int], depth: int) -> int:
    if not depth:
        raise RecursionError
    if isinstance(value, (str, bytes)):
        return 1 + len(value)
    if not isinstance(value, (Mapping, Sequence)):
        return 1
    held = cast("Mapping[Any, Any] | Sequence[Any]", value)
    if (size := known.get(id(held))) is None:
        parts = [*held, *held.values()] if isinstance(held, Mapping) else held
        size = known[id(held)] = 1 + sum(_size(part, known, depth - 1) for part in parts)
    return size
