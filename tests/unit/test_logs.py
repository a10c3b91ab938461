"""LangGraph is silent while cases run, and not afterwards."""

from __future__ import annotations

import logging

import pytest

from parity_kit.reference.logs import silence_langgraph


def test_langgraph_logs_again_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("langgraph.pregel")
    with silence_langgraph():
        logger.error("on purpose")
    logger.error("by mistake")
    assert caplog.messages == ["by mistake"]
