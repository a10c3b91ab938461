from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parity_kit.bench.plan import CONTROL
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    CorporaChecked,
    DivergenceFound,
    EngagementSeen,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
    event_to_json,
)
from parity_kit.contract.journal import CUT_OFF, read_journal
from parity_kit.report.summary import NOT_FINISHED, NOT_JUDGED, summarize
from parity_kit.report.write import write_data

STARTED = RunStarted("r1", "0.1.0", {"langgraph": "1.2.24"}, {"cpus": "2"}, 7, ["port", "other"])
FINISHED = RunFinished(1, 2.5, ["a note"])


def _gate(reached: str = "bytes", compared: int = 3, name: str = "codec") -> GateFinished:
    return GateFinished(
        "port", name, "corpus", "equal", "bytes", reached, compared, {"equal": compared}, {}, 0.1
    )


def _bench(candidate: str, workload: str = "sequential-5") -> BenchMeasured:
    return BenchMeasured(
        candidate, workload, "sequential", "faster", 2.0, 1.9, 2.1, 0.002, 0.001, 5, 0
    )


def _journal(folder: Path, events: list[Event]) -> Path:
    lines = [json.dumps(event_to_json(event)) for event in events]
    (folder / "journal.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def _of(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(candidate for candidate in report["candidates"] if candidate["name"] == name)


def test_every_event_reaches_the_report(tmp_path: Path) -> None:
    divergence = DivergenceFound(
        "port", "codec", "c1", "divergent", "h", "bytes", "1", "2", "01", "02", "cases/c1", 1
    )
    report = write_data(
        _journal(
            tmp_path,
            [
                STARTED,
                CorporaChecked({"codec": 3, "channels": 4}, ["channels"], 0.5),
                CandidateStarted("port", "A Port", "9", "Rust", {"codec": "bytes"}, 0.2),
                divergence,
                _gate(),
                EngagementSeen(
                    "port", {"apply_writes": 0}, engaged=False, loaded="LangGraph 1.2.24"
                ),
                _bench(CONTROL),
                _bench("port"),
                CandidateJudged("port", "divergent", "one case", 1),
                CandidateFailed("other", "Other", "crashed", "it ended"),
                CandidateJudged("other", "crashed", "it ended", 3),
                FINISHED,
            ],
        )
    )

    assert report == json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["run"] == {
        "name": "r1",
        "seed": 7,
        "seconds": 2.5,
        "exit_code": 1,
        "notes": ["a note"],
    }
    assert [(corpus["name"], corpus["drifted"]) for corpus in report["corpora"]["corpora"]] == [
        ("codec", False),
        ("channels", True),
    ]
    port = _of(report, "port")
    assert (port["title"], port["verdict"], port["reached"]) == ("A Port", "divergent", "bytes")
    assert [divergence["headline"] for divergence in port["divergences"]] == ["h"]
    drove = {"functions": {"apply_writes": 0}, "engaged": False, "loaded": "LangGraph 1.2.24"}
    assert port["engagement"] == drove
    assert [benchmark["ratio"] for benchmark in port["benchmarks"]] == [2.0]
    assert [row["workload"] for row in report["control"]] == ["sequential-5"]
    assert _of(report, "other")["failure"] == {"code": "crashed", "problem": "it ended"}


def test_a_candidate_that_was_never_judged_is_unknown() -> None:
    report = summarize([STARTED, _gate()]).to_json()

    for name in ("port", "other"):
        candidate = _of(report, name)
        assert candidate["verdict"] == "unknown"
        assert candidate["reason"] == NOT_JUDGED
        assert candidate["exit_code"] == 3
    assert NOT_FINISHED in report["run"]["notes"]
    assert report["run"]["exit_code"] is None


def test_the_level_reached_is_the_lowest_of_the_gates() -> None:
    gates = [_gate(), _gate("result", name="graphs")]

    assert _of(summarize([STARTED, *gates]).to_json(), "port")["reached"] == "result"


def test_a_gate_that_compared_nothing_reaches_no_level() -> None:
    assert _of(summarize([STARTED, _gate(compared=0)]).to_json(), "port")["reached"] == "none"


def test_a_gate_that_ran_again_replaces_its_earlier_result() -> None:
    report = summarize([STARTED, _gate("none", 1), STARTED, _gate(), FINISHED]).to_json()

    assert [gate["reached"] for gate in _of(report, "port")["gates"]] == ["bytes"]


def test_a_last_line_that_was_cut_off_is_left_out_and_noted(tmp_path: Path) -> None:
    path = _journal(tmp_path, [STARTED, _gate()]) / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event": "GateFin')

    events, notes = read_journal(tmp_path)

    assert len(events) == 2
    assert notes == [CUT_OFF]


def test_a_whole_last_line_without_its_line_end_counts(tmp_path: Path) -> None:
    path = _journal(tmp_path, [STARTED, FINISHED]) / "journal.jsonl"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    assert read_journal(tmp_path) == ([STARTED, FINISHED], [])


@pytest.mark.parametrize(
    "broken", [b"{", b"[]", b'{"event": "Nothing"}', b'{"event": "RunFinished"}', b"\xff", b""]
)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, broken: bytes) -> None:
    path = _journal(tmp_path, [STARTED, FINISHED]) / "journal.jsonl"
    first, second, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([first, broken, second, b""]))

    with pytest.raises(BadFileError, match="line 2 of the journal is no event"):
        read_journal(tmp_path)


def test_a_folder_without_a_journal_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="no journal"):
        read_journal(tmp_path)
