"""The journal: a run's events as NDJSON, one a line, as they come."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from parity_kit.contract.events import JOURNAL, Event, GateProgress, event_to_json
from parity_kit.contract.files import not_written


class Journal:
    """Appends each event to `journal.jsonl` as it comes, so that nothing is lost.

    A last line that was cut off, when an earlier leg of the run was killed, is taken away.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / JOURNAL
        if path.exists():
            complete_bytes = path.read_bytes().rfind(b"\n") + 1
            os.truncate(path, complete_bytes)
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def emit(self, event: Event) -> None:
        """Write one event as one line."""
        if isinstance(event, GateProgress):
            return
        line = json.dumps(event_to_json(event), ensure_ascii=False) + "\n"
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise not_written(Path(self._file.name), error) from error

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):  # what could not be written was reported before
            self._file.close()
