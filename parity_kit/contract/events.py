"""What a run tells its sinks, in order.

The runner emits these events and knows nothing of sinks; sinks (console, journal) know these events
and nothing of engines. The journal is one event a line, as JSON.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, get_args

from parity_kit.contract.json_types import fits, hints

JOURNAL = "journal.jsonl"
"""The journal's name in the folder of a run."""
SEEN_FIELDS = ("pair", "reference_seconds", "candidate_seconds", "cpu_pressure", "kept")
"""What `BenchMeasured.seen` has of a pair; the pressure is null where the system does not tell."""
MOST_SEEN = 40
"""Pairs of a workload that a report carries; a session's pyperf files hold all of them."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins. `oracle` maps distributions to versions, `machine` says where it runs.

    `shown` names those of the candidates that do not decide the exit code. `asked` is the command
    and what it was asked for, `made_of` the digests of what verdicts hang on. A run that is resumed
    begins again with this event, and all that was told before it is told again.
    """

    run: str
    kit: str
    oracle: dict[str, str]
    machine: dict[str, str]
    seed: int
    candidates: list[str]
    shown: list[str] = field(default_factory=list[str])
    asked: dict[str, Any] = field(default_factory=dict[str, Any])
    made_of: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class CorporaChecked:
    """The committed fixtures were regenerated in memory and compared.

    `corpora` maps each corpus to its number of cases; `drifted` names those whose bytes differ.
    """

    corpora: dict[str, int]
    drifted: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class CandidateStarted:
    """A candidate answered its handshake: what it says of itself.

    `version` is the engine's name and version, as it says them. `cage` says what the system does
    not keep its processes from. `packages` maps what its environment has in another version than
    the oracle's to both versions, the oracle's first.
    """

    candidate: str
    title: str
    version: str
    language: str
    levels: dict[str, str]
    seconds: float
    cage: str = ""
    packages: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(frozen=True, slots=True)
class CandidateFailed:
    """A candidate could not be started or judged. `code` is the error's."""

    candidate: str
    title: str
    code: str
    problem: str


@dataclass(frozen=True, slots=True)
class GateProgress:
    """Where a gate is: `done` of `total` cases. Shown and kept nowhere."""

    candidate: str
    gate: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class CaseJudged:
    """The verdict on one committed case, as the matrix needs it.

    `reached` is the level at which it agrees, `none` where it was not compared; `said` the verdict
    in one line. `cause` is the same for all cases that fail for one cause. `differences` lists what
    no ledger entry covers: its `headline`, the `level` that differs and its `cause`.
    """

    candidate: str
    gate: str
    case: str
    verdict: str
    reached: str
    said: str
    cause: str = ""
    differences: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


@dataclass(frozen=True, slots=True)
class DivergenceFound:
    """A case on which candidate and reference differ, shrunk where Hypothesis found it.

    `verdict` is the label; `level` the level that failed and `reached` the one at which both agree
    throughout; `difference` where, as `Difference.to_json` writes it. `file` is the case, relative
    to the run; `size` its number of operations. `count` is how many cases of the gate fail for this
    `cause`.
    """

    candidate: str
    gate: str
    case: str
    verdict: str
    headline: str
    level: str
    reference: str
    candidate_side: str
    reference_hex: str
    candidate_hex: str
    file: str
    size: int
    count: int = 1
    cause: str = ""
    reached: str = "none"
    difference: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EntryStale:
    """An entry of a candidate's ledger that fails the gate: its number, its patterns, and why."""

    candidate: str
    entry: int
    case: str
    differs: str
    problem: str


@dataclass(frozen=True, slots=True)
class GateFinished:
    """A gate's result: a corpus or a lockstep suite on one candidate.

    `kind` is `corpus`, `lockstep`, `upstream` or `conformance`. `verdicts` counts cases by label,
    `features` by feature. `required` is the level asked for, `reached` the level that every case
    reached.
    A search tells how many pairs of features its compared cases had among the `possible` ones;
    `notes` say what was left out, or which floor it did not reach. `subjects` maps each kind of
    subject that its cases open to the level that all of them `reached`, `none` where none was
    compared, and to their `verdicts`. `areas` names the areas of LangGraph that a search
    ran; it is null if that was not watched, as for a corpus, whose reach is on record.
    """

    candidate: str
    gate: str
    kind: str
    verdict: str
    required: str
    reached: str
    compared: int
    verdicts: dict[str, int]
    features: dict[str, int]
    seconds: float
    pairs: int = 0
    possible: int = 0
    notes: list[str] = field(default_factory=list[str])
    subjects: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    areas: list[str] | None = None


@dataclass(frozen=True, slots=True)
class UpstreamJudged:
    """How LangGraph's own tests of a gate stand on a candidate.

    `release` names the package that holds them, and its version. `standings` counts all of them;
    those that passed or regressed are the gate's cases. `drove` is in how many of those that passed
    the candidate's code ran, null if it counts no calls.
    """

    candidate: str
    gate: str
    release: str
    standings: dict[str, int]
    drove: int | None


