"""A recording on the application's present code: its nodes answer from the recording.

The graph, its routers and its reducers are those of today. A node that sees an input which the
recording does not have ends the run at once, by an exception that no retry and no handler takes for
an error of the application.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langgraph.checkpoint.memory import InMemorySaver

from parity_kit.apps.calls import Place, packed
from parity_kit.apps.instruments import Hooked, hooked
from parity_kit.apps.lowering import LoweredGraph, handler_bodies, lower
from parity_kit.apps.network import network_refused
from parity_kit.apps.own_types import application_class, kind_of
from parity_kit.apps.resuming import cannot_resume
from parity_kit.contract import Case, Event, Outcome, Raised, Returned, Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.msgpack.parser import parse
from parity_kit.msgpack.tree_difference import differences
from parity_kit.programs.own_types import own_type_names, own_types
from parity_kit.programs.parsing import parse_graph
from parity_kit.programs.reducers import MISS
from parity_kit.reference.asynchronous import Awaited, TimelessLoop
from parity_kit.reference.build import Builder
from parity_kit.reference.graph_operations import Direct, Operations
from parity_kit.reference.hosts import Bodies
from parity_kit.reference.native import Watch, building, perform, to_native
from parity_kit.reference.pins import Counter, pinned
from parity_kit.reference.savers import contents


class DepartedError(BaseException):
    """A node sees what the recording does not have: no error of the application."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a node: its place, the superstep and the input."""

    place: Place
    step: int
    input: bytes

    def __str__(self) -> str:
        return f"node {'/'.join(self.place)!r} in superstep {self.step}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a recording: `departure` says where it first differs; `unasked` is left over.

    `stuck` says which operation cannot go on from a thread that the recording stored.
    """

    case: Case
    departure: str = ""
    unasked: tuple[str, ...] = ()
    stuck: str = ""

    @property
    def is_same(self) -> bool:
        """Whether the application still does what was recorded."""
        return self.verdict == "same"

    @property
    def verdict(self) -> Literal["same", "departed", "cannot resume"]:
        """The result in a word."""
        if self.stuck:
            return "cannot resume"
        return "departed" if self.departure or self.unasked else "same"


@dataclass(slots=True)
class _Answers:
    """Answers for nodes from the bodies of a program, and keeps who asked."""

    bodies: dict[Place, Any]
    asked: list[Asked] = field(default_factory=list[Asked])
    departed: Asked | None = None

    def node(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Answer for a node."""
        del given
        body = self._body(node, seen, config)
        try:
            return body.invoke(seen, config)
        except RuntimeError as error:
            raise self._as_departure(error) from error

    async def anode(self, node: Hooked, seen: Any, given: Any, config: Any) -> Any:
        """Answer for a node asynchronously."""
        del given
        body = self._body(node, seen, config)
        try:
            return await body.ainvoke(seen, config)
        except RuntimeError as error:
            raise self._as_departure(error) from error

    def routed(self, place: Place, index: int, seen: Any, config: Any, result: Any) -> None:
        """Let the router of today decide."""

    def _body(self, node: Hooked, seen: Any, config: Any) -> Any:
        step = config["metadata"].get("langgraph_step", 0)
        asked = Asked(node.place, step, packed(seen))
        self.asked.append(asked)
        if node.place not in self.bodies:
            self.departed = self.departed or asked
            raise DepartedError
        return self.bodies[node.place]

    def _as_departure(self, error: RuntimeError) -> BaseException:
        if str(error) != MISS:
            return error
        self.departed = self.departed or self.asked[-1]
        return DepartedError()


def replay_on(graph: Any, case: Case, outcomes: tuple[Outcome, ...]) -> Replayed:
    """Run a recording on a graph of the application as it is today."""
    types = own_types(case.subject)
    for module, name, kind in types:
        if kind_of(application_class((module, name))) != kind:
            return Replayed(case, f"the application has no {kind} {module}.{name}")
    with building(own_type_names(types)):
        lowered = lower(graph)
        if problems := lowered.all_problems:
            return Replayed(case, f"the graph cannot be replayed: {problems[0]}")
        replayed = _replay_on(lowered, case, outcomes)
        return (
            replayed
            if replayed.is_same
            else replace(replayed, stuck=_stuck(lowered, case, outcomes))
        )


def _stuck(lowered: LoweredGraph, case: Case, outcomes: tuple[Outcome, ...]) -> str:
    """Return which operation cannot go on from what the recording stored."""
    if not case.subject.spec.get("saver"):
        return ""
    program: Any = to_native(case.subject.spec["program"])
    answers, recorded = _Answers(_bodies(program)), _frozen(program, InMemorySaver())
    with hooked(recorded, answers), hooked(lowered, answers):
        return cannot_resume(lowered, recorded, case, outcomes)


