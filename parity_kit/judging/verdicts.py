"""What the kit says of a case, and of a candidate.

A verdict on a case is one of a closed set; a match over `Verdict` is exhaustive. `LABELS` gives the
word for each in CLI, report and docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from parity_kit.contract import Level
from parity_kit.contract.errors import LAST_WORDS


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
class Flaky:
    """The case came out otherwise when it was run again: what was said first, and then."""

    first: str
    then: str


@dataclass(frozen=True, slots=True)
class Expected:
    """They differ as the ledger says, for the reason it gives; `reached` as in `Divergent`."""

    reason: str
    reached: Level


Verdict: TypeAlias = (
    Equal | Divergent | NotSupported | Crashed | Hung | ProtocolFault | Flaky | Expected
)

LABELS: dict[type[Verdict], str] = {
    Equal: "equal",
    Divergent: "divergent",
    NotSupported: "unsupported",
    Crashed: "crashed",
    Hung: "hung",
    ProtocolFault: "protocol error",
    Flaky: "flaky",
    Expected: "expected",
}


FAILURES = ("divergent", "crashed", "hung", "protocol error", "flaky", "stale")
"""What fails a gate, the worst first: a candidate's own failures, and its ledger's."""
PASSING = {"equal", "expected"}
"""What says that something was compared and agrees, or differs as the ledger says."""
WORST_FIRST = (*FAILURES, "unknown", "unsupported", "expected", "equal")
"""What a gate, a row or a candidate may come to."""


def worst(verdicts: Iterable[str]) -> str:
    """Return the worst of several verdicts; of none it is `unknown`."""
    given = set(verdicts)
    return next((word for word in WORST_FIRST if word in given), "unknown")


def passes(verdict: Verdict) -> bool:
    """Whether a case with this verdict fails nothing."""
    return isinstance(verdict, (Equal, NotSupported, Expected))


def label(verdict: Verdict) -> str:
    """Return the word for a verdict."""
    return LABELS[type(verdict)]


def headline(verdict: Verdict) -> str:
    """Return what a verdict says, in one line."""
    match verdict:
        case Equal(level):
            return f"equal at level {level.label}"
        case Divergent(difference):
            return difference.headline()
        case Crashed(detail) | Hung(detail) | ProtocolFault(detail):
            return detail
        case NotSupported(reason) | Expected(reason):
            return reason
        case Flaky(first, then):
            return f"{first}; run again: {then}"


def cause(verdict: str, said: str) -> tuple[str, str]:
    """Return what is the same for all cases that a verdict was given to for one cause.

    Its name, offsets and ids follow the case: without them one cause is one group. A candidate's
    last words, and what follows the first line, may be others each time.
    """
    first, _, _ = said.partition(LAST_WORDS)[0].partition("\n")
    changing = r"\bcase \S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+"
    return verdict, re.sub(changing, "#", first)
