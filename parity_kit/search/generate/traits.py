"""What a program has besides nodes and edges: policies, schemas, commands, subgraphs, a stream.

A trait is added to an existing program. Every trait is simple on its own; engines get combinations
of two wrong.
"""

from __future__ import annotations

from typing import Any

from parity_kit.contract.plain import Plain
from parity_kit.programs.model import END
from parity_kit.search.generate.drafts import Draft, ask, failure, route, trouble, value

_KINDS = ("dataclass", "pydantic")


def emitting(draft: Draft) -> None:
    """Nodes write to the stream."""
    for name in draft.choices.some(draft.nodes, 2, 1):
        draft.bodies[name].append({"emit": {"join": [name, {"len": {"get": "log"}}]}})


def commanding(draft: Draft) -> None:
    """A node ends with a command: an update, a target, packets, or several of these."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    command: dict[str, Plain] = {}
    if choices.chance():
        command["update"] = {"log": [f"{name} commands"]}
    if choices.below(4) or not command:
        target = choices.pick(draft.targets())
        # One packet: its receiver may send again, so more would multiply with every superstep.
        packet: Plain = [{"send": {"to": target, "each": {"range": 1}, "as": "k"}}]
        command["goto"] = packet if choices.chance(3) else route(draft, [END, *draft.targets()])
    draft.bodies[name].append({"return": {"command": command}})
    if choices.chance():
        draft.branches.pop(name, None)
        draft.parts.get("route_errors", {}).pop(name, None)
        draft.edges = [edge for edge in draft.edges if not _leaves(edge, name)]


def _leaves(edge: Plain, name: str) -> bool:
    return isinstance(edge, list) and edge[0] == name


def retrying(draft: Draft) -> None:
    """A node fails and is retried."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    again: Plain = {"lt": [{"visits": None}, choices.between(1, 3)]}
    draft.bodies[name].insert(0, {"when": [again, [trouble(draft, name)]]})
    policy: dict[str, Plain] = {"max_attempts": choices.between(1, 3)}
    if choices.chance():
        policy["on"] = choices.some(("ValueError", "ConnectionError"), 2, 1)
    _policy(draft, name, "retry", [policy, {"max_attempts": 2}] if choices.chance(5) else policy)


def _policy(draft: Draft, name: str, policy: str, setting: Plain) -> None:
    """Give a policy to one node or to all nodes."""
    if draft.choices.chance(4):
        draft.parts.setdefault("defaults", {})[policy] = setting
    else:
        draft.node(name)[policy] = setting


def handling(draft: Draft) -> None:
    """A node fails for good, and its failure is handled."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    draft.bodies[name].insert(choices.below(2), failure(draft, name))
    handler: list[Plain] = [{"write": {"log": [{"error": "node"}, {"error": "type"}]}}]
    if choices.chance(2):
        handler.append({"return": {"command": {"goto": choices.pick([END, *draft.targets()])}}})
    _policy(draft, name, "error_handler", handler)


def declared(draft: Draft) -> None:
    """The state is a dataclass or a pydantic model."""
    draft.parts["schema"] = draft.choices.pick(_KINDS)


def narrowed(draft: Draft) -> None:
    """Input and output schemas, and a node that sees only some fields."""
    choices = draft.choices
    if choices.below(3):
        draft.parts["output"] = choices.some(draft.fields, 2, 1)
    if choices.chance():
        draft.parts["input"] = [
            "n",
            *choices.some([field for field in draft.fields if field != "n"], 1),
        ]
    if choices.chance():
        draft.node(choices.pick(draft.nodes))["input"] = choices.some(draft.fields, 2, 1)


def private(draft: Draft) -> None:
    """A field that only nodes know."""
    choices = draft.choices
    writer, reader = choices.pick(draft.nodes), choices.pick(draft.nodes)
    draft.parts["private"] = {"secret": {"type": "int"}}
    draft.bodies[writer].append({"write": {"secret": choices.below(10)}})
    draft.node(reader)["input"] = ["secret", *choices.some(draft.fields, 1)]
    draft.bodies[reader].insert(0, {"write": {"log": [{"join": [reader, {"get": "secret"}]}]}})


def contextual(draft: Draft) -> None:
    """Nodes read the run's context."""
    draft.parts["context"] = {"who": "str"}
    for name in draft.choices.some(draft.nodes, 2, 1):
        draft.bodies[name].append({"write": {"log": [{"join": [name, {"context": "who"}]}]}})


def managed(draft: Draft) -> None:
    """Nodes read how many supersteps are left."""
    kind = draft.choices.pick(("is_last_step", "remaining_steps"))
    draft.state[kind] = {"managed": kind}
    for name in draft.choices.some(draft.nodes, 2, 1):
        draft.bodies[name].append({"write": {"log": [{"get": kind}]}})


def stored(draft: Draft) -> None:
    """Nodes write to the store and read from it."""
    choices = draft.choices
    draft.parts["store"] = True
    for name in choices.some(draft.nodes, 2, 1):
        put: Plain = {"store_put": [["space"], choices.pick(("k", name)), {"by": name}]}
        got: Plain = {"write": {"log": [{"eq": [{"store_get": [["space"], "k"]}, None]}]}}
        draft.bodies[name] += [put, got] if choices.chance() else [got, put]


