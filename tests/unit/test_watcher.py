"""The watcher: which functions run, and which parameters get another value than their default."""

from __future__ import annotations

import builtins
import importlib
import itertools
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from parity_kit.reference import functions as listing
from parity_kit.reference.functions import Function, Parameter
from parity_kit.reference.watcher import Watcher

MODULE = """
import functools

def plain(a, b=1, *, c=None, d=(1, 2)):
    b = 7
    return a

def steps(n=2):
    for n in range(n):
        yield n

async def later(n=3):
    n = 9

def wrapped(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

class Graph:
    def __init__(self, name="it"):
        self.name = name

    @classmethod
    def made(cls, name="it"):
        return cls(name)

    @wrapped
    def run(self, mode="values"):
        return [mode for _ in range(2)]

    def _hidden(self, a=1):
        return a
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package that stands for LangGraph."""
    (tmp_path / "langgraph_like").mkdir()
    (tmp_path / "langgraph_like" / "graphs.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(listing, "PACKAGE", "langgraph_like")
    yield importlib.import_module("langgraph_like.graphs")
    sys.modules.pop("langgraph_like.graphs")
    sys.modules.pop("langgraph_like")


@pytest.fixture
def watcher(module: ModuleType) -> Iterator[Watcher]:
    assert module.__name__ == "langgraph_like.graphs"
    with Watcher() as made:
        yield made


def given(watcher: Watcher) -> set[str]:
    return {
        str(parameter).removeprefix("langgraph_like.graphs.") for parameter in watcher.ran().given
    }


def test_what_a_thread_runs_while_a_call_ends_disturbs_nothing(
    module: ModuleType, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def named(*names: str) -> listing.Function:
        ran(("late", f"{next(late)}"))  # as by a thread that a case left behind
        return listing.Function(*names)

    ran, late = vars(builtins)["__parity_ran__"], itertools.count()
    monkeypatch.setattr("parity_kit.reference.watcher.Function", named)
    watcher.call(module.plain, 1)
    assert listing.Function("langgraph_like.graphs", "plain") in watcher.ran().functions


def test_only_another_value_than_the_default_counts(module: ModuleType, watcher: Watcher) -> None:
    watcher.call(module.plain, 1, 1, c=None, d=(1, 2))
    assert given(watcher) == set()
    watcher.call(module.plain, 1, b=True, c=0)
    assert given(watcher) == {"plain(b)", "plain(c)"}, "True is not the 1 that is the default"


def test_what_a_generator_or_coroutine_does_to_its_parameters_does_not_count(
    module: ModuleType, watcher: Watcher
) -> None:
    assert watcher.call(list, module.steps()) == [0, 1]
    with pytest.raises(StopIteration):
        watcher.call(module.later().send, None)
    assert given(watcher) == set()
    watcher.call(list, module.steps(5))
    assert given(watcher) == {"steps(n)"}


def test_methods_and_decorated_functions_count(module: ModuleType, watcher: Watcher) -> None:
    graph = watcher.call(module.Graph.made)
    watcher.call(graph.run)
    assert given(watcher) == set()
    watcher.call(graph.run, "updates")
    watcher.call(module.Graph.made, "other")
    assert given(watcher) == {"Graph.run(mode)", "Graph.made(name)", "Graph.__init__(name)"}


def test_private_functions_run_and_their_parameters_do_not_count(
    module: ModuleType, watcher: Watcher
) -> None:
    watcher.call(module.Graph()._hidden, 2)
    assert watcher.ran().functions == {Function("langgraph_like.graphs", "Graph._hidden")}
    assert given(watcher) == set()


def test_each_call_has_its_functions(module: ModuleType, watcher: Watcher) -> None:
    watcher.call(module.plain, 1)
    watcher.call(list, module.steps())
    names = [{function.name for function in call} for call in watcher.ran().calls]
    assert names == [{"plain"}, {"steps"}]


def test_every_parameter_of_what_users_call_is_listed(module: ModuleType) -> None:
    names = {(each.function.name, each.name) for each in listing.parameters()}
    assert module.__name__ == "langgraph_like.graphs"
    assert names == {
        ("plain", "b"),
        ("plain", "c"),
        ("plain", "d"),
        ("steps", "n"),
        ("later", "n"),
        ("Graph.__init__", "name"),
        ("Graph.made", "name"),
        ("Graph.run", "mode"),
    }


def test_functions_have_their_own_code_back(module: ModuleType) -> None:
    own = module.plain.__code__
    with Watcher() as watcher:
        graph = watcher.call(module.Graph)
        assert module.plain.__code__ is not own
    assert module.plain.__code__ == own
    assert graph.run() == ["values", "values"]
    assert str(Parameter(Function("m", "f"), "a")) == "m.f(a)"


def test_what_runs_in_other_threads_counts(module: ModuleType, watcher: Watcher) -> None:
    def in_a_thread() -> None:
        with ThreadPoolExecutor(1) as executor:
            executor.submit(module.plain, 1, b=2).result()

    watcher.call(in_a_thread)
    ran = watcher.ran()
    assert {function.name for function in ran.functions} == {"plain"}
    assert {parameter.name for parameter in ran.given} == {"b"}


def test_what_runs_outside_of_watched_calls_does_not_count(
    module: ModuleType, watcher: Watcher
) -> None:
    module.plain(1, b=2)
    watcher.call(module.plain, 1, c=2)
    module.steps(3)
    assert given(watcher) == {"plain(c)"}
    assert watcher.ran().calls == (), "it was asked for"


def test_what_an_import_runs_does_not_count(
    module: ModuleType, watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{module.__name__.partition('.')[0]}.decorated"
    source = "def made(f):\n    return f\n\n@made\ndef late(a=1):\n    return a\n"
    (tmp_path / f"{name.replace('.', '/')}.py").write_text(source, encoding="utf-8")
    watcher.call(lambda: importlib.import_module(name).late(2))
    monkeypatch.delitem(sys.modules, name)
    assert {function.name for function in watcher.ran().functions} == {"late"}


def test_a_module_that_a_call_imports_is_watched(
    module: ModuleType, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def late(a=1):\n    return a\n"
    (Path(str(module.__file__)).parent / "lately.py").write_text(source, encoding="utf-8")
    name = "langgraph_like.lately"
    watcher.call(lambda: importlib.import_module(name).late(2))
    monkeypatch.delitem(sys.modules, name)
    ran = watcher.ran()
    assert ran.functions == {Function(name, "late")}
    assert {parameter.name for parameter in ran.given} == {"a"}
