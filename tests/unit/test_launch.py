"""From a manifest to a running engine, with real processes and real environments."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from parity_kit.candidates import environment
from parity_kit.candidates.checks import EASIEST, HARDER, Check
from parity_kit.candidates.inspection import check
from parity_kit.candidates.launch import find, missing, start
from parity_kit.candidates.manifest import PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    Operation,
    Outcome,
    Raised,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    run,
)
from parity_kit.contract.errors import (
    CandidateCrashedError,
    CandidateError,
    CandidateHungError,
    EnvironmentBuildError,
)
from parity_kit.reference import Engine

TALLY = Path(__file__).parent / "engines" / "tally.py"
HEAD = 'name = "mine"\ntitle = "Mine"\nlanguage = "Python"\n'
CASE = Case(CaseId("c"), Subject(SubjectKind.CODEC, {}), (Operation("add", {"amount": 1}),))


def make_workspace(base: Path, manifest: str, files: dict[str, str] | None = None) -> Workspace:
    folder = base / "candidates" / "mine"
    folder.mkdir(parents=True)
    (base / "parity.toml").touch()
    (folder / "candidate.toml").write_text(HEAD + manifest, encoding="utf-8")
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return Workspace(base)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("class Other: ...", r"engine.py defines no 'Engine'$"),
        ("import nowhere_at_all", r"No module named 'nowhere_at_all', .*engine.py, line 1$"),
        ("x = 1\nraise RuntimeError('boom')", r"RuntimeError: boom, .*engine.py, line 2$"),
        ("class Engine:\n    def __init__(self, x): ...", r"TypeError: .*argument: 'x'$"),
        ("class Engine: ...", r"not an engine: it has no method describe, open, measure$"),
        (
            "class Engine:\n    open = measure = print\n    def describe(self): return {}",
            r"returned a dict, not a parity_kit.contract.Description$",
        ),
    ],
)
def test_what_is_no_engine_is_reported_in_one_line(tmp_path: Path, code: str, message: str) -> None:
    manifest = 'kind = "python"\nobject = "engine:Engine"\n'
    workspace = make_workspace(tmp_path, manifest, {"engine.py": code})
    with pytest.raises(CandidateCrashedError, match=message) as caught:
        start(find(workspace, "mine"), workspace)
    assert "File " not in str(caught.value)


ANSWERS = """\
from parity_kit.contract import *
from parity_kit.contract import Event
class Session:
    def apply(self, operation): return {outcome}
    def close(self): pass
class Engine:
    def describe(self): return Description("mine", "1", "Python", {levels}, {engaged})
    def open(self, subject, pins): return {session}
    def measure(self, case, loops): return {nanoseconds}
