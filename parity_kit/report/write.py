"""Writing a run's `report.json` and its page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parity_kit.contract.events import JOURNAL
from parity_kit.contract.files import is_there, write_atomically
from parity_kit.contract.journal import read_journal
from parity_kit.report.reading import read_report
from parity_kit.report.summary import summarize

DATA = "report.json"
PAGE = "report.html"


def write_data(folder: Path) -> dict[str, Any]:
    """Write `report.json` from a run's journal and its case files, and return its content.

    Raises:
        BadFileError: If the journal is missing, or a line of it is no event.
    """
    from parity_kit.report.cases import add_cases  # noqa: PLC0415  # heavy: what draws a case

    events, notes = read_journal(folder)
    report = summarize(events).to_json(notes)
    add_cases(report, folder)
    text = json.dumps(report, separators=(",", ":"))
    write_atomically(folder / DATA, f"{text}\n")
    # Read back, so that the page is made from what the file holds and from nothing else.
    return json.loads(text)


def write_report(folder: Path, earlier: Sequence[Path] = ()) -> Path:
    """Write `report.json`, then the page from it, and return the page's path.

    `earlier` are the folders of runs before this one, oldest first, or their `report.json`.

    Raises:
        BadFileError: If the journal is missing, or a line of it is no event, or an earlier run's
            report cannot be read.
    """
    from parity_kit.report.page import render  # noqa: PLC0415  # heavy: jinja2 and matplotlib

    before = [read_data(path) for path in earlier]
    page = folder / PAGE
    write_atomically(page, render(write_data(folder), before))
    return page


def read_data(path: Path) -> dict[str, Any]:
    """Return the content of a `report.json`, of a run's folder anew from its journal if it has one.

    Raises:
        BadFileError: If it is no report of this schema.
    """
    if path.is_dir() and is_there(path / JOURNAL):
        return write_data(path)
    return read_report(path / DATA if path.is_dir() else path)
