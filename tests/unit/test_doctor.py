"""The doctor: what it finds is true, next steps are named, the exit code says what can run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from parity_kit.cli import doctor_checks as doctor
from parity_kit.cli.doctor import command
from tests.support.committed import cases_of

CHANNELS = cases_of("channels")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of its own with one corpus and `pure`, as the main job wants it."""
    (tmp_path / "parity.toml").write_text('ours = ["pure"]\n', encoding="utf-8")
    (tmp_path / "fixtures").mkdir()
    content = json.loads((ROOT / "fixtures" / "MANIFEST.json").read_text(encoding="utf-8"))
    content["corpora"] = {"channels": content["corpora"]["channels"]}
    (tmp_path / "fixtures" / "MANIFEST.json").write_text(json.dumps(content), encoding="utf-8")
    shutil.copy(ROOT / "fixtures" / "channels.msgpack", tmp_path / "fixtures")
    return tmp_path


def examined(workspace: Path) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit code, and the findings by their parts."""
    options = ["--json", "--workspace", str(workspace)]
    result = CliRunner().invoke(command, options, standalone_mode=False, catch_exceptions=False)
    findings: list[dict[str, str]] = json.loads(result.output)["findings"]
    return result.return_value, {finding["part"]: finding for finding in findings}


def candidate(workspace: Path, name: str, lines: str) -> None:
    folder = workspace / "candidates" / name
    folder.mkdir(parents=True)
    head = f'name = "{name}"\ntitle = "{name}"\nlanguage = "Go"\nkind = "command"\n'
    (folder / "candidate.toml").write_text(head + lines, encoding="utf-8")


def test_a_workspace_that_is_as_it_should_be(workspace: Path) -> None:
    code, findings = examined(workspace)
    assert code == 0, findings
    assert "wrong" not in {finding["state"] for finding in findings.values()}
    for part in ("python", "packages", "corpora", "oracle", "parity.toml", "folders", "pure"):
        assert findings[part]["state"] == "ok", findings[part]
    assert findings["corpora"]["found"].startswith(
        f"{CHANNELS} cases in 1 corpora of this workspace"
    )
    assert {"PostgreSQL", "browser", "cage for candidates", "uv", "disk"} <= findings.keys()
    for finding in findings.values():
        assert finding["state"] == "ok" or finding["hint"], finding


def test_outside_a_workspace_the_next_step_is_named(tmp_path: Path) -> None:
    code, findings = examined(tmp_path)
    assert code == 2
    assert findings["parity.toml"]["state"] == "wrong"
    assert "parity-kit init" in findings["parity.toml"]["hint"]


def _broken(workspace: Path) -> None:
    path = workspace / "fixtures" / "channels.msgpack"
    path.write_bytes(path.read_bytes()[:-1])


def _drifted(workspace: Path) -> None:
    path = workspace / "fixtures" / "MANIFEST.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["oracle"]["langgraph"] = "9.9.9"
    path.write_text(json.dumps(content), encoding="utf-8")


def _nobody(workspace: Path) -> None:
    (workspace / "parity.toml").write_text('ours = ["nobody"]\n', encoding="utf-8")


def _mistyped(workspace: Path) -> None:
    (workspace / "parity.toml").write_text('our = ["pure"]\n', encoding="utf-8")


def _without_tools(workspace: Path) -> None:
    candidate(workspace, "port", 'command = ["port"]\nneeds = ["no-such-compiler"]\n')
    (workspace / "parity.toml").write_text('ours = ["port"]\n', encoding="utf-8")


WRONG: list[tuple[Any, str, str, str]] = [
    (_broken, "corpora", "channels.msgpack: expected", "parity-kit fixtures build"),
    (_drifted, "oracle", "the fixtures were made with 9.9.9", "install the versions"),
    (_nobody, "nobody", "no candidate 'nobody'", "pure"),
    (_mistyped, "parity.toml", "parity.toml: key `our`", "did you mean `ours`?"),
    (_without_tools, "port", "no program no-such-compiler", "no-such-compiler"),
]


@pytest.mark.parametrize(("spoil", "part", "message", "hint"), WRONG, ids=[row[1] for row in WRONG])
def test_what_keeps_the_main_job_from_running_is_wrong(
    workspace: Path, spoil: Any, part: str, message: str, hint: str
) -> None:
    spoil(workspace)
    code, findings = examined(workspace)
    assert code == 2
    assert [name for name, finding in findings.items() if finding["state"] == "wrong"] == [part]
    assert message in findings[part]["found"]
    assert hint in findings[part]["hint"]


def test_what_other_candidates_lack_keeps_nothing_from_running(workspace: Path) -> None:
    candidate(workspace, "port", 'command = ["port"]\nneeds = ["no-such-compiler"]\n')
    candidate(workspace, "broken", "comand = []\n")
    code, findings = examined(workspace)
    assert code == 0
    assert (findings["port"]["state"], findings["broken"]["state"]) == ("absent", "absent")
    assert "no-such-compiler" in findings["port"]["hint"]


def test_a_package_that_is_not_as_pinned_is_named() -> None:
    assert doctor.lacking(Requirement("click>=1")) == ""
    assert doctor.lacking(Requirement("click<1")).endswith("not <1")
    assert doctor.lacking(Requirement("no-such-package")) == "no-such-package is missing"


def test_a_pipe_gets_plain_text_and_nothing_heavy_is_loaded(workspace: Path) -> None:
    program = (
        "import sys\n"
        "from parity_kit.cli.doctor import command\n"
        "code = command([], standalone_mode=False)\n"
        "heavy = ('langgraph.graph', 'langchain_core', 'hypothesis', 'pandas', 'matplotlib')\n"
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=workspace, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "✓ parity-kit parity can run here" in done.stdout
    assert "\x1b" not in done.stdout
