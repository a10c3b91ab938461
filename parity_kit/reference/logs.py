"""Silences LangGraph's log while cases run, or records it, without importing LangGraph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from parity_kit.contract import Event

MODE = "logs"
_LOGGER = "langgraph"


@contextmanager
def silence_langgraph() -> Generator[None]:
    """Drop LangGraph's log records: cases do odd things on purpose, like routing to nowhere."""
    logger = logging.getLogger(_LOGGER)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def logged(events: list[Event]) -> Generator[None]:
    """Add an event for everything that LangGraph logs, from the level INFO on, or warns of."""
    logger, recorder = logging.getLogger(_LOGGER), _Recorder(events)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(recorder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = recorder.warn
            yield
    finally:
        logger.removeHandler(recorder)
        logger.setLevel(level)


class _Recorder(logging.Handler):
    def __init__(self, events: list[Event]) -> None:
        super().__init__()
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.levelname, record.getMessage())

    def warn(self, message: Warning | str, category: type[Warning], *_: Any) -> None:
        self._tell(category.__name__, str(message))

    def _tell(self, kind: str, text: str) -> None:
        self._events.append(Event(MODE, (), {"kind": kind, "text": text}))
