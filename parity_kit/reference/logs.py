"""Silences LangGraph's log while cases run, without importing LangGraph."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def silence_langgraph() -> Generator[None]:
    """Drop LangGraph's log records: cases do odd things on purpose, like routing to nowhere."""
    logger = logging.getLogger("langgraph")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
