"""Lockstep: the reference agrees with itself, and an engine with one fault is found and shrunk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parity_kit.contract import Case, Level, Outcome, Returned, run
from parity_kit.contract.errors import CandidateCrashedError
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.places import EventAt
from parity_kit.judging.verdicts import Divergent, label
from parity_kit.reference import Engine
from parity_kit.search.generate import SUITES
from parity_kit.search.lockstep import Lockstep, search

REFERENCE = Engine()


def reference(case: Case) -> tuple[Outcome, ...]:
    return run(REFERENCE, case)


@pytest.fixture(autouse=True)
def much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # However busy the machine is, a case ends as small as it can be.
    monkeypatch.setattr("parity_kit.search.lockstep.SHRINK_SECONDS", 120.0)
    monkeypatch.setattr("parity_kit.search.lockstep.SIMPLIFY_SECONDS", 120.0)


def lockstep(
    suite: str,
    candidate: Callable[[Case], tuple[Outcome, ...]],
    examples: int,
    bulk: int = 0,
    seed: int = 3,
) -> Lockstep:
    numbers: list[int] = []
    result = search(
        suite,
        REFERENCE,
        CandidateUnderTest("it", candidate),
        examples=examples,
        bulk=bulk,
        seed_value=seed,
        required=Level.BYTES,
        on_case=numbers.append,
    )
    assert numbers == list(range(1, len(numbers) + 1))
    return result


@pytest.mark.parametrize("suite", list(SUITES))
def test_the_reference_agrees_with_itself(suite: str) -> None:
    examples = 10 if suite == "crash" else 40  # crashes take a process each
    result = lockstep(suite, reference, examples)
    assert result.tally.verdicts == {"equal": examples}
    assert result.tally.reached is Level.BYTES
    assert not result.findings


def test_a_lost_event_is_found_shrunk_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity_kit.search.lockstep.MOST_FINDINGS", 1)

    def lossy(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            replace(outcome, events=tuple(e for e in outcome.events if e.mode != "tasks"))
            if isinstance(outcome, Returned)
            else outcome
            for outcome in reference(case)
        )

    result = lockstep("graph", lossy, 20)
    assert result.tally.verdict == "divergent"
    assert result.tally.reached is Level.RESULT
    (smallest,) = result.findings
    assert len(smallest.case.operations) == 1
    assert list(smallest.case.subject.spec["program"]["nodes"]) == ["a"]  # pyright: ignore[reportIndexIssue, reportOptionalSubscript, reportArgumentType, reportCallIssue]  # a program is a map
    assert isinstance(smallest.verdict, Divergent)
    assert isinstance(smallest.verdict.difference.place, EventAt)
    assert sum(result.tally.verdicts.values()) == 20


def test_a_value_changed_at_bytes_level_shrinks_to_that_value() -> None:
    def wide(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            replace(outcome, stored={name: _widened(blob) for name, blob in outcome.stored.items()})
            if isinstance(outcome, Returned)
            else outcome
            for outcome in reference(case)
        )

    result = lockstep("codec", wide, 300)
    places = [
        finding.verdict.difference
        for finding in result.findings
        if isinstance(finding.verdict, Divergent)
    ]
    assert {place.level for place in places} == {Level.BYTES}
    assert any("128 (uint 8)" in place.reference for place in places)
    assert any("128 (uint 16)" in place.candidate for place in places)


def _widened(blob: bytes) -> bytes:
    """Write a lone unsigned integer of one, two or four bytes in the next wider form."""
    width = {0xCC: 1, 0xCD: 2, 0xCE: 4}.get(blob[0] if blob else 0)
    if width is None or len(blob) != 1 + width:
        return blob
    return bytes([blob[0] + 1]) + bytes(width) + blob[1:]


def test_a_crash_is_a_finding() -> None:
    def fragile(case: Case) -> tuple[Outcome, ...]:
        if any(operation.name == "finish" for operation in case.operations):
            raise CandidateCrashedError("gone")
        return reference(case)

    result = lockstep("channel", fragile, 80)
    (finding,) = result.findings
    assert label(finding.verdict) == "crashed"
    assert {operation.name for operation in finding.case.operations} == {"finish", "get"}


def test_an_answer_that_changes_is_not_repeatable() -> None:
    calls = 0

    def moody(case: Case) -> tuple[Outcome, ...]:
        nonlocal calls
        calls += 1
        outcomes = reference(case)
        return (Returned("moody"), *outcomes[1:]) if calls == 7 else outcomes

    result = lockstep("channel", moody, 40)
    assert [label(finding.verdict) for finding in result.findings] == ["flaky"]


def test_what_the_bulk_driver_finds_is_shrunk_as_if_hypothesis_had_found_it() -> None:
    def limited(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            replace(outcome, value=None)
            if isinstance(outcome, Returned)
            and isinstance(outcome.value, int)
            and outcome.value > 250
            else outcome
            for outcome in reference(case)
        )

    result = lockstep("channel", limited, 0, bulk=1500, seed=1)
    assert result.tried == 1500
    assert result.findings
    finding = result.findings[0]
    assert finding.count > 1
    assert [operation.name for operation in finding.case.operations] == ["update", "get"]
    assert finding.case.operations[0].args == {"values": [251]}
    assert lockstep("channel", reference, 20, bulk=30).tally.verdicts == {"equal": 50}


def test_what_hypothesis_cannot_leave_out_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity_kit.search.lockstep.SHRINK_SECONDS", 0.5)  # it would go on for 25 s

    def dull(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            replace(outcome, events=outcome.events[:-1])
            if isinstance(outcome, Returned) and operation.name == "resume"
            else outcome
            for operation, outcome in zip(case.operations, reference(case), strict=True)
        )

    result = lockstep("graph", dull, 0, bulk=60)
    finding = result.findings[0]
    assert [step.name for step in finding.case.operations][-1] == "resume"
    assert len(finding.case.operations) <= 2
    assert "log" not in str(finding.case.operations)
