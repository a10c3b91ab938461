"""What the first screen says of a candidate, and which divergences a page has room for."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
)
from parity_kit.contract.casefile import CaseFile
from parity_kit.judging.causes import cause_of
from parity_kit.judging.places import Error, EventAt, OutcomeKind, Place, Value, stored_entry
from parity_kit.report import cases, selection
from parity_kit.report.layers import layered
from parity_kit.report.overview import NOT_ENGAGED, overview
from parity_kit.report.selection import by_cause, in_turn, selected
from parity_kit.report.speed import speed

CASE = Case(
    CaseId("c"),
    Subject(SubjectKind.GRAPH, {"program": {"state": {"log": {}}, "nodes": {"work": {}}}}),
    (Operation("invoke"),),
)


def _candidate(**more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "verdict": "divergent",
        "reason": "divergent in corpora",
        "engagement": None,
        "gates": [],
        "divergences": [],
        "benchmarks": [],
        "rows": [],
        "levels": {},
    }
    return usual | more


def _gate(**subjects: tuple[str, dict[str, int]]) -> dict[str, Any]:
    verdicts: Counter[str] = Counter()
    for _, counted in subjects.values():
        verdicts.update(counted)
    return {
        "gate": "g",
        "verdict": "x",
        "compared": 1,
        "verdicts": dict(verdicts),
        "subjects": {
            kind: {"reached": level, "verdicts": counted}
            for kind, (level, counted) in subjects.items()
        },
    }


def _divergence(
    case: str, cause: str = "a", level: str = "bytes", count: int = 1
) -> dict[str, Any]:
    return {"gate": "g", "case": case, "cause": cause, "level": level, "count": count}


@pytest.mark.parametrize(
    ("subjects", "sentence"),
    [
        (
            {"graph": ("bytes", {"equal": 9}), "codec": ("bytes", {"equal": 2})},
            "Matches byte for byte on codec and graph.",
        ),
        (
            {"graph": ("none", {"equal": 8, "divergent": 1}), "codec": ("bytes", {"equal": 2})},
            "Matches byte for byte on codec; differs in 1 of 9 graph cases.",
        ),
        ({"graph": ("trace", {"equal": 9})}, "Matches in every result and event on graph."),
        (
            {"graph": ("result", {"equal": 9}), "saver": ("none", {"unsupported": 4})},
            "Matches in every result on graph; does not support saver.",
        ),
        (
            {"graph": ("none", {"equal": 9, "expected": 1})},
            "Differs in 1 of 10 graph cases, as its ledger expects.",
        ),
        (
            {"graph": ("none", {"equal": 147, "expected": 781, "divergent": 6, "unsupported": 4})},
            "Differs in 6 of 938 graph cases and in 781 expected ones.",
        ),
        ({}, "Divergent in corpora"),
    ],
)
def test_the_sentence_says_where_to_trust_and_where_not(
    subjects: dict[str, tuple[str, dict[str, int]]], sentence: str
) -> None:
    assert overview(_candidate(gates=[_gate(**subjects)]))["sentence"] == sentence


def test_a_level_is_that_of_all_gates_together() -> None:
    gates = [
        _gate(graph=("bytes", {"equal": 5})),
        _gate(graph=("trace", {"divergent": 1, "equal": 4})),
        _gate(graph=("none", {"unsupported": 3})),
    ]
    screen = overview(_candidate(gates=gates))

    cell = screen["subjects"]["graph"]
    assert (cell["symbol"], cell["standing"], cell["total"]) == ("≠", "bytes differ", 13)
    assert [(part["verdict"], part["cases"]) for part in cell["parts"]] == [
        ("equal", 9),
        ("divergent", 1),
        ("unsupported", 3),
    ]


def test_a_bar_shows_even_one_case_among_thousands() -> None:
    verdicts = {"equal": 900, "divergent": 1, "unsupported": 9_000}
    bar = overview(_candidate(gates=[_gate(graph=("none", verdicts))]))["subjects"]["graph"]["bar"]
    widths = [float(width) for width in re.findall(r'width="([\d.]+)"', bar)]

    assert sum(widths) == pytest.approx(100, abs=0.2)
    assert len(widths) == 3
    assert min(widths) >= 1.9


@pytest.mark.parametrize(
    ("verdicts", "agreement"),
    [
        ({"equal": 20, "expected": 87}, "87 cases of 107 as its ledger expects"),
        ({"equal": 20, "unsupported": 5}, "nothing in 20 cases compared"),
        ({"unsupported": 5}, ""),
        ({"equal": 20, "divergent": 5}, ""),
    ],
)
def test_what_differs_never_hides_what_the_ledger_expects(
    verdicts: dict[str, int], agreement: str
) -> None:
    screen = overview(_candidate(gates=[_gate(graph=("none", verdicts))]))

    assert screen["agreement"] == agreement


def test_the_first_screen_names_the_most_severe_cause_and_then_the_largest() -> None:
    causes = [("severe", "result", 2), ("huge", "bytes", 1_038), ("large", "trace", 80)]
    causes += [("small", "trace", 3), ("tiny", "bytes", 1)]
    divergences = [_divergence(cause, cause, level, count) for cause, level, count in causes]
    shown = overview(_candidate(divergences=divergences))["causes"]

    assert [(cause["text"], cause["cases"]) for cause in shown["named"]] == [
        ("severe", 2),
        ("huge", 1_038),
        ("large", 80),
    ]
    assert (shown["others"], shown["other_cases"]) == (2, 4)


def test_a_candidate_that_crashed_reached_no_level() -> None:
    subject = overview(_candidate(gates=[_gate(graph=("none", {"crashed": 3}))]))["subjects"]
    assert (subject["graph"]["standing"], subject["graph"]["symbol"]) == ("crashed", "✕")


def test_of_a_candidate_whose_code_never_ran_neither_level_nor_speed_is_shown() -> None:
    screen = overview(
        _candidate(
            verdict="unknown",
            engagement={"engaged": False, "functions": {}},
            gates=[_gate(graph=("bytes", {"equal": 5}))],
            benchmarks=[_timed("a", 2.0)],
        )
    )

    assert (screen["subjects"], screen["speed"]) == ({}, None)
    assert screen["unjudged"] == [NOT_ENGAGED]


def _timed(name: str, ratio: float | None, series: str = "", size: int = 0) -> dict[str, Any]:
    """Return a workload whose pairs all were a little off, the same way for every workload."""
    off = (1.0, 1.2, 0.9, 1.1, 0.8, 1.0, 1.0)
    pairs = (
        [[pair, ratio * factor, 1.0, None, 1] for pair, factor in enumerate(off)] if ratio else []
    )
    return {"workload": name, "series": series, "size": size, "ratio": ratio, "seen": pairs}


def test_speed_is_one_figure_for_all_workloads_with_its_interval() -> None:
    figure = speed([_timed("a", 1.0), _timed("b", 4.0), _timed("c", None)])

    assert figure is not None
    assert math.isclose(figure["ratio"], 2.0)
    assert figure["low"] < 2.0 < figure["high"]
    assert (figure["verdict"], figure["measured"], figure["workloads"]) == ("faster", 2, 3)
    assert speed([]) is None


def test_what_shifts_all_workloads_of_a_pair_does_not_average_out() -> None:
    one, two = speed([_timed("a", 2.0)]), speed([_timed("a", 2.0), _timed("b", 2.0)])

    assert one is not None
    assert two is not None
    assert (one["low"], one["high"]) == pytest.approx((two["low"], two["high"]))


def test_a_work_in_several_sizes_counts_once_at_its_largest() -> None:
    sizes = [(1, 1.0), (5, 9.0), (9, None), (3, 2.0)]
    figure = speed([_timed(f"s-{size}", ratio, "s", size) for size, ratio in sizes])

    assert figure is not None
    assert (figure["ratio"], figure["workloads"]) == (pytest.approx(9.0), 1)


def test_causes_that_break_results_come_first_then_the_most_common() -> None:
    divergences = [_divergence("1", "rare"), _divergence("2", "often", count=9)]
    divergences += [_divergence("3", "worst", "result"), _divergence("4", "rare")]

    assert [cause for cause, _ in by_cause(divergences)] == ["worst", "often", "rare"]


def test_room_is_shared_between_candidates_and_between_causes() -> None:
    many = {"divergences": [_divergence(str(number), "a") for number in range(100)]}
    many["divergences"].append(_divergence("other", "b"))
    few = {"divergences": [_divergence("x"), _divergence("y")]}
    chosen = selected([many, few])

    assert [len(causes) for causes in chosen] == [selection.SHOWN - 2, 2]
    assert ("g", "other") in chosen[0]
    further = selection.SHOWN + 2 * selection.MORE_SHOWN
    assert len(in_turn([many, few, few, few, few])) == further


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Value(), "$.payload.response_schema"),
        (EventAt("updates", 9, 9), "$[2].__interrupt__[0].payload.response_schema"),
        (stored_entry("write/t//1/2/0/c/p/msgpack"), "$[0]<2>[2].response_schema"),
    ],
)
def test_one_cause_is_one_wherever_it_shows(place: Place, path: str) -> None:
    outcomes = (Returned(1), Returned(2))
    cause = cause_of(CASE, place, path, ("None (nil)", "absent"), outcomes)
    assert cause == "`response_schema` is missing"


@pytest.mark.parametrize(
    ("mine", "yours", "cause"),
    [
        (Raised("x.A", "m"), Raised("x.A", "n"), "A with another message"),
        (Raised("x.A", "m"), Raised("B", "m"), "raises B for A"),
        (Raised("x.A", "m"), Returned(1), "does not raise A"),
        (Returned(1), Raised("B", "no 17\nand more"), "raises B: no #"),
    ],
)
def test_errors_are_causes_of_their_own(mine: Outcome, yours: Outcome, cause: str) -> None:
    place = Error() if type(mine) is type(yours) else OutcomeKind("raised", "returned")
    assert cause_of(CASE, place, "$", ("", ""), (mine, yours)) == cause


def test_names_that_a_case_made_up_are_no_causes() -> None:
    outcomes = (Returned(1), Returned(2))
    for path, cause in (
        ("$.log[3]", "a state field's value differs"),
        ("$.channel_values['branch:to:work']", "`branch:to:…` differs"),
        ("$.channel_values['join:a+b:c']", "`join:…` differs"),
        ("$.parents['a:<id 3>|x:<id 4>']", "`…:<id #>|…:<id #>` differs"),
        ("$.configurable (order of keys)", "keys of `configurable` in another order"),
    ):
        assert cause_of(CASE, Value(), path, ("1", "2"), outcomes) == cause


def test_what_a_case_s_own_nodes_say_is_no_cause() -> None:
    failing = {"raise": {"type": "KeyError", "message": "a failed"}}
    program = {"nodes": {"a": {"body": [{"when": [True, [failing], [{"drain": "a drains"}]]}]}}}
    case = replace(CASE, subject=Subject(SubjectKind.GRAPH, {"program": program}))
    place = OutcomeKind("returned", "raised")
    for said, cause in (("'a failed'", "'…'"), ("Graph drained: a drains", "Graph drained: …")):
        outcomes = (Returned(1), Raised("x.E", said))
        assert cause_of(case, place, "$", ("", ""), outcomes) == f"raises E: {cause}"


def test_columns_go_ahead_but_for_edges_that_lead_back() -> None:
    edges = [("s", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("b", "b")]
    layout = layered(["s", "a", "b", "c"], edges, "s")
    column = {place: at for at, nodes in enumerate(layout.columns) for place in nodes}

    assert layout.back == {("c", "a")}
    assert [column[name] for name in "sabc"] == [0, 1, 2, 3]
    assert [column[place] for place in layout.routes["a", "c"]] == [1, 2, 3], "past b, not through"
    assert layout == layered(["s", "a", "b", "c"], edges, "s")


def _run(folder: Path, count: int, size: int) -> dict[str, Any]:
    case = Case(
        CaseId("codec/x"),
        Subject(SubjectKind.CODEC, {"strict": True}),
        (Operation("encode", {"value": "x" * size}),),
    )
    ours, theirs = (Returned("msgpack", stored={"data": data}) for data in (b"\x01", b"\x02"))
    CaseFile(case, "port", (ours,), (theirs,)).write(folder / "cases/x")
    divergence = {
        "gate": "g",
        "level": "bytes",
        "count": 1,
        "verdict": "divergent",
        "headline": "h",
    }
    divergences = [
        divergence | {"case": str(number), "cause": "h", "detail": None, "file": "cases/x"}
        for number in range(count)
    ]
    return {"candidates": [{"divergences": divergences}]}


def test_what_is_kept_of_cases_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "ROOM", 10_000)
    report = _run(tmp_path, 40, 500)
    cases.add_cases(report, tmp_path)
    divergences = report["candidates"][0]["divergences"]
    drawn = [divergence["detail"] for divergence in divergences if divergence["detail"]]

    assert 0 < len(drawn) < selection.SHOWN
    assert len(json.dumps(drawn)) <= 11_000


def test_a_case_file_that_is_gone_leaves_the_divergence_as_it_was_recorded(tmp_path: Path) -> None:
    report = _run(tmp_path, 1, 1)
    (tmp_path / "cases/x").unlink()
    cases.add_cases(report, tmp_path)

    assert report["candidates"][0]["divergences"][0]["detail"] is None
    assert report["candidates"][0]["divergences"][0]["cause"] == "h"
