"""The mutants of a module: each changes one node of its syntax tree.

Only what stands in a function's body is changed, because only that is replaced in a running
process: no defaults, decorators or annotations. What merely logs or is checked for types is left.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias, cast

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_NEGATED = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_DROPPED = (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break)
# Fields that do not run when a function does, or whose text only people read.
_LEFT = {"annotation", "returns", "decorator_list", "args", "type_comment", "msg"}
_LOGGERS = {"logger", "logging", "warnings", "warn"}

_Changed: TypeAlias = tuple[str, ast.AST]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a module's source.

    `what` names it as long as its function keeps what it changes. `lines` are those of which one
    runs whenever the changed code does. `compiled` makes the module's code with the change; it is
    called once, in a process of the mutant's own. A kill must name a place with `shows` in it.
    A `chosen` mutant was written by hand, so that it counts even where no case runs its lines.
    """

    module: str
    file: str
    what: str
    lines: range
    compiled: Callable[[], CodeType]
    shows: str = ""
    chosen: bool = False

    @property
    def id(self) -> str:
        """The mutant's name in results and among the survivors."""
        return f"{self.module}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Site:
    """A node in its parent's field, where it can be replaced."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        """Replace the node."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(module: str, file: Path) -> list[Mutant]:
    """Return all mutants of a module."""
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    numbers: Counter[str] = Counter()
    made: list[Mutant] = []
    for site, function, statement in _sites(tree, "", None):
        for operator, node in _changes(site):
            what = f"{function} {operator}: {_text(site.node)} -> {_text(node)}"
            numbers[what] += 1
            numbered = what if numbers[what] == 1 else f"{what} #{numbers[what]}"
            compiled = _compiling(tree, str(file), site, node)
            made.append(Mutant(module, str(file), numbered, _header(statement), compiled))
    return made


def _compiling(tree: ast.Module, file: str, site: _Site, node: ast.AST) -> Callable[[], CodeType]:
    def compiled() -> CodeType:
        site.put(ast.fix_missing_locations(ast.copy_location(node, site.node)))
        return compile(tree, file, "exec", dont_inherit=True)

    return compiled


def _sites(
    node: ast.AST, function: str, statement: ast.stmt | None, scope: str = ""
) -> Iterator[tuple[_Site, str, ast.stmt]]:
    """Yield every node in a function's body that may be changed, its function and its statement."""
    if isinstance(node, ast.ClassDef):
        scope, function = f"{scope}{node.name}.", ""
    elif isinstance(node, _FUNCTIONS):
        function = scope + getattr(node, "name", "<lambda>")
        scope = f"{function}.<locals>."
    for field, value in ast.iter_fields(node):
        if field in _LEFT and not isinstance(node, ast.Call):
            continue
        for index, child in _children(value):
            if not isinstance(child, ast.AST) or _is_left(child):
                continue
            inside = child if isinstance(child, ast.stmt) else statement
            if function and inside is not None and not isinstance(node, ast.ClassDef):
                yield _Site(node, field, index, child), function, inside
            yield from _sites(child, function, inside, scope)


def _children(value: Any) -> Iterable[tuple[int | None, Any]]:
    """Return what a field holds, with the index if it holds several."""
    return enumerate(cast("list[Any]", value)) if isinstance(value, list) else [(None, value)]


def _is_left(node: ast.AST) -> bool:
    """Whether a node only logs, documents, or is checked for types."""
    match node:
        case ast.Assert() | ast.JoinedStr():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=called)):
            return ast.unparse(called).split(".")[0] in _LOGGERS
        case ast.Call(func=ast.Name(id="cast")):
            return True
        case _:
            return False


def _changes(site: _Site) -> Iterator[_Changed]:
    """Yield what a node may be changed to, with the operator's name."""
    yield from _expression(site.node)
    yield from _statement(site.node)
    if _is_condition(site) and not _is_negated_anyway(site.node):
        yield "negate", ast.UnaryOp(ast.Not(), copy.deepcopy(site.node))  # pyright: ignore[reportArgumentType]  # a test is an expression


def _is_condition(site: _Site) -> bool:
    """Whether a node decides; a conditional expression is changed as a whole."""
    return site.field in {"test", "ifs"} and not isinstance(site.parent, ast.IfExp)


def _is_negated_anyway(test: ast.AST) -> bool:
    match test:
        case ast.Compare(ops=[operator]):
            return isinstance(operator, _NEGATED)
        case ast.UnaryOp(op=ast.Not()):
            return True
        case _:
            return False


def _expression(node: ast.AST) -> Iterator[_Changed]:
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                changed = copy.deepcopy(node)
                changed.ops[index] = _COMPARISONS[type(operator)]()
                yield "compare", changed
        case ast.BinOp(left, operator, right) if type(operator) in _ARITHMETIC:
            yield "arithmetic", ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
        case ast.BoolOp(operator, values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "boolean", ast.BoolOp(other, values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "negate", operand
        case ast.IfExp(test, body, orelse):
            yield "branch", ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value)) | ast.Constant(value=float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            yield "constant", ast.Constant(f"{value}?")
        case _:
            pass


def _statement(node: ast.AST) -> Iterator[_Changed]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_nothing(value):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "drop", ast.Pass()
        case ast.stmt() if isinstance(node, _DROPPED) and not _yields(node):
            yield "drop", ast.Pass()
        case _:
            pass


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _yields(node: ast.AST) -> bool:
    """Whether a statement yields: without it a generator would be none."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))


def statements(source: str, first: int, last: int) -> range:
    """Return the lines of the statements that stand on some lines of a source."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt))
    headers = [_header(node) for node in nodes]
    on = [header for header in headers if header.start <= last and first < header.stop]
    return range(min(header.start for header in on), max(header.stop for header in on))


def _header(statement: ast.stmt) -> range:
    """Return the lines of a statement without the statements in it."""
    body = getattr(statement, "body", None)
    if isinstance(statement, ast.Match):
        body = [case.pattern for case in statement.cases]
    end = body[0].lineno - 1 if body else (statement.end_lineno or statement.lineno)
    return range(statement.lineno, max(end, statement.lineno) + 1)


def _text(node: ast.AST) -> str:
    """Return a node's source in one line."""
    return " ".join(ast.unparse(node).split())
