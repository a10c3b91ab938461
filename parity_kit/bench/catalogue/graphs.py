"""Workloads of graphs: shapes, savers, interrupts, streams and asynchronous runs."""

from __future__ import annotations

from collections.abc import Iterator

from parity_kit.bench.catalogue import programs
from parity_kit.bench.catalogue.workload import COUNTED_INPUT, Effort, Workload, graph, run
from parity_kit.contract import Operation
from parity_kit.contract.plain import Plain

SEQUENCE, WIDTH = "nodes in a row", "branches in parallel"
"""What grows in a series."""

_SIZES, _LARGE = (10, 30, 100), (300, 1000)
_TURNS, _HISTORY = 10, 100


def core() -> Iterator[Workload]:
    """Yield the graph workloads of a quick session."""
    yield graph(
        "sequential-5",
        "sequential",
        "`invoke` of five nodes in a row",
        programs.sequence(5),
        effort=Effort.QUICK,
    )
    yield graph(
        "parallel-fan-out-5",
        "parallel",
        "one node, five in parallel, one that waits for all of them",
        programs.fan_out(5),
        effort=Effort.QUICK,
    )
    yield graph(
        "conditional-loop-5",
        "conditional",
        "one node that a conditional edge runs five times",
        programs.loop(5),
        effort=Effort.QUICK,
    )
    yield graph(
        "checkpoint-memory-5",
        "checkpoint",
        "`sequential-5` with an in-memory checkpointer",
        programs.sequence(5),
        saver="memory",
        effort=Effort.QUICK,
    )


def compiled() -> Iterator[Workload]:
    """Yield the compilation of graphs; opening the session has parsed the program before."""
    for name, about, program in (
        ("simple", "three nodes in a row", programs.sequence(3)),
        ("complex", "ten nodes in a row", programs.sequence(10)),
        ("conditional", "ten nodes, nine of them with a conditional edge", programs.deep(10)),
    ):
        yield graph(
            f"compile-{name}", "compile", f"compile {about}", program, [Operation("compile", {})]
        )


def series() -> Iterator[Workload]:
    """Yield the same work in several sizes; the largest are not for a quick session."""
    for sizes, effort in ((_SIZES, Effort.QUICK), (_LARGE, Effort.RIGOROUS)):
        for size in sizes:
            yield graph(
                f"sequential-{size}",
                "sequential",
                f"`invoke` of {size} nodes in a row",
                programs.sequence(size),
                series=SEQUENCE,
                size=size,
                effort=effort,
            )
        for size in sizes:
            yield graph(
                f"parallel-fan-out-{size}",
                "parallel",
                f"one node, {size} in parallel, one that waits for all of them",
                programs.fan_out(size),
                series=WIDTH,
                size=size,
                effort=effort,
            )


def shapes() -> Iterator[Workload]:
    """Yield further shapes of graphs."""
    yield graph(
        "sequential-3", "sequential", "`invoke` of three nodes in a row", programs.sequence(3)
    )
    yield graph("conditional-binary", "conditional", "a router with two routes", programs.routed(2))
    yield graph(
        "conditional-routes-4", "conditional", "a router with four routes", programs.routed(4)
    )
    yield graph(
        "conditional-deep-10",
        "conditional",
        "ten nodes in a row, each of which could end the run",
        programs.deep(10),
    )
    yield graph(
        "conditional-loop-100",
        "conditional",
        "one node that a conditional edge runs a hundred times",
        programs.loop(100),
        supersteps=100,
    )
    yield graph("parallel-fan-out-3", "parallel", "three branches in parallel", programs.fan_out(3))
    yield graph(
        "parallel-heavy-5",
        "parallel",
        "five branches in parallel, each writing 50 items",
        programs.fan_out(5, work=50),
    )
    yield graph(
        "parallel-fan-out-50", "parallel", "fifty branches in parallel", programs.fan_out(50)
    )
    yield graph(
        "parallel-stages-3x2", "parallel", "two stages of three branches", programs.stages(2, 3)
    )
    worker: dict[str, Plain] = {"body": [{"write": {"log": [{"get": "count"}]}}]}
    for count in (10, 100):
        yield graph(
            f"send-map-{count}",
            "parallel",
            f"one node that sends {count} packets to a worker, one that gathers",
            programs.mapped(count, worker),
        )
    inner: Plain = programs.sequence(3, output=["log"])
    yield graph(
        "send-map-subgraph-10",
        "parallel",
        "the same with 10 packets, the worker being a subgraph of three nodes",
        programs.mapped(10, {"subgraph": "inner"}, subgraphs={"inner": {"program": inner}}),
    )


