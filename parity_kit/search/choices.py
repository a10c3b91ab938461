"""The source of a generator's choices: one primitive, and helpers built on it.

A generator is a plain function over `Choices`. It is driven in two ways: by Hypothesis
(`hypothesis_driver`), which learns and shrinks, and by a seeded source for volume, which records
the same sequence of integers that Hypothesis works on. Every choice is a number below a bound, and
0 stands for the simplest thing, so that a smaller sequence is a simpler case.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")

_FLOAT_BITS = 53  # what `Random.random` gives
_ALPHABETS = ("abcxyz", "019 _-./", "\x00\n\"\\'", "äßéÿ", "€漢字", "\U0001f600\U00010348")
_FLOATS = (0.0, 1.0, 0.5, -0.0, -1.5, 1e16, 1e-7, 3.4e38, 5e-324, 1.7e308, 0.1, -(2.0**63))


@dataclass(frozen=True, slots=True)
class Choices:
    """A source of choices: `below(n)` gives a number from 0 to n-1."""

    below: Callable[[int], int]

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def chance(self, odds: int = 1) -> bool:
        """Return true with odds of 1 to `odds`."""
        # The rare choice is the larger one, so that shrinking removes it.
        return self.below(odds + 1) == odds

    def repeat(self, make: Callable[[], T], average: int, most: int, least: int = 0) -> list[T]:
        """Return a list of random length: about `average` above `least`, at most `most`."""
        # A choice precedes every item, so that shrinking can remove an item by removing choices.
        made = [make() for _ in range(least)]
        while len(made) < most and self.below(average + 1):
            made.append(make())
        return made

    def some(self, options: Sequence[T], most: int, least: int = 0) -> list[T]:
        """Return some of the options, without repetition, in any order."""
        left = list(options)
        most = min(most, len(left))
        return self.repeat(lambda: left.pop(self.below(len(left))), 1, most, least)

    def between(self, low: int, high: int) -> int:
        """Return an integer from `low`, the simplest, to `high`."""
        return low + self.below(high - low + 1)

    def text(self, most: int = 8) -> str:
        """Return a string, from letters to characters of four bytes in UTF-8."""
        alphabet = _ALPHABETS[max(0, self.below(2 * len(_ALPHABETS)) - len(_ALPHABETS))]
        return "".join(self.repeat(lambda: self.pick(alphabet), 2, most))

    def blob(self, most: int = 8) -> bytes:
        """Return a byte string."""
        return bytes(self.repeat(lambda: self.below(256), 2, most))

    def real(self) -> float:
        """Return a float: a notorious one, or any, including infinities and NaNs."""
        kind = self.below(3)
        if kind == 0:
            return self.below(200) / 8
        if kind == 1:
            return self.pick(_FLOATS)
        return struct.unpack(">d", self.below(2**64).to_bytes(8))[0]


def seeded(seed: int | str, record: list[int]) -> Choices:
    """Return random choices from a seed, and append them to `record`."""
    generator = Random(seed)  # noqa: S311  # cases, not secrets
    random, append = generator.random, record.append

    def below(bound: int) -> int:
        # Fast where a float holds the whole range; its bias is negligible.
        few = bound < 1 << _FLOAT_BITS
        value = int(random() * bound) if few else generator.randrange(bound)
        append(value)
        return value

    return Choices(below)


def replayed(record: Sequence[int]) -> Choices:
    """Replay the choices of a record; after its end, make the simplest."""
    left = iter(record)
    return Choices(lambda bound: min(next(left, 0), bound - 1))
