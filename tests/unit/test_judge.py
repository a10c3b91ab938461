"""Judging: whatever a candidate does becomes a verdict, and a tally forgets none of them."""

from __future__ import annotations

import pytest

from parity_kit.contract import Case, CaseId, Level, Operation, Returned, Subject, SubjectKind
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    ProtocolFaultError,
)
from parity_kit.contract.plain import Plain
from parity_kit.gates.findings import gate_finished
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.judge import Tally, judge, without_types
from parity_kit.judging.places import Value
from parity_kit.judging.verdicts import (
    Crashed,
    Difference,
    Divergent,
    Equal,
    Expected,
    Flaky,
    Hung,
    NotSupported,
    ProtocolFault,
    Verdict,
    label,
)

CASE = Case(
    CaseId("one"), Subject(SubjectKind.CODEC, {"strict": True}), (Operation("x"),), ("feature",)
)
OURS = (Returned(1),)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CandidateCrashedError("gone"), Crashed("gone")),
        (CandidateHungError("late"), Hung("late")),
        (ProtocolFaultError("odd"), ProtocolFault("odd")),
    ],
)
def test_a_failing_candidate_is_a_verdict(error: CandidateError, verdict: Verdict) -> None:
    def fail(case: Case) -> tuple[Returned, ...]:
        del case
        raise error

    assert judge(CASE, OURS, CandidateUnderTest("it", fail), Level.BYTES) == verdict


def test_a_candidate_that_cannot_go_on_is_no_verdict() -> None:
    def fail(case: Case) -> tuple[Returned, ...]:
        del case
        raise CandidateError("restart limit")

    with pytest.raises(CandidateError):
        judge(CASE, OURS, CandidateUnderTest("it", fail), Level.BYTES)


def test_a_bomb_of_nesting_breaks_the_protocol_and_not_the_kit() -> None:
    deep: Plain = None
    for _ in range(600):
        deep = [deep]
    verdict = judge(CASE, OURS, CandidateUnderTest("it", lambda _: (Returned(deep),)), Level.BYTES)
    assert label(verdict) in {"divergent", "protocol error"}


def tallied(*verdicts: Verdict) -> Tally:
    tally = Tally(Level.BYTES)
    for verdict in verdicts:
        tally.add(CASE, verdict)
    return tally


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        ([Equal(Level.BYTES)], "equal"),
        ([Equal(Level.BYTES), Crashed("x")], "crashed"),
        ([Equal(Level.BYTES), Flaky("a", "b")], "flaky"),
        ([Equal(Level.BYTES), Expected("known", Level.TRACE)], "expected"),
        ([Equal(Level.BYTES), NotSupported("x")], "equal"),
        ([NotSupported("x")], "unsupported"),
        ([], "unknown"),
    ],
)
def test_the_worst_verdict_wins_and_nothing_is_no_pass(verdicts: list[Verdict], word: str) -> None:
    assert tallied(*verdicts).verdict == word


def test_only_what_was_compared_counts_for_features_and_levels() -> None:
    tally = tallied(NotSupported("x"), Equal(Level.TRACE))
    assert (tally.compared, tally.reached) == (1, Level.TRACE)
    assert tally.features == {"feature": 1}
    assert tallied(Equal(Level.BYTES), Hung("x")).reached is Level.NONE


def test_each_kind_of_subject_has_a_level_and_counts_of_its_own() -> None:
    saver = Case(CaseId("two"), Subject(SubjectKind.SAVER, {}), (Operation("x"),), ())
    tally = Tally(Level.BYTES)
    tally.add(CASE, Equal(Level.BYTES))
    tally.add(saver, NotSupported("no saver"))

    assert tally.subjects[SubjectKind.CODEC].reached is Level.BYTES
    assert tally.subjects[SubjectKind.SAVER].compared == 0
    assert gate_finished(
        candidate="it", gate="g", kind="corpus", verdict="equal", tally=tally, seconds=0.1
    ).subjects == {
        "codec": {"reached": "bytes", "verdicts": {"equal": 1}},
        "saver": {"reached": "none", "verdicts": {"unsupported": 1}},
    }


DIFFERS = Divergent((Difference(Level.BYTES, 0, "x", Value(), "$", "1", "2"),), Level.TRACE)
OWN_TYPE = Case(
    CaseId("own"), Subject(SubjectKind.CODEC, {"types": [["app", "Order"], ["app", "Item"]]}), ()
)


def test_a_type_that_cannot_be_imported_is_no_difference() -> None:
    verdict = without_types(OWN_TYPE, DIFFERS, {"app.Order"})
    assert isinstance(verdict, NotSupported)
    assert verdict.reason.startswith("cannot import app.Order, which the data names; put")


@pytest.mark.parametrize(
    ("case", "verdict", "missing"),
    [
        (OWN_TYPE, DIFFERS, set[str]()),
        (OWN_TYPE, DIFFERS, {"app.Other"}),
        (CASE, DIFFERS, {"app.Order"}),
        (OWN_TYPE, Equal(Level.BYTES), {"app.Order"}),
        (OWN_TYPE, Crashed("gone"), {"app.Order"}),
    ],
)
def test_any_other_verdict_stays(case: Case, verdict: Verdict, missing: set[str]) -> None:
    assert without_types(case, verdict, missing) is verdict
