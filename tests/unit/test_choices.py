"""Choices: one sequence drives a generator in the same way, whoever makes it."""

from __future__ import annotations

import pytest
from hypothesis.errors import Flaky

from parity_kit.contract import run
from parity_kit.reference import Engine
from parity_kit.search.choices import Choices, replayed, seeded
from parity_kit.search.generate import SUITES
from parity_kit.search.hypothesis_driver import shrink


@pytest.mark.parametrize("suite", list(SUITES))
def test_a_recorded_case_comes_again(suite: str) -> None:
    reference = Engine()
    for number in range(4 if suite == "crash" else 12):  # crashes take a process each
        record: list[int] = []
        trace = SUITES[suite](seeded(number, record), reference)
        assert SUITES[suite](replayed(record), reference).case == trace.case


@pytest.mark.parametrize("suite", ["graph", "saver"])
def test_a_case_grown_on_the_reference_is_the_same_case_run_at_once(suite: str) -> None:
    reference = Engine()
    for number in range(25):
        trace = SUITES[suite](seeded(number, []), reference)
        assert run(reference, trace.case) == trace.outcomes


@pytest.mark.parametrize("suite", list(SUITES))
def test_the_simplest_choices_make_the_simplest_case(suite: str) -> None:
    trace = SUITES[suite](replayed([]), Engine())
    # A crash is of use only with what goes on, and with the counts before and after.
    assert len(trace.case.operations) <= (5 if suite == "crash" else 2)


def numbers(choices: Choices) -> list[int]:
    return choices.repeat(lambda: choices.below(1000), 3, 9)


def test_hypothesis_shrinks_an_example_of_a_seeded_source() -> None:
    record: list[int] = []
    choices = seeded(4, record)
    while max(recorded := numbers(choices), default=0) < 500:
        record.clear()
    examples: list[list[int]] = []

    def check(example: list[int]) -> None:
        examples.append(example)
        if max(example, default=0) >= 500:
            raise RuntimeError(example)

    with pytest.raises(RuntimeError, match=r"\[500\]"):
        shrink(numbers, check, record)
    # Hypothesis tries the simplest example before any other.
    assert examples[:2] == [[], recorded]
    assert examples[-1] == [500]


def test_what_fails_once_and_not_again_is_flaky() -> None:
    calls: list[int] = []

    def check(example: list[int]) -> None:
        calls.append(len(example))
        if len(calls) == 1:
            raise RuntimeError("once")

    with pytest.raises(Flaky):
        shrink(numbers, check, [1, 7, 0])


def test_repeat_stays_within_its_bounds() -> None:
    choices = seeded(1, [])
    sizes = {len(choices.repeat(lambda: 0, 1, 3, 1)) for _ in range(200)}
    assert sizes == {1, 2, 3}
    assert all(
        len(set(some)) == len(some) >= 1 for some in (choices.some("abc", 2, 1) for _ in range(100))
    )
