"""A hostile candidate: whatever its outcomes hold, the page draws it as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from parity_kit.contract import Event, Level, Raised, Returned
from parity_kit.contract.canonical import pack
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.events import DivergenceFound, RunStarted, event_to_json
from parity_kit.contract.plain import Ext
from parity_kit.corpora.folder import read_corpora
from parity_kit.judging.compare import compare
from parity_kit.judging.verdicts import Difference, Divergent
from parity_kit.report.write import write_report

FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{ 7*7 }}\x00\u202e"


class _Reader(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def _hostile_case(folder: Path) -> Sequence[Difference]:
    """Write a case with hostile outcomes; return where they differ from LangGraph's."""
    trace = next(
        trace
        for trace in read_corpora(FIXTURES, ["graphs"])[0].traces
        if trace.case.id == "graphs/stream/all"
    )
    first, *rest = trace.outcomes
    assert isinstance(first, Returned)
    deep: Any = HOSTILE
    for _ in range(120):
        deep = [deep]
    stored = {
        f"blob/{HOSTILE.replace('/', '%2F')}": HOSTILE.encode(),
        "write/t//x/y/not-a-number/c/~__pregel_push, 9/msgpack": b"\xc1",
        "blob/t//__pregel_tasks/1.0/msgpack": pack([Ext(1, b"\xc1"), HOSTILE]),
        "checkpoint": b"\xff",
        "metadata/t//x/msgpack": pack({"step": HOSTILE}),
        HOSTILE.replace("/", ""): pack({HOSTILE: 1}),
    }
    events = (
        *first.events[:2],
        Event(HOSTILE, (HOSTILE,), {HOSTILE: deep}),
        Event("debug", (), {"payload": HOSTILE, "step": HOSTILE}),
        Event("checkpoints", (), {"metadata": [HOSTILE]}),
        Event("updates", (), HOSTILE),
    )
    theirs = Raised(HOSTILE, HOSTILE, events, {**first.stored, **stored}, (HOSTILE,))
    outcomes = (theirs, *rest)
    CaseFile(trace.case, "port", trace.outcomes, outcomes).write(folder / "cases/1")
    verdict = compare(trace.case, trace.outcomes, outcomes)
    assert isinstance(verdict, Divergent)
    return verdict.differences


def test_outcomes_of_a_hostile_candidate_are_drawn_as_text(tmp_path: Path) -> None:
    differences = _hostile_case(tmp_path)
    candidate_events = [
        DivergenceFound(
            *("port", f"gate {level.label}", "c", "divergent", HOSTILE, level.label),
            *("", "", "", "", "cases/1", 1),
            difference=next(item for item in differences if item.level is level).to_json(),
        )
        for level in (Level.RESULT, Level.TRACE, Level.BYTES)
    ]
    events: list[Any] = [RunStarted("r", "0", {}, {}, 1, ["port"]), *candidate_events]
    lines = [f"{json.dumps(event_to_json(event))}\n" for event in events]
    (tmp_path / "journal.jsonl").write_text("".join(lines), encoding="utf-8")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(page)

    assert reader.elements.count("script") == 1
    assert reader.elements.count("img") == 0
    assert reader.elements.count("svg") == len(candidate_events)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "style"]
    assert "first difference" in reader.text
    for hidden in "\x00\u202e":
        assert hidden not in page
