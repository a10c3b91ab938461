"""The page where readers are: phones, enlarged, on paper, without scripts, in forced colours."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
SECTIONS = ("verdicts", "matrix", "differences", "performance", "how", "words")
OVERFLOW = """
(() => {
  const clips = (each) => getComputedStyle(each).overflowX !== "visible";
  const scrolls = (each) => each && (clips(each) || scrolls(each.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .filter((each) => !scrolls(each.parentElement))
    .map((each) => each.outerHTML.slice(0, 120));
})()
"""
CONTRAST = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (rgb) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const ground = light(parse(getComputedStyle(document.querySelector("figure")).backgroundColor));
  const found = {};
  for (const each of document.querySelectorAll(".plot *")) {
    for (const name of each.classList) {
      const [what, colour] = name.split("-");
      found[name] = ratio(light(parse(getComputedStyle(each)[what])), ground);
    }
  }
  return found;
})()
"""


@pytest.mark.parametrize("width", [320, 400, 768])
def test_nothing_leaves_a_narrow_page(visit: Callable[..., Page], report: Path, width: int) -> None:
    page = visit(report, width)
    for group in page.locator(".matrix .group button").all():
        group.click()
    page.evaluate(OPEN)

    assert page.evaluate(OVERFLOW) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in SECTIONS:
        assert page.locator(f"#{name}").is_visible(), name


def test_at_four_times_the_size_all_can_be_read_and_used(
    visit: Callable[..., Page], report: Path
) -> None:
    """A window of 1280 by 1024 at 400 % has 320 by 256 of the page's pixels."""
    page = visit(report, 320)
    page.set_viewport_size({"width": 320, "height": 256})
    covered = page.evaluate(
        "[...document.querySelectorAll('body *')].filter((each) =>"
        " ['sticky', 'fixed'].includes(getComputedStyle(each).position))"
        ".map((each) => each.getBoundingClientRect().height)"
    )
    page.keyboard.press("j")
    page.wait_for_timeout(50)
    box = page.locator(".difference summary:focus").bounding_box()

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert sum(covered) < 128, "what sticks leaves more than half of the window"
    assert box is not None
    assert 0 <= box["y"] < 256


def test_without_scripts_everything_is_there_and_opens(
    visit: Callable[..., Page], report: Path
) -> None:
    page = visit(report, java_script_enabled=False)

    assert page.locator(".tools").is_hidden()
    for name in SECTIONS:
        assert page.locator(f"#{name}").is_visible(), name
    assert page.locator("#matrix tbody tr:not(.group):visible").count() > 80
    second = page.locator(".difference").nth(1)
    assert not second.locator(".body").is_visible()
    second.locator("summary").first.click()
    assert second.locator(".body").is_visible()
    assert page.locator("svg.plot").first.is_visible()


def test_without_scripts_a_link_reaches_what_it_names(
    visit: Callable[..., Page], report: Path
) -> None:
    page = visit(report, java_script_enabled=False)
    page.locator(".causes a").first.click()
    target = page.url.partition("#")[2]
    box = page.locator(f"#{target}").bounding_box()

    assert box is not None
    assert -5 <= box["y"] < 900


def test_in_forced_colours_verdicts_and_plots_stay_readable(
    visit: Callable[..., Page], report: Path
) -> None:
    page = visit(report, forced_colors="active")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    drawn = page.evaluate(
        "[...document.querySelectorAll('.plot text, .plot use')].map((each) => {"
        " const style = getComputedStyle(each); return [style.fill, style.stroke]; })"
    )

    assert drawn
    assert not [colours for colours in drawn if ground in colours]
    assert page.locator(".card .verdict").first.inner_text().split()[0] in "≠✓✕"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_stands_out_from_its_ground(
    visit: Callable[..., Page], report: Path, scheme: str
) -> None:
    """WCAG asks 3 to 1 of what must be seen, 4.5 to 1 of text; the margin's band is a backdrop."""
    page = visit(report, color_scheme=scheme)
    contrasts = page.evaluate(CONTRAST)

    assert {"fill-s0", "stroke-s1", "fill-ink", "stroke-quiet"} <= contrasts.keys()
    for name, ratio in contrasts.items():
        if not name.endswith("band"):
            assert ratio >= (4.5 if name in {"fill-ink", "fill-faint"} else 3), name


def test_on_paper_it_is_whole(visit: Callable[..., Page], report: Path) -> None:
    page = visit(report)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    data = page.pdf(format="A4")

    assert page.locator(".tools").is_hidden()
    assert page.locator(".difference:not([open])").count() == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert data.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            pages += len(re.findall(rb"/Type\s*/Page\b", zlib.decompress(stream)))
        except zlib.error:
            continue
    assert 3 < pages < 200


def test_on_paper_dark_is_light(visit: Callable[..., Page], report: Path) -> None:
    page = visit(report, color_scheme="dark")
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).backgroundColor") == (
        "rgb(255, 255, 255)"
    )


def test_a_hostile_candidate_is_shown_and_does_nothing(
    visit: Callable[..., Page], report: Path
) -> None:
    """Names, errors, payloads, claims, rows and reasons of this run all hold markup that acts."""
    page = visit(report)
    page.evaluate(OPEN)
    page.keyboard.press("j")
    page.fill("#search", "script")

    assert "taken" not in page.title()
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert page.locator("body", has_text="<script>document.title='taken'</script>").count() == 1
    assert page.evaluate("window.violations") == []


def test_the_policy_stops_what_would_get_in(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    page.evaluate(
        "window.stopped = 0; document.addEventListener('securitypolicyviolation',"
        " () => { window.stopped += 1; })"
    )
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<p id=in style=\"color: red\">"
        '<img src=x onerror="document.title = 1"></p>\');'
        "document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'document.title = 2' }))"
    )
    page.wait_for_timeout(200)

    assert page.title() not in {"1", "2"}
    assert page.evaluate("getComputedStyle(document.getElementById('in')).color") != (
        "rgb(255, 0, 0)"
    )
    assert page.evaluate("window.stopped") >= 3
    page.close()
