"""Writing a run's `report.json` and its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from parity_kit.report.journal import read_journal
from parity_kit.report.summary import summarize

DATA = "report.json"
PAGE = "report.html"


def write_data(folder: Path) -> dict[str, Any]:
    """Write `report.json` from a run's journal, and return its content.

    Raises:
        BadFileError: If the journal is missing, or a line of it is no event.
    """
    events, notes = read_journal(folder)
    text = json.dumps(summarize(events).to_json(notes), indent=1)
    (folder / DATA).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    # Read back, so that the page is made from what the file holds and from nothing else.
    return json.loads(text)


def write_report(folder: Path) -> Path:
    """Write `report.json`, then the page from it, and return the page's path.

    Raises:
        BadFileError: If the journal is missing, or a line of it is no event.
    """
    from parity_kit.report.page import render  # noqa: PLC0415  # heavy: jinja2 and matplotlib

    page = folder / PAGE
    page.write_text(render(write_data(folder)), encoding="utf-8", newline="\n")
    return page
