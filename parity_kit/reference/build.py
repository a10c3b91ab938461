"""Builds a compiled `StateGraph` from a graph program, including its subgraphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, TypeVar, cast

from langgraph.graph import StateGraph

from parity_kit.contract import UnsupportedSubjectError
from parity_kit.programs.instructions import Call
from parity_kit.programs.model import Body, Node, Policies, Program, Tools
from parity_kit.reference.hosts import Answers, Bodies, router
from parity_kit.reference.pins import DeclaredSet
from parity_kit.reference.policies import policy_arguments, supported
from parity_kit.reference.schemas import Schemas, context_class

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds a program's graphs; edges are in declaration order if `declared`.

    `StateGraph` keeps edges in sets, so that without this the order of writes to `branch:to:*`
    channels would follow the hash seed.
    """

    declared: bool = True
    bodies: Bodies = field(default_factory=Bodies)

    def compile(
        self, program: Program, checkpointer: Any, place: tuple[str, ...] = (), **services: Any
    ) -> Any:
        """Return the compiled graph; `services` are the store and the cache, if it has them."""
        subgraphs = {
            name: self.compile(subgraph.program, subgraph.checkpointer, (*place, name))
            for name, subgraph in program.subgraphs.items()
        }
        made = make_services(store=program.store, cache=program.cache)
        graph = self._graph(program, place, subgraphs)
        if self.declared:
            graph.edges = DeclaredSet(_ordered(graph.edges, program.all_edges))
            graph.waiting_edges = DeclaredSet(_ordered(graph.waiting_edges, program.joins))
        return graph.compile(
            checkpointer=checkpointer,
            interrupt_before=breakpoints(program.interrupt_before),
            interrupt_after=breakpoints(program.interrupt_after),
            **{**made, **services},
        )

    def _graph(self, program: Program, place: tuple[str, ...], subgraphs: Mapping[str, Any]) -> Any:
        schemas = Schemas.of(program)
        graph: Any = StateGraph(
            schemas.make("State", program.state),
            context_schema=context_class(program.context),
            input_schema=schemas.make("Input", program.input),
            output_schema=schemas.make("Output", program.output),
        )
        if program.defaults != Policies():
            arguments = policy_arguments(program.defaults)
            if (handler := program.defaults.error_handler) is not None:
                arguments["error_handler"] = self._function(
                    handler, (*place, "", "error_handler"), subgraphs, handler=True
                )
            if not hasattr(graph, "set_node_defaults"):
                raise UnsupportedSubjectError("this release has no defaults of nodes")
            graph = graph.set_node_defaults(**arguments)
        for name, node in program.nodes.items():
            here = (*place, name)
            if name not in program.sequence:
                arguments = self._arguments(node, here, subgraphs)
                if node.input is not None:
                    arguments["input_schema"] = schemas.make(f"Input_{name}", node.input)
                if node.tools is not None:
                    action = tool_node(name, node.tools)
                else:
                    action = subgraphs.get(node.subgraph or "") or self._function(
                        node.body, here, subgraphs
                    )
                graph = graph.add_node(name, action, **supported(arguments, _ADD_NODE, "add_node"))
        return self._branch(self._connect(graph, program, place, subgraphs), program, schemas)

    def _arguments(
        self, node: Node, place: tuple[str, ...], subgraphs: Mapping[str, Any]
    ) -> dict[str, Any]:
        arguments = policy_arguments(node.policies)
        if node.defer:
            arguments["defer"] = True
        if node.metadata is not None:
            arguments["metadata"] = dict(node.metadata)
        if node.policies.error_handler is not None:
            arguments["error_handler"] = self._function(
                node.policies.error_handler,
                ("", *place, "error_handler"),
                subgraphs,
                handler=True,
            )
        return arguments

    def _function(
        self,
        body: Body,
        place: tuple[str, ...],
        subgraphs: Mapping[str, Any],
        *,
        handler: bool = False,
    ) -> Any:
        called = (subgraphs[name] for name in _called(body) if name in subgraphs)
        first = next((subgraph for subgraph in called if subgraph.checkpointer is not False), None)
        return self.bodies.function(
            place[-1], body, place, _answers(subgraphs), subgraph=first, handler=handler
        )

    def _connect(
        self, graph: Any, program: Program, place: tuple[str, ...], subgraphs: Mapping[str, Any]
    ) -> Any:
        # Chained: what each of these methods returns is LangGraph's to answer for.
        for source, target in program.edges:
            graph = graph.add_edge(source, target)
        if program.entry is not None:
            graph = graph.set_entry_point(program.entry)
        if program.finish is not None:
            graph = graph.set_finish_point(program.finish)
        if program.sequence:
            steps = [
                (name, self._function(program.nodes[name].body, (*place, name), subgraphs))
                for name in program.sequence
            ]
            graph = graph.add_sequence(steps)
            _order_nodes(graph, program)
        for sources, target in program.joins:
            graph = graph.add_edge(list(sources), target)
        return graph

    def _branch(self, graph: Any, program: Program, schemas: Schemas) -> Any:
        for source, routes in program.branches.items():
            for index, route in enumerate(routes):
                schema = schemas.make(f"Input_{source}_{index}", route.input)
                mapped = list(route.map) if isinstance(route.map, tuple) else route.map
                graph = graph.add_conditional_edges(source, router(index, route, schema), mapped)
        return graph


