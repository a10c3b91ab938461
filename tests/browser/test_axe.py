"""No violation that axe-core finds, in every state that a reader can bring the page into."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from parity_kit.report.page import render
from parity_kit.report.write import write_data

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = util.find_spec("axe_playwright_python")
OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"

pytestmark = pytest.mark.skipif(
    PACKAGE is None, reason="axe-playwright-python, which brings axe-core, is not installed"
)


@pytest.fixture(scope="session")
def axe() -> str:
    assert PACKAGE is not None
    assert PACKAGE.origin is not None
    return Path(PACKAGE.origin).with_name("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def with_history(
    run: Path, agreeing: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("history") / "report.html"
    path.write_text(render(write_data(run), [agreeing]), encoding="utf-8")
    return path


def violations(page: Page, axe: str) -> str:
    page.evaluate(axe)
    result: dict[str, Any] = page.evaluate(
        "axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',"
        " 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    assert result["passes"], "axe looked at something"
    return "\n".join(
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} "
        f"{node['failureSummary'][:300]}"
        for violation in result["violations"]
        for node in violation["nodes"][:3]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_as_it_opens(
    visit: Callable[..., Page], report: Path, axe: str, scheme: Literal["light", "dark"]
) -> None:
    assert not violations(visit(report, color_scheme=scheme), axe)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_with_everything_open_and_with_history(
    visit: Callable[..., Page], with_history: Path, axe: str, scheme: Literal["light", "dark"]
) -> None:
    page = visit(with_history, color_scheme=scheme)
    for group in page.locator(".matrix .group button").all():
        group.click()
    page.evaluate(OPEN)

    assert page.locator("#history").is_visible()
    assert not violations(page, axe)


def test_the_page_on_a_phone(visit: Callable[..., Page], report: Path, axe: str) -> None:
    assert not violations(visit(report, 360), axe)


def test_the_page_narrowed_by_a_search(visit: Callable[..., Page], report: Path, axe: str) -> None:
    page = visit(report, place="#matrix?q=a&show=bad")

    assert not violations(page, axe)


def test_the_help(visit: Callable[..., Page], report: Path, axe: str) -> None:
    page = visit(report)
    page.keyboard.press("?")

    assert page.locator("#help").is_visible()
    assert not violations(page, axe)


def test_axe_finds_what_is_wrong(visit: Callable[..., Page], report: Path, axe: str) -> None:
    page = visit(report)
    page.evaluate("document.querySelector('html').removeAttribute('lang')")

    assert "html-has-lang" in violations(page, axe)
