from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parity_kit.bench.plan import CONTROL
from parity_kit.contract.events import (
    BenchMeasured,
    CandidateJudged,
    CandidateStarted,
    DivergenceFound,
    EngagementSeen,
    Event,
    GateFinished,
    RowJudged,
    RunFinished,
    RunStarted,
    event_to_json,
)
from parity_kit.report.write import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def _candidate(name: str, verdict: str) -> list[Event]:
    bench = ("faster", 2.0, 1.9, 2.1, 0.002, 0.001, 5, 0)
    divergences: list[Event] = [
        DivergenceFound(
            name,
            "graphs",
            f"case-{index}",
            "divergent",
            f"operation {index} (invoke): {HOSTILE}",
            "result",
            "['plan', 'work-0']",
            f"['plan', 'work-1', {HOSTILE}]",
            "01 02",
            "01 03",
            f"cases/{index}.msgpack",
            2,
        )
        for index in range(3)
    ]
    return [
        CandidateStarted(name, f"Engine {name}", "1", "Rust", {"graph": "bytes"}, 0.1),
        *(divergences if verdict == "divergent" else []),
        GateFinished(
            name, "graphs", "corpus", verdict, "bytes", "trace", 9, {verdict: 9}, {"send": 2}, 0.4
        ),
        EngagementSeen(name, {"apply_writes": 3}, engaged=True),
        *_rows(name, verdict),
        BenchMeasured(name, "sequential-5", "sequential", *bench),
        CandidateJudged(name, verdict, HOSTILE, 1),
    ]


def _rows(name: str, verdict: str) -> list[Event]:
    differing = [["graphs/a", "graphs", "case-1"]] if verdict == "divergent" else []
    named = [("errors", "retry"), ("errors", "a long name of a row"), ("state", HOSTILE)]
    return [
        RowJudged(
            candidate=name,
            category=category,
            row=row,
            published=True,
            shows="it",
            patterns=["graphs/*"],
            claimed="yes",
            verdict=verdict,
            reached="bytes",
            compared=9,
            verdicts={verdict: 9},
            reasons={},
            differing=differing,
        )
        for category, row in named
    ]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    events: list[Event] = [
        RunStarted("r1", "0.1.0", {"langgraph": "1.2.24"}, {"cpus": "2"}, 7, ["first", "second"]),
        *_candidate("first", "divergent"),
        *_candidate("second", "equal"),
        BenchMeasured(
            CONTROL, "sequential-5", "sequential", "equivalent", 1, 0.98, 1.02, 1, 1, 5, 0
        ),
        RunFinished(1, 2.5),
    ]
    lines = [json.dumps(event_to_json(event)) for event in events]
    (folder / "journal.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return write_report(folder)


@pytest.fixture
def page(visit: Callable[..., Page], report: Path, request: pytest.FixtureRequest) -> Page:
    return visit(report, getattr(request, "param", 1200))


def test_hostile_text_is_shown_and_does_nothing(page: Page) -> None:
    assert page.title() == (
        "1 of 2 candidates agrees with LangGraph: ≠ first, ✓ second – Parity Kit"  # noqa: RUF001  # as shown
    )
    assert page.locator(".card .reason").first.inner_text() == HOSTILE
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("page", [400, 1200], indirect=True)
def test_every_section_is_visible_and_nothing_overflows(page: Page) -> None:
    for name in (
        "verdicts",
        "matrix",
        "differences",
        "performance",
        "how",
        "words",
    ):
        assert page.locator(f"#{name}").is_visible(), name
    assert page.locator("svg.plot").is_visible()
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window


@pytest.mark.parametrize("page", [400, 1200], indirect=True)
def test_the_verdicts_come_first(page: Page) -> None:
    cards = page.locator(".card .verdict strong")
    box = cards.first.bounding_box()

    assert [text.split() for text in cards.all_inner_texts()] == [
        ["≠", "divergent"],
        ["✓", "equal"],
    ]
    assert box is not None
    assert box["y"] < 600


@pytest.mark.parametrize("width", [1100, 1600])
def test_every_part_of_a_verdict_stands_under_its_title(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    lefts = page.evaluate(
        """[".columns span", ".card:first-child > :is(.trust, .subjects, .causes, .speed)"].map(
          css => [...document.querySelectorAll(css)].map(x => x.getBoundingClientRect().left))"""
    )
    titles, parts = lefts
    assert len(titles) == len(parts) == 4
    assert all(abs(left - title) < 8 for title, left in zip(titles, parts, strict=True)), lefts
    names = page.locator(".card >> nth=0").locator("dt").all_inner_texts()
    assert names == ["codec", "channel", "graph", "saver", "store", "cache"]


def test_a_row_of_the_matrix_is_reached_by_link_and_leads_to_the_difference(page: Page) -> None:
    row = page.locator(".matrix tbody:not(.gates) details").first
    assert not row.locator("summary").is_visible()

    page.evaluate(f"location.hash = '{row.get_attribute('id')}'")
    page.wait_for_selector(".matrix tbody:not(.gates) details[open]")
    assert row.locator("code").is_visible()
    row.get_by_text("graphs/a").click()

    page.wait_for_selector("details.difference[open] >> text=operation 1")
    assert page.locator("details.difference").nth(1).get_attribute("open") == ""


def test_a_narrow_page_keeps_the_rows_of_the_matrix_readable(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    for group in page.locator(".matrix .group button").all():
        group.click()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    box = page.locator(".matrix th details").first.bounding_box()
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert box is not None
    assert box["width"] > 200
    assert width <= window


def test_only_the_first_difference_is_open_and_a_link_opens_another(page: Page) -> None:
    differences = page.locator("details.difference")
    assert [differences.nth(index).get_attribute("open") for index in range(3)] == ["", None, None]

    anchor = differences.nth(2).get_attribute("id")
    page.evaluate(f"location.hash = '{anchor}'")

    page.wait_for_selector(f"#{anchor}[open]")
    assert differences.nth(2).locator("mark").first.is_visible()


def test_a_candidate_can_be_picked(page: Page) -> None:
    page.select_option("#pick", "second")

    assert page.locator(".card:visible").count() == 1
    assert page.locator("details.difference:visible").count() == 0
    assert page.locator("#matrix .group").first.locator("td:visible").count() == 1
    page.select_option("#pick", "")
    assert page.locator("#matrix .group").first.locator("td:visible").count() == 2
    assert page.locator(".card:visible").count() == 2


def test_j_and_k_go_through_the_differences(page: Page) -> None:
    for key in "jjk":
        page.keyboard.press(key)

    focused = "document.activeElement.closest('details').querySelector('.headline').textContent"
    assert page.evaluate(focused).startswith("operation 0")
    assert page.locator("details.difference[open]").count() == 2


def test_the_colours_follow_the_system(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")

    assert page.evaluate(background) != light
    ink = page.evaluate("getComputedStyle(document.querySelector('svg .fill-ink')).fill")
    assert ink == page.evaluate("getComputedStyle(document.body).color")