def _replay_on(lowered: LoweredGraph, case: Case, outcomes: tuple[Outcome, ...]) -> Replayed:
    if shape := _other_shape(lowered, case):
        return Replayed(case, shape)
    recorded = _expected(case)
    answers = _Answers(_bodies(to_native(case.subject.spec["program"])))
    with network_refused() as asked:
        departure = _run(lowered, answers, case, outcomes)
    if asked:
        return Replayed(case, f"calls the network, which is refused: {asked[0]}")
    if answers.departed is not None:
        return Replayed(case, _departure(answers.departed, len(answers.asked) - 1, recorded))
    left = Tally(asked.place for asked in recorded)
    left.subtract(asked.place for asked in answers.asked)
    unasked = tuple(f"{'/'.join(place)} ({count})" for place, count in left.items() if count > 0)
    return Replayed(case, departure, unasked)


def _other_shape(lowered: LoweredGraph, case: Case) -> str:
    """Return which recorded nodes the graph no longer has; it does not guess a new name."""
    recorded: Any = case.subject.spec["program"]
    gone = sorted(recorded["nodes"].keys() - lowered.program["nodes"].keys())
    ran = {asked.place[0] for asked in _expected(case)} if gone else set[str]()
    gone = [name for name in gone if name in ran]
    return f"the graph has no node {', '.join(map(repr, gone))}, which ran" if gone else ""


def _run(
    lowered: LoweredGraph, answers: _Answers, case: Case, outcomes: Sequence[Outcome] | None
) -> str:
    """Run the operations, and return where an outcome differs from the recorded one, if given."""
    counter, watch, awaited = Counter(case.pins), Watch(), Awaited(TimelessLoop())
    with hooked(lowered, answers):
        saver = lowered.graph.checkpointer
        saver = None if isinstance(saver, bool) else saver
        try:
            for index, operation in enumerate(case.operations):
                arguments: Any = to_native(operation.args)
                caller = awaited if arguments.pop("async", False) else Direct()

                def action(
                    events: list[Event],
                    caller: Any = caller,
                    name: str = operation.name,
                    arguments: Any = arguments,
                ) -> Any:
                    graph = lowered.graph
                    operations = Operations(graph, lambda: graph, saver, counter, caller, events)
                    return getattr(operations, name)(**arguments)

                with pinned(counter):
                    outcome = perform(action, lambda: contents(saver), watch)
                if outcomes and (problem := _difference(outcomes[index], outcome)):
                    return f"operation {index} ({operation.name}) {problem}"
        except DepartedError:
            return "it departs"
        finally:
            awaited.close()
    return ""


def _difference(recorded: Outcome, now: Outcome) -> str:  # noqa: PLR0911  # a sentence each
    if recorded == now:
        return ""
    match recorded, now:
        case Returned(), Returned():
            if pack(recorded.value) != pack(now.value):
                return f"gives another value{_first(pack(recorded.value), pack(now.value))}"
            if recorded.events != now.events:
                return "streams other events"
            names = sorted(recorded.stored.keys() | now.stored.keys())
            other = (n for n in names if recorded.stored.get(n) != now.stored.get(n))
            return f"stores other bytes: {next(other, 'entries that are gone')}"
        case _, Raised(error, message):
            return f"raises {error}: {message}"
        case Raised(error), _:
            return f"no longer raises {error}"
        case (Unsupported(), _) | (_, Unsupported()):
            return "is not supported"
    return "differs"


def _first(before: bytes, after: bytes) -> str:
    """Return the path of the first difference between two values, in words."""
    for difference in differences(parse(before), parse(after)):
        return f" at {difference.path}"
    return ""


def _departure(asked: Asked, index: int, recorded: list[Asked]) -> str:
    expected = recorded[index] if index < len(recorded) else None
    if expected is None or expected.place != asked.place:
        wanted = "no call" if expected is None else f"a call of {expected}"
        return f"departs at {asked}: the recording has {wanted} there"
    first = _first(expected.input, asked.input)
    return f"departs at {asked}: its input differs{first}"


def _expected(case: Case) -> list[Asked]:
    """Return the calls of the recording, in order, by running it."""
    program: Any = to_native(case.subject.spec["program"])
    saver = InMemorySaver() if case.subject.spec.get("saver") else None
    answers = _Answers(_bodies(program))
    _run(_frozen(program, saver), answers, case, None)
    return answers.asked


def _frozen(program: Any, saver: InMemorySaver | None) -> LoweredGraph:
    """Return the graph of a recording."""
    return lower(Builder().compile(parse_graph(program), saver))


def _bodies(program: Any, place: Place = ()) -> dict[Place, Any]:
    """Return the bodies of a program as functions that LangGraph runs, by place."""
    bodies, made = Bodies(), dict[Place, Any]()
    for name, node in program["nodes"].items():
        if "body" in node:
            here = (*place, name)
            made[here] = bodies.function(name, node["body"], here, (_no_call, _no_call))
        else:
            inner = program["subgraphs"][node["subgraph"]]["program"]
            made |= _bodies(inner, (*place, node["subgraph"]))
    for owner, name in handler_bodies(program):
        here = (*place, name)
        made[here] = bodies.function(name, owner["error_handler"], here, (_no_call, _no_call))
    return made


def _no_call(request: Any) -> Any:
    raise AssertionError(f"a frozen body calls {request}")
