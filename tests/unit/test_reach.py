"""What of LangGraph the committed cases run, as recorded, checked and shown."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.cli.reach import command
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.reach import REACH, Reach, ReachedBy, read_reach, this_python
from parity_kit.corpora.regenerate import check, regenerate
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.reference.functions import Function

WORKSPACE = find_workspace(Path(__file__))
INTERRUPT = Function("langgraph.types", "interrupt")
DUMPS = Function("langgraph.checkpoint.serde.jsonplus", "JsonPlusSerializer.dumps_typed")


@pytest.fixture
def committed() -> Reach:
    reach = read_reach(WORKSPACE.fixtures)
    assert reach is not None
    return reach


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    """A workspace with one small corpus and its generator."""
    (tmp_path / "parity.toml").touch()
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "generators").mkdir()
    for path in [*WORKSPACE.generators.glob("_*.py"), WORKSPACE.generators / "standard.py"]:
        shutil.copy(path, tmp_path / "generators")
    for name in ("standard.msgpack", "standard.index", REACH):
        shutil.copy(WORKSPACE.fixtures / name, tmp_path / "fixtures")
    manifest = json.loads((WORKSPACE.fixtures / "MANIFEST.json").read_text(encoding="utf-8"))
    manifest["corpora"] = {"standard": manifest["corpora"]["standard"]}
    (tmp_path / "fixtures" / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Workspace(tmp_path)


def test_every_function_of_the_oracle_is_listed(committed: Reach) -> None:
    """In a process of its own: other tests put further LangGraphs on this one's path."""
    program = "from parity_kit.reference.functions import functions; print(*functions(), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == {str(function) for function in committed.functions}


def test_a_corpus_runs_what_is_recorded(committed: Reach) -> None:
    name, reached = CorpusName("interrupts"), ReachedBy()
    regenerate(WORKSPACE, [name], reached=reached)
    if committed.python == this_python():
        ran = committed.ran(name)
        assert reached[name].functions & committed.functions.keys() == ran.functions
        assert reached[name].given & committed.parameters.keys() == ran.given
    assert INTERRUPT in reached[name].functions


def test_no_case_runs_what_no_corpus_is_about(committed: Reach) -> None:
    assert "remote graphs" in committed.not_looked_at(list_corpora(committed))
    assert "channels" not in committed.not_looked_at(["channels"])
    assert "running graphs" in committed.not_looked_at(["channels"])


def list_corpora(reach: Reach) -> list[str]:
    return sorted({name for names in reach.functions.values() for name in names})


@pytest.mark.skipif(this_python() != "3.11", reason="the committed reach is Python 3.11's")
def test_check_finds_a_reach_that_is_not_so(copy: Workspace) -> None:
    assert not check(copy).drifted
    path = copy.fixtures / REACH
    content = json.loads(path.read_text(encoding="utf-8"))
    content["functions"][DUMPS.module][DUMPS.name] = ""
    path.write_text(json.dumps(content), encoding="utf-8")
    (change,) = check(copy).drifted[CorpusName("standard")]
    assert change.case == REACH
    assert f"1, first {DUMPS}" in change.place


@pytest.mark.skipif(this_python() != "3.11", reason="the committed reach is Python 3.11's")
def test_check_finds_a_parameter_that_is_not_so(copy: Workspace) -> None:
    path = copy.fixtures / REACH
    content = json.loads(path.read_text(encoding="utf-8"))
    given = content["parameters"]["langgraph.checkpoint.serde.jsonplus"]
    name = "JsonPlusSerializer.__init__(allowed_msgpack_modules)"
    given[name] = " ".join(sorted({*given[name].split()} ^ {"standard"}))
    path.write_text(json.dumps(content), encoding="utf-8")
    (change,) = check(copy).drifted[CorpusName("standard")]
    assert f"1, first langgraph.checkpoint.serde.jsonplus.{name}" in change.place


def test_parameters_that_never_get_another_value_are_listed(committed: Reach) -> None:
    never = {str(parameter) for parameter in committed.never_given()}
    assert "langgraph.pregel.main.Pregel.stream(print_mode)" in never
    assert "langgraph.pregel.main.Pregel.stream(stream_mode)" not in never
    assert "langgraph.pregel.remote.RemoteGraph.__init__(url)" in never, "no case runs it"
    arguments = ["--parameters", "Pregel.stream", "--workspace", str(WORKSPACE.root)]
    shown = CliRunner().invoke(command, arguments).output
    assert "Pregel.stream: control, debug, print_mode" in " ".join(shown.split())
    as_json = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).output)
    assert "print_mode" in {each["parameter"] for each in as_json["never_given"]}


