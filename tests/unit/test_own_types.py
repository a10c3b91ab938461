"""Values of an application's own types are recorded, and run without its code."""

from __future__ import annotations

import enum
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

import pydantic
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send, StateUpdate, interrupt
from pure_engine.engine import Engine as Pure
from pydantic import v1
from recordings import THREAD, line, recorded

from parity_kit.apps.replaying import replay_on
from parity_kit.contract import Subject, SubjectKind, run
from parity_kit.contract.casefile import CaseFile
from parity_kit.contract.errors import BadProgramError, CannotRecordError
from parity_kit.programs.admission import admit, check_subject
from parity_kit.programs.script import script
from parity_kit.reference.engine import Engine


class Reason(enum.Enum):
    LATE = "late"
    BROKEN = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Key:
    name: str


@dataclass
class Item:
    name: str
    price: float
    reason: Reason
    keys: list[Key] = field(default_factory=list[Key])


class Pair(NamedTuple):
    left: int
    right: Key


class Customer(pydantic.BaseModel):
    name: str
    note: str | None = None
    keys: list[Key] = []


class Note(pydantic.BaseModel):
    note: str


class OldCustomer(v1.BaseModel):
    name: str


@dataclass
class Total:
    count: int
    sum: float = field(default=0.0, init=False)


class Corner(enum.Enum):
    LEFT = (1, 2)


def union(left: set[Key], right: set[Key]) -> set[Key]:
    return left | right


def higher(left: Level | None, right: Level) -> Level:
    return max(left or right, right)


class Order(TypedDict, total=False):
    items: Annotated[list[Item], operator.add]
    customer: Customer
    old: OldCustomer
    pair: Pair
    keys: Annotated[set[Key], union]
    level: Annotated[Level, higher]


def begin(_: Order) -> Any:
    customer = Customer(name="Ann", keys=[Key("a")])
    return {"customer": customer, "old": OldCustomer(name="Ann"), "pair": Pair(1, Key("b"))}


def route(state: Order) -> list[Send]:
    items = state.get("items", [])
    return [Send("price", item) for item in items] + [Send("greet", state.get("customer"))]


def price(item: Item) -> Any:
    keys = {Key(item.name)}
    return {"items": [Item(item.name, item.price * 2, item.reason, [*keys])], "keys": keys}


def greet(customer: Customer) -> Any:
    return {"level": Level.HIGH if customer.note is None else Level.LOW}


def ask(state: Order) -> Any:
    answer = interrupt(Pair(len(state.get("items", [])), Key("c")))
    return Command(update={"items": [answer], "level": Level.LOW})


def build() -> Any:
    builder: Any = StateGraph(Order)
    for node in (begin, price, greet, ask):
        builder.add_node(node)
    builder.add_edge(START, "begin")
    builder.add_conditional_edges("begin", route, ["price", "greet"])
    builder.add_edge("price", "ask")
    return builder.compile(checkpointer=InMemorySaver())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    """A run in which own types are state, input, Send arguments, a question and an answer."""

    def act() -> None:
        graph = build()
        graph.invoke(
            {"items": [Item("x", 2.5, Reason.LATE), Item("y", 1.0, Reason.BROKEN)]}, THREAD
        )
        ended = graph.invoke(Command(resume=Item("z", 0.0, Reason.LATE)), THREAD)
        assert ended["level"] is Level.HIGH
        assert [item.name for item in ended["items"]] == ["x", "y", "x", "y", "z"]
        assert graph.get_state(THREAD).values["old"] == OldCustomer(name="Ann")

    return recorded(tmp_path_factory.mktemp("own") / "order.case", act)


def test_a_recording_declares_the_types_and_kinds_of_its_values(kept: CaseFile) -> None:
    declared: Any = kept.case.subject.spec["own_types"]
    assert {name: kind for module, name, kind in declared if module == __name__} == {
        "Customer": "pydantic",
        "Item": "dataclass",
        "Key": "dataclass",
        "Level": "enum",
        "OldCustomer": "pydantic_v1",
        "Pair": "named_tuple",
        "Reason": "enum",
    }
    assert "own type named_tuple" in kept.case.features


