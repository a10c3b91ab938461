"""The gate: its verdicts on engines in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import (
    Case,
    CaseRunner,
    Level,
    Outcome,
    Raised,
    Returned,
    SubjectKind,
    Unsupported,
    run,
)
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ExitCode,
    ProtocolFaultError,
)
from parity_kit.contract.events import DivergenceFound, Event, GateFinished, GateProgress
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.gate import gate_corpora, read_wanted
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.reference import Engine
from tests.support.committed import cases_of

CHANNELS = cases_of("channels")

WORKSPACE = find_workspace(Path(__file__))


@dataclass
class Gate:
    """A gate run in this process, and what it told."""

    totals: GateTotals
    events: list[Event] = field(default_factory=list[Event])

    @property
    def conclusion(self) -> Conclusion:
        return conclude(self.totals, Rules())

    @property
    def verdict(self) -> str:
        return self.conclusion.verdict

    def emit(self, event: Event) -> None:
        self.totals.emit(event)
        self.events.append(event)

    @property
    def finished(self) -> list[GateFinished]:
        return [event for event in self.events if isinstance(event, GateFinished)]

    @property
    def divergences(self) -> list[DivergenceFound]:
        return [event for event in self.events if isinstance(event, DivergenceFound)]


def gate(
    candidate: CaseRunner,
    *corpora: str,
    level: Level = Level.BYTES,
    folder: Path | None = None,
    claimed: Mapping[SubjectKind, Level] = MappingProxyType({}),
) -> Gate:
    result = Gate(GateTotals({kind.value: level.label for kind, level in claimed.items()}))
    gate_corpora(
        read_wanted(WORKSPACE, corpora),
        CandidateUnderTest("it", candidate, claimed=claimed),
        level,
        result.emit,
        folder=folder,
        complete=not corpora,
    )
    return result


def reference(case: Case) -> tuple[Outcome, ...]:
    return run(Engine(), case)


def test_the_reference_is_equal_to_its_own_fixtures() -> None:
    result = gate(reference, "channels", "savers")
    assert result.verdict == "equal"
    assert [gate.gate for gate in result.finished] == ["corpus channels", "corpus savers"]
    for finished in result.finished:
        assert (finished.verdict, finished.required, finished.reached) == (
            "equal",
            "bytes",
            "bytes",
        )
        assert finished.compared == finished.verdicts["equal"] > 0
    assert not result.divergences
    assert result.conclusion.exit_code is ExitCode.PARITY


def wrong(name: str, change: Callable[[Returned], Outcome]) -> CaseRunner:
    """Return the reference with what operations of one name return changed."""

    def candidate(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            change(outcome) if operation.name == name and isinstance(outcome, Returned) else outcome
            for operation, outcome in zip(case.operations, reference(case), strict=True)
        )

    return candidate


def test_a_wrong_value_is_divergent_and_reported_once_per_place(tmp_path: Path) -> None:
    result = gate(
        wrong("is_available", lambda outcome: Returned("yes", stored=outcome.stored)),
        "channels",
        folder=tmp_path,
    )
    assert result.verdict == "divergent"
    assert result.conclusion.exit_code is ExitCode.DIVERGENCE
    (finished,) = result.finished
    assert finished.reached == "none"
    assert finished.verdicts["divergent"] == sum(
        divergence.count for divergence in result.divergences
    )
    assert len(result.divergences) < finished.verdicts["divergent"]
    first = result.divergences[0]
    assert "(is_available): value" in first.headline
    assert first.candidate_side.startswith("'yes'")
    written = read_case(tmp_path / first.file)
    assert written.case.id == first.case
    assert written.candidate_outcomes is not None
    assert written.candidate_outcomes != written.reference_outcomes


def test_a_wrong_stored_byte_is_seen_at_bytes_and_not_below() -> None:
    def off(outcome: Returned) -> Outcome:
        return Returned(outcome.value, stored=dict.fromkeys(outcome.stored, b"\x00"))

    assert gate(wrong("update", off), "channels").verdict == "divergent"
    lower = gate(wrong("update", off), "channels", level=Level.TRACE)
    assert lower.verdict == "equal"
    assert lower.finished[0].reached == "trace"


def test_a_candidate_is_asked_for_no_more_than_it_claims_and_that_is_shown() -> None:
    def off(outcome: Returned) -> Outcome:
        return Returned(outcome.value, stored=dict.fromkeys(outcome.stored, b"\x00"))

    result = gate(wrong("update", off), "channels", claimed={SubjectKind.CHANNEL: Level.TRACE})
    assert result.verdict == "equal"
    assert result.finished[0].reached == "trace"


def test_a_wrong_error_message_is_divergent() -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            Raised(outcome.error, "other", stored=outcome.stored)
            if isinstance(outcome, Raised)
            else outcome
            for outcome in reference(case)
        )

    assert gate(candidate, "channels").verdict == "divergent"


def nothing(case: Case) -> tuple[Outcome, ...]:
    return tuple(Unsupported("not yet") for _ in case.operations)


def test_an_engine_that_supports_nothing_is_unknown() -> None:
    result = gate(nothing)
    assert result.verdict == "unknown"
    assert result.conclusion.exit_code is ExitCode.NOT_JUDGED
    assert all(gate.compared == 0 for gate in result.finished)
    assert {gate.reached for gate in result.finished} == {"none"}


def only_savers(case: Case) -> tuple[Outcome, ...]:
    return reference(case) if case.subject.kind is SubjectKind.SAVER else nothing(case)


def test_what_is_not_claimed_may_be_unsupported() -> None:
    result = gate(only_savers, "channels", "savers", claimed={SubjectKind.SAVER: Level.BYTES})
    assert [gate.verdict for gate in result.finished] == ["unsupported", "equal"]
    assert result.verdict == "equal"


def test_what_is_claimed_and_never_compared_is_unknown() -> None:
    claimed = {SubjectKind.SAVER: Level.BYTES, SubjectKind.CHANNEL: Level.BYTES}
    result = gate(only_savers, "channels", "savers", claimed=claimed)
    assert [gate.verdict for gate in result.finished] == ["unsupported", "equal"]
    assert result.conclusion.first_line == (
        f"? unknown: channel is claimed, and 0 of its {CHANNELS} cases were compared"
    )


def test_a_corpus_may_be_unsupported_where_its_subject_was_compared_in_another() -> None:
    claimed = {SubjectKind.SAVER: Level.BYTES}

    def without_postgres(case: Case) -> tuple[Outcome, ...]:
        return (nothing if str(case.subject.spec["saver"]).endswith("postgres") else reference)(
            case
        )

    result = gate(without_postgres, "savers", "savers_postgres", claimed=claimed)
    assert [gate.verdict for gate in result.finished] == ["equal", "unsupported"]
    assert result.verdict == "equal"
    assert gate(without_postgres, "savers_postgres", claimed=claimed).verdict == "unknown"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CandidateCrashedError, "crashed"),
        (CandidateHungError, "hung"),
        (ProtocolFaultError, "protocol error"),
    ],
)
def test_a_failure_on_one_case_does_not_end_the_gate(
    error: type[CandidateError], verdict: str
) -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        if case.id == "channels/last-value/one":
            raise error("it broke")
        return reference(case)

    result = gate(candidate, "channels")
    (finished,) = result.finished
    assert result.verdict == finished.verdict == verdict
    assert finished.verdicts[verdict] == 1
    assert finished.compared == finished.verdicts["equal"] > 100
    (divergence,) = result.divergences
    assert (divergence.case, divergence.headline) == ("channels/last-value/one", "it broke")


def test_a_candidate_that_is_past_judging_ends_the_gate_with_what_was_seen() -> None:
    events: list[Event] = []

    def candidate(case: Case) -> tuple[Outcome, ...]:
        if len(events) > 3:
            raise CandidateError("is not started again")
        return reference(case)

    with pytest.raises(CandidateError, match="not started again"):
        gate_corpora(
            read_wanted(WORKSPACE, ["channels"]),
            CandidateUnderTest("it", candidate),
            Level.BYTES,
            events.append,
        )
    finished = events[-1]
    assert isinstance(finished, GateFinished)
    assert finished.verdict == "unknown", "most of the corpus was never compared"
    assert finished.compared > 0


def test_progress_is_reported_up_to_the_size_of_the_corpus() -> None:
    result = gate(nothing, "channels")
    progress = [event for event in result.events if isinstance(event, GateProgress)]
    assert [event.done for event in progress] == sorted({event.done for event in progress})
    (corpus,) = read_corpora(WORKSPACE.fixtures, ["channels"])
    assert {event.total for event in progress} == {len(corpus.traces)}


def test_what_a_candidate_fails_with_is_one_cause_whatever_the_case() -> None:
    def candidate(case: Case) -> tuple[Outcome, ...]:
        raise CandidateCrashedError(f"failed on case {case.id}: ValueError: not yet")

    result = gate(candidate, "channels")
    (divergence,) = result.divergences
    assert divergence.count == result.finished[0].verdicts["crashed"] > 100
