"""A seeded fault shows in the rows of what it breaks, and in no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pure_engine
import pytest
from pure_engine.savers import memory

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, run
from parity_kit.contract.events import RowJudged
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.gates.matrix.evidence import Evidence
from parity_kit.gates.matrix.rows import read_rows, select
from parity_kit.judging.candidate_under_test import CandidateUnderTest

WORKSPACE = find_workspace(Path(__file__))
BROKEN = ("history: before", "history: filter", "history: limit")
WHOLE = ("delta history", "size", "thread id required")


def rows() -> dict[str, RowJudged]:
    """Return what the pure engine makes of the rows, by name."""
    engine = pure_engine.Engine()
    wanted = select(read_rows(), ["checkpointing"], [*BROKEN, *WHOLE])
    evidence = Evidence("pure", wanted, {})
    gate_corpora(
        read_wanted(WORKSPACE, (), lambda case: any(row.shown_by(case) for row in wanted)),
        CandidateUnderTest("pure", lambda case: run(engine, case)),
        Level.BYTES,
        evidence.emit,
    )
    return {row.row: row for row in evidence.judged({})}


def test_a_fault_is_shown_in_the_right_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {row.verdict for row in rows().values()} <= {"equal", "unsupported"}
    original: Any = memory.MemorySaver.list

    def oldest_first(*given: Any, **named: Any) -> Any:
        return list(original(*given, **named))[::-1]

    monkeypatch.setattr(memory.MemorySaver, "list", oldest_first)
    judged_rows = rows()
    for name in BROKEN:
        assert (judged_rows[name].verdict, judged_rows[name].reached) == ("divergent", "none"), name
        assert judged_rows[name].differing[0][2], "it leads to a difference that is told"
    for name in WHOLE:
        assert judged_rows[name].verdict != "divergent", name
