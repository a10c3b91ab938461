"""The arguments of operations on a graph, checked and converted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict, cast

from parity_kit.contract import Unsupported
from pure_engine.pregel.run import Durability, Request
from pure_engine.program.model import Breakpoints, Program
from pure_engine.types import Command, Send

RECURSION_LIMIT: Final = 25
"""The supersteps that a run may take by default."""

ANYWHERE = frozenset(("async",))
"""The arguments that every operation takes."""
NOT_AWAITED = frozenset(("compile", "load_stored", "node_runs", "store_items"))
"""The operations that have no asynchronous form."""

_NO_THREAD = (
    "Checkpointer requires one or more of the following 'configurable' keys:"
    " thread_id, checkpoint_ns, checkpoint_id"
)
_NOT_DURABLE = "`durability` has no effect when no checkpointer is present."
_MODES = {"values", "updates", "tasks", "checkpoints", "debug", "custom"}
_DURABILITIES = {None, "sync", "async", "exit"}
_COMMAND = {"update", "goto", "resume"}
_MOST_ORDERED = 8
_CHANGE = {"values", "as_node", "for_task"}
_CONFIG = {"configurable", "metadata", "tags", "run_id"}
# What a run takes over from the config's own keys into its metadata, in the pinned order.
_TO_METADATA = ("assistant_id", "graph_id", "run_id", "task_id")


class Address(TypedDict, total=False):
    """What an operation addresses: a checkpoint of a thread, or of a subgraph that a task runs.

    `config` holds the parts of LangGraph's config that have no argument of their own.
    """

    thread: str | None
    checkpoint: int | None
    task: int | None
    inner: int | None
    config: Mapping[str, Any] | None


class Options(Address, total=False):
    """The arguments of a run. `max_concurrency` changes nothing: tasks end one after another."""

    recursion_limit: int
    durability: Durability | None
    context: Any
    interrupt_before: Breakpoints | None
    interrupt_after: Breakpoints | None
    max_concurrency: int | None
    completion_order: Sequence[int] | None
    subgraphs: bool
    output_keys: str | Sequence[str] | None
    logs: bool


def lacking_in(args: Mapping[str, Any]) -> Unsupported | None:
    """Return what arguments ask for that the engine does not support."""
    mode = args.get("stream_mode") or ()
    supersteps = cast("Sequence[Sequence[Mapping[str, Any]]]", args.get("supersteps") or ())
    given: Mapping[str, tuple[Iterable[Any], Collection[Any]]] = {
        "stream mode": (
            [*([mode] if isinstance(mode, str) else mode), *(args.get("modes") or ())],
            _MODES,
        ),
        "part of a config": (args.get("config") or (), _CONFIG),
        "durability": ([args.get("durability")], _DURABILITIES),
        "part of a command": (args.get("command") or (), _COMMAND),
        "part of an update": (
            [key for superstep in supersteps for change in superstep for key in change],
            _CHANGE,
        ),
    }
    for part, (names, known) in given.items():
        if unknown := sorted(name for name in names if name not in known):
            return Unsupported(f"no {part} {unknown[0]}")
    order = cast("Sequence[int]", args.get("completion_order") or ())
    if len(order) > _MOST_ORDERED or sorted(order) != [*range(len(order))]:
        return Unsupported(f"completion_order orders no first tasks, of {_MOST_ORDERED} at most")
    return None


def made_command(parts: Mapping[str, Any]) -> Command:
    """Return the command that an operation describes."""
    known = dict(parts)
    if "goto" in known:
        goto = known["goto"]
        several = cast("list[Any]", goto) if isinstance(goto, list) else [goto]
        known["goto"] = [_target(target) for target in several]
    return Command(**known)


def _target(target: Any) -> Any:
    if isinstance(target, dict):
        name, argument = cast("Mapping[str, Sequence[Any]]", target)["send"]
        return Send(name, argument)
    return target


def own_keys(options: Address) -> Mapping[str, Any]:
    """Return the keys of a config's own, which locate nothing."""
    config: Mapping[str, Any] = options.get("config") or {}
    return config.get("configurable") or {}


def own_metadata(options: Address) -> dict[str, Any]:
    """Return a config's metadata, with the keys of its own that count as such."""
    config: Mapping[str, Any] = options.get("config") or {}
    given: Mapping[str, Any] = config.get("metadata") or {}
    own = own_keys(options)
    return {**given, **{name: own[name] for name in _TO_METADATA if own.get(name)}, **given}


def check_output_keys(program: Program, names: str | Sequence[str]) -> None:
    """Raise `ValueError` if the program has no channel of a name."""
    for name in (names,) if isinstance(names, str) else names:
        if name not in program.channels and name not in program.managed:
            message = f"Key {name} not in channels"
            raise ValueError(message)


def check_run(request: Request, options: Options, *, saves: bool) -> None:
    """Raise `ValueError` if a run cannot begin, and warn of an argument without effect."""
    if request.recursion_limit < 1:
        raise ValueError("recursion_limit must be at least 1")
    if saves and not request.where:
        raise ValueError(_NO_THREAD)
    if not saves and options.get("durability") is not None:
        request.log("UserWarning", _NOT_DURABLE)


def coerced_context(program: Program, context: Any) -> Any:
    """Return a run's context, or raise `TypeError` if the program does not declare a key."""
    if program.context is None or not isinstance(context, dict):
        return context
    given = cast("Mapping[str, Any]", context)
    if unknown := [name for name in given if name not in program.context]:
        message = f"Context.__init__() got an unexpected keyword argument '{unknown[0]}'"
        raise TypeError(message)
    return given
