"""The Rust sources import in one direction: no module reaches itself through what it uses."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "candidates/rust/src",
    "candidates/langgraph-core-rs/src",
    "parity_kit/candidates/templates/rust/src",
)

Module = tuple[str, ...]
Imports = dict[Module, set[Module]]


def module_of(path: Path) -> Module:
    """Return a file's module: `a/b.rs` and `a/b/mod.rs` are `a::b`, `main.rs` is the root."""
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] in {"mod", "main"} else parts


def expanded(tree: str) -> list[str]:
    """Return the paths of a `use` tree: `a::{b, c::{d, e}}` has three."""
    head, brace, rest = tree.partition("{")
    if not brace:
        return [tree]
    items, depth = [""], 0
    for letter in rest[: rest.rindex("}")]:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            items.append("")
        else:
            items[-1] += letter
    return [path for item in items if item for path in expanded(head + item)]


def paths_in(text: str, module: Module) -> list[Module]:
    """Return the paths of this crate that a file names, in `use` lines and elsewhere."""
    text = re.sub(r"//.*", "", text).partition("#[cfg(test)]")[0]
    uses = re.compile(r"\buse\s+([^;]+);")
    trees = [re.sub(r"\s+as\s+\w+|\s", "", tree) for tree in uses.findall(text)]
    inline = re.findall(r"\b(?:crate|super|self)(?:::\w+)+", uses.sub("", text))
    paths: list[Module] = []
    for path in chain.from_iterable(map(expanded, (*trees, *inline))):
        start, *names = path.split("::")
        if start == "crate":
            paths.append(tuple(names))
        elif start == "self":
            paths.append((*module, *names))
        elif start == "super":
            base = module[:-1]
            while names[:1] == ["super"]:
                base, names = base[:-1], names[1:]
            paths.append((*base, *names))
    return paths


def imports_of(source: Path) -> Imports:
    files = {module_of(path.relative_to(source)): path for path in source.rglob("*.rs")}
    imports: Imports = {module: set() for module in files}
    for module, path in files.items():
        for named in paths_in(path.read_text(encoding="utf-8"), module):
            prefixes = (named[:length] for length in range(len(named), 0, -1))
            imported = next((prefix for prefix in prefixes if prefix in files), module)
            imports[module] |= {imported} - {module}
    return imports


def rooms_of(imports: Imports) -> Imports:
    """Return the imports between the top-level modules."""
    rooms: Imports = {}
    for module, imported in imports.items():
        room = module[:1]
        rooms.setdefault(room, set()).update({other[:1] for other in imported} - {room})
    return rooms


def circle_in(imports: Imports) -> list[Module] | None:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return None


@pytest.mark.parametrize("source", SOURCES)
def test_no_module_imports_itself_through_others(source: str) -> None:
    imports = imports_of(ROOT / source)
    assert any(imports.values()), "the imports were not read"
    assert circle_in(imports) is None
    assert circle_in(rooms_of(imports)) is None


@pytest.mark.parametrize(
    "line",
    [
        "use crate::engine::open;",
        "use crate::{\n    engine::{describe, open as opened},\n};",
        "use super::engine;",
        "fn serve() { crate::engine::open() }",
    ],
)
def test_a_circle_is_noticed(tmp_path: Path, line: str) -> None:
    (tmp_path / "engine.rs").write_text("use crate::wire::Session;\n", encoding="utf-8")
    (tmp_path / "wire.rs").write_text("// use crate::engine;\n", encoding="utf-8")
    assert circle_in(imports_of(tmp_path)) is None
    (tmp_path / "wire.rs").write_text(line, encoding="utf-8")
    assert set(circle_in(imports_of(tmp_path)) or ()) == {("engine",), ("wire",)}
