"""What a candidate may take, of time and of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from parity_kit.wire.frames import FRAME_LIMIT

MIB = 1 << 20
DEPTH = 255
"""How deep arrays and maps may be nested in an answer: deeper cannot be packed again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A candidate's limits; `docs/candidates.md` says what comes of reaching each.

    `seconds` and `cpu_seconds` are for one answer, `start_seconds` for the handshake,
    `run_seconds` for all answers together. `memory_bytes` and `processes` count everything that
    the candidate started; `open_files` holds for each process. `network` is whether it keeps it.
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

    def in_words(self, network: str) -> str:
        """Return the limits of one answer and of the machine in a line.

        `network` says what became of it where the process runs, as `Kept` does.
        """
        reach = {"none": "no network", "kept": "the network"}.get(network)
        return (
            f"{self.seconds:g} s for an answer, {size(self.memory_bytes)} of memory,"
            f" {self.processes} processes, {self.open_files} open files each,"
            f" {reach or f'the network, as it cannot be taken away here ({network})'}"
        )


def size(count: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    return f"{count / (1024 * MIB):.3g} GiB" if count >= 1024 * MIB else f"{count / MIB:.0f} MiB"
