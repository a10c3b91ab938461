"""What the first screen says of a candidate, and which divergences a page has room for."""

from __future__ import annotations

import json
import math
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
from parity_kit.report import cases
from parity_kit.report.layers import layered
from parity_kit.report.overview import NEVER_DROVE, overview, speed
from parity_kit.report.selection import by_cause, in_turn, selected

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
    told = {kind: {"reached": level, "verdicts": each} for kind, (level, each) in subjects.items()}
    return {"gate": "g", "verdict": "x", "compared": 1, "subjects": told}


def _divergence(case: str, said: str = "a", level: str = "bytes", count: int = 1) -> dict[str, Any]:
    return {"gate": "g", "case": case, "cause": said, "level": level, "count": count}


@pytest.mark.parametrize(
    ("subjects", "sentence"),
    [
        (
            {"graph": ("bytes", {"equal": 9}), "codec": ("bytes", {"equal": 2})},
            "Agrees to the last byte in codec and graph.",
        ),
        (
            {"graph": ("none", {"equal": 8, "divergent": 1}), "codec": ("bytes", {"equal": 2})},
            "Agrees to the last byte in codec; differs in graph (1 of 9 cases).",
        ),
        ({"graph": ("trace", {"equal": 9})}, "Agrees in every result and event in graph."),
        (
            {"graph": ("result", {"equal": 9}), "saver": ("none", {"unsupported": 4})},
            "Agrees in every result in graph; does not offer saver.",
        ),
        (
            {"graph": ("none", {"equal": 9, "expected": 1})},
            "Differs in graph only as its ledger expects.",
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
    found = overview(_candidate(gates=gates))

    assert found["subjects"]["graph"]["level"] == "trace"
    assert found["subjects"]["graph"]["symbol"] == "≠"
    assert "unsupported cases: 3 in graph" in found["unjudged"]


def test_a_candidate_that_crashed_reached_no_level() -> None:
    subject = overview(_candidate(gates=[_gate(graph=("none", {"crashed": 3}))]))["subjects"]
    assert (subject["graph"]["level"], subject["graph"]["symbol"]) == ("none", "✕")


def test_of_a_candidate_that_never_drove_neither_level_nor_speed_is_shown() -> None:
    found = overview(
        _candidate(
            verdict="unknown",
            engagement={"engaged": False, "functions": {}},
            gates=[_gate(graph=("bytes", {"equal": 5}))],
            benchmarks=[_timed("a", 2.0)],
        )
    )

    assert (found["subjects"], found["speed"]) == ({}, None)
    assert found["unjudged"] == [NEVER_DROVE]


def _timed(name: str, ratio: float | None, series: str = "", size: int = 0) -> dict[str, Any]:
    """Return a workload whose pairs all were a little off, the same way for every workload."""
    off = (1.0, 1.2, 0.9, 1.1, 0.8, 1.0, 1.0)
    seen = [[pair, ratio * each, 1.0, None, 1] for pair, each in enumerate(off)] if ratio else []
    return {"workload": name, "series": series, "size": size, "ratio": ratio, "seen": seen}


def test_speed_is_one_figure_for_all_workloads_with_its_interval() -> None:
    found = speed([_timed("a", 1.0), _timed("b", 4.0), _timed("c", None)])

    assert found is not None
    assert math.isclose(found["ratio"], 2.0)
    assert found["low"] < 2.0 < found["high"]
    assert (found["verdict"], found["measured"], found["workloads"]) == ("faster", 2, 3)
    assert speed([]) is None


def test_what_shifts_all_workloads_of_a_pair_does_not_average_out() -> None:
    one, two = speed([_timed("a", 2.0)]), speed([_timed("a", 2.0), _timed("b", 2.0)])

    assert one is not None
    assert two is not None
    assert (one["low"], one["high"]) == pytest.approx((two["low"], two["high"]))


def test_a_work_in_several_sizes_counts_once_at_its_largest() -> None:
    sizes = [(1, 1.0), (5, 9.0), (9, None), (3, 2.0)]
    found = speed([_timed(f"s-{size}", ratio, "s", size) for size, ratio in sizes])

    assert found is not None
    assert (found["ratio"], found["workloads"]) == (pytest.approx(9.0), 1)


def test_causes_that_break_results_come_first_then_the_most_common() -> None:
    found = [_divergence("1", "rare"), _divergence("2", "often", count=9)]
    found += [_divergence("3", "worst", "result"), _divergence("4", "rare")]

    assert [said for said, _ in by_cause(found)] == ["worst", "often", "rare"]


def test_room_is_shared_between_candidates_and_between_causes() -> None:
    many = {"divergences": [_divergence(str(number), "a") for number in range(100)]}
    many["divergences"].append(_divergence("other", "b"))
    few = {"divergences": [_divergence("x"), _divergence("y")]}
    chosen = selected([many, few], 6)

    assert [len(each) for each in chosen] == [4, 2]
    assert ("g", "other") in chosen[0]
    assert len(in_turn([many, few])) == 103


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
    ("mine", "yours", "said"),
    [
        (Raised("x.A", "m"), Raised("x.A", "n"), "A with another message"),
        (Raised("x.A", "m"), Raised("B", "m"), "raises B for A"),
        (Raised("x.A", "m"), Returned(1), "does not raise A"),
        (Returned(1), Raised("B", "no 17\nand more"), "raises B: no #"),
    ],
)
def test_errors_are_causes_of_their_own(mine: Outcome, yours: Outcome, said: str) -> None:
    place = Error() if type(mine) is type(yours) else OutcomeKind("raised", "returned")
    assert cause_of(CASE, place, "$", ("", ""), (mine, yours)) == said


def test_names_that_a_case_made_up_are_no_causes() -> None:
    outcomes = (Returned(1), Returned(2))
    for path, said in (
        ("$.log[3]", "a state field's value differs"),
        ("$.channel_values['branch:to:work']", "`branch:to:…` differs"),
        ("$.configurable (order of keys)", "keys of `configurable` in another order"),
    ):
        assert cause_of(CASE, Value(), path, ("1", "2"), outcomes) == said


def test_columns_go_ahead_but_for_edges_that_lead_back() -> None:
    edges = [("s", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("b", "b")]
    layout = layered(["s", "a", "b", "c"], edges, "s")
    column = {place: at for at, each in enumerate(layout.columns) for place in each}

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
    sides = [(Returned("msgpack", stored={"data": data}),) for data in (b"\x01", b"\x02")]
    CaseFile(case, "port", *sides).write(folder / "cases/x")
    told = {"gate": "g", "level": "bytes", "count": 1, "verdict": "divergent", "headline": "h"}
    found = [
        told | {"case": str(number), "cause": "h", "detail": None, "file": "cases/x"}
        for number in range(count)
    ]
    return {"candidates": [{"divergences": found}]}


def test_what_is_kept_of_cases_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "ROOM", 10_000)
    report = _run(tmp_path, 40, 500)
    cases.add_cases(report, tmp_path)
    told = report["candidates"][0]["divergences"]
    drawn = [each["detail"] for each in told if each["detail"]]

    assert 0 < len(drawn) < 40
    assert len(json.dumps(drawn)) <= 11_000
    assert {each["cause"] for each in told} == {"the stored value differs"}


def test_a_case_file_that_is_gone_leaves_the_divergence_as_it_was_told(tmp_path: Path) -> None:
    report = _run(tmp_path, 1, 1)
    (tmp_path / "cases/x").unlink()
    cases.add_cases(report, tmp_path)

    assert report["candidates"][0]["divergences"][0]["detail"] is None
    assert report["candidates"][0]["divergences"][0]["cause"] == "h"
