from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_kit.bench.statistics import (
    MARGIN,
    MIN_PAIRS,
    Estimate,
    Pair,
    Speed,
    confirmed,
    estimate,
    verdict,
)

TIMES = st.floats(1e-7, 10.0)
PAIRS = st.lists(st.builds(Pair, TIMES, TIMES), min_size=MIN_PAIRS, max_size=20)


def _noisy(ratio: float, count: int, *, seed: int, spread: float = 0.01) -> list[Pair]:
    """Return pairs of a candidate `ratio` times as fast, with noise and a drift they share."""
    source = random.Random(seed)  # noise for a test, the same every time
    pairs: list[Pair] = []
    for _ in range(count):
        drift = source.uniform(1, 3)
        pairs.append(Pair(drift * math.exp(source.gauss(0, spread)), drift / ratio))
    return pairs


@given(pairs=PAIRS)
def test_exchanging_the_engines_turns_the_ratio_over(pairs: list[Pair]) -> None:
    there = estimate(pairs)
    back = estimate([Pair(pair.candidate, pair.reference) for pair in pairs])

    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.low is not None
    assert there.high is not None
    assert back.low is not None
    assert back.high is not None
    assert there.low * back.high == pytest.approx(1)
    assert there.high * back.low == pytest.approx(1)


@given(pairs=PAIRS)
def test_the_interval_holds_the_estimate_and_stays_among_the_pairs(pairs: list[Pair]) -> None:
    result = estimate(pairs)
    ratios = sorted(math.exp(pair.log_ratio) for pair in pairs)

    assert result.low is not None
    assert result.high is not None
    assert result.low <= result.ratio * (1 + 1e-12)
    assert result.ratio <= result.high * (1 + 1e-12)
    assert ratios[0] <= result.low * (1 + 1e-12)
    assert result.high <= ratios[-1] * (1 + 1e-12)


def test_a_known_ratio_is_found_through_a_drift_that_both_engines_share() -> None:
    result = estimate(_noisy(2.0, 12, seed=3))

    assert result.ratio == pytest.approx(2.0, rel=0.02)
    assert result.low is not None
    assert result.high is not None
    assert result.low < 2.0 < result.high
    assert verdict(result) is Speed.FASTER


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(1.5, Speed.FASTER), (1 / 1.5, Speed.SLOWER), (1.0, Speed.EQUIVALENT)],
)
def test_each_verdict_is_reached(ratio: float, expected: Speed) -> None:
    assert verdict(estimate(_noisy(ratio, 12, seed=5))) is expected


def test_noise_wider_than_the_margin_is_inconclusive() -> None:
    pairs = _noisy(1.0, 12, seed=5, spread=0.3)

    assert verdict(estimate(pairs)) is Speed.INCONCLUSIVE


def test_identical_engines_are_seldom_decided() -> None:
    decided = sum(
        verdict(estimate(_noisy(1.0, 12, seed=seed, spread=0.1))) in {Speed.FASTER, Speed.SLOWER}
        for seed in range(100)
    )

    assert decided <= 2


def test_too_few_pairs_have_no_interval_and_decide_nothing() -> None:
    pairs = [Pair(2.0, 1.0)] * (MIN_PAIRS - 1)

    assert (estimate(pairs).low, estimate(pairs).high) == (None, None)
    assert verdict(estimate(pairs)) is Speed.INCONCLUSIVE
    assert verdict(estimate([*pairs, Pair(2.0, 1.0)])) is Speed.FASTER


@given(low=st.floats(0.5, 2), width=st.floats(0, 0.5))
def test_a_verdict_depends_on_where_the_interval_lies(low: float, width: float) -> None:
    high = low + width
    upper, lower = 1 + MARGIN, 1 / (1 + MARGIN)
    speed = verdict(Estimate((low + high) / 2, low, high, 12))

    assert (speed is Speed.FASTER) == (low > upper)
    assert (speed is Speed.SLOWER) == (high < lower)
    assert (speed is Speed.EQUIVALENT) == (low >= lower and high <= upper)


def test_slower_must_show_in_both_sets_of_pairs() -> None:
    slow, even = _noisy(0.5, 12, seed=1), _noisy(1.0, 3, seed=2)

    assert confirmed(slow, _noisy(0.5, 12, seed=2)) is Speed.SLOWER
    assert verdict(estimate([*slow, *even])) is Speed.SLOWER
    assert confirmed(slow, even) is Speed.INCONCLUSIVE
    assert confirmed(slow, []) is Speed.INCONCLUSIVE


def test_no_pairs_are_an_error() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        estimate([])


def _skewed(source: random.Random) -> float:
    """Return a log ratio whose median is 0: mostly small, with a long tail to one side."""
    return source.expovariate(1) - math.log(2)


def _heavy(source: random.Random) -> float:
    """Return a log ratio whose median is 0, now and then far out: a process that was disturbed."""
    return source.gauss(0, 1 if source.random() < 0.9 else 30)


EXACT = {6: 0.96875, 7: 0.98438, 9: 0.96094, 12: 0.96143, 20: 0.95861, 40: 0.96154}
"""How often an interval between order statistics holds the true median, by number of pairs."""


@pytest.mark.parametrize("noise", [_skewed, _heavy])
@pytest.mark.parametrize("pairs", EXACT)
def test_an_interval_covers_the_true_ratio_as_often_as_it_says(
    pairs: int, noise: Callable[[random.Random], float]
) -> None:
    source = random.Random(pairs)  # simulated sessions, the same every time
    sessions, true = 3_000, 1.2
    covered = 0
    for _ in range(sessions):
        session = [Pair(true * math.exp(noise(source)), 1.0) for _ in range(pairs)]
        measured = estimate(session)
        assert measured.low is not None
        assert measured.high is not None
        covered += measured.low <= true <= measured.high
    chance = 3 * math.sqrt(EXACT[pairs] * (1 - EXACT[pairs]) / sessions)

    assert covered / sessions == pytest.approx(EXACT[pairs], abs=chance)
    assert EXACT[pairs] >= 0.95
