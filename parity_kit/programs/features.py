"""The features of LangGraph that a case touches, read from the case itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from parity_kit.contract import Operation, Subject, SubjectKind
from parity_kit.contract.plain import Ext
from parity_kit.programs.operators import INSTRUCTIONS, OPERATORS

UPSTREAM = "upstream: "
"""The prefix of a feature that describes in a sentence what the oracle gets wrong in a case."""

_LANGUAGE = {
    *(name for name, operator in OPERATORS.items() if operator.is_feature),
    *(name for name, is_feature in INSTRUCTIONS.items() if is_feature),
}
_PROGRAM_KEYS = (
    "schema",
    "input",
    "output",
    "private",
    "context",
    "defaults",
    "route_errors",
    "store",
    "cache",
    "entry",
    "finish",
    "sequence",
    "entrypoint",
    "tasks",
)
_NODE_KEYS = (
    "retry",
    "timeout",
    "error_handler",
    "cache",
    "metadata",
    "input",
    "subgraph",
    "tools",
    "tools_state",
)
_RUN_ARGUMENTS = (
    *("context", "max_concurrency", "interrupt_before", "interrupt_after", "task", "inner"),
    *("output_keys", "stream_mode", "config", "for_task", "callbacks", "logs", "version"),
    "completion_order",
)


_OF_AN_ITEM = {"namespace", "key", "value"}


def features_of(subject: Subject, operations: Sequence[Operation]) -> tuple[str, ...]:
    """Return the features of a case, sorted."""
    labels = {f"operation {operation.name}" for operation in operations}
    spec: Mapping[str, Any] = subject.spec
    match subject.kind:
        case SubjectKind.CODEC:
            labels.add("strict" if spec["strict"] else "permissive")
            labels |= {
                f"ext {code}"
                for code in _ext_codes([dict(operation.args) for operation in operations])
            }
        case SubjectKind.CHANNEL:
            labels.add(f"channel {spec['class']}")
            if spec.get("reducer"):
                labels.add(f"reducer {spec['reducer']}")
        case SubjectKind.GRAPH:
            labels |= _program_features(spec["program"])
            labels.add(f"saver {spec.get('saver') or 'none'}")
            labels |= {f"own type {kind}" for _, _, kind in spec.get("own_types", ())}
            labels |= set(_script_features(operations))
        case SubjectKind.SAVER:
            labels.add(f"saver {spec['saver']}")
        case SubjectKind.STORE:
            labels.add(f"store {spec['store']}")
            labels |= {f"store with {name}" for name in ("index", "ttl") if spec.get(name)}
            labels |= {
                f"{operation.name} {argument}"
                for operation in operations
                for argument in operation.args.keys() - _OF_AN_ITEM
            }
        case SubjectKind.CACHE:
            labels.add(f"cache {spec['cache']}")
    return tuple(sorted(labels))


def _ext_codes(value: Any) -> Iterator[int]:
    if isinstance(value, Ext):
        yield value.code
    elif isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        if isinstance(entries.get("$ext"), int):
            yield entries["$ext"]
        for entry in entries.values():
            yield from _ext_codes(entry)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[Any]", value):
            yield from _ext_codes(item)


def _program_features(program: Mapping[str, Any]) -> set[str]:
    labels = {key for key in _PROGRAM_KEYS if program.get(key)}
    fields = {**program.get("state", {}), **program.get("private", {})}
    for field in fields.values():
        for key in ("reducer", "managed"):
            if field.get(key):
                labels.add(f"{key} {field[key]}")
        if field.get("channel"):
            labels.add(f"channel {field['channel']['class']}")
    mentioned: set[str] = set()
    _mention(program, mentioned)
    labels |= mentioned & _LANGUAGE
    for subgraph in program.get("subgraphs", {}).values():
        labels |= {"subgraph", *_program_features(subgraph["program"])}
        if "checkpointer" in subgraph:
            labels.add("own checkpointer" if subgraph["checkpointer"] else "no checkpointer")
    return labels | _shape(program)


def _shape(program: Mapping[str, Any]) -> set[str]:
    """Return the features of a graph's nodes, edges and branches."""
    nodes = cast("Mapping[str, Mapping[str, Any]]", program.get("nodes", {}))
    edges = program.get("edges", ())
    routes = [route for routes in program.get("branches", {}).values() for route in routes]
    sources = [edge[0] for edge in edges if isinstance(edge[0], str)]
    labels = {f"node {key}" for node in nodes.values() for key in _NODE_KEYS if key in node}
    shapes = {
        "fan-out": len(sources) != len(set(sources)),
        "join": len(sources) != len(edges),
        "conditional edge": bool(routes),
        "path map": any(isinstance(route, Mapping) and "map" in route for route in routes),
        "branch input": any(isinstance(route, Mapping) and "input" in route for route in routes),
        "defer": any(node.get("defer") for node in nodes.values()),
        "cycle": _has_cycle(program),
        "interrupt_before": bool(program.get("interrupt_before")),
        "interrupt_after": bool(program.get("interrupt_after")),
    }
    return labels | {name for name, present in shapes.items() if present}


def _mention(value: Any, keys: set[str]) -> None:
    """Add the key of every one-key map, which may be an operator or an instruction."""
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        if len(entries) == 1:
            keys.update(entries)
        for entry in entries.values():
            _mention(entry, keys)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[Any]", value):
            _mention(item, keys)


def _has_cycle(program: Mapping[str, Any]) -> bool:
    """Return whether a node can run twice in a run; a branch may lead to any node it mentions."""
    names = set(program.get("nodes", ()))
    targets: dict[str, set[str]] = {name: set() for name in names}
    for source, target in program.get("edges", ()):
        for origin in [source] if isinstance(source, str) else source:
            targets.setdefault(origin, set()).add(target)
    for source, routes in program.get("branches", {}).items():
        targets.setdefault(source, set()).update(
            name for name in names if any(_names(route, name) for route in routes)
        )
    reach = {name: set(reached) for name, reached in targets.items()}
    for _ in names:
        for name in names:
            reach[name] |= {far for near in reach[name] for far in reach.get(near, ())}
    return any(name in reach[name] for name in names)


def _names(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return any(_names(item, name) for item in cast("Mapping[Any, Any]", value).values())
    if isinstance(value, (list, tuple)):
        return any(_names(item, name) for item in cast("Sequence[Any]", value))
    return value == name


def _script_features(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        arguments = operation.args
        for mode in cast("Sequence[str]", arguments.get("modes") or ()):
            yield f"stream {mode}"
        if arguments.get("checkpoint") is not None:
            yield "earlier checkpoint"
        if arguments.get("async"):
            yield "async"
        if arguments.get("subgraphs"):
            yield "from subgraphs"
        if arguments.get("durability"):
            yield f"durability {arguments['durability']}"
        for name in _RUN_ARGUMENTS:
            if name in arguments:
                yield f"run {name}"
    if len({str(operation.args.get("thread")) for operation in operations}) > 1:
        yield "several threads"
