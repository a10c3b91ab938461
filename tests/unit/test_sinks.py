"""Sinks: the journal loses nothing, the terminal stays readable and shows text as text."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    DivergenceFound,
    EngagementSeen,
    Event,
    GateFinished,
    GateProgress,
    RowJudged,
    event_from_json,
)
from parity_kit.report.ci import MOST_SHOWN, Journal, Terminal


def divergence(number: int) -> DivergenceFound:
    return DivergenceFound(
        candidate="it",
        gate="corpus graphs",
        case=f"case {number}",
        verdict="divergent",
        headline=f"operation {number}",
        level="bytes",
        reference="[bold]1[/bold]",
        candidate_side="2",
        reference_hex="01",
        candidate_hex="02",
        file="cases/x",
        size=1,
    )


GATE = GateFinished(
    "it", "corpus graphs", "corpus", "divergent", "bytes", "none", 5, {"divergent": 5}, {}, 0.5
)
EVENTS: list[Event] = [
    *(divergence(number) for number in range(5)),
    GATE,
    EngagementSeen("it", {"apply": 0}, engaged=False),
    CandidateFailed("other", "Other [red]engine[/red]", "crashed", "gone"),
]


def shown(events: list[Event], *, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, highlight=False)
    with Terminal(console) as sink:
        for event in events:
            sink.emit(event)
    return out.getvalue()


def test_the_journal_holds_each_event_as_a_line_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for event in EVENTS:
        journal.emit(event)
        journal.emit(GateProgress("it", "corpus graphs", 1, 5))
        last = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()[-1]
        assert event_from_json(json.loads(last)) == event
    journal.close()


def test_only_the_first_places_of_a_gate_are_shown() -> None:
    text = shown(EVENTS)
    assert [f"operation {number}" in text for number in range(5)] == [True] * MOST_SHOWN + [
        False
    ] * 2
    assert "and 2 more places" in text
    assert "operation 0" in shown([*EVENTS, divergence(0)])


def test_what_a_candidate_says_is_text_and_not_markup() -> None:
    text = shown(EVENTS)
    assert "[bold]1[/bold]" in text
    assert "Other [red]engine[/red]" in text
    assert "not engaged  apply ran 0 times" in text


def row(name: str, verdict: str, reached: str) -> RowJudged:
    return RowJudged(
        candidate="it",
        category="errors",
        row=name,
        published=False,
        shows="",
        patterns=[],
        claimed="",
        verdict=verdict,
        reached=reached,
        compared=0,
        verdicts={},
        reasons={},
        differing=[],
    )


def test_the_rows_of_a_candidate_are_summed_up_in_one_line() -> None:
    rows = [row("first", "equal", "bytes"), row("second", "unknown", "none")]
    text = shown([*rows, CandidateJudged("it", "parity", "agrees", 0)])
    assert "matrix of 2 rows · bytes 1, unknown 1" in text
    assert "matrix" not in shown([CandidateJudged("it", "parity", "agrees", 0)])


def test_a_pipe_gets_plain_text_and_no_bars() -> None:
    text = shown([GateProgress("it", "corpus graphs", 1, 5), *EVENTS])
    assert "\x1b" not in text
    assert "━" not in text


def test_a_terminal_gets_a_bar() -> None:
    assert "corpus graphs" in shown([GateProgress("it", "corpus graphs", 1, 5)], terminal=True)