"""
RIGHT = {
    "outcome": "Returned(1)",
    "levels": "{SubjectKind.CODEC: Level.BYTES}",
    "engaged": "{}",
    "session": "Session()",
    "nanoseconds": "1",
}
WRONG = [
    ("outcome", "None", "apply() of 'add' returned None, not a Returned, Raised or Unsupported"),
    ("outcome", "'text'", "apply() of 'add' returned a str, not a Returned"),
    ("outcome", "Returned", "apply() of 'add' returned a type, not a Returned"),
    ("outcome", "Returned(1, events=None)", "apply() of 'add' has None for `events`, not a tuple"),
    ("outcome", "Returned(1, events=('a',))", "has the event 'a', not an Event"),
    ("outcome", "Returned(1, events=(Event('a', None, 1),))", "has the event Event("),
    ("outcome", "Returned(1, stored=[])", "apply() of 'add' has a list for `stored`, not a dict"),
    ("outcome", "Returned(1, stored={'a': 'b'})", "stored.a: expected bytes, got str 'b'"),
    ("outcome", "Returned(object())", "TypeError"),
    ("outcome", "Unsupported(None)", "unsupported: expected a string, got None"),
    ("outcome", "Raised(ValueError, 'x')", "TypeError"),
    ("session", "None", "open() returned None, not a session with the method apply, close"),
    ("session", "7", "open() returned an int, not a session"),
    ("levels", "None", "describe() has None for `levels`, not a dict"),
    ("levels", "{'codec': Level.BYTES}", "not a SubjectKind and a Level"),
    ("engaged", "7", "describe() has an int for `engaged`, not a dict"),
    ("engaged", "{'f': -1}", "description.engaged.f: expected a non-negative integer, got -1"),
    ("nanoseconds", "1.5", "measure() returned a float, not an int of nanoseconds"),
    ("nanoseconds", "None", "measure() returned None, not an int of nanoseconds"),
]


def run_and_measure(workspace: Workspace) -> None:
    with start(find(workspace, "mine"), workspace) as engine:
        engine.run(CASE)
        engine.measure(CASE, 1)


@pytest.mark.parametrize(("part", "answer", "problem"), WRONG)
def test_a_wrong_type_is_named_where_it_is_returned(
    tmp_path: Path, part: str, answer: str, problem: str
) -> None:
    code = ANSWERS
    for name, text in (RIGHT | {part: answer}).items():
        code = code.replace(f"{{{name}}}", text)
    manifest = 'kind = "python"\nobject = "engine:Engine"\n'
    workspace = make_workspace(tmp_path, manifest, {"engine.py": code})
    with pytest.raises(CandidateError) as caught:
        run_and_measure(workspace)
    assert problem in str(caught.value)
    assert "AttributeError" not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (b"#!/no/such/shell\n", "an interpreter that is missing, '/no/such/shell': ./engine"),
        (b"#!/bin/sh\r\n", r"an interpreter that is missing, '/bin/sh\r': ./engine"),
        (b"\x7fELF nothing else", "Exec format error: ./engine"),
    ],
)
def test_a_program_that_cannot_be_started_is_explained(
    tmp_path: Path, script: bytes, problem: str
) -> None:
    workspace = make_workspace(tmp_path, 'kind = "command"\ncommand = ["./engine"]\n')
    program = tmp_path / "candidates" / "mine" / "engine"
    program.write_bytes(script)
    program.chmod(0o755)
    with pytest.raises(CandidateCrashedError) as caught:
        start(find(workspace, "mine"), workspace)
    assert problem in caught.value.problem
    assert "begins with `#!`" in caught.value.hint


def test_a_missing_object_is_reported_in_one_line(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, 'kind = "python"\nobject = "nowhere.at:Engine"\n')
    with pytest.raises(CandidateCrashedError, match=r"No module named 'nowhere' in the") as caught:
        start(find(workspace, "mine"), workspace)
    assert "File " not in str(caught.value)


def test_an_object_may_be_a_part_of_another(tmp_path: Path) -> None:
    manifest = 'kind = "python"\nobject = "tally:Box.Engine"\n'
    code = TALLY.read_text(encoding="utf-8") + "\n\nclass Box:\n    Engine = Engine\n"
    workspace = make_workspace(tmp_path, manifest, {"tally.py": code})
    with start(find(workspace, "mine"), workspace) as engine:
        assert engine.describe().name == "tally"


def test_python_candidate_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    manifest = 'kind = "python"\nobject = "tally:Engine"\npath = "code"\n'
    workspace = make_workspace(
        tmp_path, manifest, {"code/tally.py": TALLY.read_text(encoding="utf-8")}
    )
    progress: list[str] = []
    with start(find(workspace, "mine"), workspace, on_progress=progress.append) as engine:
        assert engine.run(CASE) == (Returned(1_704_067_201),)
        assert engine.describe().name == "tally"
    assert progress == ["mine: starting"]
    assert "tally" not in sys.modules


PROBE = """\
import json, os, sys
from pathlib import Path
import parity_kit.wire.server as server
from parity_kit.contract import Description
class Engine:
    def describe(self):
        path = os.environ["PYTHONPATH"].split(os.pathsep)
        link, seed = os.readlink("engine"), os.environ["SEED"]
        seen = [sorted(os.listdir(path[0])), link, seed, sys.argv[1:]]
        return Description("probe", json.dumps(seen), "Python", {})
