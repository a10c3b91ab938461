"""The limits of a candidate: time, memory, processes, files."""

from __future__ import annotations

from dataclasses import dataclass

from parity_kit.wire.frames import FRAME_LIMIT

MIB = 1 << 20
DEPTH = 255
"""Deepest nesting of arrays and maps in a response: anything deeper cannot be packed again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A candidate's limits; `docs/candidates.md` describes what happens when one is reached.

    `seconds` and `cpu_seconds` apply to one response, `start_seconds` to the handshake and
    `run_seconds` to all responses together. `memory_bytes` and `processes` count everything the
    candidate started; `open_files` applies to one process. `network` is whether it may use it.
    """

    seconds: float = 30.0
    start_seconds: float = 60.0
    run_seconds: float = 6 * 3600.0
    cpu_seconds: float = 120.0
    memory_bytes: int = 2048 * MIB
    processes: int = 64
    open_files: int = 1024
    frame_bytes: int = FRAME_LIMIT
    restarts: int = 100
    network: bool = False

    def in_words(self) -> str:
        """Return the limits of one response and of the machine in a line."""
        return (
            f"{self.seconds:g} s per response, {size(self.memory_bytes)} of memory,"
            f" {self.processes} processes, {self.open_files} open files per process"
        )


def size(count: int) -> str:
    """Return a number of bytes in MiB or GiB."""
    return f"{count / (1024 * MIB):.3g} GiB" if count >= 1024 * MIB else f"{count / MIB:.0f} MiB"
