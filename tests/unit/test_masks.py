"""Masks: what is masked is what moves, where it moves; everything else is compared exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli import fixtures_masks
from parity_kit.cli.fixtures import command as fixtures
from parity_kit.contract import (
    Case,
    CaseId,
    Event,
    Level,
    Returned,
    Subject,
    SubjectKind,
    Trace,
    run,
)
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.plain import Plain
from parity_kit.corpora.authoring import op
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.drift import masking
from parity_kit.corpora.drift.masking import Measured, compare_masks, measure_here
from parity_kit.corpora.drift.volatile import moves_between
from parity_kit.corpora.folder import read_corpora, write_corpora
from parity_kit.corpora.regenerate import oracle
from parity_kit.judging.compare import compare
from parity_kit.judging.masks import MASKS, Mask, MaskPlace, Masks, Move, oracle_masks, read_masks
from parity_kit.judging.renaming import Renamer
from parity_kit.judging.verdicts import Divergent, Equal
from parity_kit.msgpack.values import SETS
from parity_kit.reference.engine import Engine
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.pins import Pin

WORKSPACE = find_workspace(Path(__file__))
ONE, OTHER = "0b8f3c64-0000-6000-8000-000000000001", "77777777-0000-6000-8000-00000000000f"
PROGRAM: dict[str, Any] = {
    "state": {"ref": {"type": "str"}, "log": {"type": "list", "reducer": "add"}},
    "nodes": {
        "a": {"body": [{"write": {"log": ["a"]}}]},
        "b": {"body": [{"write": {"log": ["b"]}}]},
    },
    "edges": [["__start__", "a"], ["__start__", "b"], ["a", "__end__"], ["b", "__end__"]],
    "branches": {},
    "interrupt_before": [],
    "interrupt_after": [],
}
CASE = Case(
    CaseId("masks"),
    Subject(SubjectKind.GRAPH, {"program": PROGRAM, "saver": "memory"}),
    (
        op("stream", thread="t", input={"ref": ONE}, modes=["values", "updates", "tasks"]),
        op("get_state", thread="t"),
    ),
)


def renamed(outcomes: Any, *, where: str) -> Any:
    """Return the outcomes of `CASE` with an id in the last one's value replaced."""
    last = json.loads(json.dumps(outcomes[-1].value))
    if where == "ref":
        last["values"]["ref"] = OTHER
    else:
        last["config"]["configurable"]["checkpoint_id"] = OTHER
    return (*outcomes[:-1], replace(outcomes[-1], value=last))


def test_an_id_of_the_users_own_is_compared_exactly() -> None:
    ours = run(Engine(), CASE)
    for level in (Level.RESULT, Level.TRACE):
        assert compare(CASE, ours, renamed(ours, where="checkpoint"), level) == Equal(level)
        verdict = compare(CASE, ours, renamed(ours, where="ref"), level)
        assert isinstance(verdict, Divergent)
        assert verdict.difference.path == "$.values.ref"


def test_a_field_named_like_a_place_of_langgraphs_is_the_users_own() -> None:
    program = PROGRAM | {"state": {"created_at": {"type": "str"}}}
    case = replace(CASE, subject=Subject(SubjectKind.GRAPH, {"program": program, "saver": None}))
    case = replace(case, operations=(op("invoke", input={}),))
    ours = (Returned({"created_at": "2024-01-01T00:00:00+00:00"}),)
    theirs = (Returned({"created_at": "2025-01-01T00:00:00+00:00"}),)
    assert isinstance(compare(case, ours, theirs, Level.RESULT), Divergent)


def test_nothing_is_masked_at_bytes() -> None:
    ours = run(Engine(), CASE)
    verdict = compare(CASE, ours, renamed(ours, where="checkpoint"))
    assert isinstance(verdict, Divergent)
    assert verdict.reached is Level.TRACE


@pytest.mark.parametrize("pin", [Pin.IDS, Pin.CLOCK, Pin.CHANCE])
def test_an_engine_without_a_pin_agrees_at_trace(pin: Pin) -> None:
    engine = Engine([pin])
    with silence_langgraph():
        for corpus in read_corpora(WORKSPACE.fixtures, ["graphs"]):
            for trace in corpus.traces:
                given = run(engine, trace.case)
                assert compare(trace.case, trace.outcomes, given, Level.TRACE) == Equal(Level.TRACE)


def swapped(outcomes: Any, first: int, second: int) -> Any:
    events: list[Event] = list(outcomes[0].events)
    events[first], events[second] = events[second], events[first]
    return (replace(outcomes[0], events=tuple(events)), *outcomes[1:])


def test_the_order_of_a_superstep_is_free_and_no_other() -> None:
    ours: Any = run(Engine(), CASE)
    results = [at for at, event in enumerate(ours[0].events) if event.mode == "updates"]
    theirs = swapped(ours, *results)
    assert compare(CASE, ours, theirs, Level.TRACE) == Equal(Level.TRACE)
    assert isinstance(compare(CASE, ours, theirs), Divergent)
    start = next(at for at, event in enumerate(ours[0].events) if event.mode == "tasks")
    verdict = compare(CASE, ours, swapped(ours, start, results[0]), Level.TRACE)
    assert isinstance(verdict, Divergent)


def test_where_no_event_shows_the_end_of_a_superstep_order_is_kept() -> None:
    case = replace(CASE, operations=(op("stream", thread="t", input={}, modes=["updates"]),))
    ours = run(Engine(), case)
    assert isinstance(compare(case, ours, swapped(ours, 0, 1), Level.TRACE), Divergent)


