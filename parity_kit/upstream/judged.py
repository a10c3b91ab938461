"""LangGraph's tests on a candidate, gate by gate: what a run says of them is made of this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parity_kit.upstream.plugin_names import DECLINED
from parity_kit.upstream.results import TestResult

UPSTREAM, CONFORMANCE = "upstream", "conformance"
"""The kinds of gates: LangGraph's own tests, and its conformance suite for savers."""


@dataclass(frozen=True, slots=True)
class JudgedTests:
    """The tests of one gate: a suite, or the conformance suite on one saver.

    `failed` are those that count against the candidate, `standings` counts all by how they stand.
    `release` names the package that holds them. Without `counts_calls` nobody knows where the
    candidate's code ran. `failure` says why its tests could not be run, `problems` what else broke.
    """

    kind: str
    name: str
    release: str
    passed: tuple[TestResult, ...]
    failed: tuple[TestResult, ...]
    standings: Mapping[str, int]
    counts_calls: bool
    seconds: float = 0.0
    failure: str = ""
    problems: tuple[str, ...] = ()

    @property
    def gate(self) -> str:
        """The gate's name in a run."""
        return f"{self.kind} {self.name}"

    @property
    def drove(self) -> int | None:
        """In how many of the tests that pass the candidate's code ran."""
        return sum(test.drove for test in self.passed) if self.counts_calls else None


def calls(judged: Iterable[JudgedTests]) -> Mapping[str, int]:
    """Return how often each of the candidate's functions ran in all tests."""
    counter: Counter[str] = Counter()
    for tests in judged:
        for test in (*tests.passed, *tests.failed):
            counter.update(test.calls)
    del counter[DECLINED]
    return dict(counter)
