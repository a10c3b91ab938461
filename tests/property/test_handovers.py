"""Handovers: what LangGraph continues alike, and what an engine that loses a part of it does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pure_engine
import pytest

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Outcome,
    Pins,
    Returned,
    Subject,
    SubjectKind,
    Trace,
    Unsupported,
    run,
    split_stored_name,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.plain import Ext, Plain
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates.search_gate import case_file
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.compare import compare, same_outcomes
from parity_kit.judging.judge import Tally
from parity_kit.judging.verdicts import Equal, NotSupported, label
from parity_kit.programs.parsing import parse
from parity_kit.reference import Engine
from parity_kit.reference.build import Builder
from parity_kit.reference.savers import close_saver, load_contents, make_saver
from parity_kit.search import lockstep
from parity_kit.search.channel_classes import HOLDS, handed_classes
from parity_kit.search.handing_over import HandoverSearch, hand_over, hand_over_drawn
from parity_kit.search.handovers import LOAD, Thread, handover, is_stopped, stopped, stops
from parity_kit.search.slices import UNDISTURBED, Shrinking, Slice, search_slice, shrink_case

FIXTURES = find_workspace(Path(__file__)).fixtures
REFERENCE = Engine()
PURE = pure_engine.Engine()
Runner = Callable[[Case], tuple[Outcome, ...]]


def reference(case: Case) -> tuple[Outcome, ...]:
    return run(REFERENCE, case)


@functools.cache
def committed(corpus: str) -> tuple[Trace, ...]:
    return read_corpora(FIXTURES, [corpus])[0].traces


@functools.cache
def trace(case: str) -> Trace:
    (found,) = (trace for trace in committed(case.partition("/")[0]) if trace.case.id == case)
    return found


def searched(candidate: Runner, examples: int = 6) -> HandoverSearch:
    chosen = [
        trace("graphs/interrupt/parallel-one-at-a-time"),
        trace("graphs/error/parallel-then-mended"),
        trace("graphs/send/then-interrupt"),
    ]
    return hand_over(
        chosen,
        REFERENCE,
        CandidateUnderTest("it", candidate),
        examples=examples,
        seed_value=1,
        required=Level.BYTES,
        on_case=lambda _: None,
    )


def altered(alter: Callable[[Mapping[str, bytes]], Mapping[str, bytes]]) -> Runner:
    """Return LangGraph as an engine that takes over another thread than it was given."""

    def engine(case: Case) -> tuple[Outcome, ...]:
        first, *rest = case.operations
        if first.name != LOAD:
            return reference(case)
        given: Mapping[str, bytes] = first.args["stored"]  # pyright: ignore[reportAssignmentType]  # as `Thread.load` makes it
        load = Operation(LOAD, {**first.args, "stored": dict(alter(given))})
        # What it holds instead is not told: only what it does later shows the loss.
        return (Returned(), *reference(replace(case, operations=(load, *rest)))[1:])

    return engine


@pytest.mark.parametrize("engine", [reference, functools.partial(run, PURE)])
def test_langgraph_and_pure_continue_what_langgraph_stored(engine: Runner) -> None:
    result = searched(engine)
    assert not result.findings
    assert result.tally.verdicts["equal"] >= 4
    assert result.tally.verdicts.keys() <= {"equal", "unsupported"}


def test_the_notes_count_what_was_tried_and_what_was_not() -> None:
    threads, forth, back, held, *_ = searched(reference).notes()
    assert "of committed cases, stopped" in threads
    assert held.startswith("compared, by what the newest checkpoint holds: BinaryOperatorAggregate")
    assert forth == "LangGraph to the candidate: 6 handovers, 0 of them unsupported"
    assert back == (
        "the candidate to LangGraph: 0 handovers; not tried: 6 with every stored byte the same, so"
        " that LangGraph would only continue its own"
    )


def test_lost_pending_writes_are_found() -> None:
    result = searched(
        altered(lambda stored: {k: v for k, v in stored.items() if not k.startswith("write/")})
    )
    assert result.tally.verdict == "divergent"
    assert result.findings[0].case.id.startswith("lockstep/handover/to-candidate/")


def test_langgraph_continues_what_a_candidate_stored_where_the_bytes_differ() -> None:
    def other_parents(case: Case) -> tuple[Outcome, ...]:
        def changed(outcome: Outcome) -> Outcome:
            assert not isinstance(outcome, Unsupported)
            kept = {k: v for k, v in outcome.stored.items() if not k.startswith("write/")}
            return replace(outcome, stored=kept)

        return tuple(map(changed, reference(case)))

    result = searched(other_parents)
    back = next(one for one in result.findings if "/to-langgraph/" in one.case.id)
    assert result.begun["back"]
    file = case_file(back, REFERENCE, CandidateUnderTest("it", other_parents), Level.BYTES)
    assert file.candidate_outcomes
    assert file.candidate_outcomes == reference(back.case)
    verdict = compare(file.case, file.reference_outcomes, file.candidate_outcomes)
    assert label(verdict) == "divergent", "it shows what differs"


def test_a_candidate_that_takes_nothing_over_is_unsupported() -> None:
    def without(case: Case) -> tuple[Outcome, ...]:
        outcomes = reference(case)
        return tuple(
            Unsupported("no operation load_stored") if operation.name == LOAD else outcome
            for operation, outcome in zip(case.operations, outcomes, strict=True)
        )

    result = searched(without, 3)
    assert result.tally.verdict == "unsupported"
    assert not result.tally.compared


def test_the_committed_handovers_are_the_rest_of_undisturbed_runs() -> None:
    checked = 0
    for continued in committed("handovers"):
        name = continued.case.id.removeprefix("handovers/")
        base, _, number = name.rpartition("/after-")
        if not base:
            continue
        whole = trace(base)
        rest = whole.outcomes[int(number) :]
        assert same_outcomes(rest, continued.outcomes[1:]), name
        checked += 1
    assert checked > 50


def _held_by_langgraph(case: Case) -> set[str]:
    """Return the classes of channels with a value, as LangGraph's saver and graph give them."""
    spec = case.subject.spec
    stored = cast("Mapping[str, bytes]", case.operations[0].args["stored"])
    saver = make_saver(spec["saver"])
    load_contents(saver, stored)
    channels = Builder().compile(parse(spec["program"]), None).channels  # pyright: ignore[reportArgumentType]  # no functional program
    held: set[str] = set()
    for thread in {split_stored_name(name)[1] for name in stored}:
        found = saver.get_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
        if found is None:
            continue
        values = found.checkpoint["channel_values"]
        for name in found.checkpoint["channel_versions"].keys() & channels.keys():
            kind = type(channels[name]).__name__
            emptied = kind.startswith(("Topic", "Named")) and values.get(name) in ([], set())
            if kind == "DeltaChannel" or (name in values and not emptied):
                held.add(HOLDS + kind)
    close_saver(saver)
    return held


