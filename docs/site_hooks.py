"""What the site adds to the pages of docs/: files of the repository that links lead to.

A link in a page is relative to the file in the repository, so that it works in an editor and on a
code host too; here it is made relative to the page on the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")


def places() -> dict[str, str]:
    """Return, for each file of the repository that is on the site, where it is there."""
    pages = {f"docs/{file.name}": file.name for file in (ROOT / "docs").glob("*.*")}
    for file in (ROOT / "candidates").glob("*/README.md"):
        pages[file.relative_to(ROOT).as_posix()] = f"candidates/{file.parent.name}.md"
    for file in (ROOT / "docs" / "examples").iterdir():
        pages[f"docs/examples/{file.name}"] = f"examples/{file.name}"
    return pages | {
        "README.md": "index.md",
        "CHANGELOG.md": "changelog.md",
        "CONTRIBUTING.md": "contributing.md",
        "reports/published/report.html": "published/report.html",
    }


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the files that are outside docs/."""
    from mkdocs.structure.files import File  # noqa: PLC0415  # tests import this without mkdocs

    for source, place in places().items():
        if not source.startswith("docs/"):
            files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    del config, files
    known = places()
    (source,) = (source for source, place in known.items() if place == page.file.src_uri)
    return with_site_links(markdown, source, known)


def with_site_links(markdown: str, source: str, known: dict[str, str]) -> str:
    """Return a file's text with its relative links as the site needs them."""
    here = posixpath.dirname(source)
    start = posixpath.dirname(known[source]) or "."

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, link[2]))
        place = posixpath.relpath(known[target], start) if target in known else link[2]
        return f"{link[1]}{place}{link[3] or ''}{link[4]}"

    return _LINK.sub(moved, markdown)
