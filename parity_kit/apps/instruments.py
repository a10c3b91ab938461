"""Puts a hook around the nodes, routers and reducers of a graph, and takes it away again.

The graph itself is run as it is: a node's function is called with what LangGraph gives it. While
the hooks are in place, a graph with a saver uses one in memory: a recording begins with no threads,
and nothing is written to the application's own database.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from langchain_core.runnables import Runnable
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph._branch import BranchSpec
from langgraph.pregel import Pregel
from langgraph.pregel._read import ChannelRead
from langgraph.types import Send

from parity_kit.apps.calls import Place
from parity_kit.apps.lowering import LoweredGraph
from parity_kit.apps.source_places import place_of

READ = "__pregel_read"


class Hook(Protocol):
    """What runs instead of a node.

    `seen` is the node's input as the program's node would see it, `given` what LangGraph gives the
    application's.
    """

    def node(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Run a node."""
        ...

    async def anode(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Run a node asynchronously."""
        ...

    def routed(self, place: Place, index: int, seen: Any, config: Any, result: Any) -> None:
        """Take the destinations that a router gave."""
        ...


class Hooked(Runnable[Any, Any]):
    """A node with a hook around it; `inner` is the node itself."""

    def __init__(self, inner: Any, hook: Hook, place: Place, reads: list[str] | str) -> None:
        self.inner = inner
        self.place = place
        self.where = place_of(inner)
        self._hook = hook
        self._reads = reads

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002  # LangChain's name
        """Run the node through the hook."""
        del kwargs
        return self._hook.node(self, self._seen(input, config), input, config)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002  # LangChain's name
        """Run the node through the hook."""
        del kwargs
        return await self._hook.anode(self, self._seen(input, config), input, config)

    def _seen(self, given: Any, config: Any) -> Any:
        """Return what the program's node sees: the packet of a send, or the fields' values."""
        path: Any = config["metadata"].get("langgraph_path", ())
        if path and path[0] == "__pregel_push":
            return given
        return config["configurable"][READ](self._reads)


@contextmanager
def hooked(lowered: LoweredGraph, hook: Hook) -> Generator[None]:
    """Put hooks into a graph and all graphs inside it."""
    undo: list[Callable[[], None]] = []
    routers: dict[int, tuple[LoweredGraph, str, int]] = {}
    for graph in lowered.all():
        _hook_nodes(graph, hook, undo)
        for name, guess in graph.guesses.items():
            _replace(undo, graph.graph.channels[name], "operator", guess)
        for source, branches in graph.graph.builder.branches.items():
            for index, branch in enumerate(branches.values()):
                routers[id(branch)] = (graph, source, index)
    saver = lowered.graph.checkpointer
    if saver is not None and not isinstance(saver, bool):
        _replace(undo, lowered.graph, "checkpointer", InMemorySaver())
    finish: Any = vars(BranchSpec)["_finish"]  # every router's result passes here

    def finishing(branch: Any, writer: Any, input: Any, result: Any, config: Any) -> Any:  # noqa: A002  # LangGraph's name
        if id(branch) in routers:
            graph, source, index = routers[id(branch)]
            seen = _seen_by_router(graph.inputs[source], input, config)
            hook.routed((*graph.place, source), index, seen, config, _mapped(branch, result))
        return finish(branch, writer, input, result, config)

    _replace(undo, BranchSpec, "_finish", finishing)
    try:
        yield
    finally:
        for restore in reversed(undo):
            restore()


def _hook_nodes(graph: LoweredGraph, hook: Hook, undo: list[Callable[[], None]]) -> None:
    nodes = graph.graph.nodes
    for name, reads in graph.inputs.items():
        node = nodes[name]
        if name not in graph.graph.builder.nodes or isinstance(node.bound, Pregel):
            continue

        def restore(name: str = name, node: Any = node) -> None:
            nodes[name] = node

        undo.append(restore)
        around = Hooked(node.bound, hook, (*graph.place, name), reads)
        nodes[name] = node.copy({"bound": around})


def _replace(undo: list[Callable[[], None]], owner: Any, name: str, value: Any) -> None:
    before = getattr(owner, name)
    setattr(owner, name, value)
    undo.append(lambda: setattr(owner, name, before))


def _seen_by_router(fields: list[str] | str, returned: Any, config: Any) -> Any:
    """Return the state that the program's router sees (`BranchSpec._route`)."""
    value = ChannelRead.do_read(config, select=fields, fresh=True)
    if isinstance(returned, dict) and isinstance(value, dict):
        return {**cast("dict[str, Any]", returned), **cast("dict[str, Any]", value)}
    return value


def _mapped(branch: Any, result: Any) -> list[Any]:
    """Return a router's destinations, as `BranchSpec._finish` reads them."""
    results = cast("list[Any]", result if isinstance(result, (list, tuple)) else [result])
    ends: Any = branch.ends or {}
    return [item if isinstance(item, Send) else ends.get(item, item) for item in results]
