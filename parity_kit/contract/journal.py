"""Reading a run's journal back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import JOURNAL, Event, event_from_json
from parity_kit.contract.files import read_file

CUT_OFF = "the journal's last line was cut off: the run was stopped while writing it"


def read_journal(folder: Path) -> tuple[Sequence[Event], list[str]]:
    """Return a run's events in order, and notes on what was amiss.

    A last line that was cut off (it has no line end) is left out and noted: a run may be killed at
    any moment.

    Raises:
        BadFileError: If there is no journal, or a line of it is no event.
    """
    path = folder / JOURNAL
    if not path.exists():
        raise BadFileError(
            "no journal to report from", where=str(path), hint="name the folder of a run"
        )
    lines = read_file(path, hint="name the folder of a run").split(b"\n")
    events: list[Event] = []
    notes: list[str] = []
    *complete_lines, tail = lines
    for number, line in enumerate(complete_lines, 1):
        events.append(_event(line, path, number))
    if tail:
        try:
            events.append(_event(tail, path, len(lines)))
        except BadFileError:
            notes.append(CUT_OFF)
    return events, notes


def _event(line: bytes, path: Path, number: int) -> Event:
    try:
        return event_from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadFileError(
            f"line {number} of the journal is no event: {error}",
            where=str(path),
            hint="restore the file, or run again",
        ) from error
