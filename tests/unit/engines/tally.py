"""An engine for tests of the server: it prints, reads, counts, fails and declines on request."""

from __future__ import annotations

import os
import subprocess
import sys

from parity_kit.contract import (
    Case,
    Description,
    Level,
    Operation,
    Outcome,
    Pins,
    Raised,
    Returned,
    Session,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
)

print("printed on import")  # noqa: T201  # what a careless library does


class Tally:
    """Adds up what it is given."""

    def __init__(self, start: int) -> None:
        self._total = start

    def apply(self, operation: Operation) -> Outcome:
        """Add, or misbehave as named."""
        match operation.name:
            case "add":
                amount = operation.args["amount"]
                assert isinstance(amount, int)
                self._total += amount
                return Returned(self._total)
            case "print":
                os.write(1, b"written to descriptor 1\n")
                subprocess.run(["echo", "echoed by a program"], check=True)  # noqa: S607  # inherits the descriptor
                return Returned(sys.stdin.read())
            case "raise":
                return Raised("ValueError", "as asked")
            case "object":
                return Returned(object())  # pyright: ignore[reportArgumentType]  # the fault under test
            case "huge":
                return Returned(b"x" * (65 << 20))
            case _:
                message = f"no operation {operation.name} \ud800"
                raise LookupError(message)

    def close(self) -> None:
        """Say so on the log."""
        sys.stderr.write("closed\n")


class Engine:
    """Opens tallies for codecs, and nothing else."""

    def describe(self) -> Description:
        """Say what this is."""
        return Description("tally", "1", "Python", {SubjectKind.CODEC: Level.BYTES}, {"own": 2})

    def open(self, subject: Subject, pins: Pins) -> Session:
        """Open a tally that starts with the epoch."""
        if subject.kind is not SubjectKind.CODEC:
            raise UnsupportedSubjectError("tallies only")
        return Tally(pins.epoch)

    def measure(self, case: Case, loops: int) -> int:
        """Pretend that an operation takes a microsecond."""
        return len(case.operations) * loops * 1000


def patch() -> object:
    """Return a counter, as a patch hook does."""
    sys.stdout.write("patched\n")
    return lambda: {"replaced": 7}
