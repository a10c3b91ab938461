"""The operations on a graph as Python source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from parity_kit.contract import Operation
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.script.source import Uses, call, literal, names, quoted

_RUN = ("durability", "context", "interrupt_before", "interrupt_after", "output_keys", "version")
_CONFIG = ("recursion_limit", "max_concurrency")
_OWN_CONFIG = ("metadata", "tags", "run_id")


def operation_lines(
    operation: Operation, uses: Uses, cached: Mapping[str, str], saver: Any
) -> Iterator[str]:
    """Yield the lines of an operation on `graph`, which stores in a `saver`, as a subject names it.

    `cached` has the names of tasks with a cache.
    """
    given: dict[str, Any] = dict(operation.args)
    match operation.name:
        case "invoke" | "stream" | "first_event" | "resume" | "resume_map" | "command":
            yield from _ordered(operation.name, given, uses)
        case "compile":
            yield "graph.builder.compile(checkpointer=graph.checkpointer)"
        case "get_state" | "update_state" | "bulk_update_state":
            yield from _state(operation.name, given, uses)
        case "get_state_history":
            yield from _history(given, uses)
        case "put" | "load_stored" | "crash" | "node_runs" as name:
            yield from _of_saver(name, given, saver, uses)
        case "store_items":
            namespace = call("tuple", names(given["namespace"]))
            yield f"print({call(uses('search'), 'store', namespace)})"
        case "clear_cache":
            chosen = given.get("nodes")
            nodes = [] if chosen is None else [names(chosen)]
            yield _called("graph.clear_cache", nodes, given, uses)
            for name, function in cached.items():
                if chosen is None or name in chosen:
                    yield _called(f"{function}.clear_cache", ["cache"], given, uses)
        case name:
            threads = [quoted(given[key]) for key in ("thread", "source", "target") if key in given]
            yield _called(f"saver.{name}", threads, given, uses)


def _input(name: str, given: Mapping[str, Any], uses: Uses) -> str:
    match name:
        case "resume":
            return call(uses("Command"), resume=literal(given["value"], uses))
        case "resume_map":
            pairs = literal(dict(given["values"]), uses)
            return call(uses("Command"), resume=call(uses("answers"), _config(given, uses), pairs))
        case "command":
            return _command(given["command"], uses)
        case _:
            return literal(given.get("input"), uses)


def _called(function: str, parts: list[str], given: Mapping[str, Any], uses: Uses) -> str:
    """Return a call, or its asynchronous twin, whose name begins with `a`."""
    if not given.get("async"):
        return call(function, *parts)
    owner, _, name = function.partition(".")
    return f"{uses('asyncio')}.run({call(f'{owner}.a{name}', *parts)})"


def _ordered(operation: str, given: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    """Yield the lines of a run, in the order in which its tasks end, and with its log, if asked."""
    order, indent = given.get("completion_order"), ""
    frames = [] if order is None else [call(uses("ending"), literal(order, uses))]
    frames += [call(uses("logged"))] if given.get("logs") else []
    if frames:
        yield f"with {', '.join(frames)}:"
        indent = "    "
    for line in _run(operation, given, uses):
        yield f"{indent}{line}"


def _run(operation: str, given: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    graph_input = _input(operation, given, uses)
    named = {key: _optional(given, key, uses) for key in _RUN}
    config = _config(given, uses)
    if given.get("modes") is None:
        prefix, suffix = (
            (f"{uses('asyncio')}.run(graph.a", ")") if given.get("async") else ("graph.", "")
        )
        named["stream_mode"] = _optional(given, "stream_mode", uses)
        output = f"{prefix}{call('invoke', graph_input, config, **named)}{suffix}"
        whole = given.get("version") == "v2" and given.get("stream_mode", "values") == "values"
        yield f"print({call(uses('both'), output) if whole else output})"
        return
    named["stream_mode"] = names(given["modes"])
    named["subgraphs"] = "True" if given.get("subgraphs") else None
    name = "first_event" if operation == "first_event" else "stream"
    yield from _print_items(name, [graph_input, config], named, given, uses)


def _print_items(
    name: str,
    parts: list[str],
    named: Mapping[str, str | None],
    given: Mapping[str, Any],
    uses: Uses,
) -> Iterator[str]:
    """Yield the lines that print every item of a call's result; `first_event` is of a stream."""
    until_first = name == "first_event"
    name = "stream" if until_first else name
    if given.get("async"):
        source = call(f"graph.a{name}", *parts, **named)
        helper = uses("print_first" if until_first else "print_all")
        yield f"{uses('asyncio')}.run({helper}({source}))"
    else:
        yield f"for item in {call(f'graph.{name}', *parts, **named)}:"
        yield "    print(item)"
        if until_first:
            yield "    break"


