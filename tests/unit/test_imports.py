"""The kit's own modules import each other in no circle, not even from inside a function."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import parity_kit

PACKAGE = Path(parity_kit.__file__).parent


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module, known: set[str]) -> set[str]:
    """Return the modules that a module imports, wherever it does, but for type checking."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & known
            names |= inner or {node.module}
    return names & known


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    return {name: imported(ast.parse(text), {*sources}) - {name} for name, text in sources.items()}


def test_no_module_imports_itself_through_others() -> None:
    sources = {module(path): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    assert len(sources) > 200
    TopologicalSorter(graph(sources)).prepare()


def test_a_circle_through_a_function_is_noticed() -> None:
    sources = {"a": "def f():\n    from b import x\n", "b": "import a\n"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph(sources)).prepare()