def test_no_engine_needs_the_applications_code(
    kept: CaseFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, __name__)
    admit(kept.case)
    assert run(Engine(), kept.case) == kept.reference_outcomes
    assert run(Pure(), kept.case) == kept.reference_outcomes
    assert __name__ not in sys.modules
    exec(compile(script(kept.case), "script", "exec", dont_inherit=True), {"__name__": "script"})  # noqa: S102  # a script of the kit
    assert "Item({'name': 'z', 'price': 0.0, 'reason': Reason('late')" in capsys.readouterr().out
    assert not hasattr(sys.modules[__name__], "Order"), "the script defines the module itself"


def test_a_recording_replays_on_the_applications_own_classes(
    kept: CaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = build()
    assert replay_on(graph, kept.case, kept.reference_outcomes).is_same
    monkeypatch.delattr(sys.modules[__name__], "Pair")
    departure = replay_on(graph, kept.case, kept.reference_outcomes).departure
    assert departure == f"the application has no named_tuple {__name__}.Pair"


def local() -> Any:
    @dataclass
    class Inner:
        x: int

    return Inner(1)


def of_main() -> Any:
    @dataclass
    class Inner:
        x: int

    Inner.__module__ = "__main__"
    return Inner(1)


def of_no_kind() -> Any:
    class Other:
        def get_secret_value(self) -> str:
            return "secret"

    sys.modules[__name__].Other = Other  # pyright: ignore[reportAttributeAccessIssue]  # for a while
    return Other()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (local, r"Inner, a class that is not at the top of its module; node 'makes' returns one"),
        (of_main, r"Inner, a class of the script that runs: move it into a module"),
        (of_no_kind, r"Other, which is no dataclass, enumeration, named tuple or model"),
        (lambda: StateUpdate({}), r"StateUpdate, a type of LangGraph's that is no value of an app"),
        (lambda: Total(1), r"Total, whose values come back from storage as something else"),
        (lambda: Corner.LEFT, r"Corner, whose values come back from storage as something else"),
    ],
    ids=["local", "main", "no-kind", "langgraph", "not-built-again", "not-found-again"],
)
def test_what_does_not_come_back_from_storage_is_refused_by_name(
    tmp_path: Path, make: Callable[[], Any], why: str
) -> None:
    value = make()

    def makes(_: Any) -> Any:
        return {"log": [value]}

    with pytest.raises(CannotRecordError, match=f"values of [a-z_.]*{why}"):
        recorded(tmp_path / "x.case", lambda: line(makes).invoke({}, THREAD))


def test_a_graph_itself_as_input_may_be_an_object(tmp_path: Path) -> None:
    builder: Any = StateGraph(Customer)
    builder.add_node("one", lambda state: {"note": state.name})  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType]  # a node
    builder.add_edge(START, "one")
    graph = builder.compile(checkpointer=InMemorySaver())
    given = Customer(name="Ann", note="")
    kept = recorded(tmp_path / "x.case", lambda: graph.invoke(given, THREAD))
    assert run(Pure(), kept.case) == kept.reference_outcomes


def test_a_state_class_as_the_input_of_a_subgraph_is_refused(tmp_path: Path) -> None:
    def asks(_: Note) -> Any:
        return {"note": interrupt("really?")}

    builder: Any = StateGraph(Note)
    inner = builder.add_node("asks", asks).add_edge(START, "asks").compile()
    builder = StateGraph(Note)
    builder.add_node("inner", inner).add_edge(START, "inner")
    graph = builder.compile(checkpointer=InMemorySaver())
    with pytest.raises(CannotRecordError, match=r"'inner' stores its input as .*Note.*TypedDict"):
        recorded(tmp_path / "x.case", lambda: graph.invoke({"note": "a"}, THREAD))


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ([["app", "Item"]], "a type is"),
        ([["app", "Item", "class"]], "no kind of type 'class'"),
        ([["langgraph.types", "Send", "dataclass"]], "langgraph.types.Send is no application's"),
    ],
)
def test_a_declaration_is_checked(declared: Any, problem: str) -> None:
    program: Any = {"state": {}, "nodes": {"a": {"body": []}}, "entry": "a"}
    subject = Subject(SubjectKind.GRAPH, {"program": program, "own_types": declared})
    with pytest.raises(BadProgramError, match=problem):
        check_subject(subject)
