"""The documentation site, built as `make docs` builds it: strict, and without other hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"(https?:[^\"]+)")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    sources = [*ROOT.glob("docs/*.md"), *ROOT.glob("candidates/*/README.md")]
    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    assert {"index.html", "tutorial.html", "contributing.html", "candidates/pure.html"} <= pages
    assert len(pages) == len(sources) + len(
        {"README", "CONTRIBUTING", "CHANGELOG", "404", "report"}
    )


def test_nothing_is_loaded_from_other_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        if page.parent.name != "published":
            assert not LOADED.findall(page.read_text(encoding="utf-8")), page


def test_the_site_can_be_searched_from_a_file(site: Path) -> None:
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    assert "From `pip install`" in index or "pip install" in index
    assert (site / "assets" / "iframe-worker.js").is_file()
