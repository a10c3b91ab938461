"""From a graph program to a real `StateGraph`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langgraph.graph import StateGraph
from langgraph.types import Overwrite, Send, interrupt

from parity_kit.programs.instructions import Request, run_body
from parity_kit.programs.language import Scope, evaluate
from parity_kit.programs.model import Field, Node, Program
from parity_kit.programs.reducers import REDUCERS, TYPES
from parity_kit.reference.channels import make_channel
from parity_kit.reference.native import typed_bytes
from parity_kit.reference.pins import DeclaredSet


class _LangGraphHost:
    """What the node language asks of LangGraph."""

    def interrupt(self, value: Any) -> Any:
        return interrupt(value)

    def send(self, node: str, argument: Any) -> Any:
        return Send(node, argument)

    def overwrite(self, value: Any) -> Any:
        return Overwrite(value)

    def encode(self, value: Any) -> bytes:
        kind, data = typed_bytes(value)
        return kind.encode() + data


def _no(request: Request) -> Any:
    raise NotImplementedError(request)


_HOST: Any = _LangGraphHost()


def build(program: Program, *, declared: bool = True) -> Any:
    """Return the `StateGraph`, its edges in declaration order if `declared`.

    `StateGraph` keeps edges in sets, so that without this the order of writes to `branch:to:*`
    channels would follow the hash seed.
    """
    annotations = {name: _annotation(name, field) for name, field in program.state.items()}
    builder = StateGraph(TypedDict("State", annotations, total=False))  # pyright: ignore[reportArgumentType, reportUnknownVariableType, reportUnknownArgumentType]  # a schema made at run time
    graph: Any = builder
    for name, node in program.nodes.items():
        graph.add_node(name, _function(name, node), defer=node.defer)
    for source, target in program.edges:
        graph.add_edge(source, target)
    for sources, target in program.joins:
        graph.add_edge(list(sources), target)
    for source, routes in program.branches.items():
        for index, route in enumerate(routes):
            graph.add_conditional_edges(source, _router(index, route.path))
    if declared:
        graph.edges = DeclaredSet(program.edges)
        graph.waiting_edges = DeclaredSet(program.joins)
    return graph


def _annotation(name: str, field: Field) -> Any:
    kind = TYPES[field.type]
    if field.channel is not None:
        return Annotated[kind, make_channel({"type": field.type, **field.channel}, name)]
    return kind if field.reducer is None else Annotated[kind, REDUCERS[field.reducer]]


def _function(name: str, node: Node) -> Callable[[Any], Any]:
    def body(state: Any) -> Any:
        return run_body(node.body, Scope(_HOST, state), _no)

    body.__name__ = name
    return body


def _router(index: int, route: Any) -> Callable[[Any], Any]:
    def router(state: Any) -> Any:
        return evaluate(route, Scope(_HOST, state))

    router.__name__ = f"route_{index}"
    return router
