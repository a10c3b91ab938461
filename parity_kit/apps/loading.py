"""Finds the graph that a user names: `MODULE:NAME`, `FILE.py:NAME`, or a name in langgraph.json."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from langgraph.graph import StateGraph

from parity_kit.apps.source_places import raised_at
from parity_kit.contract.errors import UsageError
from parity_kit.contract.files import read_text

CONFIG = "langgraph.json"
_HOW = f"name it as MODULE:NAME or FILE.py:NAME, or as a graph of {CONFIG}"


def load_graph(named: str, path: Iterable[str] = ()) -> Any:
    """Return a compiled graph of the application; one that is not compiled yet is compiled.

    Its modules are looked for in the folders of `path` and in the current one.

    Raises:
        UsageError: If it cannot be imported, or is no graph.
    """
    for folder in path:
        _look_in(Path(folder))
    module_name, _, attribute = named.rpartition(":")
    if not module_name:
        module_name, _, attribute = _configured(named).rpartition(":")
    with _edges_in_order():
        found = getattr(_module(module_name, named), attribute, None)
        if inspect.isfunction(found):
            found = _made(found, named, module_name)
        if isinstance(found, StateGraph):
            found = cast("Any", found).compile()
    if not hasattr(found, "get_state_history"):
        kind = "does not exist" if found is None else f"is a {type(found).__qualname__}, no graph"
        raise UsageError(f"{attribute} {kind}", where=named, hint=_HOW)
    return found


def _configured(name: str) -> str:
    """Return where langgraph.json says that a graph is."""
    path = Path(CONFIG)
    try:
        config = json.loads(read_text(path, hint=_HOW))
        graphs: dict[str, Any] = config["graphs"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("names no graphs", where=CONFIG, hint=_HOW) from error
    if name not in graphs:
        raise UsageError(
            f"no graph {name!r}", where=CONFIG, hint=f"the graphs are {', '.join(graphs)}"
        )
    for folder in config.get("dependencies", ()):
        if isinstance(folder, str) and folder.startswith("."):
            _look_in(Path(folder).resolve())
    _set_environment(config.get("env", {}))
    found: Any = graphs[name]
    return str(found if isinstance(found, str) else found["path"])


def _set_environment(env: Any) -> None:
    """Set the variables of langgraph.json, a map or a file of them, unless they are set."""
    if isinstance(env, str):
        lines = (line.strip() for line in read_text(Path(env), hint=_HOW).splitlines())
        pairs = (line.removeprefix("export ").partition("=") for line in lines if line[:1] != "#")
        env = {name.strip(): value.strip().strip("\"'") for name, sign, value in pairs if sign}
    if isinstance(env, dict):
        for name, value in cast("dict[Any, Any]", env).items():
            os.environ.setdefault(str(name), str(value))


def _module(name: str, named: str) -> ModuleType:
    _look_in(Path.cwd())
    path = Path(name)
    if path.suffix == ".py" and not path.is_file():
        raise UsageError("is no file", where=str(path), hint=_HOW)
    try:
        return importlib.import_module(name) if path.suffix != ".py" else _executed(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _failed(error, named, name) from error


def _executed(path: Path) -> ModuleType:
    _look_in(path.resolve().parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None, "a file of Python"  # noqa: S101  # by its suffix
    assert spec.loader is not None, "a file of Python"  # noqa: S101  # the same
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _made(factory: Any, named: str, module: str) -> Any:
    """Return what a function makes that langgraph.json may name in place of a graph."""
    try:
        return factory({}) if inspect.signature(factory).parameters else factory()
    except Exception as error:
        raise _failed(error, named, module) from error


def _failed(error: BaseException, named: str, module: str) -> UsageError:
    place = raised_at(error)
    by_hand = module if module.endswith(".py") else f"-c 'import {module}'"
    return UsageError(
        f"the application cannot be imported: {type(error).__name__}: {error}"
        + (f" ({place})" if place else ""),
        where=named,
        hint=f"run it by hand: {sys.executable} {by_hand}",
    )


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


class _Ordered(set[Any]):
    """A set that iterates in the order in which its elements were added."""

    def __init__(self) -> None:
        super().__init__()
        self._order: dict[Any, None] = {}

    def add(self, element: Any, /) -> None:
        self._order[element] = None
        super().add(element)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)


@contextlib.contextmanager
def _edges_in_order() -> Generator[None]:
    """Keep the edges of graphs in the order of `add_edge`: in a set it follows the hash seed."""
    build: Any = vars(StateGraph)["__init__"]

    def building(self: Any, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        self.edges, self.waiting_edges = _Ordered(), _Ordered()

    StateGraph.__init__ = building
    try:
        yield
    finally:
        StateGraph.__init__ = build
