"""What delta channels are rebuilt from: a value of an ancestor, and the writes since."""

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
    """Return, for each channel, its writes from the oldest to the newest, and the value before.

    Args:
        channels: The channels asked for.
        chain: A checkpoint's ancestors, the nearest first.
        held: The values that an ancestor holds; the nearest that holds one ends a channel's walk.
        writes: An ancestor's writes in the order they are applied.
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
    """Yield a checkpoint's ancestors, the nearest first, each once.

    `parent_of` raises `KeyError` for a checkpoint that is not there.
    """
    seen = {name}
    while name is not None:
        try:
            name = parent_of(name)
            if name is None or name in seen:
                return
            parent_of(name)
        except KeyError:
            return
        seen.add(name)
        yield name
