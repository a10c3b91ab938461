"""The matrix: its rows, what is claimed, and what the verdicts on cases make of a row."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from parity_kit.candidates.manifest import load
from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import SubjectKind
from parity_kit.contract.errors import BadManifestError, UsageError
from parity_kit.contract.events import (
    CaseJudged,
    DivergenceFound,
    RowJudged,
)
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates.matrix.claims import SpeedClaim, read_claims
from parity_kit.gates.matrix.evidence import MOST_LISTED, NOT_ENGAGED, Evidence
from parity_kit.gates.matrix.rows import Row, read_rows, select
from parity_kit.gates.matrix.standing import agreeing, counts, refuted, standing
from parity_kit.judging.verdicts import NO_CASE

WORKSPACE = find_workspace(Path(__file__))
ENGINES = Path(__file__).parent / "engines"
CASES = [trace.case.id for corpus in read_corpora(WORKSPACE.fixtures) for trace in corpus.traces]


def test_every_row_of_the_published_table_is_there_and_more() -> None:
    rows = read_rows()
    assert sum(row.published for row in rows) == 60
    assert len(rows) > 110
    assert len({row.key for row in rows}) == len(rows)
    assert all(row.shows and row.patterns for row in rows)


def test_every_row_is_shown_by_a_committed_case() -> None:
    assert [row.key for row in read_rows() if not any(map(row.shown_by, CASES))] == []


def test_every_pattern_stands_for_a_case() -> None:
    patterns = {pattern for row in read_rows() for pattern in row.patterns}
    dead = [
        pattern
        for pattern in sorted(patterns)
        if not any(map(_row(patterns=(pattern,)).shown_by, CASES))
    ]
    assert dead == []


def test_every_case_of_a_graph_or_a_channel_shows_a_row() -> None:
    rows = read_rows()
    cases = [
        trace.case.id
        for corpus in read_corpora(WORKSPACE.fixtures)
        for trace in corpus.traces
        if trace.case.subject.kind in {SubjectKind.GRAPH, SubjectKind.CHANNEL}
        # What LangGraph gets wrong is no row of what it does.
        and corpus.name != "upstream_findings"
    ]
    assert [case for case in cases if not any(row.shown_by(case) for row in rows)] == []


def _row(name: str = "resume", patterns: tuple[str, ...] = ("*/ask/*",)) -> Row:
    return Row("interrupts", name, "it", patterns)


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ("graphs/ask/once", True),
        ("graphs/ask/once/sqlite", True),
        ("graphs/asked/once", False),
        ("ask/once", False),
    ],
)
def test_a_pattern_is_over_the_whole_id(case: str, *, shown: bool) -> None:
    assert _row().shown_by(case) is shown


def test_rows_are_found_by_name_or_part_and_a_whole_name_is_itself() -> None:
    rows = read_rows()
    assert {row.name for row in select(rows, names=["Resume"])} == {"resume"}
    assert {row.name for row in select(rows, names=["resume by"])} == {"resume by id map"}
    assert {row.category for row in select(rows, ["errors", "chann"])} == {"errors", "channels"}
    assert select(rows, ["errors"], ["nested"]) == ()
    assert select(rows) == rows


def test_a_row_that_is_none_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="'retries'") as raised:
        select(read_rows(), names=["retries"])
    assert "retry" in raised.value.hint


def judged(
    *verdicts: str, reached: str = "bytes", message: str = "", engaged: dict[str, int] | None = None
) -> RowJudged:
    """Return what cases with these verdicts make of a row."""
    evidence = Evidence("it", [_row()], {("interrupts", "resume"): "likely"})
    for number, verdict in enumerate(verdicts):
        level = reached if verdict in {"equal", "divergent"} else "none"
        if verdict == "equal" and "divergent" in verdicts:
            level = "bytes"
        case = f"graphs/ask/{number}"
        evidence.emit(CaseJudged("it", "corpus graphs", case, verdict, level, message or verdict))
        evidence.emit(CaseJudged("it", "corpus graphs", "graphs/other/0", "crashed", "none", ""))
    (row,) = evidence.judged(engaged or {})
    return row


@pytest.mark.parametrize(
    ("verdicts", "verdict", "reached", "compared", "stands"),
    [
        (["equal", "equal"], "equal", "bytes", 2, "bytes"),
        (["equal", "divergent"], "divergent", "trace", 2, "trace"),
        (["equal", "divergent", "unsupported"], "divergent", "trace", 2, "trace"),
        (["equal", "unsupported"], "unsupported", "trace", 1, "unsupported in part"),
        (["unsupported"], "unsupported", "none", 0, "unsupported"),
        (["equal", "crashed"], "crashed", "none", 1, "crashed"),
        (["equal", "hung", "unsupported"], "hung", "none", 1, "hung"),
        (["equal", "protocol error"], "protocol error", "none", 1, "protocol error"),
        ([], "no case", "none", 0, "no case"),
    ],
)
def test_a_row_is_reached_only_if_all_its_cases_reached_it(
    verdicts: list[str], verdict: str, reached: str, compared: int, stands: str
) -> None:
    row = judged(*verdicts, reached="bytes" if verdicts == ["equal"] * 2 else "trace")
    assert (row.verdict, row.reached, row.compared) == (verdict, reached, compared)
    assert standing(row.verdict, row.reached, row.compared) == stands
    assert row.verdicts == dict(Counter(verdicts))
    assert row.claimed == "likely"


def test_unsupported_keeps_its_reason() -> None:
    assert judged("equal", "unsupported", message="no topics\nat all").reasons == {
        "unsupported: no topics": 1
    }


def test_a_row_without_a_case_says_so_once() -> None:
    assert judged().reasons == {NO_CASE: 0}
    assert agreeing({}, {NO_CASE: 0}) == ""


def test_what_langgraph_itself_answered_says_nothing_of_the_candidate() -> None:
    row = judged("equal", engaged={"apply_writes": 0})
    assert (row.verdict, row.compared, row.reasons) == ("unknown", 0, {NOT_ENGAGED: 0})
    assert judged("equal", engaged={"apply_writes": 3}).verdict == "equal"


def test_a_case_that_differs_leads_to_its_cause() -> None:
    evidence = Evidence("it", [_row()], {})
    for number in range(MOST_LISTED + 5):
        cause = "another value" if number else "a cause that no divergence shows"
        judged_case = ("it", "corpus graphs", f"graphs/ask/{number}", "divergent", "none")
        evidence.emit(CaseJudged(*judged_case, f"operation {number}: value", cause=cause))
    divergence = DivergenceFound(
        *("it", "corpus graphs", "graphs/ask/7", "divergent", "operation 7: value", "result"),
        *("1", "2", "01", "02", "", 1, 24),
        cause="another value",
    )
    evidence.emit(divergence)
    (row,) = evidence.judged({})
    assert row.differing[0] == ["graphs/ask/0", "", ""]
    assert row.differing[1] == ["graphs/ask/1", "corpus graphs", "graphs/ask/7"]
    assert len(row.differing) == MOST_LISTED


@pytest.mark.parametrize(
    ("verdict", "reached", "claimed", "expected"),
    [
        ("divergent", "none", "yes", "claimed, and results differ"),
        ("crashed", "none", "yes, as a whole", "claimed, and crashed"),
        ("unsupported", "none", "likely", "claimed, and unsupported"),
        ("divergent", "result", "yes", ""),
        ("unknown", "none", "yes", ""),
        ("equal", "bytes", "no", "not claimed, and results agree"),
        ("equal", "bytes", "unknown", "not claimed, and results agree"),
        ("divergent", "none", "no", ""),
        ("equal", "bytes", "", ""),
    ],
)
def test_a_claim_is_held_against_what_was_measured(
    verdict: str, reached: str, claimed: str, expected: str
) -> None:
    assert refuted(verdict, reached, claimed) == expected


def test_rows_are_counted_by_standing_best_first() -> None:
    rows = [judged("unsupported"), judged("equal"), judged("equal"), judged("equal", "unsupported")]
    assert list(counts(rows).items()) == [
        ("bytes", 2),
        ("unsupported in part", 1),
        ("unsupported", 1),
    ]


def _claims(folder: Path, text: str) -> Any:
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    candidate = dataclasses.replace(
        load(WORKSPACE.candidates / "pure"), claims=folder / "claims.toml"
    )
    return read_claims(candidate, read_rows())


HEAD = 'source = "https://it"\nversion = "1"\n'


def test_a_claim_of_speed_names_its_words_its_figures_and_workloads(tmp_path: Path) -> None:
    claims = _claims(
        tmp_path,
        f'{HEAD}[[speed]]\nsaid = "fast"\ntimes = [2, 3.5]\nworkloads = ["sequential-5"]\n',
    )
    assert claims.speed == (SpeedClaim("fast", (2, 3.5), ("sequential-5",)),)


@pytest.mark.parametrize(
    "claim",
    [
        'said = "fast"\ntimes = [2, 3]',
        'said = "fast"\ntimes = [3, 2]\nworkloads = ["sequential-5"]',
        'said = "fast"\ntimes = [0, 2]\nworkloads = ["sequential-5"]',
        'said = "fast"\ntimes = [1, 2]\nworkloads = ["no-such"]',
        'said = "fast"\ntimes = [1, 2]\nworkloads = []',
        'said = "fast"\ntimes = [1, 2]\nworkloads = ["sequential-5"]\nmore = 1',
    ],
)
def test_a_claim_of_speed_that_cannot_be_held_against_anything_is_wrong(
    tmp_path: Path, claim: str
) -> None:
    with pytest.raises(BadManifestError, match="claim of speed"):
        _claims(tmp_path, f"{HEAD}[[speed]]\n{claim}\n")


def test_claims_are_by_row_and_as_a_whole(tmp_path: Path) -> None:
    claims = _claims(tmp_path, f'{HEAD}as_a_whole = "yes"\n[errors]\nretry = "no"\n')
    assert (claims.source, claims.version) == ("https://it", "1")
    assert claims.by_row["errors", "retry"] == "no"
    assert claims.by_row["errors", "timeouts"] == "yes, as a whole"
    assert len(claims.by_row) == len(read_rows())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", "is not TOML"),
        ('source = "https://it"', "needs `source` and `version`"),
        (f'{HEAD}[errors]\nretries = "yes"', "no row 'retries' in 'errors'"),
        (f'{HEAD}[errors]\nretry = "perhaps"', "'retry' is 'perhaps', not one of yes, likely"),
        (f'{HEAD}errors = "yes"', "`errors` is no category"),
    ],
)
def test_wrong_claims_are_named_with_their_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadManifestError, match=r"claims\.toml") as raised:
        _claims(tmp_path, text)
    assert problem in str(raised.value)


def test_the_published_table_answers_all_but_two_of_its_rows() -> None:
    rows = read_rows()
    claims = read_claims(load(WORKSPACE.candidates / "langgraph-1.0.10"), rows)
    published = {row.key for row in rows if row.published}
    assert published - set(claims.by_row) == {
        ("checkpointing", "overhead"),
        ("checkpointing", "size"),
    }
    assert set(claims.by_row) <= published
    assert not read_claims(load(WORKSPACE.candidates / "pure"), rows).by_row
