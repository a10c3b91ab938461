"""Cases of other corpora done asynchronously, and what only an asynchronous run can show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import graph

from . import (
    control,
    crossings,
    failures,
    graphs,
    interrupts,
    memory,
    migration,
    persistence,
    runs,
    schemas,
    subgraphs,
)
from ._graph_programs import END, LOG, START, Program, fail, nodes, note
from ._scripts import GO_ON, STATE, Runs, cases_of, invoke, stream

# One or two of each kind: the programs are the same, another half of LangGraph runs them.
_CHOSEN = (
    "graphs/line/invoke",
    "graphs/fan-out/join",
    "graphs/fan-out/two-writes-one-value",
    "graphs/loop/recursion-limit",
    "graphs/route/name",
    "graphs/route/two-branches",
    "graphs/send/map-reduce",
    "graphs/send/then-interrupt",
    "graphs/stream/error",
    "graphs/stream/interrupt",
    "graphs/stream/debug",
    "graphs/interrupt/parallel-one-at-a-time",
    "graphs/interrupt/several-in-one-node",
    "graphs/breakpoint/both-in-fan-out",
    "graphs/update-state/at-checkpoint",
    "graphs/history/limit-before-filter",
    "graphs/fork/replay",
    "graphs/error/parallel-go-on",
    "graphs/thread/delete",
    "graphs/durability/exit",
    "graphs/durability/sync",
    "graphs/no-saver/stream",
    "interrupts/where/loop",
    "interrupts/where/beside-a-failure",
    "interrupts/several/same-question",
    "interrupts/order/last-send-first",
    "interrupts/otherwise/update-then-resume",
    "interrupts/breakpoint/around-a-question",
    "interrupts/durability/exit/parallel",
    "interrupts/durability/async/parallel",
    "control/command/goto-sends",
    "control/command/from-sends",
    "control/command/parent-of-none",
    "control/operation/goto-with-update",
    "control/operation/resume-and-goto",
    "control/pattern/feedback-from-tools",
    "control/pattern/spawn",
    "control/route/path-map/not-in-it",
    "control/managed/remaining-steps-stop-in-time",
    "control/drain/stops-and-goes-on",
    "control/drain/after-the-superstep",
    "control/defer/twice",
    "control/max-concurrency/one",
    "control/max-concurrency/two",
    "failures/raised/both",
    "failures/raised/others-kept-for-resume",
    "failures/raised/in-a-send",
    "failures/update/two-writes",
    "failures/update/reducer-raises",
    "failures/retry/attempts-three",
    "failures/retry/attempts-exhausted",
    "failures/retry/in-parallel",
    "failures/retry/then-interrupt",
    "failures/error-handler/goto-and-update",
    "failures/error-handler/fails",
    "failures/error-handler/both-of-two",
    "failures/error-handler/beside-one-without",
    "failures/error-handler/asks",
    "persistence/partial/sends",
    "persistence/fork/update-takes-the-other-branch",
    "persistence/update-state/as-copy",
    "persistence/bulk-update/two-steps",
    "persistence/bulk-update/unknown-node",
    "persistence/thread/copy",
    "persistence/durability/exit/failure",
    "persistence/durability/async/loop",
    "schemas/pydantic/input/several",
    "schemas/dataclass/full",
    "schemas/private/between-nodes",
    "schemas/context/given",
    "schemas/info/of-tasks",
    "schemas/messages/remove-all",
    "subgraphs/nested",
    "subgraphs/call/value",
    "subgraphs/checkpointer/own/remembers",
    "subgraphs/checkpointer/none/asks",
    "subgraphs/interrupt/side-by-side-one-at-a-time",
    "subgraphs/interrupt/in-a-call",
    "subgraphs/get-state/update-inside-then-resume",
    "subgraphs/get-state/history-of-a-task",
    "subgraphs/command-to-parent/goto-and-update",
    "subgraphs/command-to-parent/from-two-levels-down",
    "subgraphs/error/gone-on-with",
    "subgraphs/stream/several",
    "subgraphs/send/runs",
    "memory/store/put-then-get",
    "memory/store/search-by-prefix",
    "memory/store/delete",
    "memory/cache/key-own",
    "memory/cache/clear",
    "memory/cache/streamed",
)
_WAITS: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        slow=[note("slow", {"len": {"get": "log"}}), {"wait": 0.03}],
        quick=[note("quick", {"len": {"get": "log"}}), {"wait": 0.01}],
        middle=[{"wait": 0.02}, note("middle", {"len": {"get": "log"}})],
        end="end",
    ),
    "edges": [
        [START, "slow"],
        [START, "quick"],
        [START, "middle"],
        [["slow", "quick", "middle"], "end"],
        ["end", END],
    ],
}
_QUICK_FAILS: Program = _WAITS | {
    "nodes": _WAITS["nodes"] | nodes(quick=[{"wait": 0.01}, fail("ValueError", "quick")])
}
_SLOW_FAILS: Program = _WAITS | {
    "nodes": _WAITS["nodes"] | nodes(slow=[{"wait": 0.03}, fail("ValueError", "slow")])
}
_ASKS_LATE: Program = _WAITS | {
    "nodes": _WAITS["nodes"] | nodes(quick=[{"wait": 0.01}, note({"interrupt": "quick?"})])
}
_EMITS: Program = _WAITS | {
    "nodes": _WAITS["nodes"]
    | nodes(
        slow=[{"emit": "slow begins"}, {"wait": 0.03}, {"emit": "slow ends"}],
        quick=[{"emit": "quick begins"}, {"wait": 0.01}, {"emit": "quick ends"}],
    )
}
_SENT: Program = {
    "state": {"log": LOG},
    "nodes": nodes(
        work=[{"when": [{"get": "k"}, [{"wait": 0.01}], [{"wait": 0.02}]]}, note({"get": "k"})]
    ),
    "edges": [],
    "branches": {START: [{"send": {"to": "work", "each": [False, True, False], "as": "k"}}]},
}
_OWN: Runs = {
    "parallel/concurrent-longest-first": (_WAITS, (stream(["updates", "tasks"]), STATE)),
    "parallel/concurrent-one-at-a-time": (_WAITS, (stream(["updates"], max_concurrency=1),)),
    "parallel/concurrent-two-at-a-time": (_WAITS, (stream(["updates"], max_concurrency=2),)),
    "parallel/concurrent-sends": (_SENT, (stream(["updates"]), STATE)),
    "parallel/concurrent-events": (_EMITS, (stream(["custom", "updates"]),)),
    "parallel/quick-one-fails": (_QUICK_FAILS, (stream(["updates", "tasks"]), STATE, GO_ON)),
    "parallel/slow-one-fails": (_SLOW_FAILS, (stream(["updates", "tasks"]), STATE, GO_ON)),
    "parallel/quick-one-asks": (_ASKS_LATE, (invoke(), STATE)),
}


def cases() -> Iterator[Case]:
    """Yield the corpus."""
    modules: tuple[Any, ...] = (
        graphs,
        interrupts,
        control,
        failures,
        persistence,
        schemas,
        subgraphs,
        memory,
    )
    known = {case.id: case for case in chain.from_iterable(module.cases() for module in modules)}
    for name in _CHOSEN:
        case = known[name]  # pyright: ignore[reportArgumentType]  # a name is an id
        yield _awaited(f"asynchronous/{name}", case)
    for case in cases_of("asynchronous", _OWN):
        yield _awaited(case.id, case)
    for case in chain(runs.cases(), crossings.cases(), migration.cases()):
        spec: Any = case.subject.spec
        if spec.get("program") and spec["saver"] != "sqlite":  # which refuses asynchronous calls
            yield _awaited(f"asynchronous/{case.id}", case)


def _awaited(name: str, case: Case) -> Case:
    spec: Any = case.subject.spec
    operations = (
        operation
        if operation.name in {"put", "store_items"}
        else Operation(operation.name, {**operation.args, "async": True})
        for operation in case.operations
    )
    return graph(name, spec["program"], *operations, saver=spec["saver"])
