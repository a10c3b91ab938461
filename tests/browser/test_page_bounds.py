"""How big the page is, how long it takes to make and to open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parity_kit.report.page import render

if TYPE_CHECKING:
    from playwright.sync_api import Page

AGREEING = 300_000
FEW, MANY = 420_000, 2_000_000
"""Bytes of a page of 3 candidates, and of 12, however much differs."""
BUSY = 6
"""How much slower than the bound a busy machine may be before a test fails."""
MAKE = "import json, sys; from parity_kit.report.page import render; \
sys.stdout.buffer.write(render(json.load(open(sys.argv[1]))).encode())"
LONGEST = """
window.longest = 0;
new PerformanceObserver((list) => {
  window.longest = Math.max(window.longest, ...list.getEntries().map((each) => each.duration));
}).observe({ type: "longtask", buffered: true });
"""


@pytest.fixture(scope="module")
def big(grown: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "report.html"
    path.write_text(render(grown), encoding="utf-8")
    return path


def test_a_page_on_which_all_agree_is_small(agreeing: dict[str, Any]) -> None:
    assert len(render(agreeing).encode()) <= AGREEING


def test_a_page_at_the_cap_is_not_too_big(grown: dict[str, Any], big: Path) -> None:
    few = render({**grown, "candidates": grown["candidates"][:3]})

    assert min(len(candidate["divergences"]) for candidate in grown["candidates"]) >= 190
    assert len(few.encode()) <= FEW
    assert big.stat().st_size <= MANY
    assert few.count('<details class="difference') >= 11
    assert big.read_text(encoding="utf-8").count('<details class="difference') >= 100


def test_a_page_at_the_cap_is_made_in_time(grown: dict[str, Any], big: Path) -> None:
    assert big.exists(), "what is imported late is not what this is about"
    began = time.process_time()
    render(grown)

    assert time.process_time() - began < 2 * BUSY


@pytest.mark.slow
def test_the_same_report_gives_the_same_bytes_in_other_processes(
    grown: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(grown), encoding="utf-8")
    made = {
        subprocess.run(
            [sys.executable, "-c", MAKE, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("4711", "Asia/Tokyo"))
    }

    assert len(made) == 1
    assert made.pop().startswith(b"<!DOCTYPE html>")


def test_a_page_at_the_cap_opens_without_a_stutter(visit: Callable[..., Page], big: Path) -> None:
    page = visit(big, place="#differences")
    page.evaluate(LONGEST)
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    page.keyboard.press("/")
    page.keyboard.type("stored")
    page.locator("#matches", has_text="differences").wait_for()
    longest = page.evaluate("window.longest")

    assert 0 < loaded < 1_000 * BUSY
    assert longest < 500 * BUSY
