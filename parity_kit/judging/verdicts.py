"""What the kit says of a case, and of a candidate.

A verdict on a case is one of a closed set; a match over `Verdict` is exhaustive. `LABELS` gives the
word for each in CLI, report and docs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

from parity_kit.contract import CaseId, Level
from parity_kit.judging.causes import cause_of_failure
from parity_kit.judging.places import Place, place_from_json, place_text, place_to_json


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two outcomes of one case differ.

    `place` is the part of the outcome, `path` the place inside it (`$.log[2]`), `offset` the byte
    offset in that part's MessagePack bytes. `reference` and `candidate` are both sides as text, the
    `_hex` fields their bytes from there. `cause` is what differs, wherever it shows.
    """

    level: Level
    operation: int
    operation_name: str
    place: Place
    path: str
    reference: str
    candidate: str
    step: int | None = None
    channel: str | None = None
    offset: int | None = None
    reference_hex: str = ""
    candidate_hex: str = ""
    cause: str = ""

    def headline(self) -> str:
        """Return the place in one line."""
        at = "" if self.offset is None else f" at byte {self.offset}"
        step = "" if self.step is None else f", step {self.step}"
        channel = "" if self.channel is None else f", channel {self.channel}"
        inside = "" if self.path == "$" else f" {self.path}"
        operation = f"operation {self.operation} ({self.operation_name})"
        return f"{operation}{step}{channel}: {place_text(self.place)}{inside}{at}"

    def to_json(self) -> dict[str, Any]:
        """Return the difference as plain JSON, for the journal and the report."""
        return asdict(self) | {"level": self.level.label, "place": place_to_json(self.place)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Difference:
        """Return the difference that `to_json` wrote.

        Raises:
            KeyError, TypeError: If it is no difference.
        """
        fields = dict(data)
        level, place = Level[fields.pop("level").upper()], place_from_json(fields.pop("place"))
        return cls(level=level, place=place, **fields)


@dataclass(frozen=True, slots=True)
class Equal:
    """Both engines agree at the level that was asked for."""

    level: Level


@dataclass(frozen=True, slots=True)
class Divergent:
    """They differ; `reached` is the highest level at which they still agree throughout.

    `differences` are those that no ledger entry covers, the gravest of the earliest operation
    first; of very many `more` counts those left out. `unsupported` says why the candidate stopped
    before the end of the case, if it did.
    """

    differences: tuple[Difference, ...]
    reached: Level
    more: int = 0
    unsupported: str = ""

    @property
    def difference(self) -> Difference:
        """The one that is shown."""
        return self.differences[0]


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
    """The case came out otherwise when it was run again: both verdicts, with their headlines."""

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
NO_CASE = "no case"
"""What is said of something that no case shows: nothing is known of it."""
WORST_FIRST = (*FAILURES, "unknown", NO_CASE, "unsupported", "expected", "equal")
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
        case Divergent():
            return verdict.difference.headline()
        case Crashed(detail) | Hung(detail) | ProtocolFault(detail):
            return detail
        case NotSupported(reason) | Expected(reason):
            return reason
        case Flaky(first, then):
            return f"{first}; run again: {then}"


def naming(verdict: Verdict, before: CaseId, name: CaseId) -> Verdict:
    """Return a verdict whose message gives a case the name that it got since."""
    match verdict:
        case Crashed(detail) | Hung(detail) | ProtocolFault(detail):
            return replace(verdict, detail=detail.replace(before, name))
        case Flaky(first, then):
            return Flaky(first.replace(before, name), then.replace(before, name))
        case Equal() | Divergent() | NotSupported() | Expected():
            return verdict


def cause(verdict: Verdict) -> str:
    """Return what is the same for all cases with this verdict for one cause; "" if it passes."""
    match verdict:
        case Divergent():
            return verdict.difference.cause
        case Crashed() | Hung() | ProtocolFault() | Flaky():
            return cause_of_failure(label(verdict), headline(verdict))
        case Equal() | NotSupported() | Expected():
            return ""
