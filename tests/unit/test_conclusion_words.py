"""What the conclusion on a candidate says where nothing differs."""

from __future__ import annotations

from collections import Counter

import pytest

from parity_kit.contract.errors import ExitCode
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals


@pytest.mark.parametrize(
    ("verdicts", "line"),
    [
        ({"equal": 1}, "✓ equal: 1 of 1 case equal at level bytes"),
        ({"equal": 1200, "unsupported": 3}, "✓ equal: 1,200 of 1,203 cases equal at level bytes"),
        ({"equal": 2, "expected": 1}, "≈ expected: 2 of 3 cases equal, 1 expected"),
    ],
)
def test_a_pass_counts_what_is_equal(verdicts: dict[str, int], line: str) -> None:
    conclusion = conclude(GateTotals(verdicts=Counter(verdicts)), Rules())
    assert conclusion.first_line.startswith(line)
    assert conclusion.exit_code is ExitCode.PARITY


def test_a_pass_names_what_was_not_read_loaded_or_kept() -> None:
    totals = GateTotals(verdicts=Counter(equal=2, unsupported=1), reached="trace")
    totals.unread, totals.loaded, totals.cage = ["3 values unread"], "LangGraph 1.2.24", "no cage"
    assert conclude(totals, Rules()).reason == (
        "2 of 3 cases equal at level trace, 1 unsupported; 3 values unread;"
        " its process loaded LangGraph 1.2.24; no cage"
    )