def test_the_classes_that_a_handover_holds_are_those_of_langgraphs_channels() -> None:
    seen: set[str] = set()
    for continued in committed("handovers"):
        if "entrypoint" in continued.case.features:
            continue
        classes = {name for name in continued.case.features if name.startswith(HOLDS)}
        assert classes == _held_by_langgraph(continued.case), continued.case.id
        seen |= classes
    # All classes but UntrackedValue, which is never stored.
    assert len(seen) == 9


def test_bytes_that_cannot_be_read_hold_nothing() -> None:
    stored = {"checkpoint/t//1/msgpack": b"\xc1", "checkpoint/u//1/msgpack": b"\x01"}
    assert handed_classes(stored, {"program": _program()}) == ()


def test_a_run_stops_after_a_superstep_and_goes_on() -> None:
    case = trace("graphs/line/invoke").case
    whole = trace("graphs/line/invoke").outcomes
    cut = stopped(case, 0, 1)
    outcomes = reference(cut)
    assert is_stopped(outcomes[0])
    assert [operation.name for operation in cut.operations[:2]] == ["invoke", "invoke"]
    assert cut.operations[1].args["input"] is None
    assert isinstance(outcomes[1], Returned)
    assert isinstance(whole[0], Returned)
    assert outcomes[1].value == whole[0].value
    assert next(iter(stops(cut, outcomes))) == 1


def test_a_thread_counts_on_from_the_ids_it_gave() -> None:
    thread = Thread()
    for outcome in trace("graphs/line/invoke").outcomes:
        thread.add(outcome)
    load = thread.load()
    assert load.args["created"] == 5
    assert "messages" not in load.args