def test_a_name_shows_its_cases_and_parameters(copy: Workspace) -> None:
    """The cases are found out when first asked for, and kept."""
    arguments = ["dumps_typed", "--json", "--workspace", str(copy.root)]
    content = json.loads((copy.fixtures / REACH).read_text(encoding="utf-8"))
    for names in content["functions"].values():
        for name, corpora in names.items():
            names[name] = "standard" if "standard" in corpora.split() else ""
    (copy.fixtures / REACH).write_text(json.dumps(content), encoding="utf-8")
    for _ in range(2):
        shown = json.loads(CliRunner().invoke(command, arguments).stdout)
        (dumps,) = [each for each in shown["functions"] if each["name"] == DUMPS.name]
        (case,) = dumps["cases"]
        assert case.startswith("standard/")
        (kept,) = (copy.cache / "reach").glob("standard-*.json")
        kept.write_text(kept.read_text(encoding="utf-8").replace(case, "standard/kept"))
        assert case != "standard/kept" or _ == 1


def test_a_broken_file_is_named(copy: Workspace) -> None:
    (copy.fixtures / REACH).write_text('{"format": 1, "functions": []}', encoding="utf-8")
    with pytest.raises(BadFileError, match="expected format 1, an oracle") as error:
        read_reach(copy.fixtures)
    assert REACH in str(error.value)


def test_areas_and_functions_are_shown(committed: Reach) -> None:
    shown = CliRunner().invoke(command, ["--json", "--workspace", str(WORKSPACE.root)])
    areas = {area["name"]: area for area in json.loads(shown.output)["areas"]}
    assert areas["remote graphs"]["run"] == 0
    assert sum(area["run"] for area in areas.values()) == len(committed.run_by())
    arguments = ["RemoteGraph", "--workspace", str(WORKSPACE.root)]
    text = " ".join(CliRunner().invoke(command, arguments).output.split())
    line = "RemoteGraph.__init__ run by no case never another value than the default: api_key,"
    assert line in text


def test_a_name_that_nothing_has_gets_the_nearest() -> None:
    arguments = ["ToolNod3", "--workspace", str(WORKSPACE.root)]
    with pytest.raises(UsageError, match="no function of LangGraph") as error:
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert "ToolNode" in (error.value.hint or "")


def totals(*gates: str, areas: Sequence[str] = ()) -> GateTotals:
    equal = Counter(equal=1)
    return GateTotals(verdicts=equal, subjects={"channel": equal}, gates=[*gates], areas=[*areas])


def test_a_conclusion_names_what_no_compared_case_runs(committed: Reach) -> None:
    channels = conclude(totals("corpus channels"), Rules(), committed).not_looked_at
    searched = totals("corpus channels", "lockstep graph", areas=["running graphs"])
    conclusion = conclude(searched, Rules(), committed)
    assert "running graphs" in channels
    assert "remote graphs" in conclusion.not_looked_at
    assert "running graphs" not in conclusion.not_looked_at
    assert set(channels) - set(conclusion.not_looked_at) == {"running graphs"}


def test_a_search_counts_for_what_it_ran(committed: Reach) -> None:
    everything = {area.name for area in committed.areas()}
    searched = totals("lockstep store", areas=["stores"])
    unseen = conclude(searched, Rules(), committed).not_looked_at
    assert set(unseen) == everything - {"stores"}


def test_nothing_compared_names_nothing(committed: Reach) -> None:
    assert not conclude(GateTotals(), Rules(), committed).not_looked_at


def test_a_gate_says_what_it_did_not_look_at(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    arguments = ["pure", "--corpus", "channels", "--workspace", str(WORKSPACE.root)]
    shown = CliRunner().invoke(gate, [*arguments, "--junit", str(junit)])
    (line,) = [line for line in shown.output.splitlines() if line.startswith("not looked at: ")]
    assert "prebuilt agents and tools" in line
    assert "more areas (parity-kit reach)" in line
    assert line in junit.read_text(encoding="utf-8")
    as_json = json.loads(CliRunner().invoke(gate, [*arguments, "--json"]).stdout)
    assert "running graphs" in as_json["not_looked_at"]


def test_a_serializer_that_was_made_before_hides_no_function() -> None:
    name = CorpusName("allowlist")
    wanted = Function("langgraph.checkpoint.serde.jsonplus", "_normalize_module_keys")
    for _ in range(2):
        reached = ReachedBy()
        regenerate(WORKSPACE, [name], reached=reached)
        assert wanted in reached[name].functions