def cached(draft: Draft) -> None:
    """A node's result is cached by input."""
    choices = draft.choices
    draft.parts["cache"] = True
    policy: dict[str, Plain] = {}
    if choices.chance():
        policy["ttl"] = choices.between(1, 4)
    if choices.chance():
        policy["key"] = {"get": "n"}
    draft.node(choices.pick(draft.nodes))["cache"] = policy


def timed(draft: Draft) -> None:
    """A node waits and has a timeout."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    draft.bodies[name].insert(0, {"wait": choices.between(1, 3)})
    # No sum of waits: which of two ends first that end together is decided by no engine.
    limit = choices.between(1, 4) + 0.5
    draft.node(name)["timeout"] = {"idle": limit} if choices.chance(2) else limit


def draining(draft: Draft) -> None:
    """A node asks the run to stop."""
    name = draft.choices.pick(draft.nodes)
    draft.bodies[name].append({"drain": f"{name} drains"})


def labelled(draft: Draft) -> None:
    """Nodes have metadata, and one writes what it knows of its execution."""
    choices = draft.choices
    for name in choices.some(draft.nodes, 2, 1):
        draft.node(name)["metadata"] = {"label": name}
    name = choices.pick(draft.nodes)
    known = choices.pick(("attempt", "thread_id", "task_id", "checkpoint_ns"))
    draft.bodies[name].append({"write": {"log": [{"info": known}]}})


def mapped(draft: Draft) -> None:
    """A branch follows a path map."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    ways: Plain = {
        "no": choices.pick([END, *draft.targets()]),
        "yes": choices.pick(draft.targets()),
    }
    path: Plain = {"if": [{"lt": [{"len": {"get": "log"}}, 3]}, "yes", "no"]}
    draft.branches.setdefault(name, []).append({"path": path, "map": ways})


def misrouted(draft: Draft) -> None:
    """A branch raises until the log has grown."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    path: Plain = {"if": [{"lt": [{"len": {"get": "log"}}, choices.below(4)]}, None, END]}
    draft.branches.setdefault(name, []).append(path)
    error: Plain = {"type": choices.pick(("ValueError", "KeyError")), "message": f"{name} is lost"}
    draft.parts["route_errors"] = {name: error}


def chained(draft: Draft) -> None:
    """The first and the last node are the entry point and the finish point."""
    draft.edges = draft.edges[1:]
    draft.parts["entry"] = draft.nodes[0]
    if draft.choices.chance():
        draft.parts["finish"] = draft.nodes[-1]


def asking(draft: Draft) -> None:
    """One more node interrupts, before or after its other instructions."""
    name = draft.choices.pick(draft.nodes)
    place = len(draft.bodies[name]) * draft.choices.below(2)
    draft.bodies[name][place:place] = ask(name, "also")


def called(draft: Draft, program: dict[str, Any]) -> None:
    """A body runs a subgraph."""
    choices, name = draft.choices, draft.choices.pick(draft.nodes)
    _subgraph(draft, program)
    given: Plain = {"n": {"get": "n"}, "log": value(choices, "log")}
    call: list[Plain] = [
        {"let": {"out": {"call": ["inner", given]}}},
        {"write": {"log": [{"join": [name, {"len": {"var": "out"}}]}]}},
    ]
    place = len(draft.bodies[name]) * choices.below(2)
    draft.bodies[name][place:place] = call * (2 if choices.chance(5) else 1)


def nested(draft: Draft, program: dict[str, Any]) -> None:
    """Nodes become a subgraph, which may send the parent graph to another node."""
    choices = draft.choices
    sent = [name for name in draft.nodes if f"'to': '{name}'" in repr(draft.branches)]
    for name in sent if sent and choices.chance() else choices.some(draft.nodes, 2, 1):
        kept: dict[str, Plain] = {"defer": True} if "defer" in draft.node(name) else {}
        draft.extras[name] = {"subgraph": "inner", **kept}
    _subgraph(draft, program)
    if choices.chance(3):
        goto = choices.pick(draft.targets())
        command: Plain = {"graph": "parent", "goto": goto, "update": {"log": ["from inside"]}}
        inside = program["nodes"][choices.pick(list(program["nodes"]))]
        if "body" in inside:
            inside["body"].append({"return": {"command": command}})


def _subgraph(draft: Draft, program: dict[str, Any]) -> None:
    keeps = draft.choices.pick((None, None, True, False))
    kept: dict[str, Plain] = {} if keeps is None else {"checkpointer": keeps}
    draft.parts["subgraphs"] = {"inner": {"program": program, **kept}}


TRAITS = (
    emitting,
    asking,
    commanding,
    retrying,
    handling,
    declared,
    narrowed,
    private,
    contextual,
    managed,
    labelled,
    mapped,
    misrouted,
    chained,
    timed,
    draining,
    stored,
    cached,
)
"""Traits that need only the draft, the simplest first."""
