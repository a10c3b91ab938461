"""What a candidate has used up of the limits that hold for all its responses together."""

from __future__ import annotations

from dataclasses import dataclass

from parity_kit.contract.errors import CandidateError
from parity_kit.wire.limits import Limits

MOST_HANGS = 4
"""Whole cases in a row without an answer, after which a candidate is given up."""


@dataclass(slots=True)
class Spent:
    """Starts of its process, seconds that the kit waited for it, and hangs in a row."""

    starts: int = 0
    waited: float = 0.0
    hangs: int = 0

    @property
    def restarts(self) -> int:
        """How often the process was restarted."""
        return max(0, self.starts - 1)

    def check_time(self, limits: Limits, where: str) -> None:
        """Check that there is time left.

        Raises:
            CandidateError: If there is none.
        """
        if self.waited > limits.run_seconds:
            raise CandidateError(
                f"took longer than the {limits.run_seconds:g} s allowed for a run",
                where=where,
                hint="if it only needs more time, raise `run_seconds` under [limits]",
            )

    def check_start(self, limits: Limits, where: str) -> None:
        """Check that the process may be started once more.

        Raises:
            CandidateError: If it may not.
        """
        if self.hangs >= MOST_HANGS:
            raise CandidateError(
                f"did not answer {self.hangs} cases in a row and is not asked again",
                where=where,
                hint="look at the first of them, and run `parity-kit candidates check`",
            )
        if self.restarts >= limits.restarts:
            raise CandidateError(
                f"failed {self.starts} times and is not restarted again",
                where=where,
                hint="look at the first failure, and run `parity-kit candidates check`",
            )
