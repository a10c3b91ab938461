"""Runs in a row: verdicts and speed over time, and what changed since the last run.

A pure function of the runs' `report.json`. A divergence is followed by its cause, since the cases
that show one change with every corpus that grows and every search. That a cause is not there any
more says something only where the gates that showed it were run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from parity_kit.gates.matrix.standing import BEST_FIRST, standing
from parity_kit.judging import text
from parity_kit.report import history_plot
from parity_kit.report.counts import total
from parity_kit.report.performance import Plot
from parity_kit.report.speed import speed

MOST_RUNS = 30
"""Runs shown, the latest of those given."""
MOST_CHANGES = 40
"""Changes of one kind that are listed for a candidate; the others are counted."""

NEW, STILL, FIXED = "new", "still", "fixed"
UNSEEN, UNRUN = "not found again", "not compared again"
MEANING = {
    NEW: "not there in the last run",
    STILL: "there in both",
    FIXED: "gone, and every gate that showed it was run again on as many cases",
    UNSEEN: "gone, but only a search had found it, and a search does not find everything each time",
    UNRUN: "gone, but not every gate that showed it was run again on as many cases",
}
"""What became of a cause, worst first."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CandidateInRun:
    """Where a candidate stood in one run."""

    verdict: str
    reached: str
    cases: int
    causes: Mapping[str, int]
    speed: Json | None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its name, what differs from the run before in how it was made, and who stood where.

    A candidate that was not judged in it has no standing.
    """

    name: str
    made: str
    standings: Sequence[CandidateInRun | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A cause that came, stayed or went, with the cases that showed it then and show it now."""

    state: str
    cause: str
    then: int
    now: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed for a candidate since the last run that judged it."""

    candidate: str
    since: str
    causes: Sequence[Change]
    rows: Sequence[tuple[str, str, str]]
    more: int = 0

    @property
    def counts(self) -> str:
        """How many causes became what, `2 new, 1 still`."""
        kinds = [cause.state for cause in self.causes]
        counted = {state: kinds.count(state) for state in MEANING}
        return text.counts(counted) or "no divergence, then or now"


@dataclass(frozen=True, slots=True)
class History:
    """The section: runs, oldest first, the plot of their speed, and what changed at last."""

    candidates: Sequence[str]
    runs: Sequence[Run]
    plot: Plot | None
    changes: Sequence[Changes]
    left_out: int = 0
    meaning: Mapping[str, str] = field(default_factory=lambda: MEANING)


def view(report: Json, earlier: Sequence[Json]) -> History | None:
    """Return the history of a report's candidates, or None where no earlier run is given."""
    if not earlier:
        return None
    left_out = max(0, len(earlier) + 1 - MOST_RUNS)
    reports = [*earlier[left_out:], report]
    names = [candidate["name"] for candidate in report["candidates"]]
    runs = [
        Run(
            item["run"]["name"],
            _made(reports[place - 1] if place else None, item),
            [_in_run(_candidate(item, name)) for name in names],
        )
        for place, item in enumerate(reports)
    ]
    return History(
        [text.visible(name) for name in names],
        runs,
        _plot(names, runs),
        [_changes(name, reports) for name in names],
        left_out,
    )


def _candidate(report: Json, name: str) -> Json | None:
    return next(
        (candidate for candidate in report["candidates"] if candidate["name"] == name), None
    )


def _in_run(candidate: Json | None) -> CandidateInRun | None:
    if candidate is None:
        return None
    causes = _causes(candidate)
    return CandidateInRun(
        candidate["verdict"],
        candidate["reached"],
        total(candidate).divergent,
        causes,
        speed(candidate["benchmarks"]),
    )


def _causes(candidate: Json) -> dict[str, int]:
    causes: dict[str, int] = {}
    for divergence in candidate["divergences"]:
        cause = divergence["cause"]
        causes[cause] = causes.get(cause, 0) + divergence["count"]
    return causes


def _gates(candidate: Json) -> dict[str, tuple[str, int]]:
    """Return the kind of each gate, and how many cases it compared."""
    return {gate["gate"]: (gate["kind"], gate["compared"]) for gate in candidate["gates"]}


