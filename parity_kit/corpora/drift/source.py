"""LangGraph's source as it is installed somewhere, and the functions that differ between two.

Files are read as text and never imported. Functions are compared by their syntax: docstrings,
comments, formatting and annotations do not count. A local function is part of the one that it is
in. What changed inside a function is told by its statements and conditions.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeAlias

from parity_kit.reference.functions import Function, is_stub

DISTRIBUTIONS = (
    "langgraph",
    "langgraph-checkpoint",
    "langgraph-checkpoint-postgres",
    "langgraph-checkpoint-sqlite",
    "langgraph-prebuilt",
    "langchain-core",
)
"""The distributions whose functions are compared."""

Kind: TypeAlias = Literal["added", "changed", "removed"]
Place: TypeAlias = tuple[int, int, int, int]
"""Where something begins and ends: its lines and columns, as `ast` counts them."""
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Statement: TypeAlias = ast.stmt | ast.ExceptHandler | ast.match_case

_KEYWORDS = {"orelse": "else:", "finalbody": "finally:"}


@dataclass(frozen=True, slots=True)
class Source:
    """The distributions that are installed somewhere, and the files of their modules."""

    versions: Mapping[str, str]
    modules: Mapping[str, Mapping[str, Path]]
    """The file of each module, by distribution."""


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A function that differs; `statements` and `conditions` are those that are new in it.

    Both are by their place in the newer file, with their text.
    """

    function: Function
    kind: Kind
    statements: Mapping[Place, str]
    conditions: Mapping[Place, str]


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """The functions that differ between two installations.

    `elsewhere` names the modules that differ outside functions, in what importing them runs.
    `missing` names the distributions that only one of them has: those are not compared.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    functions: tuple[FunctionChange, ...]
    elsewhere: tuple[str, ...]
    missing: tuple[str, ...]


def installed_source(folders: Sequence[str] | None = None) -> Source:
    """Return the source in folders of packages; without any, that of the running interpreter."""
    versions: dict[str, str] = {}
    modules: dict[str, Mapping[str, Path]] = {}
    for distribution in metadata.distributions(path=list(folders or sys.path)):
        name = distribution.name.lower().replace("_", "-")
        if name in DISTRIBUTIONS and name not in versions:
            versions[name] = distribution.version
            modules[name] = {
                ".".join(file.with_suffix("").parts).removesuffix(".__init__"): Path(
                    str(distribution.locate_file(file))
                )
                for file in distribution.files or ()
                if file.suffix == ".py"
            }
    return Source(versions, modules)


def source_of(python: Path) -> Source:
    """Return the source in the environment of an interpreter, which is not run."""
    if python == Path(sys.executable):
        return installed_source()
    libraries = python.parents[1].glob("lib/python*/site-packages")
    return installed_source([str(folder) for folder in libraries])


def source_changes(before: Source, after: Source) -> SourceChanges:
    """Return the functions that differ from one installation to another."""
    functions: list[FunctionChange] = []
    elsewhere: list[str] = []
    both = before.modules.keys() & after.modules.keys()
    for distribution in sorted(both):
        old, new = before.modules[distribution], after.modules[distribution]
        for module in sorted({*old, *new}):
            texts = [files[module].read_bytes() if module in files else b"" for files in (old, new)]
            if texts[0] != texts[1]:
                trees = [normalized(ast.parse(text)) for text in texts]
                functions += _function_changes(module, *map(definitions, trees))
                if _outside(trees[0]) != _outside(trees[1]):
                    elsewhere.append(module)
    return SourceChanges(
        {name: before.versions[name] for name in sorted(both)},
        {name: after.versions[name] for name in sorted(both)},
        tuple(functions),
        tuple(elsewhere),
        tuple(sorted(before.modules.keys() ^ after.modules.keys())),
    )


def _function_changes(
    module: str,
    before: Mapping[str, Sequence[Definition]],
    after: Mapping[str, Sequence[Definition]],
) -> Iterator[FunctionChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name, ()), after.get(name, ())
        if [ast.dump(node) for node in old] == [ast.dump(node) for node in new]:
            continue
        kind: Kind = "added" if not old else "removed" if not new else "changed"
        yield FunctionChange(
            Function(module, name), kind, _new_statements(old, new), _new_conditions(old, new)
        )


def _new_statements(
    before: Sequence[Definition], after: Sequence[Definition]
) -> Mapping[Place, str]:
    old, new = ([head for node in nodes for head in heads(node)] for nodes in (before, after))
    matcher = SequenceMatcher(
        None, [head.key for head in old], [head.key for head in new], autojunk=False
    )
    return {
        head.place: head.text
        for tag, _, _, start, end in matcher.get_opcodes()
        if tag in {"insert", "replace"}
        for head in new[start:end]
        if head.place is not None
    }


def _new_conditions(
    before: Sequence[Definition], after: Sequence[Definition]
) -> Mapping[Place, str]:
    known = Counter(ast.unparse(test) for node in before for test in conditions(node))
    new: dict[Place, str] = {}
    for test in (test for node in after for test in conditions(node)):
        text = ast.unparse(test)
        if known[text]:
            known[text] -= 1
        else:
            new[place_of(test)] = text
    return new


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a statement; without a `place` it is a keyword such as `else:`."""

    depth: int
    text: str
    place: Place | None

    @property
    def key(self) -> tuple[int, str]:
        """What tells whether two are the same statement."""
        return self.depth, self.text


