"""Optional features of the protocol; the kit offers them in the handshake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from parity_kit.wire.frames import FRAME_LIMIT
from parity_kit.wire.limits import DEPTH, Limits

IN_FLIGHT = 32
"""Most requests sent before the first of them is answered."""


class Feature(StrEnum):
    """A feature that an engine may use if its description lists it under `uses`."""

    CALLBACKS = "callbacks"
    """It may call `host.node` and `host.route` while a request is pending."""
    EVENTS = "events"
    """It may stream an operation's events as they occur, as `event` notifications."""
    CANCEL = "cancel"
    """It gets the notification `cancel` once nobody waits for its responses any more."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits sent at the handshake: bytes of a body, depth, requests, seconds for a response."""

    frame: int = FRAME_LIMIT
    depth: int = DEPTH
    in_flight: int = IN_FLIGHT
    seconds: float = 30.0

    @classmethod
    def of(cls, limits: Limits) -> Bounds:
        """Return the bounds that a candidate's limits set."""
        return cls(frame=limits.frame_bytes, seconds=limits.seconds)
