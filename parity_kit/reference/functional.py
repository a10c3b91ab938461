"""Builds real `entrypoint`s with real `task`s from a functional program.

A LangGraph task is either synchronous or asynchronous, so a program is built twice, once for each
way to run it. Both share saver, store and cache, and count visits together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, cast

from langgraph.func import entrypoint, task

from parity_kit.programs.instructions import Call, CallAll
from parity_kit.programs.model import Functional, Task
from parity_kit.reference.build import make_services
from parity_kit.reference.hosts import Answers, Bodies
from parity_kit.reference.policies import policy_arguments, supported
from parity_kit.reference.schemas import context_class

NAME = "workflow"
"""The entrypoint's name, which events show."""
_AWAITED = {"ainvoke", "astream"}
_TASK, _ENTRYPOINT = ([*signature(item).parameters] for item in (task, entrypoint))


@dataclass(slots=True)
class Workflow:
    """A functional program in both forms; asynchronous runs use the second."""

    sync: Any
    awaited: Any
    tasks: Mapping[str, Any]
    """The tasks of either form: a cached result belongs to the task's name."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.awaited if name in _AWAITED else self.sync, name)

    def clear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Forget what the entrypoint and tasks have cached, or those of these names."""
        self.sync.clear_cache(nodes)
        self.awaited.clear_cache(nodes)
        for compiled in self._named(nodes):
            compiled.clear_cache(self.sync.cache)

    async def aclear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Forget what the entrypoint and tasks have cached, or those of these names."""
        await self.sync.aclear_cache(nodes)
        await self.awaited.aclear_cache(nodes)
        for compiled in self._named(nodes):
            await compiled.aclear_cache(self.sync.cache)

    def _named(self, names: Sequence[str] | None) -> list[Any]:
        return [compiled for name, compiled in self.tasks.items() if names is None or name in names]


@dataclass(frozen=True, slots=True)
class _Form:
    """Builds one form."""

    program: Functional
    awaits: bool
    bodies: Bodies
    tasks: dict[str, Any] = field(default_factory=dict[str, Any])

    def make(self, **services: Any) -> Any:
        """Return the compiled entrypoint."""
        for name, definition in self.program.tasks.items():
            arguments = supported(policy_arguments(definition.policies), _TASK, "task")
            made = cast("Any", task)(**arguments)
            self.tasks[name] = made(self._function(name, definition))
        decorator: Any = entrypoint(
            **services,
            context_schema=context_class(self.program.context),
            **supported(
                policy_arguments(self.program.entrypoint.policies), _ENTRYPOINT, "entrypoint"
            ),
        )
        return decorator(self._function(NAME, self.program.entrypoint))

    def _function(self, name: str, made_of: Task) -> Callable[..., Any]:
        """Return a body as a function; a body with a timeout can only be asynchronous."""
        node: Any = self.bodies.function(name, made_of.body, (name,), self._answers())
        awaits = self.awaits or made_of.policies.timeout is not None
        function: Any = node.afunc if awaits else node.func
        # LangGraph caches a task's results under the names of its module and function.
        function.__name__ = function.__qualname__ = name
        return function

    def _answers(self) -> Answers:
        def now(request: Call | CallAll) -> Any:
            if isinstance(request, Call):
                return self.tasks[request.name](request.argument).result()
            started = [self.tasks[call.name](call.argument) for call in request.calls]
            return [future.result() for future in started]

        async def later(request: Call | CallAll) -> Any:
            if isinstance(request, Call):
                return await self.tasks[request.name](request.argument)
            started = [self.tasks[call.name](call.argument) for call in request.calls]
            return [await future for future in started]

        return now, later


def compile_functional(program: Functional, saver: Any, bodies: Bodies) -> Workflow:
    """Return a functional program, compiled with a saver; `bodies` counts its visits."""
    services = {"checkpointer": saver, **make_services(store=program.store, cache=program.cache)}
    sync, awaited = (_Form(program, awaits, bodies) for awaits in (False, True))
    return Workflow(sync.make(**services), awaited.make(**services), sync.tasks)
