# ruff: noqa: RUF001  # the signs that people are shown
from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from parity_kit.bench.plan import CONTROL
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateFailed,
    CandidateJudged,
    CandidateStarted,
    ClaimsRead,
    CorporaChecked,
    DivergenceFound,
    EngagementSeen,
    EntryStale,
    Event,
    GateFinished,
    RowJudged,
    RunFinished,
    RunStarted,
)
from parity_kit.judging import text
from parity_kit.report.page import render
from parity_kit.report.selection import SHOWN
from parity_kit.report.summary import summarize

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{ 7*7 }}\x00\u202e\ud800"
)


def _divergence(candidate: str, case: str, value: str = "2") -> DivergenceFound:
    return DivergenceFound(
        candidate,
        "graphs",
        case,
        "divergent",
        f"operation 0 (invoke): value {case}",
        "result",
        "1",
        value,
        "01 02",
        "01 03",
        f"cases/{case}.msgpack",
        2,
    )


def _rows(name: str, text: str, gate: str) -> list[RowJudged]:
    """Return a row that agrees, one that differs, one in part unsupported, one without a case."""
    rows: list[tuple[str, str, int, dict[str, int], dict[str, int], list[list[str]]]] = [
        ("equal", "bytes", 2, {"equal": 2}, {}, []),
        ("divergent", "trace", 3, {"divergent": 1, "equal": 2}, {}, [["a/case", gate, text]]),
        ("unsupported", "bytes", 1, {"equal": 1, "unsupported": 2}, {text: 2}, []),
        ("unknown", "none", 0, {}, {"no case": 0}, []),
    ]
    return [
        RowJudged(name, "errors", f"row {index}", index == 0, text, [f"*/{text}/*"], text, *fields)
        for index, fields in enumerate(rows)
    ]


def _events(name: str = "port", text: str = "fine", *, engaged: bool = True) -> list[Event]:
    bench = ("faster", 2.0, 1.9, 2.1, 0.002, 0.001, 5, 0)
    missing = ("not comparable", None, None, None, None, None, 0, 0, text)
    return [
        RunStarted("r1", "0.1.0", {"langgraph": "1.2.24"}, {"cpus": text}, 7, [name, "dead"]),
        CorporaChecked({"codec": 3, text: 4}, [text], 0.5),
        CandidateStarted(name, text, text, text, {"codec": "bytes"}, 0.2),
        _divergence(name, text, text),
        GateFinished(
            name, text, "corpus", "divergent", "bytes", "trace", 3, {"equal": 2}, {text: 3}, 0.1
        ),
        EngagementSeen(name, {text: int(engaged)}, engaged=engaged),
        ClaimsRead(name, text, text),
        *_rows(name, text, "graphs"),
        BenchMeasured(CONTROL, "sequential-5", "sequential", *bench),
        BenchMeasured(name, "sequential-5", "sequential", *bench, text),
        BenchMeasured(name, "channels-binop", "channels", *missing),
        CandidateJudged(name, "divergent", text, 1),
        CandidateFailed("dead", text, "crashed", text),
        CandidateJudged("dead", "crashed", text, 3),
        RunFinished(1, 2.5, [text]),
    ]


def _page(events: list[Event]) -> str:
    return render(summarize(events).to_json())


