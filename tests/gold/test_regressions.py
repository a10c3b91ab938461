"""Kept divergences: the reference still does what it did, and the clean-room engine does the same.

The candidates in which they were found are tried again by `parity-kit replay FILE`.
"""

from __future__ import annotations

from pathlib import Path

import pure_engine
import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Level, run
from parity_kit.contract.casefile import read_case
from parity_kit.judging.compare import compare
from parity_kit.judging.explanation import explain
from parity_kit.judging.verdicts import Divergent, Equal
from parity_kit.reference import Engine

FILES = sorted(find_workspace(Path(__file__)).regressions.glob("*.case.msgpack"))


def test_there_are_some() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_kept_divergence(path: Path) -> None:
    kept = read_case(path)
    ours = kept.reference_outcomes
    assert compare(kept.case, ours, run(Engine(), kept.case)) == Equal(Level.BYTES)
    assert compare(kept.case, ours, run(pure_engine.Engine(), kept.case)) == Equal(Level.BYTES)
    assert kept.candidate_outcomes is not None
    verdict = compare(kept.case, ours, kept.candidate_outcomes)
    assert isinstance(verdict, Divergent)
    assert explain(kept).headline == verdict.difference.headline()
