"""Changes between two releases: every place, told by kind, and what is no change of the release."""

from __future__ import annotations

import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Event,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Trace,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.drift.kinds import Kind, kinds
from parity_kit.corpora.drift.places import TraceDifference, differences, trace_differences
from parity_kit.msgpack.parser import parse

CHECKPOINT = {
    "v": 3,
    "ts": "2024-01-01",
    "id": "a",
    "channel_versions": {"n": "1.0"},
    "versions_seen": {"work": {"branch:to:work": "1.0"}},
}
NAME = "checkpoint/t//0001/msgpack"


def interrupt(**fields: object) -> Ext:
    return Ext(2, pack(["langgraph.types", "Interrupt", {"value": 1, "id": "0" * 32} | fields]))


def places(left: object, right: object) -> list[TraceDifference]:
    found_places = differences(parse(pack(left)), parse(pack(right)), "value of get")
    return sorted(found_places, key=str)


def trace(outcome: Outcome, name: str = "graphs/one", **args: object) -> Trace:
    operation = Operation("invoke", args)  # pyright: ignore[reportArgumentType]  # plain data
    case = Case(CaseId(name), Subject(SubjectKind.GRAPH, {}), (operation,))
    return Trace(case, (outcome,))


def kinds_of(left: Outcome, right: Outcome) -> tuple[Kind, ...]:
    sides = [
        {"graphs": Corpus(CorpusName("graphs"), (trace(item), trace(item, "graphs/two")))}
        for item in (left, right)
    ]
    return kinds(sides[0], sides[1])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1, 2], [1, 3], [("[*]", "changed", "2", "3", "")]),
        ({"a": 1}, {"a": 1, "b": 2}, [(".b", "added", "", "2", "")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [("", "order", ".a, .b", ".b, .a", "")]),
        (True, 1, [("", "changed", "True", "1", "")]),
        (1, 1.0, [("", "changed", "1", "1.0", "")]),
        ([1], [1, 2, 3], [("[*]", "added", "", "2", ""), ("[*]", "added", "", "3", "")]),
        ({"x": [interrupt()]}, {"x": [interrupt()]}, []),
        (
            {"x": [interrupt()]},
            {"x": [interrupt(schema=None)]},
            [(".schema", "added", "", "None", "langgraph.types.Interrupt")],
        ),
        (
            interrupt(),
            {"value": 1},
            [("", "changed", "langgraph.types.Interrupt", "map of 1", "")],
        ),
        (
            {"checkpoint": CHECKPOINT},
            {"checkpoint": CHECKPOINT | {"v": 4}},
            [(".v", "changed", "3", "4", "checkpoint")],
        ),
        (
            CHECKPOINT,
            CHECKPOINT | {"versions_seen": {"work": {"branch:to:work": "2.0"}}},
            [(".versions_seen.*.*", "changed", "'1.0'", "'2.0'", "checkpoint")],
        ),
    ],
)
def test_a_path_begins_at_the_type_or_record_it_belongs_to(
    left: object, right: object, expected: list[tuple[str, ...]]
) -> None:
    changes = [
        (place.path, place.change, place.before, place.after, place.inside)
        for place in places(left, right)
    ]
    assert changes == expected


def test_a_smaller_form_of_the_same_value_is_reported() -> None:
    (place,) = differences(parse(b"\xcc\x05"), parse(b"\x05"), "stored data")
    assert (place.change, place.before, place.after) == ("form", "uint 8", "positive fixint")


def test_a_key_that_came_into_the_stored_checkpoint_is_one_kind_over_all_cases() -> None:
    left = Returned(1, stored={NAME: pack(CHECKPOINT)})
    right = Returned(1, stored={NAME: pack(CHECKPOINT | {"updated_channels": ["n"]})})
    (kind,) = kinds_of(left, right)
    assert kind.headline == "`updated_channels` added to checkpoint (array of 1)"
    assert kind.to_json()["cases"] == 2
    assert kind.where == "stored checkpoint (2)"
    assert kind.why.startswith("lies in databases")


def test_an_id_with_another_hash_is_reported_as_such() -> None:
    (kind,) = kinds_of(Returned([interrupt()]), Returned([interrupt(id="1" * 32)]))
    assert "hashed otherwise" in kind.headline
    assert kind.why.startswith("an id that somebody kept")


def test_the_gravest_comes_first() -> None:
    left = Returned(1, (Event("values", (), 1),), {NAME: pack(CHECKPOINT)})
    right = Returned(2, (Event("values", (), 2),), {NAME: pack(CHECKPOINT | {"v": 4})})
    assert [kind.headline for kind in kinds_of(left, right)] == [
        "`v` of checkpoint: 3 became 4",
        "event of mode values: 1 became 2",
        "value of invoke: 1 became 2",
    ]


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [
        (Raised("A", "x"), Raised("A", "y"), "outcome of invoke: A: x became A: y"),
        (Returned(1), Raised("A", "y"), "outcome of invoke: a value became A: y"),
        (
            Returned(1, (Event("a", (), 1),)),
            Returned(1, (Event("a", (), 1), Event("a", (), 2))),
            "more: events of mode a, such as 1",
        ),
        (
            Returned(1, (Event("a", (), 1), Event("b", (), 1))),
            Returned(1, (Event("b", (), 1), Event("a", (), 1))),
            "events: the same in another order",
        ),
        (
            Returned(1, stored={"blob/t//n/1/msgpack": b"\x01"}),
            Returned(1),
            "fewer: stored blob, such as blob/t//n/1/msgpack",
        ),
        (
            Returned(1, stored={"metadata/t//a/json": b'{"step": 1}'}),
            Returned(1, stored={"metadata/t//a/json": b'{"step": 1, "run": "x"}'}),
            "`run` added to stored metadata ('x')",
        ),
        (
            Returned(1, stored={"parent/t//a": b"0-1"}),
            Returned(1, stored={"parent/t//a": b"0-22"}),
            "stored parent: 3 bytes became 4 bytes",
        ),
        (Returned(1), Returned(1, dropped=("blob/x",)), "more: dropped blob, such as blob/x"),
    ],
)
def test_each_part_of_an_outcome_is_looked_at(left: Outcome, right: Outcome, says: str) -> None:
    assert [kind.headline for kind in kinds_of(left, right)] == [says]


def test_a_run_that_takes_another_course_is_one_change_and_no_cascade() -> None:
    more = {NAME: pack(CHECKPOINT), NAME.replace("0001", "0002"): pack(CHECKPOINT)}
    left, right = Returned(1, stored={NAME: pack(CHECKPOINT)}), Returned([2, 3], stored=more)
    (kind,) = kinds_of(left, right)
    assert kind.headline == "stored course of invoke: 1 checkpoints became 2 checkpoints"


def test_a_case_that_was_borrowed_says_nothing_where_it_differs() -> None:
    left, right = trace(Returned(1), data=b"\x01"), trace(Returned(2), data=b"\x02")
    (place,) = trace_differences(left, right, borrowed=True)
    assert place.part == "the case"
    assert [difference.part for difference in trace_differences(left, right)] == [
        "what the release dumps for the case's objects",
        "value of invoke",
    ]


def test_another_list_of_operations_cannot_be_compared() -> None:
    left, right = trace(Returned(1)), trace(Returned(1))
    case = Case(right.case.id, right.case.subject, (Operation("stream"),))
    (place,) = trace_differences(left, Trace(case, right.outcomes))
    assert (place.before, place.after) == ("invoke", "stream")
