"""Checks that a script is what the kit writes: names of a case are identifiers or constants in it.

The writer quotes whatever a case names. This is the second lock: a script that holds any syntax,
import, call or attribute that the writer never uses is not given to anyone.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from parity_kit.contract import Case
from parity_kit.contract.errors import BadProgramError
from parity_kit.programs.instructions import ERRORS
from parity_kit.programs.script.helpers import HELPERS
from parity_kit.programs.script.imports import IMPORTS
from parity_kit.programs.script.saved import awaited

_SYNTAX: Final = frozenset(
    """
    Module Expr Constant Name Load Store Tuple List Set Dict Call keyword Starred Attribute
    Subscript Assign AnnAssign AugAssign Add FunctionDef AsyncFunctionDef arguments arg Return
    Raise If Pass For With withitem ClassDef Import ImportFrom alias Compare Eq Is IsNot In
    UnaryOp Not USub IfExp ListComp comprehension Lambda Await Break
    """.split()  # noqa: SIM905  # sixty strings would hide what they are
)
"""The nodes of the syntax tree outside the helpers, which are fixed."""
_BUILTINS: Final = {"bool", "dict", "float", "int", "list", "print", "set", "str"} | {
    *("tuple", "type", "vars", "range"),
    *ERRORS,
}
_ATTRIBUTES: Final = frozenset(
    """
    Command PARENT add_conditional_edges add_edge add_node add_sequence argv checkpoint
    clear_cache aclear_cache compile connect consume context control copy delete delete_thread
    adelete_thread copy_thread acopy_thread dumps_typed error execution_info final finish
    from_checkpoint from_conn_string get get_delta_channel_history get_next_version get_state
    aget_state get_state_history aget_state_history get_tuple invoke ainvoke is_available key list
    loads_typed node or_ override prune put put_writes replay_writes request_drain result run
    state set_entry_point set_finish_point set_node_defaults setup store stream astream
    stream_writer update update_state aupdate_state bulk_update_state abulk_update_state __enter__
    builder checkpointer mkstemp __name__
    aget aput adelete search asearch list_namespaces alist_namespaces batch abatch sweep_ttl
    set aset clear aclear Runner conn close aput aput_writes aget_tuple alist aprune
    aget_delta_channel_history
    SAFE_MSGPACK_METHODS SAFE_MSGPACK_TYPES node_attempt task_id checkpoint_ns thread_id
    add
    """.split()  # noqa: SIM905  # the same
)
"""The attributes of LangGraph's objects that a script reads."""
_MODULES: Final = frozenset(IMPORTS.values()) | {name for name in IMPORTS if not IMPORTS[name]}


def check_source(source: str, case: Case) -> None:
    """Check the shape of a script for a case.

    Raises:
        BadProgramError: If it holds anything that the kit does not write.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(case, f"it does not parse: {error}") from error
    fixed = _fixed()
    statements = [node for node in tree.body if ast.dump(node) not in fixed]
    known = frozenset({*_BUILTINS, *HELPERS, *IMPORTS, *_defined(statements)})
    attributes = _ATTRIBUTES | _fields(case.subject.spec)
    for statement in statements:
        for node in ast.walk(statement):
            if problem := _problem(node, known, attributes):
                raise _refused(case, problem)


def _problem(node: ast.AST, known: frozenset[str], attributes: frozenset[str]) -> str:
    """Return what is wrong with a node of the tree, if anything."""
    kind, problem = type(node).__name__, ""
    match node:
        case _ if kind not in _SYNTAX:
            problem = f"{kind} is no syntax of a script"
        case ast.Name(id=name) if name not in known:
            problem = f"the name {name} is not defined"
        case ast.Attribute(attr=name) if name not in attributes:
            problem = f"the attribute {name} is not known"
        case ast.Import(names=names) if not {item.name for item in names} <= _MODULES:
            problem = "it imports a module that is not known"
        case ast.ImportFrom(module=module, names=names):
            if any(IMPORTS.get(item.name) != module or item.asname for item in names):
                problem = f"it imports an unknown name from {module}"
        case ast.Call(func=function) if not isinstance(function, (ast.Name, ast.Attribute)):
            problem = f"it calls a {type(function).__name__}"
        case _:
            pass
    return problem


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a script gives to its own functions, classes, values and arguments."""
    for statement in statements:
        for node in ast.walk(statement):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name
                case ast.ClassDef(name=name) | ast.arg(arg=name):
                    yield name
                case ast.Name(id=name, ctx=ast.Store()):
                    yield name
                case _:
                    pass


def _fields(spec: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of states and contexts, which nodes may read as attributes."""
    program: Any = spec.get("program")
    pending, fields = [program], set[str]()
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            entries = cast("Mapping[str, Any]", part)
            for key in ("state", "private", "context"):
                fields |= set(cast("Mapping[str, Any]", entries.get(key) or {}))
            subgraphs = cast("Mapping[str, Any]", entries.get("subgraphs") or {})
            pending += [subgraph["program"] for subgraph in subgraphs.values()]
    return frozenset(fields)


@functools.cache
def _fixed() -> frozenset[str]:
    """Return the statements of all helpers, dumped."""
    sources = [helper.source for helper in HELPERS.values()]
    sources += [awaited(source) for source in sources]
    trees = map(ast.parse, sources)
    return frozenset(ast.dump(statement) for tree in trees for statement in tree.body)


def _refused(case: Case, problem: str) -> BadProgramError:
    return BadProgramError(f"cannot be written as a script: {problem}", where=case.id)
