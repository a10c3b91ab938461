"""Parse plain data into a program and check the rules of docs/programs.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from parity_kit.contract.errors import BadProgramError
from parity_kit.programs import rules
from parity_kit.programs.bodies import ProgramLocation, check_body, check_error, check_expression
from parity_kit.programs.fields import context_of, fields_of, names_of
from parity_kit.programs.model import (
    END,
    ROOT,
    START,
    Field,
    Functional,
    Node,
    Program,
    Route,
    Subgraph,
    Task,
    Tools,
)
from parity_kit.programs.operators import Owner
from parity_kit.programs.policies import POLICIES, policies

_GRAPH = {
    "state",
    "nodes",
    "edges",
    "branches",
    "route_errors",
    "entry",
    "finish",
    "sequence",
    "interrupt_before",
    "interrupt_after",
    "schema",
    "input",
    "output",
    "private",
    "context",
    "defaults",
    "store",
    "cache",
    "subgraphs",
}
_FUNCTIONAL = {"entrypoint", "tasks", "store", "cache", "context"}
_SCHEMAS = ("typed_dict", "dataclass", "pydantic", "root")
_KINDS = ("body", "subgraph", "tools")
_NODE = {*_KINDS, "tools_state", "defer", "metadata", "input", *POLICIES}


def parse(data: Mapping[str, Any]) -> Program | Functional:
    """Parse a program from plain data.

    Raises:
        BadProgramError: Naming the part that breaks a rule.
    """
    if "entrypoint" in data:
        return _functional(data)
    return parse_graph(data)


def parse_graph(data: Mapping[str, Any], where: str = "") -> Program:
    """Parse a graph program from plain data; `where` is its path in a larger program.

    Raises:
        BadProgramError: Naming the part that breaks a rule.
    """
    rules.keys(data, _GRAPH, {"state", "nodes"}, where or "program")
    state = fields_of(data["state"], f"{where}state")
    if not state or not rules.mapping(data["nodes"], f"{where}nodes"):
        raise BadProgramError("a program needs a state field and a node", where=where or "program")
    private = fields_of(data.get("private", {}), f"{where}private")
    if ROOT in state or data.get("schema") == "root":
        _check_root(data, state, where)
    subgraphs = {
        name: _subgraph(value, f"{where}subgraphs.{name}")
        for name, value in rules.mapping(data.get("subgraphs", {}), f"{where}subgraphs").items()
    }
    nodes = {
        name: _node(value, f"{where}nodes.{name}", [*state, *private], subgraphs)
        for name, value in data["nodes"].items()
    }
    edges, joins = _edges(data.get("edges", ()), nodes, where)
    return Program(
        state,
        nodes,
        edges,
        joins,
        _branches(data, nodes, [*state, *private], where),
        _optional_node(data, "entry", nodes, where),
        _optional_node(data, "finish", nodes, where),
        _sequence(data.get("sequence", ()), nodes, f"{where}sequence"),
        _breakpoints(data, "interrupt_before", nodes, where),
        _breakpoints(data, "interrupt_after", nodes, where),
        cast("Any", rules.one_of(data.get("schema", "typed_dict"), _SCHEMAS, where, "schema")),
        names_of(data.get("input"), [*state], f"{where}input"),
        names_of(data.get("output"), [*state], f"{where}output"),
        private,
        context_of(data, where),
        policies(data.get("defaults", {}), f"{where}defaults", Owner.HANDLER, subgraphs),
        rules.flag(data.get("store", False), f"{where}store"),
        rules.flag(data.get("cache", False), f"{where}cache"),
        subgraphs,
    )


def _check_root(data: Mapping[str, Any], state: Mapping[str, Field], where: str) -> None:
    others = {"input", "output", "private"} & data.keys()
    if data.get("schema") != "root" or [*state] != [ROOT] or others:
        problem = f"the schema `root` has one field, {ROOT}, and no other part of a schema"
        raise BadProgramError(problem, where=f"{where}state")
    field = state[ROOT]
    if field.type == "any" or field.managed is not None or field.channel is not None:
        problem = f"{ROOT} has a type, and a reducer at most"
        raise BadProgramError(problem, where=f"{where}state.{ROOT}")


def _functional(data: Mapping[str, Any]) -> Functional:
    rules.keys(data, _FUNCTIONAL, {"entrypoint"}, "program")
    given = rules.mapping(data.get("tasks", {}), "tasks")
    tasks = {name: _task(value, f"tasks.{name}", given) for name, value in given.items()}
    return Functional(
        _task(data["entrypoint"], "entrypoint", given),
        tasks,
        rules.flag(data.get("store", False), "store"),
        rules.flag(data.get("cache", False), "cache"),
        context_of(data, ""),
    )


def _task(value: Any, where: str, tasks: Collection[str]) -> Task:
    allowed = {"body", *POLICIES} - {"error_handler"}
    entries = rules.keys(value, allowed, {"body"}, where)
    body = check_body(entries["body"], ProgramLocation(f"{where}.body", Owner.TASK, tasks))
    given = {name: entries[name] for name in entries if name != "body"}
    return Task(body, policies(given, where, Owner.TASK, tasks))


def _node(
    value: Any, where: str, fields: Collection[str], subgraphs: Mapping[str, Subgraph]
) -> Node:
    entries = rules.keys(value, _NODE, (), where)
    if sum(kind in entries for kind in _KINDS) != 1:
        raise BadProgramError("a node has a body, a subgraph or tools", where=where)
    if "subgraph" in entries:
        rules.one_of(entries["subgraph"], subgraphs, where, "subgraph")
    body = entries.get("body", ())
    check_body(body, ProgramLocation(f"{where}.body", Owner.NODE, subgraphs))
    metadata = entries.get("metadata")
    if metadata is not None:
        for scalar in rules.mapping(metadata, f"{where}.metadata").values():
            if isinstance(scalar, (dict, list, tuple)):
                raise BadProgramError("metadata holds scalars", where=f"{where}.metadata")
    return Node(
        body,
        entries.get("subgraph"),
        _tools(entries, where),
        rules.flag(entries.get("defer", False), f"{where}.defer"),
        metadata,
        names_of(entries.get("input"), fields, f"{where}.input"),
        policies(
            {name: entries[name] for name in entries if name in POLICIES},
            where,
            Owner.HANDLER,
            subgraphs,
        ),
    )


def _tools(entries: Mapping[str, Any], where: str) -> Tools | None:
    if "tools" not in entries:
        rules.keys(entries, _NODE - {"tools_state"}, (), where)
        return None
    location = ProgramLocation(f"{where}.tools", Owner.ROUTE)
    answers = {
        name: check_expression(answer, location.at(f".{name}"))
        for name, answer in rules.mapping(entries["tools"], location.where).items()
    }
    return Tools(answers, check_expression(entries.get("tools_state"), location))


def _subgraph(value: Any, where: str) -> Subgraph:
    entries = rules.keys(value, {"program", "checkpointer"}, {"program"}, where)
    checkpointer = entries.get("checkpointer")
    if checkpointer is not None:
        rules.flag(checkpointer, f"{where}.checkpointer")
    return Subgraph(parse_graph(entries["program"], f"{where}.program."), checkpointer)


def _edges(
    value: Any, nodes: Collection[str], outer: str
) -> tuple[list[tuple[str, str]], list[tuple[tuple[str, ...], str]]]:
    edges: list[tuple[str, str]] = []
    joins: list[tuple[tuple[str, ...], str]] = []
    for index, edge in enumerate(rules.items(value, f"{outer}edges")):
        where = f"{outer}edges[{index}]"
        source, target = rules.items(edge, where, 2, "an edge is [from, to] or [[from, …], to]")
        rules.node(target, [*nodes, END], where)
        if isinstance(source, str):
            edges.append((rules.node(source, [*nodes, START], where), target))
        else:
            sources = rules.items(source, where)
            # LangGraph's join waits for nodes, and START is not one.
            joins.append((tuple(rules.node(name, nodes, where) for name in sources), target))
    return edges, joins


def _branches(
    data: Mapping[str, Any], nodes: Collection[str], fields: Collection[str], where: str
) -> dict[str, list[Route]]:
    branches: dict[str, list[Route]] = {}
    given = rules.mapping(data.get("branches", {}), f"{where}branches")
    errors = rules.keys(data.get("route_errors", {}), given, (), f"{where}route_errors")
    for error in errors.values():
        check_error(error, f"{where}route_errors")
    for source, routes in given.items():
        here = f"{where}branches.{source}"
        rules.node(source, [*nodes, START], f"{where}branches")
        branches[source] = [
            replace(_route(route, nodes, fields, f"{here}[{index}]"), error=errors.get(source))
            for index, route in enumerate(rules.items(routes, here))
        ]
    return branches


def _route(value: Any, nodes: Collection[str], fields: Collection[str], where: str) -> Route:
    location = ProgramLocation(where, Owner.ROUTE)
    keys = {*cast("dict[str, Any]", value)} if isinstance(value, dict) else set[str]()
    if not {"path"} < keys <= {"path", "map", "input"}:
        return Route(check_expression(value, location))
    entries = cast("dict[str, Any]", value)
    given, targets = entries.get("map"), [*nodes, END]
    if given is None:
        mapped: Any = None
    elif isinstance(given, dict):
        mapped = {
            key: rules.node(name, targets, f"{where}.map")
            for key, name in rules.mapping(cast("Any", given), f"{where}.map").items()
        }
    else:
        mapped = tuple(
            rules.node(name, targets, f"{where}.map") for name in rules.items(given, f"{where}.map")
        )
    reads = names_of(entries.get("input"), fields, f"{where}.input")
    return Route(check_expression(entries["path"], location.at(".path")), mapped, input=reads)


def _sequence(value: Any, nodes: Mapping[str, Node], where: str) -> tuple[str, ...]:
    names = tuple(rules.node(name, nodes, where) for name in rules.items(value, where))
    if len(set(names)) != len(names):
        raise BadProgramError("a node appears only once in a sequence", where=where)
    for name in names:
        if nodes[name] != Node(nodes[name].body):
            raise BadProgramError(f"{name!r} has more than a body", where=where)
    return names


def _optional_node(
    data: Mapping[str, Any], key: str, nodes: Collection[str], where: str
) -> str | None:
    name = data.get(key)
    return None if name is None else rules.node(name, nodes, f"{where}{key}")


def _breakpoints(data: Mapping[str, Any], key: str, nodes: Collection[str], where: str) -> Any:
    value: Sequence[Any] = data.get(key, ())
    if value != "*":
        for name in rules.items(value, f"{where}{key}"):
            rules.node(name, nodes, f"{where}{key}")
    return value