@pytest.mark.parametrize("saver", ["memory", "sqlite"])
def test_what_was_loaded_is_what_is_stored(saver: str) -> None:
    whole = trace("graphs/interrupt/parallel-nodes" + ("/sqlite" if saver == "sqlite" else ""))
    continued = handover(whole.case, whole.outcomes, 1)
    (first, *_) = reference(continued.case)
    assert first == Returned()
    (first, *_) = run(PURE, continued.case)
    assert first == Returned()


def test_an_old_layout_keeps_its_numbers_as_versions() -> None:
    whole = trace("migration/both-names/start/old-is-newer/go-on")
    for stop in stops(whole.case, whole.outcomes):
        continued = handover(whole.case, whole.outcomes, stop)
        verdict = compare(continued.case, continued.outcomes, reference(continued.case))
        assert isinstance(verdict, Equal)


def test_types_that_may_not_be_built_are_not_loaded() -> None:
    data = pack({"channel_versions": {}, "x": Ext(1, pack(["os", "system", ["true"]]))})
    subject = Subject(SubjectKind.GRAPH, {"program": _program(), "saver": "memory"})
    stored = {"checkpoint/t//1/msgpack": data, "metadata/t//1/msgpack": pack({})}
    case = Case(CaseId("x"), subject, (Operation(LOAD, {"stored": stored}),), (), Pins())
    (outcome,) = reference(case)
    assert isinstance(outcome, Unsupported)
    assert "os.system" in outcome.reason


def test_a_name_of_no_entry_is_refused() -> None:
    subject = Subject(SubjectKind.GRAPH, {"program": _program(), "saver": "memory"})
    case = Case(CaseId("x"), subject, (Operation(LOAD, {"stored": {"what/t": b""}}),), (), Pins())
    (outcome,) = reference(case)
    assert not isinstance(outcome, Returned)


def test_what_follows_a_load_that_is_unsupported_is_not_compared() -> None:
    whole = trace("graphs/interrupt/parallel-nodes")
    continued = handover(whole.case, whole.outcomes, 1)
    theirs = (Unsupported("no load"), *reference(continued.case)[1:-1], Returned("other"))
    verdict = compare(continued.case, continued.outcomes, theirs)
    assert verdict == NotSupported("no load")


def _program() -> Plain:
    return trace("graphs/line/invoke").case.subject.spec["program"]


def test_what_langgraph_keeps_in_its_process_is_not_handed_over() -> None:
    result = hand_over(
        [trace("persistence/partial/sends")],
        REFERENCE,
        CandidateUnderTest("it", reference),
        examples=6,
        seed_value=1,
        required=Level.BYTES,
        on_case=lambda _: None,
    )
    assert result.left_out["visits"] >= 1
    assert "visits" in list(result.notes())[-1]


def test_handovers_that_differ_undisturbed_are_one_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = Engine()
    monkeypatch.setattr(lockstep, "SIMPLIFY_SECONDS", 0.0)

    def other_values(case: Case) -> tuple[Outcome, ...]:
        outcomes = run(reference, case)
        return tuple(
            replace(outcome, value="other") if isinstance(outcome, Returned) and at else outcome
            for at, outcome in enumerate(outcomes)
        )

    under_test = CandidateUnderTest("it", other_values)
    result = search_slice(Slice("handover", 0, 4), 0, reference, under_test, Level.BYTES)
    assert [seen.cause for seen in result.causes] == [UNDISTURBED]
    (seen,) = result.causes
    assert seen.cases == result.begun["differs undisturbed"] == 4
    wanted = Shrinking("handover", seen.verdict, seen.cause, seen.choices)
    assert shrink_case(wanted, reference, under_test, Level.BYTES)
    equal = CandidateUnderTest("it", lambda case: run(reference, case))
    assert shrink_case(wanted, reference, equal, Level.BYTES) is None


def test_drawn_threads_that_are_handed_over_have_names_of_their_own() -> None:
    def broken(case: Case) -> tuple[Outcome, ...]:
        return tuple(
            replace(outcome, value=0) if isinstance(outcome, Returned) else outcome
            for outcome in reference(case)
        )

    result = HandoverSearch(Tally(Level.BYTES))
    under_test = CandidateUnderTest("it", broken)
    drawn = hand_over_drawn(REFERENCE, under_test, result, 6, "1")
    threads = {tuple(choices): failure.case.id.split("/")[5] for failure, choices in drawn}
    assert len(set(threads.values())) == len(threads) > 1
