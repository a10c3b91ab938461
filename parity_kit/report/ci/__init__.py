"""Where a run's events go: the person who waits, the journal, and files that CI systems read.

Sinks know events and nothing of engines.
"""

from __future__ import annotations

from parity_kit.contract.events import Event, Sink
from parity_kit.report.ci.journal import Journal
from parity_kit.report.ci.terminal import MOST_SHOWN, Terminal

__all__ = ["MOST_SHOWN", "Journal", "Sinks", "Terminal"]


class Sinks:
    """Tells several sinks."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def emit(self, event: Event) -> None:
        """Tell each sink in turn."""
        for sink in self._sinks:
            sink.emit(event)
