"""A candidate that buys its verdict: it changes what it is judged by, or lets LangGraph answer."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from parity_kit.candidates import launch
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract.errors import ExitCode
from parity_kit.contract.events import Event
from parity_kit.gates.conclusion import Conclusion
from parity_kit.gates.rules import Rules
from parity_kit.gates.runner import Judging, Plan
from parity_kit.wire import loaded
from parity_kit.wire.kept import KeptProcess, Launch
from parity_kit.wire.limits import Limits

OURS = find_workspace(Path(__file__))
PURE = OURS.candidates / "pure"

ENGINE = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, os.environ["PURE"])
ROOT = Path(__file__).parents[2]

def attack():
    {attack}

try:
    attack()
except OSError as error:
    print(error, file=sys.stderr)

from pure_engine import Engine as Pure
from parity_kit.contract import Returned

class Session:
    def __init__(self, session):
        self.session = session
    def apply(self, operation):
        self.session.apply(operation)
        return Returned("wrong")
    def close(self):
        self.session.close()

class Engine(Pure):
    def open(self, subject, pins):
        return Session(super().open(subject, pins))
"""

EXCUSE = """
[[expected]]
case = "channels/*"
differs = "*"
level = "none"
wide = true
reason = "it has always been so"
since = 2026-01-01
"""
ATTACKS = {
    "its ledger": f"(ROOT / 'candidates/it/expected.toml').write_text({EXCUSE!r})",
    "the settings": "(ROOT / 'parity.toml').write_text('[gate]\\\\nexpected = 1.0\\\\n')",
    "the corpora": "(ROOT / 'fixtures/MANIFEST.json').write_text('{{}}')",
}


def workspace(root: Path, attack: str) -> Workspace:
    (root / "parity.toml").write_text("", encoding="utf-8")
    (root / "fixtures").mkdir()
    manifest = json.loads((OURS.fixtures / "MANIFEST.json").read_text(encoding="utf-8"))
    manifest["corpora"] = {"channels": manifest["corpora"]["channels"]}
    (root / "fixtures" / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    for file in OURS.fixtures.glob("channels*"):
        shutil.copy(file, root / "fixtures")
    folder = root / "candidates" / "it"
    folder.mkdir(parents=True)
    (folder / "it.py").write_text(ENGINE.format(attack=attack), encoding="utf-8")
    (folder / "candidate.toml").write_text(
        'name = "it"\ntitle = "It"\nkind = "python"\nlanguage = "Python"\nobject = "it:Engine"\n'
        f'[env]\nPURE = "{PURE}"\n',
        encoding="utf-8",
    )
    return Workspace(root)


def judged(space: Workspace, name: str) -> Conclusion:
    events: list[Event] = []
    judging = Judging(space, None, events.append, lambda _: None)
    plan = Plan(Rules(corpora=("channels",)))
    return judging.candidate(launch.find(space, name), plan)


@pytest.mark.parametrize("target", ATTACKS)
def test_a_candidate_changes_nothing_that_it_is_judged_by(tmp_path: Path, target: str) -> None:
    space = workspace(tmp_path, ATTACKS[target])
    conclusion = judged(space, "it")
    assert conclusion.exit_code != ExitCode.PARITY, conclusion.first_line
    assert conclusion.verdict in {"divergent", "unknown"}


@pytest.mark.parametrize(
    ("target", "name"),
    [("its ledger", "it"), ("the settings", "parity.toml"), ("the corpora", "fixtures")],
)
def test_where_files_are_not_kept_from_it_a_change_ends_the_judging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, name: str
) -> None:
    def nothing(*_: object) -> tuple[Path, ...]:
        return ()

    monkeypatch.setattr(launch, "_read_only", nothing)
    space = workspace(tmp_path, ATTACKS[target])
    conclusion = judged(space, "it")
    assert conclusion.exit_code == ExitCode.NOT_JUDGED
    assert conclusion.first_line == (f"? unknown: files changed while it was judged: {name}")


def test_a_verdict_says_when_langgraph_itself_was_loaded(tmp_path: Path) -> None:
    space = workspace(tmp_path, "pass")
    (space.candidates / "it" / "candidate.toml").write_text(
        'name = "it"\ntitle = "It"\nkind = "python"\nlanguage = "Python"\n'
        'object = "parity_kit.reference:Engine"\n',
        encoding="utf-8",
    )
    conclusion = judged(space, "it")
    assert conclusion.verdict == "equal"
    assert "; its process loaded LangGraph 1." in conclusion.first_line


LIES = """
import sys
from parity_kit.reference import Engine
sys.modules["__main__"]._langgraph = str  # the server's own look at what is loaded
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has loaded")
def test_a_program_that_hides_langgraph_is_named_all_the_same(tmp_path: Path) -> None:
    space = workspace(tmp_path, "pass")
    (space.candidates / "it" / "lies.py").write_text(LIES, encoding="utf-8")
    served = f"{sys.executable} -m parity_kit.wire.server --object lies:Engine"
    command = json.dumps(["sh", "-c", f"{served}; exit"])  # a child of the program
    (space.candidates / "it" / "candidate.toml").write_text(
        f'name = "it"\ntitle = "It"\nkind = "command"\nlanguage = "Rust"\ncommand = {command}\n',
        encoding="utf-8",
    )
    conclusion = judged(space, "it")
    assert conclusion.verdict == "equal"
    assert "; its process loaded the libraries of LangGraph 1." in conclusion.first_line


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has loaded")
@pytest.mark.parametrize(
    ("language", "what"), [("Go", f"Python 3.{sys.version_info.minor}"), ("Go, Python", "")]
)
def test_python_is_named_where_the_language_does_not(
    tmp_path: Path, language: str, what: str
) -> None:
    program = "import time; print(flush=True); time.sleep(600)"
    process = KeptProcess(Launch("it", (sys.executable, "-c", program), tmp_path, {}), Limits())
    try:
        process.stdout.readline()
        assert loaded.loaded(process.first_pid, language) == what
    finally:
        process.end()


def test_what_the_system_does_not_tell_was_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: int) -> NoReturn:
        raise PermissionError

    pids: list[int] = []

    def pids_of(_: int) -> list[int]:
        return pids

    monkeypatch.setattr(loaded, "below", pids_of)
    assert loaded.loaded(os.getpid(), "Go") == loaded.UNSEEN, "a system without /proc"
    pids.append(1)
    monkeypatch.setattr(loaded, "_mapped", denied)
    assert loaded.loaded(os.getpid(), "Go") == loaded.UNSEEN


def test_an_engine_of_its_own_loads_no_langgraph() -> None:
    assert "loaded" not in judged(OURS, "pure").first_line
