"""`action.yml` and `.pre-commit-hooks.yaml`: read as their readers do, each command run.

What installs is a function that says what it was asked for; the kit on the path is this one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity_kit.cli import starter
from tests.support.committed import cases_of

CHANNELS = cases_of("channels")

ROOT = Path(__file__).parents[2]
GIT, BASH = shutil.which("git") or "", shutil.which("bash") or ""
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
INSTALLER = (
    'python() { test "$1 $2" = "-m pip" && shift 2 && printf "pip" && printf " [%s]" "$@"; }\n'
)

pytestmark = pytest.mark.skipif(not (GIT and BASH), reason="git or bash is missing")


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def steps() -> dict[str, Any]:
    """The steps of the action that run something, by name."""
    return {step["name"]: step for step in read("action.yml")["runs"]["steps"] if "run" in step}


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """A repository with a workspace whose gate is red by its floor."""
    home = tmp_path / "port"
    home.mkdir()
    git(home, "init", "--quiet")
    assert [part.state for part in starter.begin(home, "port", "python")] == ["made"] * 4
    return home


def git(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT")}
    return subprocess.run(
        [GIT, *identity, *arguments],
        cwd=home,
        env={**environment, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )


def filled(text: str, inputs: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], text)


def run_step(
    name: str, cwd: Path, **given: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run a step of the action as a runner does, and return what it came to and its outputs."""
    action, step = read("action.yml"), steps()[name]
    usual = {key: str(option["default"]) for key, option in action["inputs"].items()}
    inputs = usual | {key.replace("_", "-"): text for key, text in given.items()}
    output = cwd / ".git" / "outputs"
    output.write_text("", encoding="utf-8")
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALLER + step["run"]],
        cwd=cwd,
        env={
            **os.environ,
            **{key: filled(text, inputs) for key, text in step["env"].items()},
            "PATH": PATH,
            "GITHUB_OUTPUT": str(output),
            "GITHUB_ACTION_PATH": "/the/action",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    lines = output.read_text(encoding="utf-8").splitlines()
    return done, dict(line.split("=", 1) for line in lines)


def bracketed(output: str) -> str:
    """Return what stands where the runner obeys nothing, which is all that a step prints."""
    begun, _, rest = output.partition("\n")
    token = begun.removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", token)
    end = f"\n::{token}::\n"
    assert rest.endswith(end)
    return rest.removesuffix(end)


def test_what_the_action_and_the_workflow_use_is_pinned() -> None:
    pinned = re.compile(r"[a-z/-]+@[0-9a-f]{40}|OWNER/parity-kit@COMMIT")
    workflow = Path(starter.__file__).parent / "workflow.yml"
    for path in (ROOT / "action.yml", workflow, ROOT / "docs" / "ci.md"):
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"uses: (\S+)", text)
        assert used
        assert all(map(pinned.fullmatch, used)), used


def test_a_token_is_another_each_time(port: Path) -> None:
    first, second = (run_step("Install Parity Kit", port)[0].stdout for _ in range(2))
    assert first.splitlines()[0] != second.splitlines()[0]


def test_the_action_uses_each_of_its_inputs_and_no_other() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(read("action.yml")["inputs"])
    for step in steps().values():
        assert "${{" not in step["run"], "an input in a script's text could be more than a word"
        assert step["shell"] == "bash"


@pytest.mark.parametrize(
    ("given", "stdout"),
    [
        ({}, "pip [install] [--quiet] [/the/action]"),
        ({"version": "0.1.0"}, "pip [install] [--quiet] [parity-kit==0.1.0]"),
        (
            {"packages": "-e . numpy"},
            "pip [install] [--quiet] [/the/action]pip [install] [--quiet] [-e] [.] [numpy]",
        ),
    ],
)
def test_the_action_installs(port: Path, given: dict[str, str], stdout: str) -> None:
    done, _ = run_step("Install Parity Kit", port, **given)
    assert (done.returncode, bracketed(done.stdout)) == (0, stdout), done.stderr


def test_the_action_fails_as_the_gate_does_and_hands_on_why(port: Path) -> None:
    done, outputs = run_step("Gate", port)
    assert done.returncode == 1, done.stderr
    why = "? unknown: 6 of 510 cases equal, the floor is 100"
    assert outputs == {"verdict": why, "exit-code": "1"}
    assert bracketed(done.stdout).splitlines()[0] == why
    names = {"gate.txt", "junit.xml", "parity.md", "parity.sarif", "parity.sarif.txt", "parity.svg"}
    assert {path.name for path in (port / "parity-files").iterdir()} == names


def test_the_action_measures_against_a_base_in_the_same_job(
    port: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = "parity-kit() { printf '[%s]' \"$@\"; return 1; }\n"
    monkeypatch.setattr(sys.modules[__name__], "INSTALLER", stub)
    (port / "parity-files").mkdir()
    for arguments in (["add", "."], ["commit", "-qm", "one"], ["remote", "add", "origin", "."]):
        assert git(port, *arguments).returncode == 0
    commit = git(port, "rev-parse", "HEAD").stdout.strip()

    done, _ = run_step("Tripwire", port, against="HEAD", candidate="port", tolerance="10")

    assert done.returncode == 1, done.stderr
    assert bracketed(done.stdout) == (
        f"[bench][port][--workspace][.][--quick][--against][{commit}][--tolerance][10]"
    )


def test_the_action_takes_a_candidate_options_and_another_folder(port: Path) -> None:
    (port / ".git").rename(port.parent / ".git")
    done, outputs = run_step(
        "Gate",
        port.parent,
        candidate="pure",
        workspace="port",
        options="--corpus channels --floor 100",
        files="found",
    )
    assert done.returncode == 0, done.stderr
    assert outputs["verdict"].startswith(f"✓ equal: {CHANNELS} of {CHANNELS} cases equal")


def test_the_hook_refuses_a_commit_until_the_gate_is_green(port: Path) -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    script = port / ".git" / "hooks" / "pre-commit"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"#!{BASH}\nexec {hook['entry']}\n", encoding="utf-8")
    script.chmod(0o755)
    git(port, "add", ".")
    refused = git(port, "commit", "-m", "red")
    assert refused.returncode == 1
    assert "the floor is 100" in refused.stdout + refused.stderr
    rules = (port / "parity.toml").read_text(encoding="utf-8")
    (port / "parity.toml").write_text(rules.replace("floor = 100", "floor = 6"), encoding="utf-8")
    assert git(port, "commit", "--all", "--quiet", "-m", "green").returncode == 0
    assert git(port, "log", "--format=%s").stdout == "green\n"
