"""Hypothesis strategies for graph programs and the scripts that run on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from parity_kit.contract import Operation
from parity_kit.plain import Plain
from parity_kit.programs.model import END, START

_FIELDS: dict[str, dict[str, Plain]] = {
    "n": {"type": "int"},
    "log": {"type": "list", "reducer": "add"},
    "sum": {"type": "int", "reducer": "add"},
    "best": {"type": "int", "reducer": "max"},
    "bag": {"type": "dict", "reducer": "merge"},
    "topic": {"type": "int", "channel": {"class": "Topic"}},
    "brief": {"type": "int", "channel": {"class": "EphemeralValue", "guard": False}},
    "any": {"type": "int", "channel": {"class": "AnyValue"}},
    "local": {"type": "int", "channel": {"class": "UntrackedValue", "guard": False}},
}
_ALWAYS = ("n", "log")
_NODES: tuple[str, ...] = ("a", "b", "c", "d")
_MODES = ("values", "updates", "tasks", "checkpoints")
_SMALL = st.integers(0, 9)


def _rarely(draw: st.DrawFn, odds: int) -> bool:
    """Draw true once in `odds` + 1; what is rare must be the larger choice, to be shrunk away."""
    return draw(st.integers(0, odds)) == odds


def _value(draw: st.DrawFn, field: str) -> Plain:
    """Return a literal that suits a field."""
    if field == "log":
        return draw(st.lists(_SMALL, max_size=2))
    if field == "bag":
        return draw(st.dictionaries(st.sampled_from("xyz"), _SMALL, max_size=2))
    return draw(_SMALL)


def _expression(draw: st.DrawFn, field: str, node: str) -> Plain:
    """Return an expression that suits a field: a literal, or one that reads the state."""
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return _value(draw, field)
    if field == "log":
        plain: Plain = [node, {"join": [node, {"get": "k"}]}, {"len": {"get": "log"}}][:kind]
        return {"overwrite": plain} if kind == 4 and draw(st.booleans()) else plain  # noqa: PLR2004  # the rarest of five
    if field == "bag":
        return {"lit": {node: kind}}
    return {"add": [{"if": [{"get": "n"}, {"get": "n"}, 0]}, kind]}


def _writes(draw: st.DrawFn, fields: list[str], node: str) -> Plain:
    # Writing one LastValue field from two nodes of a superstep is an error worth seeing, not often.
    chosen = draw(st.lists(st.sampled_from(["log", *fields]), unique=True, max_size=2))
    return {"write": {field: _expression(draw, field, node) for field in chosen}}


def _body(draw: st.DrawFn, fields: list[str], node: str) -> list[Plain]:
    body: list[Plain] = []
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.integers(0, 9))
        if kind >= 8:  # noqa: PLR2004  # two of ten
            body.append({"let": {"got": {"interrupt": {"join": [node, "?"]}}}})
            body.append({"write": {"log": [{"var": "got"}]}})
        elif kind == 7:  # noqa: PLR2004  # one of ten
            trouble: Plain = {"raise": {"type": "ValueError", "message": f"{node} failed"}}
            guard: Plain = {"lt": [{"len": {"get": "log"}}, draw(st.integers(0, 3))]}
            body.append({"when": [guard, [trouble]]})
        else:
            body.append(_writes(draw, fields, node))
    return body


def _route(draw: st.DrawFn, targets: list[str]) -> Plain:
    kind = draw(st.integers(0, 2))
    first, second = draw(st.sampled_from(targets)), draw(st.sampled_from(targets))
    if kind == 0:
        return first
    if kind == 1:
        return {"if": [{"lt": [{"len": {"get": "log"}}, 3]}, first, second]}
    return [first, second] if first != second else [first]


def _send(draw: st.DrawFn, sender: str, nodes: list[str]) -> Plain:
    # A send's target must not send itself, or packets would multiply with every superstep.
    target = draw(st.sampled_from([name for name in nodes if name != sender]))
    return {"send": {"to": target, "each": {"range": draw(st.integers(0, 3))}, "as": "k"}}


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """A program that LangGraph compiles: every node known, and an edge out of START."""
    nodes = list(_NODES[: draw(st.integers(1, len(_NODES)))])
    extra = draw(
        st.lists(st.sampled_from(sorted(set(_FIELDS) - set(_ALWAYS))), unique=True, max_size=2)
    )
    fields = [*_ALWAYS, *extra]
    edges: list[Plain] = [[START, nodes[0]]]
    branches: dict[str, list[Plain]] = {}
    sender = draw(st.sampled_from(nodes)) if len(nodes) > 1 and _rarely(draw, 3) else None
    for index, node in enumerate(nodes):
        later = [*nodes[index + 1 :], END]
        anywhere = [*nodes, END]
        if node == sender:
            branches[node] = [_send(draw, node, nodes)]
        elif _rarely(draw, 3):
            branches[node] = [_route(draw, anywhere)]
        else:
            targets = draw(st.lists(st.sampled_from(later), unique=True, min_size=1, max_size=2))
            edges += [[node, target] for target in targets]
    joins = nodes[1:]
    if len(joins) >= 3 and draw(st.booleans()):  # noqa: PLR2004  # two sources and a target
        edges.append([joins[:2], joins[2]])
    program: dict[str, Any] = {
        "state": {name: _FIELDS[name] for name in fields},
        "nodes": {
            name: {"body": _body(draw, fields, name)}
            | ({"defer": True} if _rarely(draw, 7) else {})
            for name in nodes
        },
        "edges": edges,
        "branches": branches,
    }
    for name in ("interrupt_before", "interrupt_after"):
        if _rarely(draw, 7):
            program[name] = draw(
                st.just("*") | st.lists(st.sampled_from(nodes), min_size=1, max_size=2, unique=True)
            )
    return program


def _input(draw: st.DrawFn, program: dict[str, Any]) -> Plain:
    fields = draw(st.lists(st.sampled_from(sorted(program["state"])), unique=True, max_size=2))
    return {
        field: _value(draw, field) for field in ("n", *(each for each in fields if each != "n"))
    }


def _modes(draw: st.DrawFn) -> list[str]:
    chosen = draw(st.sets(st.sampled_from(_MODES), min_size=1))
    return [mode for mode in _MODES if mode in chosen]


def _run(draw: st.DrawFn, where: dict[str, Plain], given: Plain) -> Operation:
    limits: dict[str, Plain] = {"recursion_limit": draw(st.integers(2, 6))}
    if draw(st.booleans()):
        return Operation("stream", {**where, "input": given, "modes": _modes(draw), **limits})
    return Operation("invoke", {**where, "input": given, **limits})


def _resume(draw: st.DrawFn, where: dict[str, Plain]) -> Operation:
    extra: dict[str, Plain] = {"modes": _modes(draw)} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        return Operation("resume", {**where, "value": draw(_SMALL), **extra})
    answers = [[index, draw(_SMALL)] for index in range(draw(st.integers(1, 2)))]
    return Operation("resume_map", {**where, "values": answers, **extra})


def _update(draw: st.DrawFn, where: dict[str, Plain], program: dict[str, Any]) -> Operation:
    arguments = {**where, "values": _input(draw, program)}
    if draw(st.booleans()):
        arguments["as_node"] = draw(st.sampled_from(sorted(program["nodes"])))
    return Operation("update_state", arguments)


def _history(draw: st.DrawFn, where: dict[str, Plain]) -> Operation:
    limit: dict[str, Plain] = {"limit": draw(st.integers(1, 3))} if draw(st.booleans()) else {}
    return Operation("get_state_history", {**where, **limit})


def _replay(draw: st.DrawFn, where: dict[str, Plain]) -> Operation:
    return _run(draw, {**where, "checkpoint": draw(st.integers(1, 4))}, None)


def _later(draw: st.DrawFn, program: dict[str, Any]) -> Operation:
    """Return one more operation of a script; the simplest kinds come first, to shrink to them."""
    where: dict[str, Plain] = {"thread": draw(st.sampled_from(("t", "t", "t", "u")))}
    kinds: tuple[Callable[[], Operation], ...] = (
        lambda: Operation("get_state", where),
        lambda: _run(draw, where, None),
        lambda: _run(draw, where, None),
        lambda: _resume(draw, where),
        lambda: _resume(draw, where),
        lambda: _history(draw, where),
        lambda: _run(draw, where, _input(draw, program)),
        lambda: _update(draw, where, program),
        lambda: _replay(draw, where),
        lambda: Operation("delete_thread", where),
    )
    if "interrupt" in repr(program):
        kinds = (*kinds[:5], *kinds[3:5], *kinds[3:])
    return draw(st.sampled_from(kinds))()


@st.composite
def graph_parts(draw: st.DrawFn) -> tuple[dict[str, Plain], list[Operation]]:
    """Return a graph subject's spec and the operations on it."""
    program = draw(programs())
    saver = draw(st.sampled_from(("memory", "memory", "memory", "sqlite", None)))
    if saver is None:
        operations = [_run(draw, {}, _input(draw, program))]
    else:
        operations = [_run(draw, {"thread": "t"}, _input(draw, program))]
        operations += [_later(draw, program) for _ in range(draw(st.integers(0, 4)))]
    return {"program": program, "saver": saver}, operations
