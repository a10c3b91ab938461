"""What delta channels are rebuilt from: an ancestor's value, and the writes since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_Write = tuple[str, str, Any]


def history(
    channels: Sequence[str],
    chain: Iterable[str],
    held: Callable[[str], Mapping[str, Any]],
    writes: Callable[[str], Sequence[_Write]],
) -> dict[str, Any]:
    """Return each channel's writes, oldest first, and the value (`seed`) that they start from.

    Args:
        channels: The channels asked for.
        chain: A checkpoint's ancestors, nearest first.
        held: An ancestor's values; a channel's walk ends at the first that holds its value.
        writes: An ancestor's writes in order.
    """
    collected: dict[str, list[_Write]] = {channel: [] for channel in channels}
    seeds: dict[str, Any] = {}
    for name in chain:
        remaining = [channel for channel in channels if channel not in seeds]
        if not remaining:
            break
        values = held(name)
        for write in reversed(writes(name)):
            if write[1] in remaining:
                collected[write[1]].append(write)
        seeds |= {channel: values[channel] for channel in remaining if channel in values}
    return {
        channel: {"writes": collected[channel][::-1]}
        | ({"seed": seeds[channel]} if channel in seeds else {})
        for channel in channels
    }


def ancestors(name: str | None, parent_of: Callable[[str], str | None]) -> Iterable[str]:
    """Yield a checkpoint's ancestors, nearest first and without repeats.

    `parent_of` raises `KeyError` for a checkpoint that does not exist.
    """
    visited = {name}
    while name is not None:
        try:
            name = parent_of(name)
            if name is None or name in visited:
                return
            parent_of(name)
        except KeyError:
            return
        visited.add(name)
        yield name
