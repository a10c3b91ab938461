"""A graph program as Python source: schemas, functions, wiring, and the compiled graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parity_kit.programs.model import END, START, Body, Field, Node, Program, Route
from parity_kit.programs.script.bodies import function
from parity_kit.programs.script.expressions import Frame, Shape, as_text, expression
from parity_kit.programs.script.policies import policy_arguments
from parity_kit.programs.script.schemas import context_class, picked, state_class
from parity_kit.programs.script.source import (
    Uses,
    call,
    identifiers,
    indented,
    literal,
    names,
    quoted,
)
from parity_kit.programs.script.tools import tool_node

Blocks = list[list[str]]
"""Pieces of source, separated by blank lines."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The settings that all graphs of a script share.

    `awaits`: every run is asynchronous, so functions are too. `dicts`: nodes get only dicts and
    what their schema makes of a state. `context`: the fields of every run's context.
    """

    uses: Uses
    awaits: bool = False
    dicts: bool = True
    context: Collection[str] = ()


@dataclass(slots=True)
class _Graph:
    program: Program
    setting: Setting
    path: str
    checkpointer: str | None
    functions: dict[str, str] = field(init=False)
    subgraphs: dict[str, str] = field(init=False)
    frame: Frame = field(init=False)

    def __post_init__(self) -> None:
        program = self.program
        self.subgraphs = identifiers(list(program.subgraphs))
        self.functions = identifiers(list(program.nodes), self.subgraphs.values())
        every = {**program.state, **program.private}
        shape: Shape = "dict" if program.schema == "typed_dict" else "object"
        mixed = program.is_root or not self.setting.dicts
        self.frame = Frame(
            self.setting.uses,
            shape="either" if mixed else shape,
            fields=list(program.state),
            sets=any(field.type in {"set", "any"} for field in every.values()),
            callables=self.subgraphs,
            context=self.setting.context,
        )

    def blocks(self) -> Blocks:
        """Return the source up to the call that compiles the graph."""
        program, uses = self.program, self.setting.uses
        blocks: Blocks = []
        for name, subgraph in program.subgraphs.items():
            path = f"{self.path}{name}."
            checkpointer = None if subgraph.checkpointer is None else repr(subgraph.checkpointer)
            inner = _Graph(subgraph.program, self.setting, path, checkpointer)
            blocks += inner.made_by(f"make_{self.subgraphs[name]}")
            blocks.append([f"{self.subgraphs[name]} = make_{self.subgraphs[name]}()"])
        blocks += self._schemas()
        for name, node in program.nodes.items():
            blocks += self._functions(name, node)
        if program.defaults.error_handler is not None:
            blocks.append(self._handler("on_error", program.defaults.error_handler, self.frame))
        blocks += self._routes()
        schemas = {
            "input_schema": "Input" if program.input is not None else None,
            "output_schema": "Output" if program.output is not None else None,
            "context_schema": "Context" if program.context is not None else None,
        }
        make = call(uses("StateGraph"), "State", **schemas)
        wiring = [*self._defaults(), *self._nodes(), *self._edges(), *self._branches()]
        blocks.append([f"builder = {make}", *wiring])
        return blocks

    def made_by(self, name: str) -> Blocks:
        """Return the source of a function that returns the compiled graph."""
        lines = [f"def {name}():"]
        for block in self.blocks():
            lines += [*indented(block), ""]
        return [[*lines[:-1], f"    return {self.compiled()}"]]

    def compiled(self) -> str:
        """Return the call that compiles the graph."""
        program, uses = self.program, self.setting.uses
        nested = bool(self.path)
        return call(
            "builder.compile",
            checkpointer=self.checkpointer,
            store=(f"{uses('InMemoryStore')}()" if nested else "store") if program.store else None,
            cache=(f"{uses('InMemoryCache')}()" if nested else "cache") if program.cache else None,
            interrupt_before=_breakpoints(program.interrupt_before),
            interrupt_after=_breakpoints(program.interrupt_after),
        )

    def _schemas(self) -> Iterator[list[str]]:
        program, uses = self.program, self.setting.uses
        yield list(state_class("State", program.state, program.schema, uses))
        for name, fields in (("Input", program.input), ("Output", program.output)):
            if fields is not None:
                yield list(state_class(name, picked(program.state, fields), program.schema, uses))
        every: Mapping[str, Field] = {**program.state, **program.private}
        for name, node in program.nodes.items():
            if node.input is not None:
                schema = picked(every, node.input)
                yield list(state_class(self._input_of(name), schema, program.schema, uses))
        for source, routes in program.branches.items():
            for index, route in enumerate(routes):
                if route.input is not None:
                    name, schema = self._seen_as(source, index), picked(every, route.input)
                    yield list(state_class(name, schema, program.schema, uses))
        if program.context is not None:
            yield list(context_class(program.context, uses))

    def _input_of(self, node: str) -> str:
        return f"Input_{self.functions[node]}"

    def _functions(self, name: str, node: Node) -> Iterator[list[str]]:
        if node.tools is not None:
            frame = replace(self.frame, awaits=self.setting.awaits, shape="either")
            yield from tool_node(self.functions[name], name, node.tools, frame)
        elif node.subgraph is None:
            annotation = "State" if node.input is None else self._input_of(name)
            fields = self.frame.fields if node.input is None else node.input
            timeout = node.policies.timeout or self.program.defaults.timeout
            frame = replace(
                self.frame,
                fields=fields,
                awaits=self.setting.awaits or timeout is not None,
                counter=f"{self.path}{name}",
            )
            yield function(self.functions[name], node.body, frame, annotation)
        if node.policies.error_handler is not None:
            frame = replace(self.frame, fields=node.input or self.frame.fields)
            yield self._handler(
                f"{self.functions[name]}_failed", node.policies.error_handler, frame
            )

    def _handler(self, name: str, body: Body, frame: Frame) -> list[str]:
        awaits = self.setting.awaits or self.program.defaults.timeout is not None
        frame = replace(frame, awaits=awaits, counter=f"{self.path}{name}")
        return function(name, body, frame)

    def _routes(self) -> Iterator[list[str]]:
        for source, routes in self.program.branches.items():
            for index, route in enumerate(routes):
                name, frame = self._route(source, index), self._seen_by(source, route)
                chosen = expression(route.path, frame)
                seen = "" if route.input is None else f": {self._seen_as(source, index)}"
                if route.error is None:
                    yield [f"def {name}(state{seen}):", f"    return {chosen}"]
                    continue
                yield [
                    f"def {name}(state{seen}):",
                    f"    chosen = {chosen}",
                    "    if chosen is None:",
                    f"        raise {route.error['type']}({quoted(route.error['message'])})",
                    "    return chosen",
                ]

    def _seen_by(self, node: str, route: Route) -> Frame:
        """Return what a node's branch sees: the fields of its own input, or of the node's."""
        fields = self.program.nodes[node].input if node in self.program.nodes else None
        fields = fields if route.input is None else route.input
        return self.frame if fields is None else replace(self.frame, fields=fields)

    def _seen_as(self, source: str, index: int) -> str:
        return f"Input_{self._route(source, index)}"

    def _route(self, source: str, index: int) -> str:
        origin = "start" if source == START else self.functions[source].strip("_")
        several = len(self.program.branches[source]) > 1
        return f"route_{origin}_{index}" if several else f"route_{origin}"

    def _nodes(self) -> Iterator[str]:
        sequence = self._sequence()
        for name, node in self.program.nodes.items():
            if name not in sequence:
                yield self._add_node(name, node)
            elif name == sequence[0]:
                parts = (f"({quoted(member)}, {self.functions[member]})" for member in sequence)
                yield f"builder.add_sequence([{', '.join(parts)}])"

    def _edges(self) -> Iterator[str]:
        program = self.program
        for source, target in program.edges:
            yield call("builder.add_edge", self._end(source), self._end(target))
        for sources, target in program.joins:
            yield call("builder.add_edge", names(sources), self._end(target))
        if program.entry is not None:
            yield f"builder.set_entry_point({quoted(program.entry)})"
        if program.finish is not None:
            yield f"builder.set_finish_point({quoted(program.finish)})"
        if not self._sequence():
            for source, target in zip(program.sequence, program.sequence[1:], strict=False):
                yield call("builder.add_edge", quoted(source), quoted(target))

    def _branches(self) -> Iterator[str]:
        for source, routes in self.program.branches.items():
            for index, route in enumerate(routes):
                parts = [self._end(source), self._route(source, index)]
                if isinstance(route.map, tuple):
                    parts.append(f"[{', '.join(map(self._end, route.map))}]")
                elif route.map is not None:
                    pairs = (
                        f"{quoted(key)}: {self._end(target)}" for key, target in route.map.items()
                    )
                    parts.append("{" + ", ".join(pairs) + "}")
                yield call("builder.add_conditional_edges", *parts)

    def _sequence(self) -> Sequence[str]:
        """Return the sequence's nodes if they are declared in a row, as `add_sequence` does."""
        names, nodes = list(self.program.sequence), list(self.program.nodes)
        start = nodes.index(names[0]) if names else 0
        return names if nodes[start : start + len(names)] == names else []

    def _end(self, name: str) -> str:
        ends = {START: "START", END: "END"}
        return self.setting.uses(ends[name]) if name in ends else quoted(name)

    def _add_node(self, name: str, node: Node) -> str:
        uses = self.setting.uses
        handler = node.policies.error_handler
        action = self.functions[name] if node.subgraph is None else self.subgraphs[node.subgraph]
        return call(
            "builder.add_node",
            quoted(name),
            action,
            defer="True" if node.defer else None,
            metadata=None if node.metadata is None else literal(node.metadata, uses),
            input_schema=None if node.input is None else self._input_of(name),
            **policy_arguments(node.policies, self._key, uses),
            error_handler=None if handler is None else f"{self.functions[name]}_failed",
        )

    def _defaults(self) -> Iterator[str]:
        given = {
            **policy_arguments(self.program.defaults, self._key, self.setting.uses),
            "error_handler": "on_error"
            if self.program.defaults.error_handler is not None
            else None,
        }
        if any(given.values()):
            yield call("builder.set_node_defaults", **given)

    def _key(self, key: Any) -> str:
        return f"lambda state: {as_text(key, self.frame)}"


def graph_blocks(program: Program, setting: Setting, *, saver: bool) -> Blocks:
    """Return the source of a program, down to `graph`."""
    graph = _Graph(program, setting, "", "saver" if saver else None)
    blocks = graph.blocks()
    blocks[-1].append(f"graph = {graph.compiled()}")
    return blocks


def _breakpoints(breakpoints: Any) -> str | None:
    if not breakpoints:
        return None
    return quoted(breakpoints) if isinstance(breakpoints, str) else names(breakpoints)