class _Reader(HTMLParser):
    """Collects elements, attributes and the text outside of style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.elements[-1:] not in (["style"], ["script"]):
            self.text += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def test_the_same_report_gives_the_same_bytes() -> None:
    assert _page(_events()) == _page(_events())


def test_hostile_text_is_text_wherever_it_comes_from() -> None:
    page = _page(_events(text=HOSTILE))
    harmless = _read(_page(_events()))
    reader = _read(page)

    assert reader.elements.count("script") == 1
    assert reader.elements.count("img") == 0
    assert set(reader.elements) <= {*harmless.elements, "mark"}
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert "<img src=x onerror=alert(2)>" in reader.text
    assert "{{ 7*7 }}" in reader.text
    for hidden in "\x00\u202e\ud800":
        assert hidden not in page
    for shown in ("␀", "⟨U+202E⟩", "⟨U+D800⟩"):
        assert shown in reader.text
    page.encode("utf-8")


def test_a_hostile_name_of_a_candidate_is_text_in_the_plot_too() -> None:
    page = _page(_events(name="<svg onload=alert(1)> $\\frac{1}{2}$ 中\x01"))

    assert "<svg onload" not in page
    assert _read(page).elements.count("svg") == 1
    assert "$\\frac{1}{2}$ 中␁</text>" in page


def test_nothing_is_loaded_from_anywhere() -> None:
    page = _page(_events())
    links = [
        value or ""
        for name, value in _read(page).attributes
        if name in {"href", "src", "action", "srcset", "xlink:href"}
    ]

    assert links
    assert [link for link in links if not link.startswith("#") and link != "data:,"] == []
    assert not re.search(r"https?:|url\((?!#)|@import|//[a-z]", page.split("</style>")[0])
    assert "http" not in page.replace("http-equiv", "")


def test_a_strict_policy_needs_no_exception() -> None:
    page = _page(_events())
    policy = next(value for _, value in _read(page).attributes if value and "default-src" in value)

    assert "unsafe" not in policy
    assert not [name for name, _ in _read(page).attributes if name == "style"]


def test_the_verdict_comes_before_everything_else() -> None:
    page = _page(_events())
    places = [page.index(f'id="{name}"') for name in ("verdicts", "matrix", "differences", "how")]

    assert places == sorted(places)
    assert "None of 2 candidates agree with LangGraph" in page


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["parity"], "p0 agrees with LangGraph"),
        (["divergent"], "p0 differs from LangGraph"),
        (["expected"], "p0 differs from LangGraph only as its ledger expects"),
        (["unknown"], "p0 was not judged equal to LangGraph"),
        (["parity", "divergent"], "1 of 2 candidates agrees with LangGraph"),
        (["equal", "equal"], "2 of 2 candidates agree with LangGraph"),
        ([], "No candidate was compared"),
    ],
)
def test_the_headline_counts_only_what_is_equal(verdicts: list[str], expected: str) -> None:
    names = [f"p{index}" for index in range(len(verdicts))]
    judged = [
        CandidateJudged(name, verdict, "", 0) for name, verdict in zip(names, verdicts, strict=True)
    ]

    assert f"<h1>{expected}</h1>" in _page([RunStarted("r", "0", {}, {}, 1, names), *judged])


def test_a_candidate_whose_code_never_ran_is_named_and_gets_no_tick() -> None:
    page = _page(_events(text="apply_writes", engaged=False))
    shown = " ".join(_read(page).text.split())
    section = page.split('<section id="matrix">')[1].split("</section>")[0]

    assert "apply_writes ran 0 times" in shown
    assert "its code never ran" in shown
    assert "∅\xa0not engaged" in section
    assert "✓" not in section
    assert "claimed" not in section.split("What is claimed")[0]


def test_no_ratio_is_shown_where_the_outcomes_were_not_equal() -> None:
    page = _page(_events(text="the outcomes differ"))
    row = re.search(r"<th scope=\"row\">channels-binop<.*?(?=<tr>|</tbody>)", page, re.DOTALL)

    assert row is not None
    assert "not comparable" in row.group()
    assert "the outcomes differ" in row.group()
    assert "×" not in row.group()


def test_a_row_leads_to_what_differs_and_says_what_is_claimed() -> None:
    page = _page(_events())
    section = page.split('<section id="matrix">')[1].split("</section>")[0]
    group = section.split("errors</span>")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr><th scope=\"row\"><details id=.*?</tr>", group, re.DOTALL)
    shown = [" ".join(_read(row).text.split()) for row in rows]

    assert [cell.split()[1] for cell in shown] == ["1", "3", "2", "0"], "the worst come first"
    assert "≠ bytes differ 2/3" in shown[0]
    assert "? unknown" in shown[1]
    assert "– unsupported in part 1/3" in shown[2]
    assert "✓ bytes" in shown[3]
    assert all("not run" in cell for cell in shown), "of the candidate that did not start"
    links = re.findall(r'<a href="#(d-\w+)">(.*?)</a>', rows[0])
    assert [text for _, text in links] == ["a/case", "≠\xa0bytes differ"]
    assert f'<details class="difference bad" id="{links[0][0]}"' in page
    assert "✓ 1 – 1 ? 1 ≠ 1" in " ".join(_read(group.split("<details")[0]).text.split())
    assert "What is claimed of port: fine (fine)" in _read(section).text


def test_each_grade_of_the_matrix_is_defined() -> None:
    legend = _page(_events()).split('<dl class="legend"')[1].split("</dl>")[0]
    shown = " ".join(_read(f"<dl{legend}").text.split())

    for grade in ("✓ bytes", "≠ bytes differ", "– unsupported in part", "? unknown"):
        assert grade in shown
    assert "results and events agree in every case, stored bytes in some do not" in shown


def test_without_rows_the_page_says_so() -> None:
    assert "corpora were not run on any candidate" in _page([])


def test_the_commands_of_a_difference_can_be_pasted() -> None:
    assert text.command("replay", "r 1", "cases/$(x).msgpack") == (
        "parity-kit replay 'reports/r 1/cases/$(x).msgpack'"
    )
    assert "parity-kit replay reports/r1/cases/fine.msgpack" in _page(_events())


def test_stale_entries_of_a_ledger_are_named_and_escaped() -> None:
    page = _page([*_events(), EntryStale("port", 3, "savers/*", "<b>x*", "ended on 2026-01-01")])
    assert "entry 3, savers/*: &lt;b&gt;x*: ended on 2026-01-01" in page
    assert "stale in its ledger" not in _page(_events())


def test_what_is_left_out_is_counted() -> None:
    many: list[Event] = [_divergence("port", f"c{index}") for index in range(SHOWN + 7)]
    page = _page([*_events(), *many])

    assert page.count('<details class="difference ') == SHOWN
    assert "and 3 more: not drawn here, all are in report.json" in page


def test_a_long_side_is_cut_and_says_by_how_much() -> None:
    assert text.clip("x" * 5_000).endswith("… (3,000 more characters in report.json)")


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        ("abcd", "abXd", ("ab", "c", "d")),
        ("same", "same", ("same", "", "")),
        ("ab", "abc", ("ab", "", "")),
        ("", "x", ("", "", "")),
        ("absent", "2", ("absent", "", "")),
    ],
)
def test_the_first_difference_is_marked(
    mine: str, other: str, expected: tuple[str, str, str]
) -> None:
    assert text.parted(mine, other) == expected


def test_bytes_are_marked_whole() -> None:
    assert text.parted_hex("94 a4 70", "94 a5 70") == ("94", "a4", "70")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (1.5e-7, "150 ns"),
        (0.00215, "2.15 ms"),
        (3.21, "3.21 s"),
        (214.2, "3 min 34 s"),
    ],
)
def test_times_have_the_unit_that_suits_them(value: float | None, expected: str) -> None:
    assert text.seconds(value) == expected


def test_an_empty_run_still_makes_a_page() -> None:
    report: dict[str, Any] = summarize([]).to_json()

    assert "No candidate was compared" in render(report)
