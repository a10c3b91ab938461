"""A functional program as Python source: its tasks and its entrypoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity_kit.programs.model import Functional, Task
from parity_kit.programs.script.bodies import function
from parity_kit.programs.script.expressions import Frame, as_text
from parity_kit.programs.script.graph import Blocks, Setting
from parity_kit.programs.script.policies import policy_arguments
from parity_kit.programs.script.schemas import context_class
from parity_kit.programs.script.source import call, identifiers, quoted


def task_names(program: Functional) -> dict[str, str]:
    """Return the name of each task's function."""
    return identifiers(list(program.tasks), {"workflow"})


def functional_blocks(program: Functional, setting: Setting, *, saver: bool) -> Blocks:
    """Return the source of a functional program, down to `graph`."""
    uses, names = setting.uses, task_names(program)
    blocks: Blocks = []
    if program.context is not None:
        blocks.append(list(context_class(program.context, uses)))
    frame = Frame(
        uses, input="given", shape="either", sets=True, callables=names, context=setting.context
    )
    for name, task in program.tasks.items():
        given = _policies(task, frame, setting)
        if names[name] != name:
            given["name"] = quoted(name)
        decorator = call(uses("task"), **given) if any(given.values()) else uses("task")
        blocks.append([f"@{decorator}", *_function(names[name], name, task, frame, setting)])
    decorator = call(
        uses("entrypoint"),
        checkpointer="saver" if saver else None,
        store="store" if program.store else None,
        cache="cache" if program.cache else None,
        context_schema="Context" if program.context is not None else None,
        **_policies(program.entrypoint, frame, setting),
    )
    lines = _function("workflow", "workflow", program.entrypoint, frame, setting)
    return [*blocks, [f"@{decorator}", *lines], ["graph = workflow"]]


def _policies(task: Task, frame: Frame, setting: Setting) -> dict[str, str | None]:
    def key(value: Any) -> str:
        return f"lambda given: {as_text(value, frame)}"

    return dict(policy_arguments(task.policies, key, setting.uses))


def _function(name: str, counter: str, task: Task, frame: Frame, setting: Setting) -> list[str]:
    awaits = setting.awaits or task.policies.timeout is not None
    return function(name, task.body, replace(frame, awaits=awaits, counter=f"task {counter}"))
