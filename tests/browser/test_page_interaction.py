"""What a reader does with the page: search, filter, go by key, copy, send a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS = "#matrix tbody tr:not(.group):visible"


def _fragment(page: Page) -> str:
    return unquote(page.evaluate("location.hash"))


@pytest.fixture
def page(visit: Callable[..., Page], report: Path) -> Page:
    return visit(report)


def test_a_search_narrows_rows_and_differences_and_says_how_many(page: Page) -> None:
    total = page.locator(".difference:visible").count()
    page.keyboard.press("/")
    page.keyboard.type("stream")
    rows = page.locator(ROWS)
    shown = page.locator(".difference:visible").count()
    matches = page.locator("#matches").inner_text()

    assert 0 < rows.count() < 80
    assert 0 < shown < total
    assert matches == f"{rows.count()} rows, {shown} differences"
    groups = page.locator("#matrix tbody:visible")
    for row in rows.all():
        group = row.locator("xpath=..").locator(".group").inner_text()
        assert "stream" in f"{group} {row.text_content()}".lower()
    assert groups.count() > 0


def test_a_search_shows_its_matches(page: Page) -> None:
    page.fill("#search", page.locator("#matrix details code").first.text_content() or "")
    opened = page.locator(f"{ROWS} details[open]")

    assert opened.count() > 0, "a row that matches by its folded text is opened"
    assert page.evaluate("[...CSS.highlights.get('search')].every(r => r.toString() !== '')")
    page.fill("#search", "")
    assert opened.count() == 0
    assert page.evaluate("CSS.highlights.get('search').size") == 0


def test_enter_goes_to_the_first_match(page: Page) -> None:
    page.fill("#search", "stream")
    page.keyboard.press("Enter")

    assert page.locator("#matrix summary:focus").count() == 1
    page.locator("#matches button", has_text="difference").click()
    assert page.locator(".difference[open] > summary:focus").count() == 1


def test_escape_empties_the_search(page: Page) -> None:
    total = page.locator(".difference:visible").count()
    page.keyboard.press("/")
    page.keyboard.type("stream")
    page.keyboard.press("Escape")

    assert page.locator(".difference:visible").count() == total
    assert page.locator("#search").input_value() == ""
    assert "q=" not in _fragment(page)
    assert page.evaluate("document.activeElement.id") != "search"


def test_a_search_for_markup_shows_nothing_and_does_nothing(page: Page) -> None:
    page.fill("#search", "<img src=x onerror=alert(1)>&nothing")

    assert page.locator(ROWS).count() == 0
    assert page.locator("#matches").inner_text() == "0 rows, 0 differences"
    assert page.locator("img").count() == 0


def test_only_what_differs_can_be_shown(page: Page) -> None:
    page.select_option("#show", "bad")
    rows = page.locator(ROWS)

    assert rows.count() > 0
    for row in rows.all():
        assert row.locator("td.bad").count() > 0


def test_what_differs_is_that_of_the_picked_candidate(page: Page) -> None:
    page.select_option("#show", "bad")
    page.select_option("#pick", "twin")

    assert page.locator(ROWS).count() == 0
    assert page.locator(".card:visible").count() == 1


def test_what_is_asked_for_is_in_the_address_and_comes_back_from_it(
    page: Page, visit: Callable[..., Page], report: Path
) -> None:
    page.fill("#search", "stream & more")
    page.fill("#search", "stream")
    page.select_option("#pick", "port")
    page.select_option("#show", "bad")
    page.select_option("#order", "name")
    asked = page.evaluate("location.hash")
    again = visit(report, place=asked)

    assert again.locator("#search").input_value() == "stream"
    assert again.locator("#pick").input_value() == "port"
    assert again.locator("#show").input_value() == "bad"
    assert again.locator("#order").input_value() == "name"
    assert again.locator(ROWS).all_inner_texts() == page.locator(ROWS).all_inner_texts()
    assert again.locator("#matches").inner_text() == page.locator("#matches").inner_text()


@pytest.mark.parametrize("asked", ["a&b=c", "50%", "50%25", "x#y", "größe 重要", "what?q=1"])
def test_any_text_survives_the_address(
    page: Page, visit: Callable[..., Page], report: Path, asked: str
) -> None:
    page.fill("#search", asked)
    again = visit(report, place=page.evaluate("location.hash"))

    assert again.locator("#search").input_value() == asked


@pytest.mark.parametrize("place", ["#%", "#no-such-place", "#?show=nonsense&pick=x", "#%E0%A4%A"])
def test_a_broken_address_opens_the_page_all_the_same(
    visit: Callable[..., Page], report: Path, place: str
) -> None:
    page = visit(report, place=place)

    assert page.locator(".card:visible").count() == 3
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_rows_stand_by_name_or_worst_first(page: Page) -> None:
    group = page.locator("#matrix tbody:not(.gates)").first
    group.locator("button").click()
    worst = group.locator("tr:not(.group)").all_inner_texts()
    page.select_option("#order", "name")
    names = group.locator("tr:not(.group) summary").all_inner_texts()

    assert names == sorted(names, key=str.lower)
    page.select_option("#order", "")
    assert group.locator("tr:not(.group)").all_inner_texts() == worst


def test_keys_go_from_difference_to_difference_and_open_them(page: Page) -> None:
    every = page.locator(".difference").count()
    focused = "document.activeElement.closest('details').id"
    visited: list[str] = []
    for _ in range(4):
        page.keyboard.press("j")
        visited.append(page.evaluate(focused))
    page.keyboard.press("k")

    assert len(set(visited)) == 4 <= every
    assert page.evaluate(focused) == visited[-2]
    assert page.locator(f"#{visited[-1]}[open]").count() == 1


def test_keys_are_letters_in_the_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("jk?/")

    assert page.locator("#search").input_value() == "jk?/"
    assert not page.locator("#help").is_visible()


def test_the_help_names_the_keys_and_closes(page: Page) -> None:
    page.keyboard.press("?")
    keys = page.locator("#help kbd").all_inner_texts()
    assert {"j", "k", "/", "?"} <= set(keys)
    page.keyboard.press("Escape")

    assert not page.locator("#help").is_visible()


def test_a_link_and_a_command_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first = page.locator(".difference[open]").first
    first.locator(".facts a").click()
    page.locator(".message", has_text="link copied").wait_for(state="attached")
    link = page.evaluate("navigator.clipboard.readText()")
    first.locator(".copy", has_text="copy command").click()
    page.locator(".message", has_text="command copied").wait_for(state="attached")
    command = page.evaluate("navigator.clipboard.readText()")

    assert link.endswith(f"#{first.get_attribute('id')}")
    assert re.fullmatch(r"parity-kit replay reports/r2/cases/\S+\.case\.msgpack", command)


def test_every_link_of_the_page_leads_somewhere_in_it(page: Page) -> None:
    lost = page.evaluate(
        "[...document.querySelectorAll('a')].map((each) => each.getAttribute('href'))"
        ".filter((href) => !href.startsWith('#') || !document.getElementById(href.slice(1)))"
    )

    assert lost == []


def test_no_two_places_have_one_name(page: Page) -> None:
    names = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")

    assert sorted(names) == sorted(set(names))


def test_a_cell_leads_to_the_difference_and_opens_it(page: Page) -> None:
    page.select_option("#show", "bad")
    link = page.locator("#matrix tbody:not(.gates) tr:not(.group) td.bad a").first
    target = str(link.get_attribute("href"))[1:]
    link.click()

    place = page.locator(f"[id='{target}']")
    place.wait_for()
    box = place.bounding_box()
    assert box is not None
    assert -5 <= box["y"] < 900
    assert "show=bad" in _fragment(page) or page.locator("#show").input_value() == ""
