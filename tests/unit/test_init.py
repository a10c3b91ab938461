"""`parity-kit init`: what it makes, what it leaves alone, and that the workflow it writes runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import parity_kit

from parity_kit import __version__
from parity_kit.candidates import scaffold
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.init import LANGUAGES
from parity_kit.gates.settings import read_settings

GIT, BASH = shutil.which("git") or "", shutil.which("bash") or ""


def workflow(repository: Path) -> Any:
    text = (repository / ".github/workflows/parity.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["jobs"]["gate"]


def files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths}


def test_every_template_may_be_begun_with() -> None:
    assert sorted(LANGUAGES) == sorted([*scaffold.languages(), scaffold.OTHER])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workspace_in_each_language(tmp_path: Path, language: str) -> None:
    home = tmp_path / "My Port!"
    home.mkdir()
    done = parity_kit("init", "--language", language, cwd=home)
    assert done.returncode == 0, done.stderr
    assert "next  parity-kit candidates check my-port" in done.stdout
    assert read_settings(Workspace(home)).ours == ("my-port",)
    assert (home / "candidates/my-port/candidate.toml").is_file()
    assert ".parity/" in (home / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert [step["run"] for step in workflow(home)["steps"] if "run" in step] == [
        f"pip install parity-kit=={__version__}",
        "parity-kit gate --junit parity.xml --sarif parity.sarif --cases parity-cases",
    ]
    assert "{" not in str(workflow(home)["steps"][-1]["with"]["path"])


def test_a_language_without_a_template_gets_a_manifest_and_what_to_do(tmp_path: Path) -> None:
    parity_kit("init", "mine", "--language", "other", cwd=tmp_path)
    folder = tmp_path / "candidates" / "mine"
    assert sorted(files(folder)) == ["README.md", "candidate.toml"]
    done = parity_kit("candidates", "check", "mine", cwd=tmp_path)
    assert done.returncode == 3
    assert "could not be started: No such file or directory: ./engine" in done.stdout
    assert "check `command` in candidate.toml" in done.stdout
    # An engine that does what the README says in its first steps is one that can be judged.
    manifest = (folder / "candidate.toml").read_text(encoding="utf-8")
    command = json.dumps([sys.executable, "engine.py"])
    (folder / "candidate.toml").write_text(
        manifest.replace('["./engine"]', command), encoding="utf-8"
    )
    (folder / "engine.py").write_text(FIRST_STEPS, encoding="utf-8")
    done = parity_kit("candidates", "check", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "unsupported" in done.stdout


FIRST_STEPS = """
import struct, sys, ormsgpack
def send(*message):
    body = ormsgpack.packb(message)
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
me = {"name": "mine", "version": "0.1.0", "language": "Python", "levels": {"codec": "bytes"}}
me |= {"engaged": {}, "protocol": 1}
while head := sys.stdin.buffer.read(4):
    body = sys.stdin.buffer.read(*struct.unpack(">I", head))
    kind, msgid, method, params = ormsgpack.unpackb(body)
    if method in ("handshake", "describe"):
        send(1, msgid, None, me)
    elif method == "run":
        count = len(params["case"]["operations"])
        send(1, msgid, None, [{"unsupported": "not implemented"}] * count)
    elif method in ("shutdown", "close"):
        send(1, msgid, None, None)
    else:
        send(1, msgid, {"code": "unsupported", "message": method}, None)
"""


def test_the_first_gate_is_red_and_says_why(tmp_path: Path) -> None:
    parity_kit("init", "mine", "--language", "python", cwd=tmp_path)
    done = parity_kit("gate", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "? unknown: 6 of 510 cases equal, the floor is 100"


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    own = {
        "parity.toml": "# mine\n",
        "candidates/mine/engine.py": "mine\n",
        ".github/workflows/parity.yml": "name: mine\n",
    }
    for name, text in own.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("*.log\n.parity/", encoding="utf-8")
    done = parity_kit("init", "mine", "--language", "go", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("kept ") == 3
    assert "add 'mine' to `ours` in parity.toml" in done.stdout
    after = files(tmp_path)
    ignored = after.pop(".gitignore")
    assert after == own
    assert ignored.startswith("*.log\n.parity/\nreports/\n")
    assert ignored.count(".parity/") == 1


def test_it_may_be_run_again(tmp_path: Path) -> None:
    parity_kit("init", "mine", "--language", "python", cwd=tmp_path)
    before = files(tmp_path)
    again = parity_kit("init", "mine", "--language", "python", "--json", cwd=tmp_path)
    assert {file["what"] for file in json.loads(again.stdout)["files"]} == {"kept"}
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mine", "--language", "cobol"], "'cobol' is not one of 'python'"),
        (["Mine!", "--language", "go"], "is not a valid name for a candidate"),
        (["mine"], "Choose from:"),
    ],
)
def test_what_cannot_be_begun_is_reported_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = parity_kit("init", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not (GIT and BASH), reason="git or bash is missing")
def test_the_workflow_runs_from_the_repository_s_root(tmp_path: Path) -> None:
    """Each command of it, in the folder it says, as a runner would: the last is red, by the gate.

    `pip` is a function here: the kit is this one.
    """
    port = tmp_path / "engines" / "port"
    port.mkdir(parents=True)
    subprocess.run([GIT, "init", "-q", str(tmp_path)], check=True)
    assert parity_kit("init", "--language", "python", cwd=port).returncode == 0
    job = workflow(tmp_path)
    folder = job["defaults"]["run"]["working-directory"]
    assert folder == "engines/port"
    commands = [step["run"] for step in job["steps"] if "run" in step]
    script = "\n".join(['pip() { echo "pip $*"; }', *commands])
    done = subprocess.run(
        [BASH, "-e", "-c", script],
        cwd=tmp_path / folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.stdout.startswith(f"pip install parity-kit=={__version__}\n? unknown: ")
    assert done.returncode == 1, done.stderr
    kept = str(job["steps"][-1]["with"]["path"]).split()
    assert kept[:2] == ["engines/port/parity.xml", "engines/port/parity.sarif"]
    assert all((tmp_path / file).is_file() for file in kept[:2])
    left = subprocess.run(
        [GIT, "status", "--porcelain", "--untracked-files=all"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "parity.xml" not in left
    assert ".parity/" not in left
