"""Runs as events, for the tests of what CI systems read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    CaseJudged,
    DivergenceFound,
    EntryStale,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
)
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.report.ci import sarif
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.listing import Listing
from parity_kit.report.ci.source_locations import SourceLocations

WORKSPACE = find_workspace(Path(__file__))
PLACES = SourceLocations(WORKSPACE)
HOSTILE = (
    "\x00\x1b[31m]]></failure><script>alert(1)</script>`` ` | a | \n::error::x\r\n"
    "##[error]x ##vso[task] %0A @team #1 [x](https://e.org) {0} ![i](j) "
    "\u202e\ud800\ufffe $x$ &amp;"
)
STARTED = RunStarted("", "0.1.0", {"langgraph": "1.2.24"}, {}, 0, ["port"])


def divergence(number: int, count: int = 1, verdict: str = "divergent") -> DivergenceFound:
    return DivergenceFound(
        candidate="port",
        gate="corpus graphs",
        case="graphs/line/empty-input",
        verdict=verdict,
        headline=f"operation 0 (invoke): {'abcdefghijklmnop'[number]}",
        level="bytes",
        reference="1",
        candidate_side="2",
        reference_hex="01",
        candidate_hex="02",
        file=f"cases/{number}.case.msgpack",
        size=1,
        count=count,
    )


def case(name: str, verdict: str, headline: str) -> CaseJudged:
    return CaseJudged("port", "corpus graphs", name, verdict, "none", headline)


def gate(verdict: str = "divergent", **verdicts: int) -> GateFinished:
    compared = sum(verdicts.get(item, 0) for item in ("equal", "divergent", "expected"))
    return GateFinished(
        "port", "corpus graphs", "corpus", verdict, "bytes", "bytes", compared, verdicts, {}, 0.5
    )


def judged(events: Sequence[Event]) -> list[Event]:
    """Return the events with the conclusion that they come to, and the run's end."""
    totals = GateTotals()
    for event in events:
        totals.emit(event)
    conclusion = conclude(totals, Rules())
    end = RunFinished(int(conclusion.exit_code), 1.0)
    return [*events, conclusion.event("port"), end]


FIRST = divergence(0)
DIVERGENT = judged(
    [
        STARTED,
        case("graphs/line/invoke", "equal", "equal at level bytes"),
        case("graphs/line/empty-input", "divergent", FIRST.headline),
        case("graphs/a", "unsupported", "no graphs"),
        case("graphs/b", "expected", "known since May"),
        case("graphs/c", "crashed", "it ended"),
        FIRST,
        replace(divergence(1, verdict="crashed"), case="graphs/c", headline="it ended", level=""),
        gate(equal=1, divergent=1, unsupported=1, expected=1, crashed=1),
    ]
)
EQUAL = judged(
    [
        STARTED,
        case("graphs/line/invoke", "equal", "equal at level bytes"),
        gate("equal", equal=1),
    ]
)


def account(events: Sequence[Event]) -> Account:
    made = Account()
    for event in events:
        made.emit(event)
    return made


def hostile() -> list[Event]:
    """Return a run in which everything that a candidate can say is an attack."""
    return [
        replace(STARTED, candidates=[HOSTILE]),
        CandidateFailed(HOSTILE, HOSTILE, "crashed", HOSTILE),
        *(
            replace(event, candidate=HOSTILE)
            for event in [
                case(HOSTILE, "divergent", HOSTILE),
                case("b", "unsupported", HOSTILE),
                replace(
                    FIRST,
                    case=HOSTILE,
                    headline=HOSTILE,
                    reference=HOSTILE,
                    candidate_side=HOSTILE,
                    file=HOSTILE,
                ),
                replace(gate(divergent=1, unsupported=1), notes=[HOSTILE]),
                EntryStale("port", 1, HOSTILE, HOSTILE, HOSTILE),
                CandidateJudged("port", "divergent", HOSTILE, 1),
            ]
        ),
        RunFinished(1, 1.0, [HOSTILE]),
    ]


def scanned(made: Account) -> str:
    """Return the SARIF log of a run."""
    return sarif.render(made, PLACES, Listing(WORKSPACE.root / "parity.sarif.txt"))


def sarif_results(events: list[Event]) -> list[dict[str, object]]:
    """Return the results in the SARIF log of a run."""
    return json.loads(scanned(account(events)))["runs"][0]["results"]


RUNS: dict[str, list[Event]] = {
    "divergent": DIVERGENT,
    "equal": EQUAL,
    "hostile": hostile(),
    "killed": DIVERGENT[:-3],
    "nothing": [],
}