def test_what_a_program_reads_of_langgraphs_ids_is_masked_in_that_program_alone() -> None:
    asking = PROGRAM | {"nodes": {"a": {"body": [{"write": {"ref": {"info": "task_id"}}}]}}}
    place = MaskPlace("graph run value", "$.*", asking=True)
    masks = Masks([Mask(place, Move.ID)])
    for program, verdict in ((PROGRAM, Divergent), (asking, Equal)):
        subject = Subject(SubjectKind.GRAPH, {"program": program, "saver": None})
        case = Case(CaseId("asking"), subject, (op("invoke", input={}),))
        ours, theirs = (Returned({"ref": ONE}),), (Returned({"ref": OTHER}),)
        assert isinstance(compare(case, ours, theirs, Level.RESULT, masks), verdict)


@pytest.fixture(scope="module")
def measured() -> Measured:
    trace = Trace(CASE, run(Engine(), CASE))
    return measure_here([trace], ["ids", "clock", "threads"])


def test_each_mask_is_measured_with_its_evidence(measured: Measured) -> None:
    masks = {(mask.place.part, mask.place.path, mask.move): mask for mask in measured.masks}
    config = masks["graph get_state value", "$.config.configurable.checkpoint_id", Move.ID]
    assert config.under == {"ids": 1}
    assert config.example == {
        "case": "masks",
        "operation": "1",
        "pinned": "00000000-0000-6000-8000-000000000003",
        "free": "<id>",
    }
    assert ("graph get_state value", "$.created_at", Move.TIME) in masks
    assert masks["graph event updates", "$", Move.ORDER].under == {"threads": 1}
    assert not any("ref" in mask.place.path for mask in measured.masks)
    assert {mask.name for mask in measured.masks} <= {mask.name for mask in read_masks(MASKS)}


def test_a_mask_not_needed_any_more_is_reported(measured: Measured) -> None:
    needless = Mask(MaskPlace("graph get_state value", "$.next[]"), Move.ID)
    stale = compare_masks([*measured.masks, needless], measured)
    assert (stale.needless, stale.missing) == ((needless,), ())
    assert needless.name == "id at graph get_state value $.next[]"


def test_a_race_that_does_not_show_keeps_its_mask(measured: Measured) -> None:
    place = MaskPlace("graph get_state value", "$.interrupts")
    race, both = (
        Mask(place, Move.ORDER, dict.fromkeys(under, 1))
        for under in (["threads"], ["threads", "async"])
    )
    assert not compare_masks([*measured.masks, race], measured).any
    assert compare_masks([*measured.masks, both], measured).needless == (both,)


def test_the_items_of_a_stream_that_a_run_returns_have_an_order() -> None:
    items: list[Any] = ["one", "two"]
    trace = Trace(CASE, (Returned(items),) * len(CASE.operations))
    moved = [*moves_between(trace, (Returned(items[::-1]), *trace.outcomes[1:]))]
    assert [move.move for move in moved] == [Move.OTHER]


def test_what_moves_and_has_no_mask_is_reported(measured: Measured) -> None:
    stale = compare_masks(measured.masks[1:], measured)
    assert (stale.needless, stale.missing) == ((), measured.masks[:1])


@pytest.mark.slow
def test_the_command_names_what_is_stale(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "parity.toml").touch()
    corpus = Corpus(CorpusName("one"), (Trace(CASE, run(Engine(), CASE)),))
    write_corpora(tmp_path / "fixtures", [corpus], *oracle())
    file = tmp_path / "masks.json"
    monkeypatch.setattr("parity_kit.judging.masks.MASKS", file)
    needless = Mask(MaskPlace("graph get_state value", "$.next[]"), Move.ID)
    kept = replace(measured, masks=(needless, *measured.masks[:-1]))
    file.write_text(kept.to_json(), encoding="utf-8")

    def invoke(*options: str) -> Result:
        arguments = ["masks", *options, "--workspace", str(tmp_path)]
        return CliRunner().invoke(fixtures, arguments, standalone_mode=False)

    done = invoke("--check")
    assert done.return_value == 1
    assert "no longer needed: id at graph get_state value $.next[]" in done.output
    assert f"changes but has no mask: {measured.masks[-1].name}" in done.output.replace("\n", " ")
    assert invoke().return_value == 0
    assert not fixtures_masks.against_kept(measured).any


def test_the_file_is_as_it_is_written() -> None:
    text = MASKS.read_text(encoding="utf-8")
    cases = json.loads(text)["cases"]
    assert Measured(cases, read_masks(MASKS)).to_json() == text
    assert set(cases) == set(masking.VARIATIONS)


def test_sets_are_put_in_order_because_their_order_was_seen_to_move() -> None:
    types = {mask.place.part for mask in read_masks(MASKS) if mask.place.part.startswith("any ")}
    assert types == {f"any builtins.{name}" for name in SETS}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "masks.json").write_text('{"masks": 1}', encoding="utf-8")
    with pytest.raises(BadFileError, match="expected masks"):
        read_masks(tmp_path / "masks.json")


def test_values_that_hold_no_mask_come_through_as_they_are() -> None:
    value: Plain = {"values": {"ref": ONE}, "next": [], "metadata": {"parents": {}}}
    own = oracle_masks().of(CASE)
    assert Renamer(own).value("graph get_state value", value) == value