def checkpoints() -> Iterator[Workload]:
    """Yield graphs that store their state."""
    for saver, kind in (
        ("memory", "an in-memory"),
        ("sqlite", "an SQLite (in memory)"),
        ("sqlite-file", "an SQLite (on disk)"),
    ):
        for length in (3, 5):
            if (saver, length) != ("memory", 5):
                yield graph(
                    f"checkpoint-{saver}-{length}",
                    "checkpoint",
                    f"`sequential-{length}` with {kind} checkpointer",
                    programs.sequence(length),
                    saver=saver,
                )
    yield graph(
        "checkpoint-postgres-5",
        "checkpoint",
        "`sequential-5` with a PostgreSQL checkpointer",
        programs.sequence(5),
        saver="postgres",
    )
    yield graph(
        "checkpoint-memory-loop-5",
        "checkpoint",
        "`conditional-loop-5` with an in-memory checkpointer",
        programs.loop(5),
        saver="memory",
    )
    turns = [run("invoke", COUNTED_INPUT, "memory") for _ in range(_TURNS)]
    yield graph(
        "checkpoint-turns-10",
        "checkpoint",
        "ten runs of three nodes on one thread, each of which reads the thread's state again",
        programs.sequence(3),
        turns,
        saver="memory",
    )
    long = run("invoke", COUNTED_INPUT, "memory", _HISTORY)
    yield graph(
        "checkpoint-history-100",
        "checkpoint",
        "a loop of 100 supersteps, then all of its history",
        programs.loop(_HISTORY),
        [long, Operation("get_state_history", {"thread": "t"})],
        saver="memory",
    )


def interrupts() -> Iterator[Workload]:
    """Yield questions and their answers."""
    answer = Operation("resume", {"thread": "t", "value": "yes"})
    first = run("invoke", COUNTED_INPUT, "memory")
    yield graph(
        "interrupt-resume",
        "interrupts",
        "a node that asks, and the run that answers",
        programs.asking(1),
        [first, answer],
        saver="memory",
    )
    yield graph(
        "interrupt-resume-10",
        "interrupts",
        "ten nodes that ask one after another, and ten answers",
        programs.asking(10),
        [first, *[answer] * 10],
        saver="memory",
    )
    go_on = run("invoke", None, "memory")
    yield graph(
        "interrupt-before",
        "interrupts",
        "a stop before each of five nodes, and five runs that go on",
        programs.sequence(5, interrupt_before="*"),
        [first, *[go_on] * 5],
        saver="memory",
    )


def streams() -> Iterator[Workload]:
    """Yield runs whose events are taken."""
    for name, modes in (
        ("values", ["values"]),
        ("updates", ["updates"]),
        ("debug", ["debug"]),
        ("several", ["values", "updates", "tasks", "checkpoints"]),
    ):
        wanted: Plain = [*modes]
        yield graph(
            f"stream-{name}",
            "stream",
            f"`sequential-5`, streamed in {', '.join(modes)}",
            programs.sequence(5),
            [run("stream", COUNTED_INPUT, "memory", modes=wanted)],
            saver="memory",
        )
    for length in (5, 100):
        yield graph(
            f"stream-first-event-{length}",
            "stream",
            f"`sequential-{length}`, streamed in updates until the first event",
            programs.sequence(length),
            [run("first_event", COUNTED_INPUT, supersteps=length, modes=["updates"])],
        )
    yield graph(
        "stream-parallel-3",
        "stream",
        "three branches in parallel, streamed in updates",
        programs.fan_out(3),
        [run("stream", COUNTED_INPUT, modes=["updates"])],
    )


def asynchronous() -> Iterator[Workload]:
    """Yield runs by `ainvoke` and `astream`."""
    awaited: dict[str, Plain] = {"async": True}
    worker: dict[str, Plain] = {"body": [{"write": {"log": [{"get": "count"}]}}]}
    for name, program, saver in (
        ("sequential-5", programs.sequence(5), None),
        ("sequential-100", programs.sequence(100), None),
        ("parallel-fan-out-5", programs.fan_out(5), None),
        ("parallel-fan-out-50", programs.fan_out(50), None),
        ("conditional-loop-5", programs.loop(5), None),
        ("send-map-10", programs.mapped(10, worker), None),
        ("checkpoint-memory-5", programs.sequence(5), "memory"),
    ):
        yield graph(
            f"async-{name}",
            "asynchronous",
            f"`{name}` by `ainvoke`",
            program,
            [run("invoke", COUNTED_INPUT, saver, 100, **awaited)],
            saver=saver,
        )
    for name, kind, about in (
        ("stream-updates", "stream", "streamed in updates by `astream`"),
        ("stream-first-event-5", "first_event", "the same until the first event"),
    ):
        yield graph(
            f"async-{name}",
            "asynchronous",
            f"`sequential-5`, {about}",
            programs.sequence(5),
            [run(kind, COUNTED_INPUT, None, 0, modes=["updates"], **awaited)],
        )
    yield graph(
        "async-interrupt-resume",
        "asynchronous",
        "`interrupt-resume` by `ainvoke`",
        programs.asking(1),
        [
            run("invoke", COUNTED_INPUT, "memory", 0, **awaited),
            Operation("resume", {"thread": "t", "value": "yes", **awaited}),
        ],
        saver="memory",
    )