@dataclass(frozen=True, slots=True)
class ClaimsRead:
    """Where what is claimed of a candidate is said, and of which version of it.

    `speed` lists what is claimed of speed: the words as `said`, how many `times` LangGraph's from
    and to, and the `workloads` it is held against.
    """

    candidate: str
    source: str
    version: str
    speed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(frozen=True, slots=True)
class RowJudged:
    """What a candidate's cases say of one row of the matrix: something LangGraph does.

    `shows` says what the row's cases show, `patterns` which they are; `published` marks a row of
    the published table. `claimed` is what the candidate's authors say of it, empty where nothing is
    known. `reached` is the level that every compared case reached. `reasons` counts cases that were
    not compared, by verdict and what was said. `differing` lists cases that differ or broke down,
    each with the gate and the case under which the difference is told, both empty where it is not.
    """

    candidate: str
    category: str
    row: str
    published: bool
    shows: str
    patterns: list[str]
    claimed: str
    verdict: str
    reached: str
    compared: int
    verdicts: dict[str, int]
    reasons: dict[str, int]
    differing: list[list[str]]


@dataclass(frozen=True, slots=True)
class EngagementSeen:
    """Whose code answered: how often each function that the candidate replaces has run.

    All zero means that it never drove. `loaded` names LangGraph itself if its process loaded that.
    """

    candidate: str
    functions: dict[str, int]
    engaged: bool
    loaded: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseCompared:
    """What differs between the oracle's LangGraph and that of a candidate.

    `before` and `after` map distributions to versions. `functions` lists the functions that differ:
    `function` (`module:name`), `kind` (added, changed or removed), how many compared cases of
    which `corpora` run it, some `cases` to look at, and what is new in it that they `missed`: a
    function of which they missed something is not judged. `elsewhere` names the modules that
    differ outside functions, `missing` the distributions that only one side has.
    """

    candidate: str
    before: dict[str, str]
    after: dict[str, str]
    functions: list[dict[str, Any]]
    elsewhere: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class BenchMeasured:
    """One workload, reference against candidate.

    `ratio` is reference time over candidate time (2.0: the candidate takes half the time), with its
    95 % interval; `verdict` is `faster`, `slower`, `equivalent`, `inconclusive` or
    `not comparable` (then there are no figures). Times are medians in seconds.

    A workload that is measured in several sizes names its `series` and its `size` in it. `seen` are
    the pairs in the order they were measured, `SEEN_FIELDS` of each, and at most `MOST_SEEN` of
    them. `memory` maps `reference` and `candidate` to the engine's resident bytes before any
    workload and at the height of this one; it is empty where that was not measured.
    """

    candidate: str
    workload: str
    family: str
    verdict: str
    ratio: float | None
    low: float | None
    high: float | None
    reference_seconds: float | None
    candidate_seconds: float | None
    pairs: int
    dropped: int
    detail: str = ""
    series: str = ""
    size: int = 0
    seen: list[list[float | None]] = field(default_factory=list[list[float | None]])
    memory: dict[str, list[int]] = field(default_factory=dict[str, list[int]])


@dataclass(frozen=True, slots=True)
class CandidateJudged:
    """The verdict on a candidate as a whole, and the exit code it stands for.

    The first `own_words` characters of `reason` are the kit's own; the rest may be the candidate's.
    `not_looked_at` names the areas of LangGraph that no compared case runs, the largest first,
    `not_judged` the functions that differ from the oracle's and that cases run in part or not.
    """

    candidate: str
    verdict: str
    reason: str
    exit_code: int
    own_words: int = 0
    not_looked_at: list[str] = field(default_factory=list[str])
    not_judged: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended. `notes` say what was left out of it."""

    exit_code: int
    seconds: float
    notes: list[str] = field(default_factory=list[str])


Event: TypeAlias = (
    RunStarted
    | CorporaChecked
    | CandidateStarted
    | CandidateFailed
    | GateProgress
    | CaseJudged
    | DivergenceFound
    | EntryStale
    | GateFinished
    | UpstreamJudged
    | ClaimsRead
    | RowJudged
    | EngagementSeen
    | ReleaseCompared
    | BenchMeasured
    | CandidateJudged
    | RunFinished
)

PASSING = (GateProgress, CaseJudged)
"""Events that come so often that nobody reads them one by one."""

_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


class Sink(Protocol):
    """Something that is told of events."""

    def emit(self, event: Event) -> None:
        """Take one event."""
        ...


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object, its kind under `event`."""
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


def event_from_json(data: dict[str, Any]) -> Event:
    """Return the event that `event_to_json` wrote.

    Raises:
        KeyError, TypeError: If it is no event.
    """
    values = dict(data)
    kind = _KINDS[values.pop("event")]
    for name, hint in hints(kind).items():
        if name in values and not fits(values[name], hint):
            raise TypeError(f"{name} is not of type {hint}")
    return kind(**values)
