"""What the kit can do for an engine beyond taking its answers; it says so at the handshake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from parity_kit.wire.frames import FRAME_LIMIT
from parity_kit.wire.limits import DEPTH, Limits

IN_FLIGHT = 32
"""Requests that may have been sent before the first of them is answered."""


class Feature(StrEnum):
    """Something that an engine may use, if it says so in its description."""

    CALLBACKS = "callbacks"
    """It may ask `host.node` and `host.route` while it is asked something."""
    EVENTS = "events"
    """It may tell the events of an operation as they come, by the notification `event`."""
    CANCEL = "cancel"
    """It is told with the notification `cancel` that nobody waits for its answers any more."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the kit takes of an engine: bytes of a body, depth, requests, seconds for an answer."""

    frame: int = FRAME_LIMIT
    depth: int = DEPTH
    in_flight: int = IN_FLIGHT
    seconds: float = 30.0

    @classmethod
    def of(cls, limits: Limits) -> Bounds:
        """Return the bounds that a candidate's limits set."""
        return cls(frame=limits.frame_bytes, seconds=limits.seconds)
