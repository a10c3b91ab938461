"""Comparing: each kind of difference is seen, at its level, at its place, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Event,
    Level,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.judging.compare import MOST_LISTED, compare, same_outcomes
from parity_kit.judging.places import EventAt, OutcomeKind, place_text, stored_entry
from parity_kit.judging.verdicts import Difference, Divergent, Equal, NotSupported, ProtocolFault

CASE = Case(
    CaseId("case"),
    Subject(SubjectKind.GRAPH, {"program": {}, "saver": "memory"}),
    (Operation("stream"), Operation("get_state")),
)
ID = "00000000-0000-6000-8000-000000000001"
CHECKPOINT = f"checkpoint/t//{ID}/msgpack"
CONFIG: dict[str, Plain] = {"configurable": {"thread_id": "t", "checkpoint_id": ID}}
FIRST = Returned(
    None,
    (
        Event("values", (), {"n": 1, "log": ["a"]}),
        Event("checkpoints", (), {"metadata": {"step": 0}, "config": CONFIG}),
    ),
    {
        CHECKPOINT: pack({"v": 4, "channel_versions": {"n": "1", "log": "1"}}),
        f"metadata/t//{ID}/msgpack": pack({"step": 0}),
        "blob/t//n/1/msgpack": pack(1),
    },
)
SECOND = Returned({"values": {"n": 1}, "config": CONFIG})
OURS: tuple[Outcome, ...] = (FIRST, SECOND)


def divergence(theirs: tuple[Outcome, ...]) -> Divergent:
    verdict = compare(CASE, OURS, theirs)
    assert isinstance(verdict, Divergent)
    return verdict


def with_stored(name: str, blob: bytes) -> tuple[Outcome, ...]:
    return (replace(FIRST, stored={**FIRST.stored, name: blob}), SECOND)


def test_only_the_same_bytes_are_the_same_outcomes() -> None:
    assert same_outcomes([Returned(1)], [Returned(1)])
    assert not same_outcomes([Returned(1)], [Returned(1.0)])
    assert not same_outcomes([Returned(1)], [Returned(1, stored={"data": b"x"})])
    nan: Any = [Returned(float("nan"))]
    assert same_outcomes(nan, [Returned(float("nan"))])


def test_equal_outcomes_are_equal() -> None:
    assert compare(CASE, OURS, OURS) == Equal(Level.BYTES)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"values": {"n": 2}, "config": CONFIG}, "$.values.n"),
        ({"values": {"n": 1.0}, "config": CONFIG}, "$.values.n"),
        ({"values": {"n": True}, "config": CONFIG}, "$.values.n"),
        ({"values": {}, "config": CONFIG}, "$.values.n"),
        ({"values": {"n": 1, "m": None}, "config": CONFIG}, "$.values.m"),
        ({"config": CONFIG, "values": {"n": 1}}, "$ (order of keys)"),
    ],
)
def test_a_value_differs_at_its_path(value: Plain, path: str) -> None:
    verdict = divergence((FIRST, Returned(value)))
    assert (verdict.difference.level, verdict.reached) == (Level.RESULT, Level.NONE)
    assert (verdict.difference.operation, verdict.difference.path) == (1, path)


@pytest.mark.parametrize(
    ("kept", "where"),
    [
        ((0,), "event 1 checkpoints"),
        ((0, 1, 0), "event 2 values"),
        ((1, 0), "event 0 checkpoints"),
    ],
)
def test_events_lost_doubled_or_reordered_are_seen(kept: tuple[int, ...], where: str) -> None:
    events = tuple(FIRST.events[index] for index in kept)
    verdict = divergence((replace(FIRST, events=events), SECOND))
    assert (verdict.difference.level, verdict.reached) == (Level.TRACE, Level.RESULT)
    assert place_text(verdict.difference.place) == where


def test_a_stored_byte_is_named_with_step_channel_and_offset() -> None:
    blob = pack({"v": 4, "channel_versions": {"n": "2", "log": "1"}})
    difference = divergence(with_stored(CHECKPOINT, blob)).difference
    assert difference.place == stored_entry(CHECKPOINT)
    assert difference.path == "$.channel_versions.n"
    assert (difference.step, difference.channel) == (0, "n")
    assert difference.offset == FIRST.stored[CHECKPOINT].index(b"\xa11")
    assert difference.reference_hex.startswith("a1 31")
    assert difference.candidate_hex.startswith("a1 32")


def test_a_form_that_is_not_the_smallest_is_a_difference_in_bytes_only() -> None:
    verdict = divergence(with_stored("blob/t//n/1/msgpack", b"\xcc\x01"))
    assert (verdict.difference.level, verdict.reached) == (Level.BYTES, Level.TRACE)
    assert "uint 8" in verdict.difference.candidate


def test_a_missing_and_an_extra_entry_are_seen() -> None:
    stored = {name: blob for name, blob in FIRST.stored.items() if not name.startswith("blob")}
    missing = divergence((replace(FIRST, stored=stored), SECOND)).difference
    assert (missing.channel, missing.candidate) == ("n", "absent")
    extra = divergence(with_stored("blob/t//x/1/empty", b"")).difference
    assert (extra.reference, extra.channel) == ("absent", "x")


def test_ids_may_be_renamed_below_bytes() -> None:
    def renamed(value: Any) -> Any:
        return unpack(pack(value).replace(ID.encode(), b"aaaaaaaa-0000-6000-8000-00000000000f"))

    events = tuple(replace(event, payload=renamed(event.payload)) for event in FIRST.events)
    theirs = (replace(FIRST, events=events), Returned(renamed(SECOND.value)))
    assert compare(CASE, OURS, theirs, Level.TRACE) == Equal(Level.TRACE)
    assert divergence(theirs).reached is Level.TRACE


def test_two_ids_for_one_are_not_a_renaming() -> None:
    configurable = {"thread_id": "t", "checkpoint_id": "aaaaaaaa-0000-6000-8000-00000000000f"}
    other = {"values": {"n": 1}, "config": {"configurable": configurable}}
    verdict = compare(CASE, OURS, (FIRST, Returned(other)), Level.TRACE)
    assert isinstance(verdict, Divergent)


def test_the_order_of_a_sets_elements_is_not_compared() -> None:
    def blob(items: list[Plain]) -> bytes:
        return pack(Ext(0, pack(["builtins", "set", items])))

    name = "blob/t//s/1/msgpack"
    ours = (replace(FIRST, stored={name: blob(["a", "b"])}),)
    case = replace(CASE, operations=CASE.operations[:1])
    theirs = (replace(FIRST, stored={name: blob(["b", "a"])}),)
    assert isinstance(compare(case, ours, theirs), Equal)
    other = (replace(FIRST, stored={name: blob(["b", "c"])}),)
    assert isinstance(compare(case, ours, other), Divergent)


def test_an_error_must_keep_class_and_message() -> None:
    ours = (FIRST, Raised("ValueError", "boom"))
    for theirs in (Raised("RuntimeError", "boom"), Raised("ValueError", "bang"), SECOND):
        verdict = compare(CASE, ours, (FIRST, theirs))
        assert isinstance(verdict, Divergent)
        assert verdict.difference.level is Level.RESULT


def test_unsupported_is_no_difference_and_no_pass() -> None:
    assert compare(CASE, OURS, (FIRST, Unsupported("no state"))) == NotSupported("no state")


def test_a_difference_before_an_unsupported_operation_is_not_hidden() -> None:
    verdict = compare(CASE, OURS, (replace(FIRST, value=7), Unsupported("no state")))
    assert isinstance(verdict, Divergent)
    assert (verdict.difference.operation, verdict.unsupported) == (0, "no state")


def test_raised_instead_of_returned_is_a_place_of_its_own() -> None:
    difference = divergence((FIRST, Raised("ValueError", "boom"))).difference
    assert difference.place == OutcomeKind("returned", "raised")
    assert difference.headline() == "operation 1 (get_state): raised instead of returned"
    assert difference.candidate == "raised ValueError: 'boom'"


def test_all_differences_are_listed_the_worst_of_the_earliest_operation_first() -> None:
    stored = {**FIRST.stored, "blob/t//n/1/msgpack": pack(2)}
    first = replace(FIRST, value=7, events=FIRST.events[:1], stored=stored)
    second = Returned({"values": {"n": 2}, "config": CONFIG, "next": []})
    verdict = divergence((first, second))
    assert [item.headline() for item in verdict.differences] == [
        "operation 0 (stream): value at byte 0",
        "operation 0 (stream), step 0: event 1 checkpoints",
        "operation 0 (stream), channel n: stored blob/t//n/1/msgpack at byte 0",
        "operation 1 (get_state): value $.values.n at byte 11",
        "operation 1 (get_state): value $.next",
    ]


def test_an_event_too_few_does_not_shift_the_others() -> None:
    modes = ["values", "updates", "values", "debug"]
    events = tuple(Event(mode, (), {"n": 1}) for mode in modes)
    case = replace(CASE, operations=CASE.operations[:1])
    verdict = compare(case, (Returned(None, events),), (Returned(None, events[:1] + events[2:]),))
    assert isinstance(verdict, Divergent)
    (difference,) = verdict.differences
    assert (difference.place, difference.candidate) == (EventAt("updates", 1, None), "absent")


def test_of_very_many_differences_the_others_are_counted() -> None:
    verdict = divergence((FIRST, Returned(dict.fromkeys(map(str, range(MOST_LISTED)), 0))))
    assert len(verdict.differences) == MOST_LISTED
    assert verdict.more > 0


def test_a_difference_is_plain_json_and_back() -> None:
    stored = {**FIRST.stored, "blob/t//n%2F/1/msgpack": pack(2)}
    first = replace(FIRST, value=7, events=FIRST.events[:1], stored=stored, dropped=("x",))
    verdict = divergence((first, Raised("ValueError", "boom")))
    assert len({type(item.place) for item in verdict.differences}) == 5
    for difference in verdict.differences:
        assert Difference.from_json(json.loads(json.dumps(difference.to_json()))) == difference


def test_too_few_outcomes_break_the_protocol() -> None:
    assert isinstance(compare(CASE, OURS, (FIRST,)), ProtocolFault)


@pytest.mark.parametrize("key", [(1, "a"), ((ID,),), 7, b"k"])
def test_a_key_of_any_kind_is_a_difference_and_no_fault(key: Any) -> None:
    verdict = divergence((FIRST, Returned({key: 1})))
    assert verdict.reached is Level.NONE
