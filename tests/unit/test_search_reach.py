"""A search says what it ran of LangGraph that the committed corpora do not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import run
from parity_kit.contract.events import Event, GateFinished
from parity_kit.corpora.reach import Reach
from parity_kit.gates import search_gate
from parity_kit.gates.search_gate import Search, gate_suite
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.reference import Engine
from parity_kit.reference.functions import Function

WORKSPACE = find_workspace(Path(__file__))
GET = Function("langgraph.channels.last_value", "LastValue.get")
NEVER = Function("langgraph.pregel.main", "Pregel.get_graph")


def finished(tmp_path: Path) -> GateFinished:
    """Return what a search of channels says."""
    engine, events = Engine(), list[Event]()
    candidate = CandidateUnderTest("it", lambda case: run(engine, case))
    asked = Search(examples=0, bulk=60)
    gate_suite(WORKSPACE, candidate, "channel", asked, events.append, tmp_path)
    (one,) = [event for event in events if isinstance(event, GateFinished)]
    return one


def read(monkeypatch: pytest.MonkeyPatch, reach: Reach | None) -> None:
    """Let the corpora have this reach."""

    def read_reach(_: Path) -> Reach | None:
        return reach

    monkeypatch.setattr(search_gate, "read_reach", read_reach)


def test_a_search_that_reaches_nothing_more_says_so(tmp_path: Path) -> None:
    said = finished(tmp_path)
    assert said.notes == ["reached no function of LangGraph that the corpora do not reach"]
    assert said.areas is not None
    assert "channels" in said.areas
    assert "running graphs" not in said.areas


def test_a_search_names_what_it_alone_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(monkeypatch, Reach("1.2.24", "3.11", {GET: (), NEVER: ()}))
    assert finished(tmp_path).notes == [
        f"reached functions of LangGraph that no corpus reaches: {GET}"
    ]


def test_without_a_reach_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(monkeypatch, None)
    assert finished(tmp_path).notes == []
