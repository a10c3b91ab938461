"""Generators driven by Hypothesis, which also shrinks cases from other sources.

It uses only Hypothesis's public API, so any version that `pyproject.toml` allows will do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import DrawFn, SearchStrategy, composite, integers

from parity_kit.search.choices import Choices

T = TypeVar("T")
_SHRINKING = 0  # Hypothesis shrinks by chance, too: the same example ends as the same case
_ODDS = 99  # to one that an example of `shrink` is the recorded one
_ATTEMPTS = 10  # the first is the simplest example, the second most likely the recorded one


@functools.cache
def _below(bound: int) -> SearchStrategy[int]:
    return integers(0, bound - 1)


def strategy(generate: Callable[[Choices], T]) -> SearchStrategy[T]:
    """Return a generator as a Hypothesis strategy."""

    @composite
    def generated(draw: DrawFn) -> T:
        return generate(Choices(lambda bound: draw(_below(bound))))

    return generated()


def _recorded(generate: Callable[[Choices], T], record: Sequence[int]) -> SearchStrategy[T]:
    """Return a strategy that nearly always gives one example: the recorded one.

    A first draw decides whether later draws come from the recorded number alone or from the whole
    range. When the shrinker lowers the first draw to 0, the later ones keep their values, so
    that the example stays the same and the shrinker is free to lower all of it.
    """

    @composite
    def generated(draw: DrawFn) -> T:
        numbers: Iterator[int] = iter(record if draw(integers(0, _ODDS)) else ())

        def below(bound: int) -> int:
            number = next(numbers, None)
            return draw(_below(bound) if number is None else integers(number, number))

        return generate(Choices(below))

    return generated()


class _Generated(Generic[T]):
    """What a generator returned, without its representation: Hypothesis would print all of it."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return type(self.value).__name__


def _test(
    examples: SearchStrategy[T], check: Callable[[T], None], options: settings, seed_value: int
) -> Any:
    def test(generated: _Generated[T]) -> None:
        check(generated.value)

    return options(seed(seed_value)(given(examples.map(_Generated))(test)))


def explore(
    generate: Callable[[Choices], T], check: Callable[[T], None], examples: int, seed_value: int
) -> None:
    """Let Hypothesis choose examples; shrink one on which `check` raises, then raise its error.

    Raises:
        FlakyFailure: If an example failed only once.
    """
    options = settings(_SETTINGS, max_examples=examples)
    _test(strategy(generate), check, options, seed_value)()


def shrink(
    generate: Callable[[Choices], T], check: Callable[[T], None], record: Sequence[int]
) -> None:
    """Shrink the example of a recorded sequence of choices, then raise its failure.

    Raises:
        FlakyFailure: If it failed only once.
    """
    _test(_recorded(generate, record), check, _SETTINGS, _SHRINKING)()


_SETTINGS = settings(
    max_examples=_ATTEMPTS,
    phases=[Phase.generate, Phase.shrink],
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
