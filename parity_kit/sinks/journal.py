"""The journal: a run's events as NDJSON, one a line, as they come."""

from __future__ import annotations

import json
from pathlib import Path

from parity_kit.events import JOURNAL, PASSING, Event, event_to_json


class Journal:
    """Appends each event to `journal.jsonl` as it comes, so that nothing is lost."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / JOURNAL).open("a", encoding="utf-8", newline="\n")

    def tell(self, event: Event) -> None:
        """Write one event as one line."""
        if isinstance(event, PASSING):
            return
        self._file.write(json.dumps(event_to_json(event), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
