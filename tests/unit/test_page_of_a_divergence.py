"""What the page draws of a divergence: real outcomes of LangGraph, one of them changed by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

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
    Trace,
)
from parity_kit.contract.canonical import pack, unpack
from parity_kit.contract.casefile import CaseFile
from parity_kit.corpora.folder import read_corpora
from parity_kit.gates.findings import divergence
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Crashed, Divergent, Verdict
from parity_kit.programs.topology import MOST_NODES, topology
from parity_kit.report.detail import detail
from parity_kit.report.drawing import graph_svg
from parity_kit.report.supersteps import Supersteps
from parity_kit.report.timeline import MOST_ROWS

FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE = "<script>alert(1)</script>"


@cache
def _graphs() -> dict[str, Trace]:
    return {trace.case.id: trace for trace in read_corpora(FIXTURES, ["graphs"])[0].traces}


def _kept(case: str, change: Callable[[Returned], Outcome], at: int = 0) -> CaseFile:
    """Return a case of the corpus, of which a candidate changed one outcome."""
    trace = _graphs()[case]
    outcomes = list(trace.outcomes)
    outcome = outcomes[at]
    assert isinstance(outcome, Returned)
    outcomes[at] = change(outcome)
    return CaseFile(trace.case, "port", trace.outcomes, tuple(outcomes))


def _detail(kept: CaseFile, level: str) -> dict[str, Any]:
    return json.loads(json.dumps(detail(kept, _divergence(kept, _verdict(kept, level)))))


def _verdict(kept: CaseFile, level: str) -> Divergent:
    assert kept.candidate_outcomes is not None
    required = Level[level.upper()]
    verdict = compare(kept.case, kept.reference_outcomes, kept.candidate_outcomes, required)
    assert isinstance(verdict, Divergent)
    return verdict


def _divergence(kept: CaseFile, verdict: Verdict) -> dict[str, Any]:
    """Return a divergence as it comes from report.json."""
    event = divergence(
        candidate="port", gate="g", case=kept.case, verdict=verdict, count=1, file="f"
    )
    return json.loads(json.dumps(dataclasses.asdict(event)))


def _stored(change: Callable[[dict[str, bytes]], object]) -> Callable[[Returned], Outcome]:
    def changed(outcome: Returned) -> Outcome:
        stored = dict(outcome.stored)
        change(stored)
        return dataclasses.replace(outcome, stored=stored)

    return changed


def _name(stored: Mapping[str, bytes], *parts: str) -> str:
    return next(name for name in sorted(stored) if all(part in name for part in parts))


def _rows(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for operation in shown["timeline"] for row in operation["rows"]]


def _hostile(outcome: Returned) -> Outcome:
    return dataclasses.replace(outcome, value=HOSTILE)


def _longer_log(stored: dict[str, bytes]) -> None:
    last = [name for name in sorted(stored) if name.startswith("blob/t//log/")][-1]
    log: Any = unpack(stored[last])
    stored[last] = pack([*log, "one more"])


def test_a_wrong_blob_is_found_in_its_superstep() -> None:
    shown = _detail(_kept("graphs/stream/updates", _stored(_longer_log)), "bytes")
    parted = [row for row in _rows(shown) if row.get("parted")]

    assert len(parted) == 1
    assert parted[0]["first"]
    assert parted[0]["step"] == max(row["step"] for row in _rows(shown) if row["step"] is not None)
    assert parted[0]["candidate"].endswith("'one more']")
    assert "one more" not in parted[0]["reference"]
    ran = [row["node"] for row in _rows(shown) if row.get("what") == "ran" and row["step"] > 0]
    assert ran == [name["name"] for name in shown["graph"]["nodes"]], "a line, node after node"


def test_the_bytes_are_marked_where_they_differ_and_nowhere_else() -> None:
    kept = _kept("graphs/stream/updates", _stored(_longer_log))
    shown = _detail(kept, "bytes")["bytes"]
    mine, yours = shown["reference"], shown["candidate"]

    assert yours["size"] == mine["size"] + len(pack("one more"))
    assert yours["marked"][1] - yours["marked"][0] > len("one more")
    assert bytes.fromhex(yours["hex"].replace(" ", ""))[yours["marked"][0] - yours["start"] :]
    marked = [value for value in yours["values"] if value[-1]]
    assert [value[3] for value in marked][-1] == "'one more'"
    # The list is longer; all else in it is the same.
    assert len([value for value in mine["values"] if value[-1]]) == 1


def test_an_entry_that_only_one_side_has_is_nothing_on_the_other() -> None:
    def drop(stored: dict[str, bytes]) -> None:
        del stored[_name(stored, "blob/t//__start__", "empty")]

    kept = _kept("graphs/line/invoke", _stored(drop))
    shown = _detail(kept, "bytes")
    parted = next(row for row in _rows(shown) if row.get("parted"))

    assert parted["candidate"] is None
    assert parted["reference"] == "channel __start__ is emptied"
    assert shown["bytes"] is None or shown["bytes"]["candidate"] is None
    assert "`" not in shown["place"]
    assert _verdict(kept, "bytes").difference.cause == "the mark of an emptied channel is missing"


def test_a_missing_event_is_found_where_its_node_ran() -> None:
    def fewer(outcome: Returned) -> Outcome:
        return dataclasses.replace(outcome, events=outcome.events[:-1])

    kept = _kept("graphs/stream/updates", fewer)
    shown = _detail(kept, "trace")
    parted = next(row for row in _rows(shown) if row.get("parted"))

    assert parted["what"] == "told"
    assert parted["candidate"] is None
    assert parted["node"] == shown["graph"]["nodes"][-1]["name"]
    assert parted["step"] == len(shown["graph"]["nodes"])
    assert _verdict(kept, "trace").difference.cause == "an event of mode updates is missing"


def test_an_error_is_shown_beside_the_value() -> None:
    def fail(outcome: Returned) -> Outcome:
        return Raised("port.Oops", f"no {HOSTILE} 17", outcome.events, outcome.stored)

    kept = _kept("graphs/line/invoke", fail)
    shown = _detail(kept, "result")

    assert _rows(shown)[-1]["candidate"] == f"raises Oops: 'no {HOSTILE} 17'"
    assert _rows(shown)[-1]["parted"]
    assert _verdict(kept, "result").difference.cause == (
        f"raises Oops: no {HOSTILE.replace('1', '#')} #"
    )
    assert shown["place"] == "Operation 1 of 2, invoke: raised instead of returned. Results differ."


def test_very_many_rows_are_cut_around_the_first_difference_and_counted() -> None:
    trace = _graphs()["graphs/stream/all"]
    flood = tuple(Event("custom", (), f"more {number}") for number in range(500))

    def loud(outcome: Returned) -> Outcome:
        return dataclasses.replace(outcome, events=(*outcome.events, *flood))

    kept = _kept(trace.case.id, loud)
    rows = _rows(_detail(kept, "trace"))

    assert len(rows) <= MOST_ROWS + 3
    assert sum(row.get("cut", 0) for row in rows) > 400
    assert any(row.get("first") for row in rows)
    assert rows[-1]["what"] == "gave"


def test_a_node_that_was_sent_to_is_named() -> None:
    shown = _detail(_kept("graphs/send/map-reduce", _stored(_longer_log)), "bytes")
    ran = [row["node"] for row in _rows(shown) if row.get("what") == "ran"]

    assert ran.count("work") > 1


def test_every_graph_of_the_corpus_can_be_drawn() -> None:
    drawn = 0
    for case, trace in _graphs().items():
        if not isinstance(trace.outcomes[-1], Returned):
            continue
        kept = _kept(case, _hostile, -1)
        shown: dict[str, Any] = _detail(kept, "result")
        drawing = graph_svg(shown["graph"], "", [])
        for node in shown["graph"]["nodes"]:
            assert f"{node['name']}</text>" in drawing, case
        assert drawing.count("<title>") == 1
        drawn += 1

    assert drawn > len(_graphs()) / 2


def test_a_graph_too_large_to_draw_is_counted() -> None:
    names = [f"n{number}" for number in range(MOST_NODES + 1)]
    program: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {name: {"body": []} for name in names},
        "edges": [["__start__", names[0]]],
    }

    assert topology({"program": program}) == {
        "nodes": [],
        "edges": [],
        "more": [MOST_NODES + 1, 1],
    }


def test_edges_say_how_they_lead_on() -> None:
    body = [{"return": {"command": {"goto": {"if": [{"get": "n"}, "a", "__end__"]}}}}]
    program: dict[str, Any] = {
        "state": {"n": {"type": "int"}},
        "nodes": {"a": {"body": body, "defer": True}, "b": {"body": []}, "c": {"body": []}},
        "edges": [["__start__", "a"], [["a", "b"], "c"]],
        "branches": {"b": [{"path": {"get": "n"}, "map": {"x": "c", "y": "a"}}]},
        "interrupt_before": ["b"],
    }
    drawn = topology({"program": program})

    assert {(edge["from"], edge["to"], edge["is"]) for edge in drawn["edges"]} == {
        ("__start__", "a", "edge"),
        ("a", "c", "join"),
        ("b", "c", "join"),
        ("b", "a", "branch"),
        ("a", "a", "goto"),
        ("a", "__end__", "goto"),
    }
    assert drawn["nodes"][0]["deferred"]
    assert drawn["nodes"][1]["stops"]


def test_a_codec_case_has_bytes_and_no_graph() -> None:
    case = Case(
        CaseId("codec/x"),
        Subject(SubjectKind.CODEC, {"strict": True}),
        (Operation("encode", {"value": {"a": 1}}),),
    )
    mine = Returned("msgpack", stored={"data": pack({"a": 1})})
    yours = Returned("msgpack", stored={"data": b"\x81\xa1a\xcc\x01"})
    shown = _detail(CaseFile(case, "port", (mine,), (yours,)), "bytes")

    assert shown["graph"] is None
    assert shown["subject"].startswith("LangGraph's serializer")
    assert shown["bytes"]["reference"]["hex"] == "81 a1 61 01"
    assert shown["bytes"]["candidate"]["marked"] == [3, 4]
    assert "JsonPlusSerializer" in shown["script"]["text"]


def test_bytes_that_are_no_messagepack_are_shown_too() -> None:
    case = Case(
        CaseId("codec/x"),
        Subject(SubjectKind.CODEC, {"strict": False}),
        (Operation("encode", {"value": 1}),),
    )
    sides = [Returned("msgpack", stored={"data": data}) for data in (b"\x01", b"\xc1\xff")]
    shown = _detail(CaseFile(case, "port", (sides[0],), (sides[1],)), "bytes")

    assert shown["bytes"]["candidate"]["hex"] == "c1 ff"


def test_a_candidate_that_gave_no_outcomes_is_shown_by_its_case_alone() -> None:
    trace = _graphs()["graphs/line/invoke"]
    kept = CaseFile(trace.case, "port", trace.outcomes, None)

    divergence = _divergence(kept, Crashed("signal 11 in case 27"))
    assert divergence["cause"] == "crashed: signal # in #"
    shown = detail(kept, divergence)
    assert "timeline" not in shown
    assert shown["graph"] is not None


def test_a_node_that_was_sent_to_three_times_ran_three_times_in_one_superstep() -> None:
    outcomes = _graphs()["graphs/send/map-reduce"].outcomes
    runs = Supersteps.of(outcomes).runs(outcomes[:1])

    assert [step for step, node in runs if node == "work"] == [2, 2, 2]
