"""A case as a plain Python script with nothing but LangGraph imports: hand it to anyone.

The script pins nothing, so its ids and times differ; everything else matches the reference. It is
built from the case alone and runs in any environment that has LangGraph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from parity_kit.contract import Case, Operation, SubjectKind
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.admission import check_structure, is_awaited, on_postgresql
from parity_kit.programs.model import Functional
from parity_kit.programs.own_types import own_types
from parity_kit.programs.parsing import parse
from parity_kit.programs.script.channels import channel_lines
from parity_kit.programs.script.functional import functional_blocks, task_names
from parity_kit.programs.script.grammar import check_source
from parity_kit.programs.script.graph import Setting, graph_blocks
from parity_kit.programs.script.layout import wrapped
from parity_kit.programs.script.operations import operation_lines
from parity_kit.programs.script.own_types import METHODS
from parity_kit.programs.script.saved import awaited
from parity_kit.programs.script.savers import (
    closing,
    codec_lines,
    saver_lines,
    saver_source,
)
from parity_kit.programs.script.source import Uses, call, quoted, shown
from parity_kit.programs.script.stores import cache_lines, store_lines

_RUNS = {"invoke", "stream", "resume", "resume_map", "command"}


def script(case: Case) -> str:
    """Return the script for a case.

    Raises:
        BadProgramError: If the case holds what the kit does not know, or cannot be written.
    """
    check_structure(case)
    try:
        source = _source(case)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        problem = f"cannot be written as a script: {type(error).__name__}: {error}"
        raise BadProgramError(problem, where=case.id) from error
    check_source(source, case)
    return source


def _source(case: Case) -> str:
    uses = Uses()
    match case.subject.kind:
        case SubjectKind.CODEC:
            lines = codec_lines(case, uses)
        case SubjectKind.CHANNEL:
            lines = channel_lines(case, uses)
        case SubjectKind.SAVER:
            lines = saver_lines(case, uses)
        case SubjectKind.STORE:
            lines = store_lines(case, uses)
        case SubjectKind.CACHE:
            lines = cache_lines(case, uses)
        case SubjectKind.GRAPH:
            lines = _graph_lines(case, uses)
    in_loop = is_awaited(case.subject.spec.get("saver"))
    if in_loop and case.subject.kind is SubjectKind.GRAPH:
        uses("state_of")
        uses("collected")
    helpers = (["", "", *helper.split("\n")] for helper in uses.helpers())
    parts: list[str] = [_title(case), "", *list(uses.imports())[:-1]]
    for helper in helpers:
        parts += helper
    laid_out = (part for line in lines for part in wrapped(line))
    source = "\n".join([*parts, "", "", *laid_out, ""])
    # A saver that belongs to a loop takes no calls from outside it.
    return awaited(source) if in_loop else source


def _title(case: Case) -> str:
    name = re.sub(r"[^\w./:+ -]", "?", case.id)
    if not on_postgresql(case.subject):
        return f'"""What LangGraph does in case {name}."""'
    return (
        f'"""What LangGraph does in case {name}.\n\n'
        "It needs langgraph-checkpoint-postgres, psycopg, and as its first argument the address\n"
        'of an empty PostgreSQL database, as in postgresql://user@localhost/test.\n"""'
    )


def _graph_lines(case: Case, uses: Uses) -> list[str]:
    spec: Mapping[str, Any] = case.subject.spec
    program, saver = parse(spec["program"]), spec.get("saver")
    runs = [operation for operation in case.operations if operation.name in _RUNS]
    setting = Setting(
        uses,
        awaits=bool(runs) and all(run.args.get("async") for run in runs),
        dicts=not _sends(spec["program"], case.operations),
        # Where a run has no context, it is None and has no fields.
        context=(program.context or ()) if all(run.args.get("context") for run in runs) else (),
    )
    if _counts(spec["program"], case.operations):
        uses("created")
    lines = [
        call(uses("own_type"), quoted(module), quoted(name), quoted(METHODS[kind]))
        for module, name, kind in own_types(case.subject)
    ]
    lines += saver_source(saver, uses) if saver is not None else []
    if program.store:
        lines.append(f"store = {uses('InMemoryStore')}()")
    elif any(operation.name == "store_items" for operation in case.operations):
        lines.append("store = None")
    lines += [f"cache = {uses('InMemoryCache')}()"] if program.cache else []
    cached: dict[str, str] = {}
    if isinstance(program, Functional):
        blocks = functional_blocks(program, setting, saver=saver is not None)
        functions, tasks = task_names(program), program.tasks
        cached = {name: functions[name] for name in tasks if tasks[name].policies.cache is not None}
    else:
        blocks = graph_blocks(program, setting, saver=saver is not None)
    for block in blocks:
        lines += (["", ""] if lines else []) + block
    lines.append("")
    for index, operation in enumerate(case.operations):
        lines += shown(index, operation, operation_lines(operation, uses, cached, saver), uses)
    if is_awaited(saver):
        # The saver belongs to one loop, which outlives a single run.
        lines = [line.replace("asyncio.run(", "runner.run(") for line in lines]
    return [*lines, *closing(saver)]


def _counts(program: Mapping[str, Any], operations: Sequence[Operation]) -> bool:
    """Return whether checkpoints are named by number, and the saver may lack some of them."""
    names = any(
        {"checkpoint", "before", "inner"} & operation.args.keys() for operation in operations
    )
    other = any(
        operation.name in {"delete_thread", "put"} or operation.args.get("durability") == "exit"
        for operation in operations
    )
    # A subgraph without a checkpointer makes checkpoints that nobody stores.
    return names and (other or "checkpointer" in _words(program))


def _sends(program: Mapping[str, Any], operations: Sequence[Operation]) -> bool:
    """Return whether a node may get an input that its schema did not make from the state."""
    objects = "typed_dict" not in str(program.get("schema", "typed_dict"))
    if (objects and "send" in _words(program)) or _sends_items(program):
        return True
    return any(
        operation.name == "command" and "send" in _words(operation.args["command"])
        for operation in operations
    )


def _sends_items(value: Any) -> bool:
    """Return whether a `send` without `as` is in a value: its node gets whatever an item is."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        sent = entries.get("send")
        alone = isinstance(sent, Mapping) and "each" in sent and "as" not in sent
        return alone or any(map(_sends_items, entries.values()))
    return isinstance(value, list) and any(map(_sends_items, cast("list[Any]", value)))


def _words(value: Any) -> set[str]:
    """Return every key in a value, all the way down."""
    if isinstance(value, Mapping):
        return {str(key) for key in value} | _words(list(value.values()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # plain data
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return set[str]().union(*map(_words, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # the same
    return set()
