"""The gate of a real environment whose LangGraph was changed: it is judged by these changes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates import environment
from parity_kit.candidates.launch import find
from parity_kit.candidates.manifest import PipSetup
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli.gate import command as gate
from parity_kit.contract.errors import ExitCode
from parity_kit.corpora.manifest import read_manifest

WORKSPACE = find_workspace(Path(__file__))
MANIFEST = """
name = "next"
title = "LangGraph, changed"
kind = "pip"
language = "Python"
requirements = ["langgraph==1.2.22"]
"""
BINARY_OPERATOR = "langgraph.channels.binop:BinaryOperatorAggregate.update"
NEVER_RUN = "langgraph.channels.any_value:AnyValue.spare"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the corpus `channels`, and a candidate that is a changed LangGraph.

    Its environment has a copy of LangGraph, and all else from the kit's own.
    """
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "parity.toml").touch()
    for name in ("channels.msgpack", "channels.index"):
        shutil.copy(WORKSPACE.fixtures / name, tmp_path / "fixtures")
    manifest = json.loads((WORKSPACE.fixtures / "MANIFEST.json").read_text(encoding="utf-8"))
    manifest["corpora"] = {"channels": manifest["corpora"]["channels"]}
    (tmp_path / "fixtures" / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    folder = tmp_path / "candidates" / "next"
    folder.mkdir(parents=True)
    (folder / "candidate.toml").write_text(MANIFEST, encoding="utf-8")
    made = Workspace(tmp_path)
    _make_environment(made)
    return made


def _make_environment(workspace: Workspace) -> None:
    candidate = find(workspace, "next")
    assert isinstance(candidate.setup, PipSetup)
    recipe = environment.of_candidate(candidate, candidate.setup)
    python = environment.python_of(recipe, workspace)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (python.parents[1] / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}")
    (python.parents[1] / "parity-kit.json").touch()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = python.parents[1] / "lib" / version / "site-packages"
    own = _site_packages()
    shutil.copytree(
        own / "langgraph", packages / "langgraph", ignore=shutil.ignore_patterns("__pycache__")
    )
    for about in own.glob("langgraph*.dist-info"):
        shutil.copytree(about, packages / about.name)
    other = packages / "xxhash-0.1.dist-info" / "METADATA"
    other.parent.mkdir()
    other.write_text("Name: xxhash\nVersion: 0.1\n", encoding="utf-8")
    (packages / "rest.pth").write_text(f"{own}\n", encoding="utf-8")
    binop = packages / "langgraph" / "channels" / "binop.py"
    text = binop.read_text(encoding="utf-8")
    changed = text.replace("if not values:", "if not list(values):")
    assert changed != text
    binop.write_text(changed, encoding="utf-8")
    any_value = packages / "langgraph" / "channels" / "any_value.py"
    spare = "\n    def spare(self) -> int:\n        return 1\n"
    any_value.write_text(any_value.read_text(encoding="utf-8") + spare, encoding="utf-8")


def _site_packages() -> Path:
    import langgraph.channels  # noqa: PLC0415  # only to see where it is

    return Path(langgraph.channels.__file__).parents[2]


def judged(workspace: Workspace) -> dict[str, Any]:
    arguments = ["next", "--json", "--workspace", str(workspace.root)]
    return json.loads(CliRunner().invoke(gate, arguments).stdout)


def test_the_gate_judges_a_release_by_its_changes(workspace: Workspace) -> None:
    told = judged(workspace)
    functions = {each["function"]: each for each in told["release"]["functions"]}
    assert functions.keys() == {BINARY_OPERATOR, NEVER_RUN}
    assert functions[BINARY_OPERATOR]["missed"] == []
    assert functions[BINARY_OPERATOR]["corpora"]["channels"] > 1
    assert functions[NEVER_RUN]["kind"] == "added"
    assert (told["verdict"], told["exit_code"]) == ("unknown", ExitCode.NOT_JUDGED)
    assert told["not_judged"] == [NEVER_RUN]
    kept = list((workspace.cache / "reach").glob("*.json"))
    assert len(kept) == 1, "what the cases run is kept"
    (workspace.root / "parity.toml").write_text(
        f'[reach.accepted]\nnext = ["{NEVER_RUN}"]\n', encoding="utf-8"
    )
    told = judged(workspace)
    assert (told["verdict"], told["exit_code"], told["not_judged"]) == ("equal", 0, [])
    assert list((workspace.cache / "reach").glob("*.json")) == kept


@pytest.mark.slow
def test_the_gate_names_what_is_not_the_oracle_s_in_its_environment(workspace: Workspace) -> None:
    wanted = read_manifest(workspace.fixtures).oracle["xxhash"]
    assert judged(workspace)["packages"] == {"xxhash": [wanted, "0.1"]}
    shown = CliRunner().invoke(gate, ["next", "--workspace", str(workspace.root)]).stdout
    line = f"its environment is not the oracle's: xxhash 0.1 instead of {wanted}"
    assert line in shown.splitlines()
