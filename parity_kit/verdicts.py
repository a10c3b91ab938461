"""What the kit says of a case, and of a candidate.

A verdict on a case is one of a closed set; a match over `Verdict` is exhaustive. `LABELS` gives the
word for each in CLI, report and docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from parity_kit.contract import Level


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two outcomes of one case differ.

    `where` names the part of the outcome (`value`, `event 3 updates`, `stored blob/t//n/…`), `path`
    the place inside it (`$.log[2]`), `offset` the byte offset in that part's MessagePack bytes.
    `reference` and `candidate` are both sides as text, the `_hex` fields their bytes from there.
    """

    level: Level
    operation: int
    operation_name: str
    where: str
    path: str
    reference: str
    candidate: str
    step: int | None = None
    channel: str | None = None
    offset: int | None = None
    reference_hex: str = ""
    candidate_hex: str = ""

    def headline(self) -> str:
        """Return the place in one line."""
        at = "" if self.offset is None else f" at byte {self.offset}"
        step = "" if self.step is None else f", step {self.step}"
        channel = "" if self.channel is None else f", channel {self.channel}"
        inside = "" if self.path == "$" else f" {self.path}"
        operation = f"operation {self.operation} ({self.operation_name})"
        return f"{operation}{step}{channel}: {self.where}{inside}{at}"


@dataclass(frozen=True, slots=True)
class Equal:
    """Both engines agree at the level that was asked for."""

    level: Level


@dataclass(frozen=True, slots=True)
class Divergent:
    """They differ; `reached` is the highest level at which they still agree throughout."""

    difference: Difference
    reached: Level


@dataclass(frozen=True, slots=True)
class NotSupported:
    """The candidate says that it does not offer something the case needs."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """The candidate's process ended before it answered."""

    detail: str


@dataclass(frozen=True, slots=True)
class Hung:
    """The candidate did not answer in time."""

    detail: str


@dataclass(frozen=True, slots=True)
class ProtocolFault:
    """The candidate broke the wire protocol."""

    detail: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """The kit could not judge; never a pass."""

    reason: str


Verdict: TypeAlias = Equal | Divergent | NotSupported | Crashed | Hung | ProtocolFault | Undecided

LABELS: dict[type[Verdict], str] = {
    Equal: "equal",
    Divergent: "divergent",
    NotSupported: "unsupported",
    Crashed: "crashed",
    Hung: "hung",
    ProtocolFault: "protocol error",
    Undecided: "unknown",
}


def label(verdict: Verdict) -> str:
    """Return the word for a verdict."""
    return LABELS[type(verdict)]
