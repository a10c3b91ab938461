"""Pins chance for the length of a recording, so that two recordings of one run are the same.

The reference's own pins (`parity_kit.reference.pins`) hold for the ids and times of LangGraph. Here
are those that nodes see: ids of messages and runs, and `random`. The clock is the user's own.
"""

from __future__ import annotations

import importlib
import itertools
import random
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

_RUN_IDS = ("langchain_core.callbacks.manager", "langchain_core.tracers.event_stream")
_UUID4 = ("langchain_core.utils.utils", "langgraph.graph.ui")


@contextmanager
def chance_pinned() -> Generator[None]:
    """Give ids in order, and random numbers from a fixed seed."""
    state = random.getstate()
    random.seed(0)
    counted = _ids("00000000-0000-4000-9000-")
    replacements: list[tuple[Any, str, Any]] = [(uuid, "uuid4", counted)]
    for names, name, made in (
        (_RUN_IDS, "uuid7", _ids("00000000-0000-7000-8000-")),
        (_UUID4, "uuid4", counted),
    ):
        modules = (importlib.import_module(module) for module in names)
        replacements += [(module, name, made) for module in modules if hasattr(module, name)]
    before = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    try:
        for module, name, value in replacements:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
        random.setstate(state)


def _ids(prefix: str) -> Callable[..., uuid.UUID]:
    numbers = itertools.count(1)

    def make(*_: Any, **__: Any) -> uuid.UUID:
        return uuid.UUID(f"{prefix}{next(numbers):012x}")

    return make
