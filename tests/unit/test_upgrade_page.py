"""The answer and the page of `parity-kit upgrade`, as pure functions of what was judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity_kit.contract.events import CaseJudged
from parity_kit.report.upgrade import CaseTally, render_upgrade, result_json, write_upgrade

HOSTILE = "<script>alert(1)</script>"
GATE = {
    "gate": "corpus channels",
    "kind": "corpus",
    "verdict": "equal",
    "compared": 116,
    "verdicts": {"equal": 116},
}


def candidate(**changes: Any) -> dict[str, Any]:
    return {
        "title": "langgraph==1.2.22",
        "verdict": "equal",
        "reason": "116 of 116 cases equal",
        "exit_code": 0,
        "failure": None,
        "gates": [GATE],
        "divergences": [],
        "release": None,
        "not_judged": [],
        "not_looked_at": [],
        **changes,
    }


def threads(same: int, unjudged: int = 0) -> dict[str, Any]:
    return {
        "threads": 20,
        "same": same,
        "unjudged": unjudged,
        "checkpoints": 96,
        "seconds": 7.0,
        "checks": {"values": {"same": same, "lost": 20 - same}},
        "lost": {HOSTILE: 3} if same < 20 else {},
        "differing": [
            {"thread": HOSTILE, "problems": ["state is lost"], "lost": {}, "checkpoints": 5}
        ][: 20 - same],
    }


def tally(*verdicts: str, differing: int = 0) -> CaseTally:
    made = CaseTally()
    for number, verdict in enumerate(verdicts):
        case = f"recording/run-{number}"
        made.emit(CaseJudged("x", "corpus recordings", case, verdict, "none", HOSTILE))
    for number in range(differing):
        made.emit(CaseJudged("x", "corpus graphs", f"g/{number}", "divergent", "trace", "said"))
    return made


def result(of_threads: Any, cases: CaseTally, **changes: Any) -> dict[str, Any]:
    changed = {"langgraph": ("1.2.24", "1.2.22")}
    release = candidate(**changes)
    return result_json(
        "langgraph==1.2.22", changed, of_threads, release, cases, not_judged=[], seconds=9.0
    )


@pytest.mark.parametrize(
    ("judged", "code", "answer"),
    [
        (
            result(threads(20), tally("equal")),
            0,
            "Yes: 20 threads and 1 recording stay the same, and LangGraph does the same in",
        ),
        (
            result(threads(18), tally("equal", "divergent")),
            1,
            "No: 2 of 20 threads do not stay the same and 1 of 2 recordings departs",
        ),
        (
            result(threads(20), tally(differing=3), exit_code=1),
            1,
            "With care: 20 threads stay the same, but LangGraph itself behaves differently in 3",
        ),
        (result(None, tally(), exit_code=3, reason="it failed"), 3, "Not known: it failed"),
        (
            result(threads(20), tally(), exit_code=3, reason="8 functions"),
            3,
            "Not known: 20 threads stay the same, but 8 functions",
        ),
        (result(None, tally()), 0, "Yes: LangGraph does the same in 116 cases"),
        (
            result(threads(18, unjudged=2), tally("equal", "unsupported")),
            3,
            "Not known: 18 threads and 1 recording stay the same, but 2 of 20 threads could not",
        ),
        (
            result(None, tally("equal", "unsupported")),
            3,
            "Not known: 1 recording stays the same, but 1 of 2 recordings could not run there",
        ),
        (
            result(threads(1, unjudged=18), tally("equal")),
            3,
            "No: 1 of 20 threads does not stay the same",
        ),
        (
            result(
                None,
                tally("equal"),
                exit_code=3,
                not_judged=["f"],
                release={"before": {}, "after": {}, "functions": [{"missed": ["x"]}, {}]},
            ),
            3,
            "Not known: 1 recording stays the same, but no case runs 1 of 2 changed functions",
        ),
        (result({**threads(20), "threads": 0, "same": 0}, tally()), 3, None),
    ],
)
def test_one_answer_and_one_exit_code(
    judged: dict[str, Any], code: int, answer: str | None
) -> None:
    assert judged["exit_code"] == code
    assert answer is None or judged["answer"].startswith(answer)
    assert (judged["verdict"] == "equal") == (code == 0)


def test_the_page_shows_every_part_and_escapes_it(tmp_path: Path) -> None:
    changed: dict[str, Any] = {
        "function": "langgraph.x:f",
        "kind": "changed",
        "corpora": {},
        "cases": [],
        "missed": ["no case runs it"],
    }
    release: dict[str, Any] = {
        "before": {"langgraph": "1.2.24"},
        "after": {"langgraph": "1.2.22"},
        "functions": [changed],
        "elsewhere": [],
        "missing": [],
    }
    judged = result(threads(19), tally("equal", "divergent", differing=2), release=release)
    page = write_upgrade(tmp_path, judged)
    shown = page.read_text("utf-8")
    assert shown == render_upgrade(judged)
    assert HOSTILE not in shown
    assert shown.count("&lt;script&gt;") == 3
    for text in (
        "1 of 20 threads does not stay the same",
        "in 2 cases results and events agree, stored bytes differ",
        "langgraph.x:f",
        "run-1",
        "departed",
        "1.2.24",
    ):
        assert text in shown
    assert "NaN" not in render_upgrade(result(None, tally()))
