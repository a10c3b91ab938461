"""A case as a plain Python script with nothing but LangGraph imports: hand it to anyone.

The script pins nothing, so its ids and times are its own; everything else is as the reference did
it. It is built from the case alone and runs in any environment that has LangGraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from parity_kit.canonical import pack
from parity_kit.contract import Case, Operation, SubjectKind
from parity_kit.plain import Ext
from parity_kit.programs.expression_script import HELPERS, expression, node_function
from parity_kit.programs.model import Field, Program
from parity_kit.programs.parsing import parse_graph
from parity_kit.values import close_value

_SHOW = '''
def show(title, action):
    """Print what an operation gives, or the error it raises."""
    print(f"\\n{title}")
    try:
        value = action()
        for item in value if hasattr(value, "__next__") else [value]:
            print("  ", item)
    except Exception as error:
        print("   raised", type(error).__name__, error)
'''
_AT = '''
def at(thread=None, checkpoint=None, limit=25):
    """Return a config; checkpoint k is the k-th that was created (LangGraph's ids sort by time)."""
    where = {} if thread is None else {"thread_id": thread}
    if checkpoint is not None:
        ids = sorted(each.config["configurable"]["checkpoint_id"] for each in saver.list(None))
        where["checkpoint_id"] = ids[checkpoint - 1]
    return {"configurable": where, "recursion_limit": limit}
'''
_ANSWER = '''
def answer(config, values):
    """Return a resume that pairs pending interrupts, by their place in the state, with answers."""
    pending = graph.get_state(config).interrupts
    return Command(resume={pending[at].id: value for at, value in values if at < len(pending)})
'''
_LOAD = '''
def load(data):
    """Return the value that LangGraph stores as these bytes."""
    return JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", data))
'''
_TYPES = {"any": "object"}


def script(case: Case) -> str:
    """Return the script for a case."""
    writers = {
        SubjectKind.CODEC: _codec,
        SubjectKind.CHANNEL: _channel,
        SubjectKind.GRAPH: _graph,
        SubjectKind.SAVER: _saver,
    }
    head, body = writers[case.subject.kind](case)
    text = "\n".join(body)
    helpers = [source for name, source in HELPERS.items() if re.search(rf"\b{name}\b", text)]
    if case.subject.kind is SubjectKind.GRAPH:
        helpers.append(_AT)
    if "answer(" in text:
        helpers.append(_ANSWER)
    if "load(" in text:
        head = [*head, "from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer"]
        helpers.append(_LOAD)
    title = f'"""What LangGraph does in case {case.id}."""'
    return "\n".join([title, "", *dict.fromkeys(head), "", *helpers, _SHOW, "", text, ""])


def literal(value: Any) -> str:
    """Return Python source for a value of the contract."""
    if isinstance(value, Ext):
        return f"load({pack(value)!r})"
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in entries) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, cast("Sequence[Any]", value))) + "]"
    if isinstance(value, float):
        return repr(value) if value == value and abs(value) != float("inf") else f'float("{value}")'  # noqa: PLR0124  # NaN has no literal
    return repr(value)


def _shows(case: Case, lines: Iterator[str]) -> list[str]:
    return [
        f'show("operation {index} ({operation.name})", lambda: {line})'
        for index, (operation, line) in enumerate(zip(case.operations, lines, strict=True))
    ]


def _codec(case: Case) -> tuple[list[str], list[str]]:
    allowed = "None" if case.subject.spec["strict"] else "True"
    head = ["from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer"]
    if any(operation.name == "is_allowed" for operation in case.operations):
        head.append("from langgraph.checkpoint.serde import _msgpack")
    lines = (_codec_line(operation) for operation in case.operations)
    make = f"codec = JsonPlusSerializer(allowed_msgpack_modules={allowed})"
    return head, [make, *_shows(case, lines)]


def _codec_line(operation: Operation) -> str:
    arguments: Mapping[str, Any] = operation.args
    if operation.name == "encode":
        return f"codec.dumps_typed({literal(close_value(arguments['value']))})"
    if operation.name == "is_allowed":
        names = tuple(arguments[key] for key in ("module", "name", "method") if key in arguments)
        known = "SAFE_MSGPACK_METHODS" if "method" in arguments else "SAFE_MSGPACK_TYPES"
        return f"{names!r} in _msgpack.{known}"
    loaded = f"codec.loads_typed(({arguments['type']!r}, {arguments['data']!r}))"
    return loaded if operation.name == "decode" else f"codec.dumps_typed({loaded})"


def channel_source(spec: Mapping[str, Any]) -> str:
    """Return Python source that makes a channel."""
    name, kind = spec["class"], _type(spec.get("type", "any"))
    if name in {"EphemeralValue", "UntrackedValue"}:
        return f"{name}({kind}, {bool(spec.get('guard', True))})"
    if name == "Topic":
        return f"Topic({kind}, {bool(spec.get('accumulate', False))})"
    if name == "BinaryOperatorAggregate":
        return f"{name}({kind}, reduce_{spec['reducer']})"
    if name == "DeltaChannel":
        fold = f"lambda state, writes: functools.reduce(reduce_{spec['reducer']}, writes, state)"
        frequency = spec.get("snapshot_frequency", 100)
        return f"DeltaChannel({fold}, {kind}, snapshot_frequency={frequency})"
    if name.startswith("Named"):
        return f"{name}(str, {set(spec['names'])!r})"
    return f"{name}({kind})"


def _type(name: str) -> str:
    return _TYPES.get(name, name)


_CHANNEL_LINES = {
    "update": "channel.update({values})",
    "load": "keep(channel.from_checkpoint({value}))",
    "restore": "keep(channel.from_checkpoint(channel.checkpoint()))",
    "copy": "aside.append(channel.copy())",
    "swap": "swap()",
    "replay_writes": "channel.replay_writes([('', 'ch', value) for value in {writes}])",
}
_CHANNEL_STATE = """
aside = []


def keep(other):
    global channel
    channel = other


def swap():
    if aside:
        other = channel
        keep(aside[-1])
        aside[-1] = other
"""


def _channel(case: Case) -> tuple[list[str], list[str]]:
    spec: Mapping[str, Any] = case.subject.spec
    head = ["import functools"] if spec["class"] == "DeltaChannel" else []
    head.append(f"from langgraph.channels import {spec['class']}")
    lines = (
        _CHANNEL_LINES.get(operation.name, "channel." + operation.name + "()").format(
            **{key: literal(value) for key, value in operation.args.items()}
        )
        for operation in case.operations
    )
    make = [f"channel = {channel_source(spec)}", "channel.key = 'ch'", _CHANNEL_STATE]
    return head, [*make, *_shows(case, lines)]


def _saver_source(name: str | None) -> tuple[list[str], str]:
    if name == "sqlite":
        head = ["import sqlite3", "from langgraph.checkpoint.sqlite import SqliteSaver"]
        return head, 'SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))'
    if name == "memory":
        return ["from langgraph.checkpoint.memory import InMemorySaver"], "InMemorySaver()"
    return [], "None"


def _saver(case: Case) -> tuple[list[str], list[str]]:
    head, make = _saver_source(cast("str", case.subject.spec["saver"]))
    lines = (_saver_line(operation) for operation in case.operations)
    return head, [f"saver = {make}", *_shows(case, lines)]


def _saver_line(operation: Operation) -> str:
    given: dict[str, Any] = dict(operation.args)
    if operation.name == "next_version":
        return f"saver.get_next_version({given.get('current')!r}, None)"
    if operation.name == "delete_thread":
        return f"saver.delete_thread({given['thread']!r})"
    keys = {"thread": "thread_id", "ns": "checkpoint_ns"}
    keys |= {"parent": "checkpoint_id", "checkpoint_id": "checkpoint_id"}
    where = {keys[key]: given[key] for key in keys if given.get(key) is not None}
    config = literal({"configurable": where})
    if operation.name == "put":
        rest = ", ".join(literal(given[key]) for key in ("checkpoint", "metadata", "new_versions"))
        return f"saver.put({config}, {rest})"
    if operation.name == "put_writes":
        rest = ", ".join(literal(given[key]) for key in ("writes", "task_id", "task_path"))
        return f"saver.put_writes({config}, {rest})"
    if operation.name == "get_tuple":
        return f"saver.get_tuple({config})"
    before = given.get("before")
    bound = None if before is None else {"configurable": {"checkpoint_id": before}}
    filters = f"filter={literal(given.get('filter'))}, before={literal(bound)}"
    whole = config if "thread" in given else "None"
    return f"iter(list(saver.list({whole}, {filters}, limit={given.get('limit')})))"


def _graph(case: Case) -> tuple[list[str], list[str]]:
    spec: Mapping[str, Any] = case.subject.spec
    program = parse_graph(spec["program"])
    head, make = _saver_source(cast("str | None", spec.get("saver")))
    head = [
        "from typing import Annotated, TypedDict",
        *head,
        *_channel_imports(program),
        "from langgraph.graph import StateGraph",
        "from langgraph.types import Command, Overwrite, Send, interrupt",
    ]
    body = [f"saver = {make}", "", "", "class State(TypedDict, total=False):"]
    body += [f"    {name}: {_annotation(field)}" for name, field in program.state.items()]
    for name, node in program.nodes.items():
        body += ["", "", *node_function(name, node)]
    body += ["", "", "builder = StateGraph(State)", *_wiring(program)]
    breaks = (
        f"interrupt_{when}={value if isinstance(value, str) else list(value)!r}"
        for when, value in (
            ("before", program.interrupt_before),
            ("after", program.interrupt_after),
        )
        if value
    )
    breaks = (part.replace("=*", '="*"') for part in breaks)
    body.append(f"graph = builder.compile({', '.join(('checkpointer=saver', *breaks))})")
    body += _shows(case, (_graph_line(operation) for operation in case.operations))
    return head, body


def _channel_imports(program: Program) -> list[str]:
    classes = {field.channel["class"] for field in program.state.values() if field.channel}
    return [f"from langgraph.channels import {', '.join(sorted(classes))}"] if classes else []


def _annotation(field: Field) -> str:
    kind = _type(field.type)
    if field.channel is not None:
        return f"Annotated[{kind}, {channel_source({'type': field.type, **field.channel})}]"
    return kind if field.reducer is None else f"Annotated[{kind}, reduce_{field.reducer}]"


def _wiring(program: Program) -> Iterator[str]:
    for name, node in program.nodes.items():
        defer = ", defer=True" if node.defer else ""
        yield f"builder.add_node({name!r}, {name}{defer})"
    for source, target in program.all_edges:
        yield f"builder.add_edge({source!r}, {target!r})"
    for sources, target in program.joins:
        yield f"builder.add_edge({list(sources)!r}, {target!r})"
    for source, routes in program.branches.items():
        for index, route in enumerate(routes):
            function = f"route_{source.strip('_')}_{index}"
            yield f"\n\ndef {function}(state):\n    return {expression(route.path)}\n\n"
            yield f"builder.add_conditional_edges({source!r}, {function})"


def _graph_line(operation: Operation) -> str:  # noqa: PLR0911  # one for each operation
    given: dict[str, Any] = dict(operation.args)
    config = _config(given)
    match operation.name:
        case "invoke" | "stream":
            what = literal(given.get("input"))
        case "resume":
            what = f"Command(resume={literal(given['value'])})"
        case "resume_map":
            what = f"answer({config}, {literal(given['values'])})"
        case "update_state":
            what = literal(given["values"])
            return f"graph.update_state({config}, {what}, {given.get('as_node')!r})"
        case "get_state":
            return f"graph.get_state({config})"
        case "put":
            where = {"thread_id": given["thread"], "checkpoint_ns": ""}
            where |= {"checkpoint_id": given["parent"]} if given.get("parent") else {}
            parts = ", ".join(literal(given[key]) for key in ("checkpoint", "metadata"))
            versions = literal(given["checkpoint"]["channel_versions"])
            return f"saver.put({literal({'configurable': where})}, {parts}, {versions})"
        case "get_state_history":
            return f"graph.get_state_history({config}, limit={given.get('limit')})"
        case _:
            return f"saver.delete_thread({given['thread']!r})"
    if given.get("modes"):
        return f"graph.stream({what}, {config}, stream_mode={list(given['modes'])!r})"
    return f"graph.invoke({what}, {config})"


def _config(given: Mapping[str, Any]) -> str:
    parts = [repr(given["thread"])] if given.get("thread") is not None else []
    if given.get("checkpoint") is not None:
        parts.append(f"checkpoint={given['checkpoint']}")
    if "recursion_limit" in given:
        parts.append(f"limit={given['recursion_limit']}")
    return f"at({', '.join(parts)})"
