"""Driving generators by Hypothesis, and handing it cases that it did not find itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.strategies import SearchStrategy

from parity_kit.search.choices import Choices

T = TypeVar("T")
_SHRINKING = 0  # Hypothesis shrinks by chance, too: the same example ends as the same case


class _Generated(SearchStrategy[T]):
    """What a generator makes of choices that are Hypothesis's own.

    Each number is one of Hypothesis's typed choices, drawn without a strategy of its own: that
    costs a third, and a recorded sequence is then a sequence of Hypothesis's.
    """

    def __init__(self, generate: Callable[[Choices], T]) -> None:
        super().__init__()
        self._generate = generate

    def __repr__(self) -> str:
        return f"strategy({self._generate!r})"

    def do_draw(self, data: Any) -> T:
        """Make one thing; Hypothesis calls this."""
        draw = data.draw_integer
        return self._generate(Choices(lambda bound: draw(0, bound - 1)))


def strategy(generate: Callable[[Choices], T]) -> SearchStrategy[T]:
    """Return a generator as a Hypothesis strategy."""
    return _Generated(generate)


class _Made(Generic[T]):
    """What a generator made, without its representation: Hypothesis would print all of it."""

    def __init__(self, thing: T) -> None:
        self.thing = thing

    def __repr__(self) -> str:
        return type(self.thing).__name__


def _test(
    generate: Callable[[Choices], T],
    check: Callable[[T], None],
    options: settings,
    seed_value: int,
) -> Any:
    def make(choices: Choices) -> _Made[T]:
        return _Made(generate(choices))

    def test(made: _Made[T]) -> None:
        check(made.thing)

    # A seed takes the database away; the options, put on after it, give it back.
    return options(seed(seed_value)(given(strategy(make))(test)))


def explore(
    generate: Callable[[Choices], T], check: Callable[[T], None], examples: int, seed_value: int
) -> None:
    """Let Hypothesis choose examples; one on which `check` raises is shrunk, then raised.

    Raises:
        FlakyFailure: If an example failed, and then did not.
    """
    options = settings(_SETTINGS, max_examples=examples, phases=[Phase.generate, Phase.shrink])
    _test(generate, check, options, seed_value)()


def shrink(
    generate: Callable[[Choices], T], check: Callable[[T], None], record: Sequence[int]
) -> None:
    """Shrink the example that a recorded sequence of choices stands for, then raise its failure.

    Raises:
        FlakyFailure: If it failed, and then did not.
    """
    options = settings(_SETTINGS, database=_OneExample(record), phases=[Phase.reuse, Phase.shrink])
    _test(generate, check, options, _SHRINKING)()


class _OneExample(ExampleDatabase):
    """A database that holds one example, whichever test asks."""

    def __init__(self, record: Sequence[int]) -> None:
        super().__init__()
        self._saved = choices_to_bytes(record)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        # An example under a test's own key counts as shrunk already; its secondary ones do not.
        return [self._saved] if key.endswith(b".secondary") else []

    def save(self, key: bytes, value: bytes) -> None:
        """Keep nothing: a run leaves nothing behind."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Keep what there is."""


_SETTINGS = settings(
    max_examples=1,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
