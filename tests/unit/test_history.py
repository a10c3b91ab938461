from __future__ import annotations

import copy
from typing import Any

import pytest

from parity_kit.report.history import (
    FIXED,
    MOST_CHANGES,
    MOST_RUNS,
    NEW,
    STILL,
    UNRUN,
    UNSEEN,
    Changes,
    view,
)
from parity_kit.report.page import render
from parity_kit.report.summary import summarize


def _gate(name: str, compared: int = 10) -> dict[str, Any]:
    kind = name.split(" ", maxsplit=1)[0]
    return {"gate": name, "kind": kind, "compared": compared, "verdicts": {"equal": compared}}


def _divergence(cause: str, gate: str = "corpus graphs", count: int = 1) -> dict[str, Any]:
    return {"cause": cause, "gate": gate, "case": "a", "headline": "h", "count": count}


def _row(name: str, reached: str) -> dict[str, Any]:
    verdict = "divergent" if reached == "none" else "equal"
    return {"category": "c", "row": name, "verdict": verdict, "reached": reached, "compared": 2}


def _report(name: str, *divergences: dict[str, Any], **other: Any) -> dict[str, Any]:
    candidate = {
        "name": "port",
        "verdict": "divergent" if divergences else "parity",
        "reached": "bytes",
        "divergences": list(divergences),
        "gates": other.pop("gates", [_gate("corpus graphs"), _gate("lockstep graph")]),
        "rows": other.pop("rows", []),
        "benchmarks": other.pop("benchmarks", []),
    }
    return {
        "kit": "0.1.0",
        "run": {"name": name, "seed": 1},
        "oracle": {"langgraph": "1.2.24"},
        "machine": {"cpus": "2"},
        "candidates": [candidate],
        **other,
    }


def _changes(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    history = view(now, [before])
    assert history is not None
    return history.changes[0]


def test_without_an_earlier_run_there_is_no_history() -> None:
    assert view(_report("now"), []) is None


def test_a_cause_is_new_still_there_or_fixed() -> None:
    changed = _changes(
        _report("last", _divergence("gone"), _divergence("stays", count=3)),
        _report("now", _divergence("came"), _divergence("stays", count=2)),
    )

    assert changed.since == "last"
    assert [(cause.state, cause.cause, cause.then, cause.now) for cause in changed.causes] == [
        (NEW, "came", 0, 1),
        (STILL, "stays", 3, 2),
        (FIXED, "gone", 1, 0),
    ]
    assert changed.counts == "1 new, 1 still, 1 fixed"


@pytest.mark.parametrize(
    "gates", [[], [_gate("corpus graphs", 9)]], ids=["not run", "run on fewer cases"]
)
def test_what_was_not_compared_again_is_not_fixed(gates: list[dict[str, Any]]) -> None:
    changed = _changes(_report("last", _divergence("gone")), _report("now", gates=gates))

    assert [cause.state for cause in changed.causes] == [UNRUN]


def test_a_cause_from_a_search_is_not_fixed_because_a_search_misses_it() -> None:
    before = _report("last", _divergence("gone", "lockstep graph"))

    assert [cause.state for cause in _changes(before, _report("now")).causes] == [UNSEEN]


def test_one_cause_in_many_places_is_followed_once() -> None:
    before = _report("last", _divergence("a", count=2), _divergence("a", "lockstep graph", 3))
    (change,) = _changes(before, _report("now", _divergence("a"))).causes

    assert (change.state, change.then, change.now) == (STILL, 5, 1)


def test_the_last_run_is_the_last_that_judged_the_candidate() -> None:
    other = _report("between")
    other["candidates"] = []
    history = view(_report("now"), [_report("first", _divergence("gone")), other])

    assert history is not None
    assert history.changes[0].since == "first"
    assert [run.standings[0] is None for run in history.runs] == [False, True, False]


def test_rows_that_fell_come_before_rows_that_rose() -> None:
    before = _report("last", rows=[_row("a", "none"), _row("b", "bytes"), _row("c", "bytes")])
    now = _report("now", rows=[_row("a", "bytes"), _row("b", "none"), _row("c", "bytes")])

    assert _changes(before, now).rows == [("c: b", "bytes", "none"), ("c: a", "none", "bytes")]


def test_a_changed_release_is_shown_with_its_run() -> None:
    before = _report("last")
    now = _report("now", oracle={"langgraph": "1.3.0"}, machine={"cpus": "4"}, kit="0.2.0")
    history = view(now, [before])

    assert history is not None
    assert [run.made for run in history.runs] == [
        "", "Parity Kit 0.2.0, langgraph 1.3.0, another machine",
    ]  # fmt: skip


def test_runs_and_changes_are_bounded_and_what_is_left_out_is_counted() -> None:
    many = _report("last", *(_divergence(f"cause {number}") for number in range(MOST_CHANGES + 5)))
    history = view(_report("now"), [*(_report(f"r{number}") for number in range(40)), many])

    assert history is not None
    assert len(history.runs) == MOST_RUNS
    assert history.left_out == 42 - MOST_RUNS
    assert history.runs[-2].name == "last"
    assert (len(history.changes[0].causes), history.changes[0].more) == (MOST_CHANGES, 5)


def test_speed_over_the_runs_is_drawn_where_two_runs_have_it() -> None:
    pairs = [[pair, 2.0, 1.0, None, 1] for pair in range(6)]
    rows: list[Any] = [{"workload": "w", "series": "", "ratio": 2.0, "seen": pairs}]
    one = _report("last", benchmarks=rows)
    history = view(_report("now", benchmarks=rows), [one])
    alone = view(_report("now", benchmarks=rows), [_report("last")])

    assert history is not None
    assert history.plot is not None
    assert "port</text>" in history.plot.svg
    assert alone is not None
    assert alone.plot is None


def test_hostile_names_of_runs_and_causes_are_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script>\u202e"
    empty = summarize([]).to_json()
    page = render(empty, [_report(hostile, _divergence(hostile))])
    assert "<script>alert" not in page
    assert "⟨U+202E⟩" in page

    empty["candidates"] = []
    before = copy.deepcopy(empty)
    before["run"]["name"] = hostile
    assert render(empty, [before]) == render(empty, [before])