def _rows(candidate: Json) -> dict[tuple[str, str], str]:
    return {
        (row["category"], row["row"]): standing(row["verdict"], row["reached"], row["compared"])
        for row in candidate.get("rows", [])  # runs of before the matrix have none
    }


def _made(before: Json | None, report: Json) -> str:
    """Return what a run was made with where that is not what the run before was made with."""
    parts = [
        f"{name} {mine}"
        for name, mine, theirs in (
            ("Parity Kit", report["kit"], before and before["kit"]),
            *(
                (name, version, before and before["oracle"].get(name))
                for name, version in report["oracle"].items()
            ),
        )
        if mine and before is not None and mine != theirs
    ]
    if before is not None and report["machine"] != before["machine"]:
        parts.append("another machine")
    return ", ".join(parts)


def _changes(name: str, reports: Sequence[Json]) -> Changes:
    *before, report = reports
    now = _candidate(report, name)
    then, since = next(
        (
            (earlier, run["run"]["name"])
            for run in reversed(before)
            if (earlier := _candidate(run, name)) is not None
        ),
        (None, ""),
    )
    if now is None or then is None:
        return Changes(text.visible(name), since, [], [])
    causes = _followed(then, now)
    rows = _moved(then, now)
    return Changes(
        text.visible(name),
        since,
        causes[:MOST_CHANGES],
        rows[:MOST_CHANGES],
        max(0, len(causes) - MOST_CHANGES) + max(0, len(rows) - MOST_CHANGES),
    )


def _followed(then: Json, now: Json) -> list[Change]:
    """Return what became of every cause, worst first."""
    past, present = _causes(then), _causes(now)
    changes = [
        Change(STILL if cause in past else NEW, cause, past.get(cause, 0), count)
        for cause, count in present.items()
    ]
    changes += [
        Change(_gone(cause, then, now), cause, count, 0)
        for cause, count in past.items()
        if cause not in present
    ]
    order = list(MEANING)
    return sorted(
        changes,
        key=lambda change: (order.index(change.state), -change.now, -change.then, change.cause),
    )


def _gone(cause: str, then: Json, now: Json) -> str:
    """Return what it means that a cause is not there any more."""
    showed = {
        divergence["gate"] for divergence in then["divergences"] if divergence["cause"] == cause
    }
    before, after = _gates(then), _gates(now)
    kinds = {before[gate][0] for gate in showed if gate in before}
    if any(gate not in after or after[gate][1] < before.get(gate, ("", 0))[1] for gate in showed):
        return UNRUN
    return FIXED if "corpus" in kinds else UNSEEN


def _moved(then: Json, now: Json) -> list[tuple[str, str, str]]:
    """Return the rows of the matrix that stand elsewhere now, those that fell first."""
    past, present = _rows(then), _rows(now)
    moved = [
        (key, past[key], here) for key, here in present.items() if key in past and past[key] != here
    ]
    moved.sort(key=lambda row: (_rank(row[2]) <= _rank(row[1]), row[0]))
    return [(f"{category}: {row}", was, here) for (category, row), was, here in moved]


def _rank(word: str) -> int:
    return BEST_FIRST.index(word) if word in BEST_FIRST else len(BEST_FIRST)


def _plot(names: Sequence[str], runs: Sequence[Run]) -> Plot | None:
    lines = [
        (text.visible(name), place, [
            (at, (result.speed["ratio"], result.speed["low"], result.speed["high"]))
            for at, run in enumerate(runs)
            if (result := run.standings[place]) is not None
            and result.speed is not None
            and result.speed["low"] is not None
        ])
        for place, name in enumerate(names)
    ]  # fmt: skip
    lines = [line for line in lines if len(line[2]) > 1]
    if not lines:
        return None
    return Plot(
        "history",
        "Speed over the runs",
        "How many times LangGraph's speed, over all workloads whose outcomes were equal in that "
        "run, with its 95 % interval; the oldest run is on the left. Each figure comes from pairs "
        "within its own run, so that runs on different machines can stand side by side.",
        Markup(history_plot.speeds("history", lines, len(runs))),  # noqa: S704  # escaped there
    )
