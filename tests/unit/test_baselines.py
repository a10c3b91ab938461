"""Corpora from other releases: what a release lacks is named, and sinks no other case."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import parity_kit.reference
from parity_kit.candidates import environment
from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Returned,
    Subject,
    SubjectKind,
    UnsupportedSubjectError,
)
from parity_kit.contract import Unsupported as Declined
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import EnvironmentBuildError, ExitCode, UsageError
from parity_kit.corpora.corpus import CorpusName, read_corpus
from parity_kit.corpora.drift import baseline_worker as elsewhere
from parity_kit.corpora.drift.baselines import Origin, find, folder_of
from parity_kit.corpora.drift.interpreters import Interpreter, look_at, others
from parity_kit.corpora.drift.interpreters import find as find_python
from parity_kit.corpora.drift.missing_api import absent_in, import_with_absent
from parity_kit.corpora.drift.readable import engine_of
from parity_kit.corpora.drift.recipes import baseline_name, baseline_recipe, interpreter_recipe
from parity_kit.corpora.drift.release import held_by_both
from parity_kit.corpora.folder import write_corpora
from parity_kit.corpora.manifest import read_manifest
from parity_kit.programs.model import Tools
from parity_kit.reference.build import tool_node
from parity_kit.reference.native import typed_bytes
from parity_kit.reference.postgres_server import GET_DRIVER

WORKSPACE = find_workspace(Path(__file__))
NEEDS = "from langgraph.types import Send, NoSuchPolicy\nfrom langgraph.no_such import thing\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "needs_more.py").write_text(NEEDS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield import_with_absent("needs_more")
    sys.modules.pop("needs_more")


def test_a_name_that_is_not_there_is_stood_in_for_and_found_in_bytes(module: ModuleType) -> None:
    _, data = typed_bytes({"a": [module.NoSuchPolicy(1, x=2)], "b": module.thing.part()})
    assert absent_in(data) == "langgraph.no_such.thing.part, langgraph.types.NoSuchPolicy"
    _, plain = typed_bytes(module.Send("n", 1))
    assert absent_in(plain) == ""


def test_a_stand_in_stays_with_its_module_alone(module: ModuleType) -> None:
    assert module.NoSuchPolicy is not None
    assert not hasattr(importlib.import_module("langgraph.types"), "NoSuchPolicy")
    assert "langgraph.no_such" not in sys.modules


def test_what_is_not_langgraphs_is_not_stood_in_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_other.py").write_text("from json import no_such_name\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ImportError, match="no_such_name"):
        import_with_absent("needs_other")


def case(name: str, **args: object) -> Case:
    operation = Operation("do", args)  # pyright: ignore[reportArgumentType]  # plain data
    return Case(CaseId(f"demo/{name}"), Subject(SubjectKind.CODEC, {}), (operation,))


def test_one_case_that_fails_sinks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    marked = pack(["parity-kit:absent:langgraph.types.Later"])
    wanted = [case("good"), case("marked", data=marked), case("declined"), case("breaks")]

    def generator(_: CorpusName) -> Iterator[Case]:
        yield from wanted
        raise TypeError("unexpected keyword argument 'timeout'")

    def run(case: Case) -> tuple[Outcome, ...]:
        if case.id == "demo/breaks":
            raise AttributeError("no such thing")
        if case.id == "demo/declined":
            return (Declined("no channel class Later"),)
        return (Returned(1),)

    monkeypatch.setattr(elsewhere, "_cases", generator)
    counts: list[int] = []
    committed = [case("good"), case("later")]
    made = elsewhere.make_one(CorpusName("demo"), committed, run, lambda _, n: counts.append(n))
    assert list(made.traces) == ["demo/good", "demo/later"]
    assert made.absent == {
        "demo/marked": "needs langgraph.types.Later",
        "demo/declined": "no channel class Later",
        "demo/breaks": "the reference cannot run it there: AttributeError: no such thing",
    }
    assert "broke off after 1 cases: TypeError: unexpected keyword" in made.problem
    assert counts[-1] == 2


@pytest.mark.parametrize("requirement", ["1.1.10", "langgraph==1.1.10", "langgraph-1.1.10"])
def test_a_baseline_has_one_name_however_it_is_asked_for(requirement: str) -> None:
    assert baseline_name(requirement) == "langgraph-1.1.10"


def test_only_langgraphs_own_parts_are_the_resolvers_to_choose() -> None:
    wanted = baseline_recipe("langgraph==1.1.10").requirements
    assert wanted[0] == "langgraph==1.1.10"
    assert "langgraph-checkpoint-sqlite" in wanted
    assert any(requirement.startswith("ormsgpack==") for requirement in wanted)
    assert not any(requirement.startswith(("matplotlib", "hypothesis")) for requirement in wanted)
    asked = baseline_recipe("1.1.10", ["ormsgpack==1.10.0"]).requirements
    assert [requirement for requirement in asked if requirement.startswith("ormsgpack")] == [
        "ormsgpack==1.10.0"
    ]


@pytest.mark.parametrize("requirement", ["langgraph>=1", "langchain==1.0", "", "newest"])
def test_a_baseline_is_one_exact_release(requirement: str) -> None:
    with pytest.raises(UsageError, match="not a release of LangGraph"):
        baseline_name(requirement)


def test_a_baseline_is_found_by_its_name(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = folder_of(workspace, "langgraph-1.1.10")
    folder.mkdir(parents=True)
    (folder / "MANIFEST.json").touch()
    assert find(workspace, "1.1.10") == find(workspace, "langgraph==1.1.10") == folder
    assert find(workspace, "fixtures") == workspace.fixtures
    assert find(workspace, str(tmp_path)) == tmp_path
    with pytest.raises(UsageError, match=r"no folder, corpus or baseline '9\.9'") as caught:
        find(workspace, "9.9")
    assert "langgraph-1.1.10" in caught.value.hint
    assert "fixtures build --baseline langgraph==9.9" in caught.value.hint


def test_the_committed_corpora_are_known_by_their_release(tmp_path: Path) -> None:
    oracle = read_manifest(WORKSPACE.fixtures).oracle["langgraph"]
    assert find(WORKSPACE, oracle) == find(WORKSPACE, f"langgraph=={oracle}") == WORKSPACE.fixtures
    assert find(Workspace(tmp_path), oracle) == WORKSPACE.fixtures


def test_a_baseline_is_loaded_by_its_environment_and_not_by_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Recipe] = []

    def is_ready(recipe: Recipe, _: Workspace) -> bool:
        asked.append(recipe)
        return True

    monkeypatch.setattr(environment, "is_ready", is_ready)
    recipe = baseline_recipe("langgraph==1.1.10")
    Origin(recipe.name, recipe.requirements).write(tmp_path)
    engine_of(WORKSPACE, tmp_path)
    assert [found.cached.folder(WORKSPACE) for found in asked] == [recipe.cached.folder(WORKSPACE)]


@pytest.fixture
def channels_only(tmp_path: Path) -> Path:
    """A baseline of one corpus, of which two cases could not be made."""
    channels = read_corpus(WORKSPACE.fixtures / "channels.msgpack")
    made = type(channels)(channels.name, channels.traces[2:])
    write_corpora(tmp_path, [made], {"langgraph": "1.1.10"}, "CPython")
    absent = {trace.case.id: "no channel class DeltaChannel" for trace in channels.traces[:2]}
    summary = {"cases": {}, "absent": absent, "problems": {}}
    (tmp_path / "ABSENT.json").write_text(json.dumps(summary))
    Origin("oracle-langgraph-1.1.10", ("langgraph==1.1.10",)).write(tmp_path)
    return tmp_path


def test_what_a_baseline_has_not_made_is_neither_added_nor_removed(channels_only: Path) -> None:
    code, text = call("diff", str(channels_only), "fixtures")
    assert code == ExitCode.PARITY
    assert "no case differs" in text
    assert "not made there: 2 cases: no channel class DeltaChannel" in text
    assert "not built there: allowlist, arrays" in text
    assert "removed" not in text
    difference = json.loads(call("diff", "fixtures", str(channels_only), "--json")[1])
    assert difference["changes"] == {}
    assert difference["not_made"] == {"no channel class DeltaChannel": 2}
    assert len(difference["not_built"]) == len(list(WORKSPACE.fixtures.glob("*.index"))) - 1
    one_file = call("diff", "fixtures", str(channels_only / "channels.msgpack"))[1]
    assert "not built there: allowlist, arrays" in one_file
    assert "2 removed" in one_file
    (channels_only / "ABSENT.json").unlink()
    code, text = call("diff", "fixtures", str(channels_only))
    assert code == ExitCode.DIVERGENCE
    assert "0 added, 0 changed, 2 removed" in text


def test_a_changed_function_is_judged_by_what_both_folders_hold(channels_only: Path) -> None:
    held = held_by_both(channels_only, WORKSPACE.fixtures)
    first, *_, last = read_corpus(WORKSPACE.fixtures / "channels.msgpack").traces
    assert held(CorpusName("channels"), last.case.id)
    assert not held(CorpusName("channels"), first.case.id), "it could not be made"
    assert not held(CorpusName("graphs"), CaseId("graphs/line/invoke")), "it was not built"


def test_a_saver_that_a_baseline_has_not_says_how_to_add_it() -> None:
    declined = Declined(f"LangGraph's PostgreSQL saver is not installed: {GET_DRIVER}")
    made = elsewhere.Made()
    elsewhere._add(  # pyright: ignore[reportPrivateUsage]  # one case is enough
        case("x"), lambda _: (declined,), made
    )
    (reason,) = made.absent.values()
    assert reason.endswith("add --with langgraph-checkpoint-postgres --with 'psycopg[binary]'")


def test_a_prebuilt_that_does_not_fit_its_langgraph_is_unsupported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "langgraph.prebuilt.tool_node", None)
    monkeypatch.delitem(sys.modules, "parity_kit.reference.tools", raising=False)
    monkeypatch.delattr(parity_kit.reference, "tools", raising=False)
    with pytest.raises(UnsupportedSubjectError, match=r"broken here: import of langgraph\.preb"):
        tool_node("tools", Tools({}))


def test_interpreters_are_looked_at_and_not_guessed(tmp_path: Path) -> None:
    here = look_at(Path(sys.executable))
    assert here is not None
    assert here.minor == sys.version_info[:2]
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert look_at(shim) is None
    assert all(other.minor != here.minor for other in others())
    assert find_python(sys.executable) == here
    with pytest.raises(UsageError, match=r"no Python 3\.99 on this machine"):
        find_python("3.99")


def test_another_interpreter_gets_the_same_versions() -> None:
    recipe = interpreter_recipe(Interpreter(Path("/opt/python"), "CPython", "3.13.0"))
    assert (recipe.python, recipe.version) == ("/opt/python", "3.13.0")
    assert all("==" in requirement for requirement in recipe.requirements)


def call(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*args], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value or 0, result.output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("build", "--to", "x"), "are for another release"),
        (("build", "--with", "x"), "are for another release"),
        (("build", "--baseline", "1.1.10", "--to", str(WORKSPACE.fixtures)), "committed corpora"),
        (("diff", "nowhere", "fixtures"), "no folder, corpus or baseline"),
        (
            ("diff", f"{WORKSPACE.fixtures}/channels.msgpack", "fixtures", "--try"),
            "does not say which release made it",
        ),
    ],
)
def test_wrong_use_is_named(args: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        call(*args)


@pytest.mark.slow
def test_a_corpus_is_built_with_another_release_and_compared(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    try:
        _, text = call(
            "build", "channels", "--baseline", "langgraph==1.1.10", "--to", str(folder), "--json"
        )
    except EnvironmentBuildError as error:
        pytest.skip(f"LangGraph 1.1.10 cannot be installed here: {error.problem.splitlines()[0]}")
    made = json.loads(text)
    assert made["oracle"]["langgraph"] == "1.1.10"
    assert made["cases"]["channels"] > 50
    assert set(made["absent"].values()) == {"no channel class DeltaChannel"}
    kinds = json.loads(call("diff", str(folder), str(folder), "--json")[1])["kinds"]
    assert kinds == []
    (tmp_path / "new").mkdir()
    for name in ("channels.msgpack", "channels.index"):
        (tmp_path / "new" / name).write_bytes((WORKSPACE.fixtures / name).read_bytes())
    manifest = json.loads((WORKSPACE.fixtures / "MANIFEST.json").read_text())
    manifest["corpora"] = {"channels": manifest["corpora"]["channels"]}
    (tmp_path / "new" / "MANIFEST.json").write_text(json.dumps(manifest))
    code, text = call("diff", str(folder), str(tmp_path / "new"), "--json")
    assert code == ExitCode.DIVERGENCE
    headlines = [kind["headline"] for kind in json.loads(text)["kinds"]]
    assert "`type` added to langgraph.types.Overwrite ('__overwrite__')" in headlines
