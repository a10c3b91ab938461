"""Threads that are continued in a fresh session, from the bytes that another session stored.

Every case is a case of another corpus, stopped. It begins with `load_stored`, which takes over what
real LangGraph had stored at the stop. What must come then is the undisturbed run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from parity_kit.contract import Case, CaseId, run
from parity_kit.programs.features import features_of
from parity_kit.reference import Engine
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search.channel_classes import HOLDS
from parity_kit.search.handovers import handover, is_stopped, runs, stopped, stops

from . import (
    control,
    crossings,
    failures,
    functional,
    graphs,
    interrupts,
    migration,
    persistence,
    schemas,
    subgraphs,
)

_BETWEEN_SUPERSTEPS = (
    "graphs/line/invoke",
    "graphs/line/invoke/sqlite",
    "graphs/fan-out/join",
    "graphs/loop/ends",
    "graphs/send/map-reduce",
    "control/join/half-of-it",
    "control/defer/join",
    "control/defer/twice",
)
"""Cases whose first run is stopped after every superstep."""
_BETWEEN_OPERATIONS = (
    "graphs/send/then-interrupt",
    "graphs/interrupt/parallel-one-at-a-time",
    "graphs/update-state/at-checkpoint",
    "graphs/fork/replay",
    "graphs/error/parallel-then-mended",
    "graphs/error/parallel-go-on",
    "graphs/durability/exit-interrupted",
    "interrupts/where/loop",
    "interrupts/where/all-sends",
    "interrupts/order/second-then-first",
    "interrupts/breakpoint/in-a-loop",
    "interrupts/durability/async/parallel",
    "persistence/update-state/one-of-a-join",
    "failures/error-handler/asks",
    "functional/update-state/while-it-waits",
    "functional/previous/counts",
    "subgraphs/checkpointer/own/asks",
    "subgraphs/interrupt/side-by-side-one-at-a-time",
    "migration/both-names/start/old-is-newer/go-on",
)
"""Cases that are stopped after every operation but the last."""
_MOST_SUPERSTEPS = 5


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    modules: tuple[Any, ...] = (
        *(control, crossings, failures, functional, graphs, interrupts, migration),
        *(persistence, schemas, subgraphs),
    )
    known = {case.id: case for case in chain.from_iterable(module.cases() for module in modules)}
    of_channels = [name for name in known if name.startswith("persistence/channel/")]
    of_classes = [name for name in known if name.startswith("schemas/channel/")]
    with silence_langgraph():
        for name in _BETWEEN_SUPERSTEPS:
            yield from _between_supersteps(known[CaseId(name)])
        for name in _BETWEEN_OPERATIONS:
            yield from _between_operations(known[CaseId(name)])
        for name in of_classes:
            yield from islice(_between_supersteps(known[name]), 1)
        for name in of_channels:
            yield from islice(_between_operations(known[name]), 1)


def _between_supersteps(case: Case) -> Iterator[Case]:
    index = next(runs(case))
    for supersteps in range(1, _MOST_SUPERSTEPS + 1):
        cut = stopped(case, index, supersteps)
        outcomes = run(Engine(), cut)
        if not is_stopped(outcomes[index]):
            return
        yield _named(handover(cut, outcomes, index + 1).case, cut.id)


def _between_operations(case: Case) -> Iterator[Case]:
    outcomes = run(Engine(), case)
    for stop in stops(case, outcomes):
        continued = handover(case, outcomes, stop).case
        yield _named(continued, continued.id)


def _named(case: Case, name: str) -> Case:
    classes = (feature for feature in case.features if feature.startswith(HOLDS))
    features = (*features_of(case.subject, case.operations), *classes)
    return replace(case, id=CaseId(f"handovers/{name}"), features=tuple(sorted(features)))
