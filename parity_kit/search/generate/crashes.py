"""Crash cases: a run in a process that is killed while it stores, and its continuation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity_kit.contract import Engine, Operation, Returned, Subject, SubjectKind, Trace, run
from parity_kit.search.choices import Choices
from parity_kit.search.generate.arguments import run_arguments
from parity_kit.search.generate.drafts import update
from parity_kit.search.generate.growing import Growing
from parity_kit.search.generate.programs import program

_DURABILITIES = ("sync", "async", "exit")
_RUNS = Operation("node_runs")


def crash_case(choices: Choices, reference: Engine) -> Trace:
    """Return a case: a run that is killed at one of its stores, maybe its continuation too."""
    made = program(choices)
    subject = Subject(SubjectKind.GRAPH, {"program": made, "saver": "sqlite-file"})
    durability = choices.pick(_DURABILITIES)
    arguments = run_arguments(choices, made, has_thread=True)
    arguments |= {"thread": "t", "durability": durability}
    with Growing(reference, subject) as growing:
        begin = _run(arguments | {"input": update(choices, made)})
        go_on = _run(arguments | {"input": None})
        growing.apply(_killed(choices, growing.trace(), reference, begin))
        if choices.chance(3):
            growing.apply(_killed(choices, growing.trace(), reference, go_on))
        for operation in (_RUNS, go_on, _RUNS, Operation("get_state", {"thread": "t"})):
            growing.apply(operation)
        return growing.trace()


def _run(arguments: dict[str, Any]) -> Operation:
    return Operation("stream" if "modes" in arguments else "invoke", arguments)


def _killed(choices: Choices, before: Trace, reference: Engine, operation: Operation) -> Operation:
    """Return an operation, killed at a call that it makes if the process lives."""
    alive = Operation("crash", {"operation": operation.to_plain()})
    case = replace(before.case, operations=(*before.case.operations, alive))
    counted = run(reference, case)[-1]
    value: Any = counted.value if isinstance(counted, Returned) else {"calls": 0}
    call = choices.between(1, max(1, value["calls"]))
    moment = "after" if choices.chance() else "before"
    return replace(alive, args={**alive.args, "call": call, "moment": moment})
