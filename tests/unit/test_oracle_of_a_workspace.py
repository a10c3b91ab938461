"""A workspace that names another oracle: its corpora and its engine are that LangGraph's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.bench.begun import Settings
from parity_kit.bench.session import run_benchmarks
from parity_kit.candidates import environment
from parity_kit.candidates.workspace import BUNDLED, Workspace, find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.contract import Unsupported as Declined
from parity_kit.contract.errors import BadManifestError, EnvironmentBuildError, UsageError
from parity_kit.corpora import generators, oracle
from parity_kit.corpora.corpus import read_corpus
from parity_kit.corpora.drift.baselines import Origin
from parity_kit.corpora.folder import write_corpora
from parity_kit.corpora.generators import generators as all_generators
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.regenerate import check
from parity_kit.gates.settings import read_settings

KIT = find_workspace(Path(__file__))
PINS = read_manifest(KIT.fixtures).oracle


def named(root: Path, text: str) -> Workspace:
    (root / "parity.toml").write_text(f'ours = ["pure"]\n[oracle]\n{text}\n')
    return find_workspace(root)


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace judged by 1.1.10, whose corpora are there already."""
    workspace = named(tmp_path, 'langgraph = "1.1.10"')
    channels = read_corpus(KIT.fixtures / "channels.msgpack")
    write_corpora(workspace.fixtures, [channels], {**PINS, "langgraph": "1.1.10"}, "CPython")
    Origin("oracle-langgraph-1.1.10", ("langgraph==1.1.10",)).write(workspace.fixtures)

    def make(*_: object) -> Path:
        return Path("python")

    monkeypatch.setattr(environment, "make", make)
    return workspace


def test_it_has_corpora_of_its_own_by_release_and_kit(tmp_path: Path) -> None:
    workspace = named(tmp_path, 'langgraph = "1.1.10"\nlanggraph-checkpoint = "4.0.0"')
    assert workspace.oracle == ("langgraph==1.1.10", "langgraph-checkpoint==4.0.0")
    assert workspace.fixtures.parent == workspace.cache / "oracles"
    assert workspace.fixtures.name.startswith("langgraph-1.1.10-")
    assert workspace.generators == BUNDLED / "generators"
    assert named(tmp_path, 'langgraph = "1.1.10"').fixtures != workspace.fixtures
    assert read_settings(workspace).ours == ("pure",)


def test_the_kits_own_release_is_no_other_oracle(tmp_path: Path) -> None:
    workspace = named(tmp_path, f'langgraph = "{PINS["langgraph"]}"')
    assert workspace.oracle == ()
    assert workspace.fixtures == KIT.fixtures


@pytest.mark.parametrize("text", ['langgraph = ">=1"', "langgraph = 1", 'pydantic = "2.0"', ""])
def test_an_oracle_is_an_exact_release(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadManifestError, match="names no exact release"):
        named(tmp_path, text)


def test_corpora_of_its_own_have_the_oracle_that_made_them(tmp_path: Path) -> None:
    write_corpora(tmp_path / "fixtures", [], {"langgraph": "1.2.0"}, "CPython")
    assert named(tmp_path, 'langgraph = "1.2.0"').oracle == ()
    with pytest.raises(BadManifestError, match="another oracle than the one that made") as caught:
        named(tmp_path, 'langgraph = "1.1.10"')
    assert "made with langgraph 1.2.0" in caught.value.hint


def test_a_gate_says_which_oracle_judged(older: Workspace) -> None:
    junit = older.root / "junit.xml"
    arguments = ["pure", "--corpus", "channels", "--workspace", str(older.root)]
    shown = CliRunner().invoke(gate, [*arguments, "--junit", str(junit)], standalone_mode=False)
    assert "cases compared with LangGraph 1.1.10 in" in shown.output
    assert 'name="oracle" value="LangGraph 1.1.10"' in junit.read_text()
    as_json = CliRunner().invoke(gate, [*arguments, "--json"], standalone_mode=False).stdout
    assert json.loads(as_json)["oracle"] == "LangGraph 1.1.10"
    assert oracle.versions(older)["langgraph"] == "1.1.10"


def test_what_only_the_kits_own_oracle_can_do_is_refused(older: Workspace) -> None:
    with pytest.raises(UsageError, match=r"made with langgraph==1\.1\.10 when they are needed"):
        check(older)
    with pytest.raises(UsageError, match="only the kit's LangGraph can be measured"):
        run_benchmarks(older, ["pure"], older.root, Settings(), seed=0, emit=lambda _: None)


@pytest.mark.slow
def test_an_older_release_judges_in_lockstep_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = named(tmp_path, 'langgraph = "1.1.10"')
    channels = {name: file for name, file in all_generators(KIT).items() if name == "channels"}
    monkeypatch.setattr(generators, "generators", lambda _: channels)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    arguments = ["pure", "--corpus", "channels", "--suite", "channel=30", "--json"]
    try:
        shown = CliRunner().invoke(
            gate, [*arguments, "--workspace", str(tmp_path)], standalone_mode=False
        )
    except EnvironmentBuildError as error:
        pytest.skip(f"LangGraph 1.1.10 cannot be installed here: {error.problem.splitlines()[0]}")
    result = json.loads(shown.stdout)
    assert result["verdict"] == "divergent"
    assert read_manifest(workspace.fixtures).oracle["langgraph"] == "1.1.10"
    corpus, search = result["gates"]
    assert corpus["verdicts"]["equal"] > 50
    assert search["verdicts"]["equal"] > 10
    # What 1.1.10 does not have is nobody's difference.
    assert search["verdicts"]["unsupported"] > 0
    assert not any(Declined.__name__ in found["headline"] for found in result["divergences"])
    assert not any("unsupported" in found["headline"] for found in result["divergences"])
