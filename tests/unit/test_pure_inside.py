"""The candidate `pure-inside`: `pure`'s superstep on LangGraph's own objects."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import operator
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.channels.binop import BinaryOperatorAggregate
from langgraph.channels.ephemeral_value import EphemeralValue
from langgraph.channels.last_value import LastValue, LastValueAfterFinish
from langgraph.channels.topic import Topic
from pure_engine.pregel.tasks import path_text

algo: Any = importlib.import_module("langgraph.pregel._algo")
FOLDER = Path(__file__).parents[2] / "candidates" / "pure-inside"


@pytest.fixture(scope="module")
def inside() -> Any:
    spec = importlib.util.spec_from_file_location("inside", FOLDER / "inside.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["inside"] = module  # its dataclass looks itself up
    path = [*sys.path]
    spec.loader.exec_module(module)
    sys.path[:] = path
    del sys.modules["inside"]
    return module


def state() -> tuple[Any, dict[str, Any]]:
    channels: dict[str, Any] = {
        "log": BinaryOperatorAggregate(list, operator.add),
        "last": LastValue(int),
        "topic": Topic(int),
        "trigger": EphemeralValue(str),
        "end": LastValueAfterFinish(int),
    }
    for name, channel in channels.items():
        channel.key = name
    channels["trigger"].update(["go"])
    channels["topic"].update([1])
    channels["end"].update([5])
    versions = dict.fromkeys(channels, 1)
    return {"channel_versions": versions, "versions_seen": {}}, channels


TASKS = [
    SimpleNamespace(
        path=("__pregel_push", ("__pregel_pull", "b"), 2, "id"),
        name="b",
        writes=[("log", ["b"]), ("unknown", 1)],
        triggers=["trigger"],
    ),
    SimpleNamespace(
        path=("__pregel_pull", "a"), name="a", writes=[("log", ["a"]), ("last", 3)], triggers=[]
    ),
]


@pytest.mark.parametrize("tasks", [TASKS, TASKS[1:], []], ids=["both", "untriggered", "none"])
@pytest.mark.parametrize("triggered", [{}, {"log": ["b"]}], ids=["last", "not last"])
def test_it_applies_writes_as_langgraph_does(
    inside: Any, tasks: list[Any], triggered: dict[str, list[str]]
) -> None:
    def following(current: int, _: None) -> int:
        return current + 1

    def after(apply: Any) -> Any:
        checkpoint, channels = state()
        updated = apply(checkpoint, channels, copy.deepcopy(tasks), following, triggered)
        return updated, checkpoint, {name: one.checkpoint() for name, one in channels.items()}

    assert after(inside.apply_writes) == after(algo.apply_writes)


def test_it_chooses_nodes_and_names_tasks_as_langgraph_does(inside: Any) -> None:
    _, channels = state()
    node: Any = SimpleNamespace(triggers=["last", "trigger"])
    for seen in (None, {}, {"trigger": 1}, {"trigger": 2}, {"last": 0}):
        given: Any = (channels, {"trigger": 2, "last": 3}, seen, 0, node)
        assert inside.triggers(*given) is algo._triggers(*given)
    assert inside.task_id(b"\x01" * 16, "ns", b"1", "node") == algo._xxhash_str(
        b"\x01" * 16, "ns", b"1", "node"
    )


@pytest.mark.parametrize("path", [("a", 1), ("a", ("b", 2, ("c",)), False, "d")])
def test_nested_paths_have_langgraphs_text(path: Any) -> None:
    assert path_text(path) == algo.task_path_str(path)


def test_every_place_that_holds_an_original_is_replaced() -> None:
    code = """
import gc, json, sys, inside
import langgraph.pregel._algo as algo
originals = [getattr(algo, name) for name in inside.REPLACED]
counts = inside.engage()
gc.collect()
# Neither a module, a class nor a function of LangGraph keeps one: only the list above does.
holders = [[holder is originals for holder in gc.get_referrers(one)] for one in originals]
assert holders == [[True]] * 3
assert "langgraph.pregel.types" not in sys.modules  # a test of LangGraph's waits for its warning
import langgraph.pregel._loop as loop
assert algo.apply_writes is not loop.apply_writes  # each counts its own calls
print(json.dumps(counts()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, check=True
    )
    holders = ("_algo", "_draw", "_loop", "main")
    assert json.loads(done.stdout) == {
        **{f"apply_writes in langgraph.pregel.{name}": 0 for name in holders},
        "_triggers in langgraph.pregel._algo": 0,
        "_xxhash_str in langgraph.pregel._algo": 0,
    }
