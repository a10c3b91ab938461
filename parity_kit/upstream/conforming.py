"""The process that runs LangGraph's conformance suite on one saver, and reports each function.

The suite's own verdict is not used: it calls a saver full that offers nothing. Here every function
of the suite is listed, as skipped where the saver does not offer the capability that it tests.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from parity_kit.upstream.faults import FAULTS
from parity_kit.upstream.lines import LONGEST, cause, emit
from parity_kit.upstream.parts import make_wire_saver
from parity_kit.upstream.plugin_names import HOOK, NAMED_SAVER

# The suite is installed in the environments that this runs in, not beside the kit.
_SUITE = "langgraph.checkpoint.conformance"
SavedBy = Callable[[], AbstractAsyncContextManager[Any]]


def functions(capability: str) -> list[Callable[..., Any]]:
    """Return the suite's functions for a capability, whether its own list has them or not."""
    module = importlib.import_module(f"{_SUITE}.spec.test_{capability}")
    return [
        function
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if name.startswith("test_") and function.__module__ == module.__name__
    ]


@asynccontextmanager
async def _memory() -> AsyncGenerator[Any]:
    from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415  # only where it is judged

    yield InMemorySaver()


@asynccontextmanager
async def _sqlite() -> AsyncGenerator[Any]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  # it may be missing

    async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        await saver.setup()
        yield saver


@asynccontextmanager
async def _of_the_candidate() -> AsyncGenerator[Any]:
    yield make_wire_saver(os.environ[NAMED_SAVER].partition(" ")[2])


def _saver() -> SavedBy:
    named = os.environ[NAMED_SAVER]
    match named.split(" "):
        case ["langgraph", "memory"]:
            return _memory
        case ["langgraph", "sqlite"]:
            return _sqlite
        case ["wire", _]:
            return _of_the_candidate
        case _:
            return _located(named)


def _located(named: str) -> Any:
    module, _, function = named.partition(":")
    return getattr(importlib.import_module(module), function)


async def _judge(make: SavedBy, counts: Callable[[], dict[str, int]]) -> None:
    capabilities: Any = importlib.import_module(f"{_SUITE}.capabilities")
    for capability in capabilities.Capability:
        async with make() as saver:
            offered = capability in capabilities.DetectedCapabilities.from_instance(saver).detected
            for function in functions(capability.value):
                name = f"{capability.value}::{function.__name__}"
                if offered:
                    await _run(name, function, saver, counts)
                else:
                    emit({"test": name, "outcome": "skipped"})


async def _run(
    name: str, function: Callable[..., Any], saver: Any, counts: Callable[[], dict[str, int]]
) -> None:
    before, began = dict(counts()), time.perf_counter()
    FAULTS.clear()
    error, place = "", ""
    try:
        await function(saver)
    except Exception as raised:  # noqa: BLE001  # whatever a test raises is its failure
        error, place = cause(raised)
    error = error or (FAULTS[0][:LONGEST] if FAULTS else "")
    emit(
        {
            "test": name,
            "outcome": "failed" if error else "passed",
            "seconds": round(time.perf_counter() - began, 4),
            "calls": {name: count - before.get(name, 0) for name, count in counts().items()},
            "error": error,
            "place": place,
        }
    )


def main() -> None:
    """Engage the candidate, and run the suite."""
    hook = os.environ.get(HOOK)
    counts = _located(hook)() if hook else dict[str, int]
    try:
        make = _saver()
        asyncio.run(_judge(make, counts))
    except Exception as error:  # noqa: BLE001  # it cannot be judged, whatever the reason is
        emit({"collected": False, "error": cause(error)[0]})
        sys.exit(1)


if __name__ == "__main__":
    main()
