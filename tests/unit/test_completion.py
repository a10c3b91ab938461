"""Shell completion: asked of a real bash, with the script that the command prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from command_line import parity_kit

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import CaseId
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.imported import ImportWriter

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash")
PROGRAM = Path(sys.executable).with_name("parity-kit")
ASK = """
eval "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_parity_kit_completion "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""

pytestmark = [
    pytest.mark.skipif(BASH is None, reason="no bash is installed"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="parity-kit is not beside this Python"),
]


@cache
def completion_script(shell: str) -> str:
    return parity_kit("completion", shell).stdout


def completed(*words: str, cwd: Path = ROOT) -> list[str]:
    """Return what bash would offer for the last word."""
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [BASH or "bash", "--noprofile", "--norc", "-c", ASK, "bash", "parity-kit", *words],
        cwd=cwd,
        env={**os.environ, "PATH": path, "SCRIPT": completion_script("bash")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ga"], ["gate"]),
        (["fixtures", "sh"], ["show"]),
        (["gate", "pu"], ["pure", "pure-inside"]),
        (["run", "langgraph-1.0"], ["langgraph-1.0.10"]),
        (["gate", "pure", "--corpus", "chan"], ["channels"]),
        (["gate", "pure", "--suite", "co"], ["codec=200"]),
        (["run", "pure", "--suite", "sav"], ["saver"]),
        (["fixtures", "check", "msg"], ["msgpack"]),
        (["fixtures", "show", "graphs/line/unknown-f"], ["graphs/line/unknown-field-ignored"]),
        (["gate", "pure", "--jun"], ["--junit"]),
        (["completion", "z"], ["zsh"]),
        (["docs", "tut"], ["tutorial"]),
    ],
    ids=" ".join,
)
def test_bash_offers(words: list[str], offered: list[str]) -> None:
    assert completed(*words) == offered


def test_every_command_is_offered() -> None:
    assert {"run", "gate", "parity", "doctor", "completion"} <= set(completed(""))


def test_names_are_those_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    (tmp_path / "candidates" / "mine").mkdir(parents=True)
    (tmp_path / "candidates" / "mine" / "candidate.toml").touch()
    (tmp_path / "reports" / "20260101-mine").mkdir(parents=True)
    (tmp_path / "reports" / "20260101-mine" / "journal.jsonl").touch()
    assert completed("gate", "", cwd=tmp_path) == ["mine", "pure"]
    assert completed("run", "--resume", "2026", cwd=tmp_path) == ["20260101-mine"]


def test_ids_of_imported_corpora_are_offered(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    (corpus,) = read_corpora(ROOT / "fixtures", ["channels"])
    with ImportWriter(Workspace(tmp_path).imported / "own", "own") as writer:
        for number, trace in enumerate(corpus.traces[:3]):
            case = replace(trace.case, id=CaseId(f"own/write/{number}"))
            writer.add(replace(trace, case=case))
        writer.finish({})
    offered = completed("fixtures", "show", "own/", cwd=tmp_path)
    assert offered == [f"own/write/{number}" for number in range(3)]
    assert completed("fixtures", "show", "own/write/2", cwd=tmp_path) == ["own/write/2"]


def test_outside_a_workspace_nothing_is_offered_and_nothing_is_printed(tmp_path: Path) -> None:
    assert completed("gate", "pu", cwd=tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_one_its_shell_reads(shell: str) -> None:
    script = completion_script(shell)
    assert "_PARITY_KIT_COMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} is installed to read it")
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_completing_a_name_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM],
        cwd=ROOT,
        env={
            **os.environ,
            "_PARITY_KIT_COMPLETE": "bash_complete",
            "COMP_WORDS": "parity-kit\nfixtures\nshow\ngraphs/",
            "COMP_CWORD": "3",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "plain,graphs/line/invoke" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = ("langgraph", "hypothesis", "pandas", "matplotlib", "rich", "jinja2", "numpy")
    assert not loaded & {*heavy}
