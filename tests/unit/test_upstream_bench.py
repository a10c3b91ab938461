"""The environment for LangGraph's own tests: its packages, suites and plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.upstream import bench, suites
from parity_kit.upstream.suites import Suite
from tests.support.upstream import workspace as workspace  # noqa: PLC0414  # a fixture


def test_what_tests_need_is_what_the_release_lists() -> None:
    project = {
        "dependency-groups": {
            "test": ["syrupy", "pytest-xdist[psutil]", "redis>=5", {"include-group": "lint"}]
        }
    }
    needs = suites.needs(project)
    assert {"syrupy", "redis>=5", "pytest"} <= {*needs}
    assert not any(need.startswith("pytest-xdist") for need in needs)


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The requirements of the environments that are made, none of them really."""
    made: list[tuple[str, ...]] = []

    def make(recipe: Recipe, *_: object) -> Path:
        made.append(recipe.requirements)
        return tmp_path / str(len(made)) / "bin" / "python"

    def fetch(name: str, version: str, *_: object) -> Suite:
        return Suite(name, version, tmp_path / f"tests-{name}-{version}", (f"needed-by-{name}",))

    def installed(python: Path) -> dict[str, str]:
        packages = [name for name in suites.SUITES.values() if "postgres" not in name]
        # LangGraph's own tests need the saver; a candidate's environment does not have it.
        more = [] if python.parents[1].name == "1" else ["langgraph-checkpoint-postgres", "pytest"]
        return dict.fromkeys([*packages, *more], "1")

    monkeypatch.setattr(bench.environment, "make", make)

    def answer(python: Path, script: str) -> object:
        if "entry_points" not in script:
            return installed(python)
        return [("asyncio", "pytest_asyncio.plugin"), ("anyio", "anyio.pytest_plugin")]

    monkeypatch.setattr(bench, "_answer", answer)
    monkeypatch.setattr(bench, "fetch", fetch)
    return made


def test_any_choice_of_suites_has_the_same_rounds_of_langgraph(
    workspace: Workspace, recipes: list[tuple[str, ...]]
) -> None:
    mine = find(workspace, "mine")
    every = bench.prepare(mine, tuple(suites.SUITES), workspace, print)
    first = recipes[1]
    recipes.clear()

    one = bench.prepare(mine, ("prebuilt",), workspace, print)

    assert [suite.name for suite in one.suites] == ["prebuilt"]
    assert one.digest == every.digest
    assert recipes[1] == first
    assert {f"needed-by-{suite.name}" for suite in every.suites} < {*first}
    # By its package's name, pytest would rewrite the assertions in all of anyio.
    assert one.plugins == ("asyncio", "anyio.pytest_plugin")


def test_suites_of_postgresql_are_those_of_the_tests_environment(
    workspace: Workspace, recipes: list[tuple[str, ...]]
) -> None:
    mine = find(workspace, "mine")
    without = bench.prepare(mine, tuple(suites.SUITES), workspace, print)
    recipes.clear()

    served = bench.prepare(mine, tuple(suites.SUITES), workspace, print, postgres=True)

    assert suites.POSTGRES not in {suite.name for suite in without.suites}
    assert served.suites[-1].name == suites.POSTGRES
    assert served.packages == {**without.packages, "langgraph-checkpoint-postgres": "1"}
    assert served.digest != without.digest
    assert f"needed-by-{suites.POSTGRES}" in recipes[-1]