source, sink = server._take_streams()
server.serve(server.Server(Engine()), source, sink)
"""


def test_command_runs_beside_links_to_its_folder_with_its_variables_and_the_kit_alone(
    tmp_path: Path,
) -> None:
    manifest = 'kind = "command"\ncommand = ["./engine", "--stdio"]\n[env]\nSEED = "7"\n'
    workspace = make_workspace(tmp_path, manifest, {"engine": f"#!{sys.executable}\n{PROBE}"})
    candidate = find(workspace, "mine")
    with start(candidate, workspace) as engine:
        beside, engine_file, seed, arguments = json.loads(engine.describe().version)
    # Whatever lies beside an installed parity_kit must not reach a candidate's path.
    assert beside == ["parity_kit"]
    assert Path(engine_file) == candidate.folder / "engine"
    assert (seed, arguments) == ("7", ["--stdio"])


def test_the_user_s_python_path_reaches_a_candidate_after_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "types_of_the_app.py").touch()
    (tmp_path / "app" / "helper.py").write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "app")
    manifest = 'kind = "python"\nobject = "tally:Engine"\n'
    code = TALLY.read_text(encoding="utf-8") + "\n\nimport helper, types_of_the_app\n"
    workspace = make_workspace(tmp_path, manifest, {"tally.py": code, "helper.py": ""})
    with start(find(workspace, "mine"), workspace) as engine:
        assert engine.describe().name == "tally"


def test_limit_of_the_manifest_holds(tmp_path: Path) -> None:
    manifest = 'kind = "python"\nobject = "slow:Engine"\n[limits]\nseconds = 0.3\n'
    slow = TALLY.read_text(encoding="utf-8").replace("self._total += amount", "while True: pass")
    workspace = make_workspace(tmp_path, manifest, {"slow.py": slow})
    with (
        start(find(workspace, "mine"), workspace) as engine,
        pytest.raises(CandidateHungError, match=r"within 0\.3 s"),
    ):
        engine.run(CASE)


def wheel(folder: Path) -> Path:
    """Make the smallest wheel there is, so that an environment can be built without an index."""
    file = folder / "tiny_part-1.0-py3-none-any.whl"
    info = "tiny_part-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny_part.py", "WORTH = 42\n")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-part\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file


def pip_workspace(base: Path, requirement: str) -> tuple[Workspace, PipSetup]:
    workspace = make_workspace(base, f'kind = "pip"\nrequirements = ["{requirement}"]\n')
    setup = find(workspace, "mine").setup
    assert isinstance(setup, PipSetup)
    return workspace, setup


def test_environment_is_made_once_and_again_after_a_killed_build(tmp_path: Path) -> None:
    workspace, setup = pip_workspace(tmp_path, f"tiny-part @ {wheel(tmp_path).as_uri()}")
    candidate = find(workspace, "mine")
    assert missing(candidate, workspace) == "environment not made yet"
    progress: list[str] = []
    python = environment.make(
        environment.of_candidate(candidate, setup), workspace, progress.append
    )
    assert missing(candidate, workspace) == ""
    assert progress[0] == "mine: making its environment"
    assert progress[-1] == "mine: its environment is ready"
    installed = next(python.parents[1].glob("lib/*/site-packages/tiny_part.py"))

    progress.clear()
    environment.make(environment.of_candidate(candidate, setup), workspace, progress.append)
    assert progress == []

    # What a killed build leaves: some files, and no marker.
    (python.parents[1] / "parity-kit.json").unlink()
    installed.unlink()
    environment.make(environment.of_candidate(candidate, setup), workspace, progress.append)
    assert installed.is_file()


def test_other_requirements_make_another_environment(tmp_path: Path) -> None:
    _, first = pip_workspace(tmp_path / "a", "tiny-part==1")
    workspace, second = pip_workspace(tmp_path / "b", "tiny-part==2")
    candidate = find(workspace, "mine")
    pythons = {
        environment.python_of(environment.of_candidate(candidate, setup), workspace)
        for setup in (first, second)
    }
    assert len(pythons) == 2


@pytest.mark.parametrize("with_uv", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_installer_that_fails_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_uv: bool
) -> None:
    if not with_uv:
        monkeypatch.setattr(environment, "find_uv", lambda: None)
    gone = (tmp_path / "gone-1.0-py3-none-any.whl").as_uri()
    workspace, setup = pip_workspace(tmp_path, f"gone @ {gone}")
    candidate = find(workspace, "mine")
    with pytest.raises(EnvironmentBuildError, match=r"gone-1\.0-py3-none-any\.whl"):
        environment.make(environment.of_candidate(candidate, setup), workspace, lambda _: None)
    assert not environment.is_ready(environment.of_candidate(candidate, setup), workspace)


@pytest.mark.skipif(shutil.which("false") is None, reason="needs the program `false`")
def test_candidate_that_ends_at_once_is_crashed(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, 'kind = "command"\ncommand = ["false"]\n')
    with pytest.raises(CandidateCrashedError, match="exit code 1 during the handshake"):
        start(find(workspace, "mine"), workspace)


def answer_with(outcome: Outcome, wanted: Check) -> str:
    return check(lambda case: (outcome,) * len(case.operations), wanted).result


def test_checks_know_right_from_wrong() -> None:
    small, allowed = EASIEST[0], EASIEST[1]
    assert answer_with(Returned(42), small) == "ok"
    assert answer_with(Returned(41), small) == "wrong"
    assert answer_with(Returned(1), allowed) == "wrong"
    assert answer_with(Raised("ValueError", "no"), small) == "wrong"
    assert answer_with(Unsupported("later"), small) == "unsupported"


def test_checks_hold_for_the_reference() -> None:
    engine = Engine()
    answers = [check(lambda case: run(engine, case), item) for item in EASIEST + HARDER]
    assert {answer.title: answer.detail for answer in answers if answer.result != "ok"} == {}
    assert {item.subject for item in EASIEST} == {item.subject for item in HARDER} == {*SubjectKind}
