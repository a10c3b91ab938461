"""The committed corpora catch the hand-written faults, and nothing where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pure_engine
import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, run
from parity_kit.contract.events import CaseJudged, Event, GateFinished
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.judging.candidate_under_test import CandidateUnderTest

WORKSPACE = find_workspace(Path(__file__))


@pytest.mark.slow
def test_hand_written_faults_are_caught_where_they_show() -> None:
    """Each is the pure engine with one fault that was seen in a real engine."""
    command = [sys.executable, "-m", "parity_kit", "selftest", "--sample", "80", "--examples", "0"]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, cwd=WORKSPACE.root, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    said: Any = json.loads(done.stdout)
    assert [result["what"] for result in said["results"] if result["misplaced"]] == []
    assert [result["what"] for result in said["results"] if result["skipped"]] == []


# Corpora of which the engine offers nothing, so that nothing is compared: a name goes when it does.
NOT_OFFERED = ("functional", "memory", "prebuilt")


@pytest.mark.parametrize("corpus", list(read_manifest(WORKSPACE.fixtures).corpora))
def test_without_a_fault_there_is_no_divergence(corpus: str) -> None:
    engine, events = pure_engine.Engine(), list[Event]()
    gate_corpora(
        read_wanted(WORKSPACE, [corpus]),
        CandidateUnderTest("pure", lambda case: run(engine, case)),
        Level.BYTES,
        events.append,
    )
    (finished,) = [event for event in events if isinstance(event, GateFinished)]
    cases = [event for event in events if isinstance(event, CaseJudged)]
    assert finished.verdict == ("unsupported" if corpus in NOT_OFFERED else "equal")
    assert [place["headline"] for case in cases for place in case.differences] == []
