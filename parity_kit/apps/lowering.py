"""A compiled `StateGraph` as a program whose nodes and routers have no bodies yet.

Every schema becomes a typed dictionary: a frozen node sees the channels' values, from which an
application's own schema would be made. What cannot be expressed is a problem, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel

from parity_kit.apps.calls import Place, Problem
from parity_kit.apps.channels import ReducerGuess, field_of
from parity_kit.apps.policies import policies_of
from parity_kit.apps.source_places import place_of
from parity_kit.programs.model import ROOT, START


@dataclass(slots=True)
class LoweredGraph:
    """A graph, its program, and what is to be watched in it.

    `inputs` holds the fields that each node reads in the program; a state that is one value has the
    name of its only field there, which nodes read as it is. `guesses` holds the reducers that
    the language may know under another name.
    """

    graph: Any
    place: Place
    program: dict[str, Any]
    inputs: dict[str, list[str] | str] = field(default_factory=dict[str, "list[str] | str"])
    subgraphs: dict[str, LoweredGraph] = field(default_factory=dict[str, "LoweredGraph"])
    guesses: dict[str, ReducerGuess] = field(default_factory=dict[str, ReducerGuess])
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])

    def all(self) -> Iterator[LoweredGraph]:
        """Yield this graph and those inside it."""
        yield self
        for subgraph in self.subgraphs.values():
            yield from subgraph.all()

    @property
    def all_problems(self) -> list[Problem]:
        """The problems of this graph and of those inside it."""
        return [problem for graph in self.all() for problem in graph.problems]


def lower(graph: Any, place: Place = (), saver: Any = None) -> LoweredGraph:
    """Return a graph as a program, with the problems that keep it from being recorded.

    `saver` is that of the graph around it, which LangGraph uses in place of its own.
    """
    lowered = LoweredGraph(graph, place, {})
    if not isinstance(graph, CompiledStateGraph):
        lowered.problems.append(_no_state_graph(graph))
        return lowered
    own = cast("Any", graph).checkpointer
    _Lowering(lowered, cast("Any", graph), saver or own).run()
    return lowered


def _no_state_graph(graph: Any) -> Problem:
    if not isinstance(graph, Pregel):
        return Problem(f"{type(cast('object', graph)).__qualname__} is no graph")
    nodes: dict[str, Any] = cast("Any", graph).nodes
    place = next(filter(None, (place_of(node.bound) for node in nodes.values())), "")
    return Problem("a functional program (@entrypoint)", place)


@dataclass(slots=True)
class _Lowering:
    lowered: LoweredGraph
    graph: Any
    saver: Any

    def run(self) -> None:
        builder = self.graph.builder
        fields = {**builder.channels, **builder.managed}
        schemas = {name: list(builder.schemas[getattr(builder, f"{name}_schema")]) for name in _IO}
        public = [name for name in fields if any(name in names for names in schemas.values())]
        program = self.lowered.program
        program["state"] = {name: self._field(name, fields[name]) for name in public}
        if public == [ROOT]:
            self._root(program)
        program["nodes"] = {}
        private = {name: self._field(name, fields[name]) for name in fields if name not in public}
        if private:
            program["private"] = private
        for name in ("input", "output"):
            if schemas[name] != public:
                program[name] = schemas[name]
        for name in map(_text, builder.nodes):
            self._node(name, public)
        self.lowered.inputs[START] = ROOT if public == [ROOT] else public
        program["edges"] = [[*map(_text, edge)] for edge in builder.edges]
        program["edges"] += [
            [[*map(_text, starts)], _text(end)] for starts, end in builder.waiting_edges
        ]
        self._branches()
        for when in ("before", "after"):
            names = getattr(self.graph, f"interrupt_{when}_nodes")
            if names:
                program[f"interrupt_{when}"] = names if names == "*" else list(names)
        for name in ("store", "cache"):
            if getattr(self.graph, name) is not None:
                program[name] = True

    def _root(self, program: dict[str, Any]) -> None:
        program["schema"] = "root"
        if program["state"][ROOT].get("type", "any") == "any":
            self._refuse(f"a state that is one value of any type ({ROOT})")

    def _refuse(self, what: str, where: str = "") -> None:
        self.lowered.problems.append(Problem(what, where))

    def _field(self, name: str, channel: Any) -> dict[str, Any]:
        made = field_of(channel)
        if isinstance(made, Problem):
            self._refuse(f"field {name!r}: {made.what}", made.where)
            return {"type": "any"}
        if isinstance(made, ReducerGuess):
            self.lowered.guesses[name] = made
            return {"type": made.type, "reducer": "last"}
        return made

    def _node(self, name: str, public: list[str]) -> None:
        compiled, bound = self.graph.nodes[name], self.graph.nodes[name].bound
        here = (*self.lowered.place, name)
        where = place_of(bound)
        reads = [compiled.channels] if isinstance(compiled.channels, str) else [*compiled.channels]
        self.lowered.inputs[name] = ROOT if reads == [ROOT] else reads
        # Releases before 1.2 have no handlers.
        if getattr(compiled, "is_error_handler", False):
            if compiled.retry_policy or compiled.timeout:
                self._refuse(f"{name!r} has a retry policy or a timeout of its own", where)
            return
        node: dict[str, Any] = {}
        handler = getattr(compiled, "error_handler_node", None)
        if handler == DEFAULT_HANDLER:
            self.lowered.program["defaults"] = {"error_handler": []}
        elif handler:
            node["error_handler"] = []
        if isinstance(bound, Pregel):
            node["subgraph"] = self._subgraph(name, cast("Any", bound), here)
        else:
            node["body"] = []
        spec = self.graph.builder.nodes[name]
        if spec.defer:
            node["defer"] = True
        scalars = {
            key: value
            for key, value in dict(spec.metadata or {}).items()
            if value is None or isinstance(value, (str, int, float, bool))
        }
        if scalars:
            node["metadata"] = scalars
        if reads != public:
            node["input"] = reads
        try:
            node |= policies_of(compiled)
        except ValueError as error:
            self._refuse(f"node {name!r}: {error}", where)
        self.lowered.program["nodes"][name] = node

    def _subgraph(self, name: str, graph: Any, here: Place) -> str:
        for known, other in self.lowered.subgraphs.items():
            if other.graph is graph:
                return known
        lowered = lower(graph, here, self.saver)
        self.lowered.subgraphs[name] = lowered
        checkpointer = graph.checkpointer
        if not (checkpointer is None or isinstance(checkpointer, bool)):
            if not self.saver:
                problem = f"subgraph {name!r} has a saver of its own, the graph around it has none"
                lowered.problems.append(Problem(problem))
            checkpointer = None
        entry: dict[str, Any] = {"program": lowered.program}
        if checkpointer is not None:
            entry["checkpointer"] = checkpointer
        self.lowered.program.setdefault("subgraphs", {})[name] = entry
        return name

    def _branches(self) -> None:
        branches: Mapping[str, Mapping[str, Any]] = self.graph.builder.branches
        made = {_text(name): [None] * len(routes) for name, routes in branches.items() if routes}
        if made:
            self.lowered.program["branches"] = made


def _text(name: str) -> str:
    """Return a name as plain text, which may be a member of an enumeration."""
    return str.__str__(name)


_IO = ("state", "input", "output")
DEFAULT_HANDLER = "__default_error_handler__"
"""The node that LangGraph makes of `set_node_defaults(error_handler=…)`."""


def handler_bodies(program: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield what has a body of an error handler, and the name of the handler's own node."""
    if "defaults" in program:
        yield program["defaults"], DEFAULT_HANDLER
    for name, node in program["nodes"].items():
        if "error_handler" in node:
            yield node, f"__error_handler__{name}"
