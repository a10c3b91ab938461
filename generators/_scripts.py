"""The operations that graph corpora are written with: on thread `t` unless another is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from parity_kit.contract import Case, Operation
from parity_kit.corpora.authoring import graph, op

from ._graph_programs import Program

MODES = ["values", "updates", "checkpoints", "tasks"]
Runs: TypeAlias = Mapping[str, tuple[Program, Sequence[Operation]]]
"""Cases by name: a program and what is done to it."""


def invoke(**args: Any) -> Operation:
    """Return an invocation; its input is an empty log unless another is given."""
    return op("invoke", **({"thread": "t", "input": {"log": []}} | args))


def stream(modes: Sequence[str] = MODES, **args: Any) -> Operation:
    """Return a stream; its input is an empty log unless another is given."""
    return op("stream", **({"thread": "t", "input": {"log": []}, "modes": list(modes)} | args))


def go_on(**args: Any) -> Operation:
    """Return an invocation that continues from where the thread stopped."""
    return invoke(input=None, **args)


def resume(value: Any, **args: Any) -> Operation:
    """Return a resume with one answer."""
    return op("resume", **({"thread": "t", "value": value} | args))


def resume_map(*pairs: tuple[int, Any], **args: Any) -> Operation:
    """Return a resume that answers pending interrupts by their place in the state."""
    return op("resume_map", **({"thread": "t", "values": [list(pair) for pair in pairs]} | args))


def command(parts: Mapping[str, Any], **args: Any) -> Operation:
    """Return a run with a `Command`."""
    return op("command", **({"thread": "t", "command": dict(parts)} | args))


def update(values: Any, as_node: str | None = None, **args: Any) -> Operation:
    """Return an update of the state, by a node if one is named."""
    named = {} if as_node is None else {"as_node": as_node}
    return op("update_state", **({"thread": "t", "values": values} | named | args))


def state(**args: Any) -> Operation:
    """Return a reading of the state."""
    return op("get_state", **({"thread": "t"} | args))


def history(**args: Any) -> Operation:
    """Return a reading of the history."""
    return op("get_state_history", **({"thread": "t"} | args))


GO_ON, STATE, HISTORY = go_on(), state(), history()


def cases_of(corpus: str, runs: Runs, on_sqlite: Sequence[str] = ()) -> Iterator[Case]:
    """Yield a case for each run in memory, and one in SQLite for those named."""
    for name, (program, operations) in runs.items():
        yield graph(f"{corpus}/{name}", program, *operations)
    for name in on_sqlite:
        program, operations = runs[name]
        yield graph(f"{corpus}/{name}/sqlite", program, *operations, saver="sqlite")


def without_saver(corpus: str, runs: Runs) -> Iterator[Case]:
    """Yield a case for each run of a graph that has no checkpointer."""
    for name, (program, operations) in runs.items():
        unnamed = (
            Operation(
                operation.name, {key: arg for key, arg in operation.args.items() if key != "thread"}
            )
            for operation in operations
        )
        yield graph(f"{corpus}/{name}/no-saver", program, *unnamed, saver=None)