def _config(given: Mapping[str, Any], uses: Uses) -> str:
    named = {key: _optional(given, key, uses) for key in _CONFIG}
    config: Mapping[str, Any] = given.get("config") or {}
    named |= {key: _optional(config, key, uses) for key in _OWN_CONFIG}
    if given.get("callbacks"):
        named["callbacks"] = f"[{uses('Callbacks')}()]"
    own = _optional(config, "configurable", uses)
    task = _optional(given, "task", uses)
    if task is None:
        named["own"] = own
    thread = [] if given.get("thread") is None else [quoted(given["thread"])]
    if given.get("checkpoint") is not None:
        address = _checkpoint(given, given["checkpoint"], named, uses)
    else:
        address = call(uses("at"), *thread, **named)
    if task is None:
        return address
    inner = None if given.get("inner") is None else _nth(given["inner"], uses)
    return call(uses("inside"), address, task, inner=inner, own=own)


def _checkpoint(
    given: Mapping[str, Any], number: int, named: Mapping[str, str | None], uses: Uses
) -> str:
    return call(uses("checkpoint"), _nth(number, uses), quoted(given["thread"]), **named)


def _nth(number: int, uses: Uses) -> str:
    ids = "created" if "created" in uses else call(uses("stored"))
    return call(uses("nth"), ids, literal(number, uses))


def _optional(given: Mapping[str, Any], key: str, uses: Uses) -> str | None:
    return None if given.get(key) is None else literal(given[key], uses)


def _command(command: Mapping[str, Any], uses: Uses) -> str:
    named = {key: _optional(command, key, uses) for key in ("update", "resume")}
    goto = None if command.get("goto") is None else _goto(command["goto"], uses)
    return call(uses("Command"), update=named["update"], goto=goto, resume=named["resume"])


def _goto(value: Any, uses: Uses) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_goto(item, uses) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, dict):
        name, argument = cast("list[Any]", value["send"])
        return call(uses("Send"), quoted(name), literal(argument, uses))
    return quoted(value)


def _state(name: str, given: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    parts = [_config(given, uses)]
    match name:
        case "get_state":
            if given.get("subgraphs"):
                parts.append("subgraphs=True")
        case "update_state":
            parts.append(literal(given["values"], uses))
            parts += _update_parts(given, given, uses)
        case _:
            supersteps = (
                ", ".join(
                    call(
                        uses("StateUpdate"),
                        literal(update.get("values"), uses),
                        *_update_parts(update, given, uses),
                    )
                    for update in superstep
                )
                for superstep in given["supersteps"]
            )
            parts.append("[" + ", ".join(f"[{updates}]" for updates in supersteps) + "]")
    yield f"print({_called(f'graph.{name}', parts, given, uses)})"


def _update_parts(update: Mapping[str, Any], given: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    if update.get("as_node") is not None:
        yield quoted(update["as_node"])
    if update.get("for_task") is not None:
        number = literal(update["for_task"], uses)
        yield f"task_id={call(uses('task_at'), _config(given, uses), number)}"


def _history(given: Mapping[str, Any], uses: Uses) -> Iterator[str]:
    named = {key: _optional(given, key, uses) for key in ("filter", "limit")}
    if given.get("before") is not None:
        named["before"] = _checkpoint(given, given["before"], {}, uses)
    yield from _print_items("get_state_history", [_config(given, uses)], named, given, uses)


def _of_saver(name: str, given: Mapping[str, Any], saver: Any, uses: Uses) -> Iterator[str]:
    match name:
        case "put":
            yield _put(given, uses)
        case "load_stored":
            yield _loaded(given, saver, uses)
        case "crash":
            yield "def act():"
            for line in operation_lines(Operation.from_plain(given["operation"]), uses, {}, saver):
                yield f"    {line}"
            call_at, moment = given.get("call"), given.get("moment", "before")
            yield call(uses("crash"), "saver", "act", literal(call_at, uses), literal(moment, uses))
        case _:
            yield 'print("no script counts how often each node ran in all processes")'


def _loaded(given: Mapping[str, Any], saver: Any, uses: Uses) -> str:
    if str(saver).endswith("postgres"):
        raise BadProgramError("a script cannot load stored bytes into PostgreSQL")
    return call(uses("load_stored"), "saver", literal(given["stored"], uses))


def _put(given: Mapping[str, Any], uses: Uses) -> str:
    where = {"thread_id": given["thread"], "checkpoint_ns": ""}
    where |= {"checkpoint_id": given["parent"]} if given.get("parent") else {}
    parts = [literal(given[key], uses) for key in ("checkpoint", "metadata")]
    versions = literal(given["checkpoint"]["channel_versions"], uses)
    config = literal({"configurable": where}, uses)
    return f"print({_called('saver.put', [config, *parts, versions], given, uses)})"
