"""Where checkpoints get their ids, times and versions from.

`PinnedClock` follows the rules of `parity_kit.contract.Pins`; `SystemClock` works like LangGraph,
for measuring. Both count the checkpoints that a session creates.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any, TypeAlias

from parity_kit.contract import Pins


class PinnedClock:
    """Derives every id, time and version tail from the number of checkpoints so far."""

    def __init__(self, pins: Pins) -> None:
        self._epoch = pins.epoch
        self._created = 0

    def new_id(self) -> str:
        """Return the id of a new checkpoint, and count it."""
        self._created += 1
        return self.id_of(self._created)

    def empty_id(self) -> str:
        """Return the id of an empty checkpoint, which is not counted."""
        return self.id_of(0)

    def now(self) -> str:
        """Return the next checkpoint's time: the epoch and a second for every checkpoint."""
        return datetime.fromtimestamp(self._epoch + self._created + 1, UTC).isoformat()

    def tail(self) -> str:
        """Return the part of a version after the point: the number of checkpoints."""
        return f"{self._created:016}"

    def count(self) -> None:
        """Count a checkpoint that was created elsewhere."""
        self._created += 1

    def go_on_from(self, created: int) -> None:
        """Count on from the checkpoints of another session, if it created more."""
        self._created = max(self._created, created)

    def id_of(self, number: int) -> str:
        """Return the id of the session's checkpoint with a number, counted from 1."""
        return f"00000000-0000-6000-8000-{number:012x}"


_GREGORIAN = 0x01B21DD213814000
"""100 ns intervals from 1582-10-15, the start of UUID time, to 1970-01-01."""


class SystemClock:
    """The time of day, version 6 UUIDs and random tails."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._last = 0

    def new_id(self) -> str:
        """Return a new UUID, and count it."""
        self._ids.append(self._uuid())
        return self._ids[-1]

    def empty_id(self) -> str:
        """Return a new UUID."""
        return self._uuid()

    def now(self) -> str:
        """Return the time of day in UTC."""
        return datetime.now(UTC).isoformat()

    def tail(self) -> str:
        """Return a random fraction."""
        return f"{random.random():016}"  # noqa: S311  # a version needs no secret

    def count(self) -> None:
        """Do nothing: the checkpoint has its own id."""

    def go_on_from(self, created: int) -> None:
        """Do nothing, like `count`."""

    def id_of(self, number: int) -> str:
        """Return the id of the session's checkpoint with a number."""
        return self._ids[number - 1]

    def _uuid(self) -> str:
        ticks = max(time.time_ns() // 100 + _GREGORIAN, self._last + 1)
        self._last = ticks
        high, low = divmod(ticks, 1 << 12)
        rest = f"{random.getrandbits(64) & ~(3 << 62) | 1 << 63:016x}"
        head = f"{high:012x}"
        return f"{head[:8]}-{head[8:]}-6{low:03x}-{rest[:4]}-{rest[4:]}"


Clock: TypeAlias = PinnedClock | SystemClock
"""The source of a session's ids, times and versions."""


def next_version(clock: Clock, current: Any) -> str:
    """Return the version after `current`, in the savers' format."""
    number = (
        0
        if current is None
        else current
        if isinstance(current, int)
        else int(current.split(".")[0])
    )
    return f"{number + 1:032}.{clock.tail()}"
