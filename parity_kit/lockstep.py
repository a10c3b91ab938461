"""Lockstep: Hypothesis chooses cases, reference and candidate run them, outcomes are compared.

Each disagreement is shrunk to its smallest case. A suite is searched again for further, different
disagreements: one is told from another by where it shows (operation, part, path), so that many
cases with one cause are shown once, with a count. What is left of the examples is then run without
shrinking, so that the counts say how common disagreements are.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyFailure

from parity_kit.contract import Case, CaseRunner, Level, Outcome
from parity_kit.judge import Tally, judge
from parity_kit.strategies import SUITES
from parity_kit.verdicts import Divergent, Equal, NotSupported, Undecided, Verdict, label

Signature: TypeAlias = tuple[str, ...]
MOST_FINDINGS = 3
"""Different disagreements searched for in one suite."""
_RUNS = {"invoke", "stream", "resume", "resume_map"}  # ways to say the same: run the graph
SHRINK_SECONDS = 10.0
"""Time for shrinking one disagreement."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement: the smallest case found, and how many cases showed the same."""

    case: Case
    verdict: Verdict
    count: int


@dataclass(slots=True)
class Lockstep:
    """What a suite's search came to."""

    suite: str
    tally: Tally
    findings: list[Finding] = field(default_factory=list[Finding])
    seconds: float = 0.0


class _DisagreementError(Exception):
    """Carries a failing case out of Hypothesis's loop."""

    def __init__(self, case: Case, verdict: Verdict) -> None:
        super().__init__(case.id)
        self.case = case
        self.verdict = verdict


def signature(verdict: Verdict) -> Signature:
    """Return what tells one cause from another, as far as it can be seen from outside."""
    if not isinstance(verdict, Divergent):
        return (label(verdict),)
    difference = verdict.difference
    inside = "" if difference.where.startswith("event") else re.sub(r"\d+", "#", difference.path)
    name = difference.operation_name
    return (*_part(verdict), "run" if name in _RUNS else name, inside)


def _part(verdict: Verdict) -> Signature:
    """Return the coarser part of a signature, which a case must keep while it is shrunk."""
    if not isinstance(verdict, Divergent):
        return (label(verdict),)
    where = re.sub(r"event \d+", "event", verdict.difference.where.split("/")[0])
    return (verdict.difference.level.label, where)


def search(  # noqa: PLR0913  # a search's settings, all named
    suite: str,
    reference: CaseRunner,
    candidate: CaseRunner,
    *,
    examples: int,
    seed_value: int,
    required: Level,
    on_case: Callable[[int], None],
) -> Lockstep:
    """Search a suite for disagreements.

    Raises:
        CandidateError: If the candidate cannot be judged any further.
    """
    started = time.monotonic()
    result = Lockstep(suite, Tally(required))
    search_ = _Search(reference, candidate, required, result, on_case)
    for attempt in range(MOST_FINDINGS + 1):
        left = examples - sum(result.tally.verdicts.values())
        if left <= 0:
            break
        hunt = attempt < MOST_FINDINGS
        finding = search_.once(SUITES[suite](), left, seed_value + attempt, hunt=hunt)
        if finding is None:
            break
        result.findings.append(finding)
    result.findings = [
        Finding(each.case, each.verdict, max(1, search_.seen[signature(each.verdict)]))
        for each in result.findings
    ]
    result.seconds = time.monotonic() - started
    return result


class _Search:
    """One suite's search: what it has seen, and what it is shrinking."""

    def __init__(
        self,
        reference: CaseRunner,
        candidate: CaseRunner,
        required: Level,
        result: Lockstep,
        on_case: Callable[[int], None],
    ) -> None:
        self.seen: Counter[Signature] = Counter()
        self._known: set[Signature] = set()
        self._reference = reference
        self._candidate = candidate
        self._required = required
        self._result = result
        self._on_case = on_case

    def once(self, strategy: Any, examples: int, seed_value: int, *, hunt: bool) -> Finding | None:
        """Search until one more disagreement is found and shrunk, or the examples are used up.

        Without `hunt` disagreements are only counted.
        """
        target: Signature | None = None
        until = float("inf")

        def check(case: Case) -> None:
            nonlocal target, until
            verdict = self._judge(case)
            if target is None:
                self._count(case, verdict)
            if isinstance(verdict, (Equal, NotSupported)) or not hunt:
                return
            part = _part(verdict)
            if signature(verdict) in self._known or (target is not None and part != target):
                return
            if target is None:
                target, until = part, time.monotonic() + SHRINK_SECONDS
            elif time.monotonic() > until:
                return
            raise _DisagreementError(case, verdict)

        try:
            seed(seed_value)(_settings(examples)(given(strategy)(check)))()
        except _DisagreementError as failure:
            case, verdict = failure.case, failure.verdict
        except FlakyFailure as failure:
            first = next(
                each for each in failure.exceptions if isinstance(each, _DisagreementError)
            )
            case, verdict = first.case, self._again(first)
        else:
            return None
        self._known.add(signature(verdict))
        return Finding(case, verdict, 1)

    def _judge(self, case: Case) -> Verdict:
        expected: Sequence[Outcome] = self._reference(case)
        return judge(case, expected, self._candidate, self._required)

    def _count(self, case: Case, verdict: Verdict) -> None:
        self._result.tally.add(case, verdict)
        if not isinstance(verdict, (Equal, NotSupported)):
            self.seen[signature(verdict)] += 1
        self._on_case(sum(self._result.tally.verdicts.values()))

    def _again(self, failure: _DisagreementError) -> Verdict:
        """Judge a case again that did not fail every time."""
        verdict = self._judge(failure.case)
        if signature(verdict) == signature(failure.verdict):
            return verdict  # only shrinking ran out of time
        return Undecided(f"was {label(failure.verdict)}, then {label(verdict)}: not repeatable")


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
