"""Every seeded fault is caught by the committed corpora, where it shows.

Each mutant is the pure engine with one fault that was seen in a real engine. The kit must call it
divergent, and one of the places it names must be where such a fault shows.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any, cast

import pure_engine
import pytest
from pure_mutants import MUTANTS, Mutant

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, run
from parity_kit.contract.events import CaseJudged, Event, GateFinished
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.judging.candidate_under_test import CandidateUnderTest

WORKSPACE = find_workspace(Path(__file__))


@pytest.fixture
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pure engine with one fault, put wherever a module or a table holds the original."""
    seeded: Mutant = request.param
    original = getattr(seeded.owner, seeded.name)

    @functools.wraps(original)
    def faulty(*given: Any, **named: Any) -> Any:
        return seeded.body(original, *given, **named)

    for module in [
        module_name for name, module_name in sys.modules.items() if name.startswith("pure_engine")
    ]:
        for name, value in list(vars(module).items()):
            if value is original:
                monkeypatch.setattr(module, name, faulty)
            elif isinstance(value, dict):
                table = cast("dict[Any, Any]", value)
                for key in [key for key, entry in table.items() if entry is original]:
                    monkeypatch.setitem(table, key, faulty)
    monkeypatch.setattr(seeded.owner, seeded.name, faulty)
    return pure_engine.Engine()


def judged(engine: Any, corpus: str) -> tuple[str, list[str]]:
    """Return the verdict on an engine in one corpus, and all places in which its cases differ."""
    events: list[Event] = []
    gate_corpora(
        read_wanted(WORKSPACE, [corpus]),
        CandidateUnderTest("mutant", lambda case: run(engine, case)),
        Level.BYTES,
        events.append,
    )
    (finished,) = [event for event in events if isinstance(event, GateFinished)]
    cases = [event for event in events if isinstance(event, CaseJudged)]
    places = [place["headline"] for case in cases for place in case.differences]
    return finished.verdict, places


@pytest.mark.parametrize(
    ("engine", "seeded"),
    [pytest.param(mutant, mutant, id=mutant.fault) for mutant in MUTANTS],
    indirect=["engine"],
)
def test_a_seeded_fault_is_caught_where_it_shows(engine: Any, seeded: Mutant) -> None:
    verdict, places = judged(engine, seeded.corpus)
    assert verdict == "divergent"
    assert any(seeded.shows in place for place in places)


# Corpora of which the engine offers nothing, so that nothing is compared: a name goes when it does.
NOT_OFFERED = ("functional", "memory", "prebuilt")


@pytest.mark.parametrize("corpus", list(read_manifest(WORKSPACE.fixtures).corpora))
def test_without_a_fault_there_is_no_divergence(corpus: str) -> None:
    expected = "unsupported" if corpus in NOT_OFFERED else "equal"
    assert judged(pure_engine.Engine(), corpus) == (expected, [])