def tool_node(name: str, tools: Tools) -> Any:
    """Return the prebuilt node of tools."""
    try:
        from parity_kit.reference import tools as tools_of  # noqa: PLC0415  # few programs have them
    except ImportError as error:  # as with langgraph 1.0.10 and langgraph-prebuilt 1.0.13
        why = error.msg.partition(" (")[0]
        raise UnsupportedSubjectError(f"langgraph.prebuilt is broken here: {why}") from error
    return tools_of.tool_node(name, tools)


_ADD_NODE = [*signature(cast("Any", StateGraph).add_node).parameters]


def _order_nodes(graph: Any, program: Program) -> None:
    """Put nodes in the order of the program, because a sequence adds its own last."""
    names = [item for name in program.nodes for item in (f"__error_handler__{name}", name)]
    graph.nodes = {name: graph.nodes[name] for name in _ordered(graph.nodes, names)}


def _ordered(built: Iterable[T], declared: Iterable[T]) -> list[T]:
    """Return just what LangGraph built, in the order of the declaration; what is more comes last.

    A pin must not put right what LangGraph does wrong, so nothing is added or left out.
    """
    order = {item: position for position, item in enumerate(declared)}
    return sorted(built, key=lambda item: (order.get(item, len(order)), repr(item)))


def make_services(*, store: bool, cache: bool) -> dict[str, Any]:
    """Return a program's store and cache, as `compile` takes them."""
    from langgraph.cache.memory import InMemoryCache  # noqa: PLC0415  # few programs have them
    from langgraph.store.memory import InMemoryStore  # noqa: PLC0415  # the same

    made: dict[str, Any] = {}
    if store:
        made["store"] = InMemoryStore()
    if cache:
        made["cache"] = InMemoryCache()
    return made


def breakpoints(names: Any) -> Any:
    """Return breakpoints as `compile` and `invoke` take them."""
    return names if names == "*" else list(names)


def _called(value: Any) -> Iterator[str]:
    """Yield the names that a body calls, in order."""
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if key == "call":
                yield item[0]
            yield from _called(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            yield from _called(item)


def _answers(subgraphs: Mapping[str, Any]) -> Answers:
    def now(request: Call) -> Any:
        return subgraphs[request.name].invoke(request.argument)

    async def later(request: Call) -> Any:
        return await subgraphs[request.name].ainvoke(request.argument)

    return now, later
