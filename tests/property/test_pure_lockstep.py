"""The clean-room engine agrees with LangGraph at bytes level on whatever Hypothesis thinks of."""

from __future__ import annotations

import pure_engine
import pytest

from parity_kit.contract import Level, run
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.reference import Engine
from parity_kit.search.generate import SUITES
from parity_kit.search.lockstep import search

EXAMPLES = {
    "codec": 300,
    "channel": 500,
    "graph": 250,
    "saver": 200,
    "store": 200,
    "cache": 200,
    "crash": 20,
}


@pytest.mark.parametrize("suite", list(SUITES))
def test_pure_has_no_divergence(suite: str) -> None:
    reference, candidate = Engine(), pure_engine.Engine()
    result = search(
        suite,
        reference,
        CandidateUnderTest("pure", lambda case: run(candidate, case)),
        examples=EXAMPLES[suite],
        seed_value=2026,
        required=Level.BYTES,
        on_case=lambda _: None,
    )
    assert not result.findings, result.findings[0]
    # What pure does not have it refuses by name; the rest must be most of what there is.
    assert set(result.tally.verdicts) <= {"equal", "unsupported"}
    assert result.tally.verdicts["equal"] > 0.7 * EXAMPLES[suite]
