from __future__ import annotations

from typing import Any

import pytest

from parity_kit.bench.scaling import growth, overall


def _row(size: int, exponents: tuple[float, float], pairs: int = 6) -> dict[str, Any]:
    """Return a workload whose times are powers of its size, a little longer pair by pair."""
    ours, theirs = exponents
    pair_rows = [
        [number, size**ours * (1 + number / 50), size**theirs * (1 + number / 50), 0.1, 1]
        for number in range(pairs)
    ]
    return {"size": size, "ratio": 1.0, "seen": pair_rows}


def test_an_exponent_is_found_again_and_what_a_pair_shares_cancels() -> None:
    fitted = growth([_row(size, (1, 1.5)) for size in (10, 30, 100)])

    assert fitted is not None
    assert fitted.reference == pytest.approx((1, 1, 1))
    assert fitted.candidate == pytest.approx((1.5, 1.5, 1.5))
    assert fitted.apart == pytest.approx((0.5, 0.5, 0.5))
    assert (fitted.sizes, fitted.pairs) == ((10, 30, 100), 6)


def test_one_size_says_nothing_of_growth() -> None:
    assert growth([_row(10, (1, 1))]) is None


def test_a_pair_that_was_dropped_for_one_size_counts_for_none() -> None:
    rows = [_row(size, (1, 1), pairs=7) for size in (10, 30)]
    rows[0]["seen"][2][-1] = 0
    fitted = growth(rows)

    assert fitted is not None
    assert fitted.pairs == 6
    rows[1]["seen"][3][-1] = 0
    assert growth(rows) is None, "five pairs have no interval"


def test_the_overall_ratio_is_the_geometric_mean() -> None:
    rows: list[dict[str, Any]] = [
        {"ratio": ratio, "seen": [[n, ratio, 1.0, None, 1] for n in range(6)]} for ratio in (1, 4)
    ]
    total = overall(rows)

    assert total is not None
    assert (total.ratio, total.low, total.high) == pytest.approx((2, 2, 2))


def test_workloads_without_a_ratio_have_no_part_in_the_overall_one() -> None:
    rows: list[dict[str, Any]] = [{"ratio": None, "seen": []}]

    assert overall(rows) is None
    rows.append({"ratio": 3.0, "seen": [[0, 3.0, 1.0, None, 1]]})
    total = overall(rows)
    assert total is not None
    assert total.ratio == pytest.approx(3)