def heads(statement: Statement, depth: int = 0) -> list[Head]:
    """Return a statement and those in it, in the order of the source."""
    parts = blocks(statement)
    found = [Head(depth, _first_line(statement, parts), place_of(statement))]
    for name, block in parts.items():
        if name in _KEYWORDS:
            found.append(Head(depth, _KEYWORDS[name], None))
        for inner in block:
            found += heads(inner, depth + 1)
    return found


def conditions(node: ast.AST) -> list[ast.expr]:
    """Return the conditions in a node, with each operand of `and` and `or` on its own."""
    found: dict[int, ast.expr] = {}
    for inner in ast.walk(node):
        match inner:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                tests = [test]
            case ast.comprehension(ifs=tests):
                pass
            case ast.match_case(guard=ast.expr() as guard):
                tests = [guard]
            case ast.BoolOp(values=[*tests, _]):
                pass
            case _:
                tests = []
        for operand in (operand for test in tests for operand in _operands(test)):
            found[id(operand)] = operand
    return list(found.values())


def place_of(node: Statement | ast.expr) -> Place:
    """Return where a node is; a `case` is where its pattern is."""
    at = node.pattern if isinstance(node, ast.match_case) else node
    return at.lineno, at.col_offset, at.end_lineno or 0, at.end_col_offset or 0


def definitions(tree: ast.Module) -> dict[str, list[Definition]]:
    """Return the functions of a module that are in no other, by qualified name.

    A name may have several definitions, as a property with a setter has.
    """
    found: dict[str, list[Definition]] = {}
    for name, node in _definitions(tree):
        found.setdefault(name, []).append(node)
    return found


def _definitions(scope: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Definition):
            if not is_stub(node):
                yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")
        else:
            yield from _definitions(node, prefix)


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _operands(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _operands(operand)
        case ast.Constant():
            pass  # `while True`
        case _:
            yield test


def blocks(node: ast.AST) -> dict[str, list[Statement]]:
    """Return the statements directly in a node, by field."""
    return {
        name: value
        for name, value in ast.iter_fields(node)
        if isinstance(value, list) and value and isinstance(value[0], Statement)
    }


def _first_line(statement: Statement, parts: Mapping[str, object]) -> str:
    alone = copy.copy(statement)
    for name in parts:
        setattr(alone, name, [])
    return ast.unparse(alone).strip()


def _outside(tree: ast.Module) -> str:
    """Return what of a module is in no function, as text."""
    return ast.dump(_WithoutFunctions().visit(tree))


class _WithoutFunctions(ast.NodeTransformer):
    """Removes functions, and imports: what they bring shows where it is used."""

    def visit(self, node: ast.AST) -> Any:
        """Return a node without them."""
        is_one = isinstance(node, Definition | ast.Import | ast.ImportFrom)
        return None if is_one else self.generic_visit(node)


def normalized(tree: ast.Module) -> ast.Module:
    """Return a module without docstrings and annotations."""
    return _Normalizer().visit(tree)


class _Normalizer(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        """Return a node without them; a local variable that is only annotated goes."""
        self.generic_visit(node)
        match node:
            case ast.AnnAssign(value=None):
                return None
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return ast.copy_location(ast.Assign([target], value), node)
            case ast.arg():
                node.annotation = None
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                node.returns = None
                _remove_docstring(node)
            case ast.ClassDef() | ast.Module():
                _remove_docstring(node)
            case _:
                pass
        return node


def _remove_docstring(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module,
) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        del node.body[0]
    if not node.body:
        node.body = [ast.Pass(lineno=0, col_offset=0)]
