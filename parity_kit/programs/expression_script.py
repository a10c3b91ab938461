"""Node bodies and expressions of graph programs as Python source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from parity_kit.programs.language import OPERATORS
from parity_kit.programs.model import Node

HELPERS = {
    "reduce_add": "\ndef reduce_add(left, right):\n    return left + right\n",
    "reduce_max": "\ndef reduce_max(left, right):\n    return max(left, right)\n",
    "reduce_min": "\ndef reduce_min(left, right):\n    return min(left, right)\n",
    "reduce_merge": "\ndef reduce_merge(left, right):\n    return {**left, **right}\n",
    "reduce_union": "\ndef reduce_union(left, right):\n    return left | right\n",
    "reduce_last": "\ndef reduce_last(left, right):\n    return right\n",
    "reduce_first": "\ndef reduce_first(left, right):\n    return left\n",
    "read": """
def read(state, field):
    return state.get(field) if isinstance(state, dict) else None
""",
    "add": """
def add(left, right):
    for kind in (int, float, str, list):
        if all(isinstance(each, kind) and not isinstance(each, bool) for each in (left, right)):
            return max(-(2**63), min(2**63 - 1, left + right)) if kind is int else left + right
    return None
""",
    "join": """
def join(*parts):
    def text(part):
        if isinstance(part, str):
            return part
        return str(part) if isinstance(part, int) and not isinstance(part, bool) else "?"

    return "-".join(map(text, parts))
""",
    "size": """
def size(value):
    return len(value) if isinstance(value, (str, list, dict)) else 0
""",
    "less": """
def less(left, right):
    both = all(isinstance(each, int) and not isinstance(each, bool) for each in (left, right))
    return both and left < right
""",
    "same": """
def same(left, right):
    return type(left) is type(right) and left == right
""",
    "upto": """
def upto(n):
    return list(range(max(0, min(64, n)))) if isinstance(n, int) and not isinstance(n, bool) else []
""",
}
"""Source of what generated expressions call, by name; `less` compares integers, and so on."""
_CALLS = {"add": "add", "join": "join", "eq": "same", "lt": "less"}
_ONE = {
    "len": "size",
    "range": "upto",
    "not": "not ",
    "interrupt": "interrupt",
    "overwrite": "Overwrite",
}


def node_function(name: str, node: Node) -> Iterator[str]:
    """Yield the lines of a node's function."""
    yield f"def {name}(state):"
    yield "    update = {}"
    yield from _body(node.body, "    ")
    yield "    return update or None"


def _body(body: Sequence[Mapping[str, Any]], indent: str) -> Iterator[str]:
    for instruction in body:
        ((name, argument),) = instruction.items()
        if name == "write":
            for field, value in argument.items():
                yield f"{indent}update[{field!r}] = {expression(value)}"
        elif name == "let":
            for variable, value in argument.items():
                yield f"{indent}{_variable(variable)} = {expression(value)}"
        elif name == "when":
            condition, then, *otherwise = argument
            yield f"{indent}if {expression(condition)}:"
            yield from _body(then, f"{indent}    ") if then else [f"{indent}    pass"]
            if otherwise and otherwise[0]:
                yield f"{indent}else:"
                yield from _body(otherwise[0], f"{indent}    ")
        else:
            yield f"{indent}raise {argument['type']}({argument['message']!r})"


def _variable(name: str) -> str:
    return f"v_{name}" if name.isidentifier() else f"v_{name.encode().hex()}"


def expression(value: Any) -> str:
    """Return Python source for an expression."""
    if isinstance(value, list):
        return "[" + ", ".join(map(expression, cast("list[Any]", value))) + "]"
    if not isinstance(value, dict):
        return repr(value)
    entries = cast("dict[str, Any]", value)
    if len(entries) == 1:
        ((name, argument),) = entries.items()
        if name in OPERATORS:
            return _operator(name, argument)
    return "{" + ", ".join(f"{key!r}: {expression(each)}" for key, each in entries.items()) + "}"


def _operator(name: str, argument: Any) -> str:  # noqa: PLR0911  # one for each operator
    if name in _CALLS:
        return f"{_CALLS[name]}({', '.join(map(expression, argument))})"
    if name in _ONE:
        return f"{_ONE[name]}({expression(argument)})"
    match name:
        case "get":
            return f"read(state, {argument!r})"
        case "var":
            return _variable(argument)
        case "if":
            condition, then, otherwise = map(expression, argument)
            return f"({then} if {condition} else {otherwise})"
        case "send":
            packet = f"Send({argument['to']!r}, {{{argument['as']!r}: item}})"
            return f"[{packet} for item in {expression(argument['each'])}]"
        case _:
            from parity_kit.programs.script import literal  # noqa: PLC0415  # each needs the other

            return literal(argument)
