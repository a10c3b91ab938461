"""The command line: quick help, clear errors for each wrong use, the documented exit codes."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import parity_kit, started

from parity_kit.contract import Case, CaseId, Operation, Returned, Subject, SubjectKind, run
from parity_kit.contract.casefile import CaseFile
from parity_kit.reference import Engine

ROOT = Path(__file__).parents[2]
LIBRARIES = ("langgraph", "hypothesis", "pandas", "matplotlib", "rich", "jinja2", "numpy")
LOADED_LATE = (*LIBRARIES, "json", "traceback", "parity_kit.contract.model")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    program = (
        "import sys\n"
        "from parity_kit.cli import cli\n"
        f"cli([{option!r}], standalone_mode=False)\n"
        f"print([name for name in {LOADED_LATE!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


def test_help_takes_little_more_than_its_library() -> None:
    def processor_seconds(*arguments: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    library = ["-c", "import click"]
    kit = ["-m", "parity_kit", "--help"]
    runs = [(processor_seconds(*kit), processor_seconds(*library)) for _ in range(5)]
    fastest, library_alone = (min(seconds) for seconds in zip(*runs, strict=True))
    assert fastest < 1.6 * library_alone  # it is 1.2


def commands() -> list[list[str]]:
    groups = {
        "fixtures": ["build", "check", "show", "diff"],
        "candidates": ["list", "new", "check"],
        "ledger": ["check", "propose"],
    }
    single = [
        "completion",
        "doctor",
        "run",
        "campaign",
        "bench",
        "report",
        "gate",
        "relay",
        "matrix",
        "selftest",
        "upstream",
        "conformance",
        "replay",
        "explain",
        "parity",
    ]
    return [[name] for name in single] + [[name, sub] for name in groups for sub in groups[name]]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help(command: list[str]) -> None:
    done = parity_kit(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert "--help" in done.stdout


WRONG = [
    (["fly"], "No such command"),
    (["run"], "Missing argument"),
    (["run", "pur"], "did you mean 'pure'?"),
    (["run", "pure", "--suite", "poetry"], "poetry"),
    (["run", "pure", "--examples", "0"], "must be at least 1"),
    (["run", "pure", "--workers", "0"], "'0' is neither auto nor a number above 0"),
    (["gate", "pure", "--workers", "many"], "'many' is neither auto nor"),
    (["gate", "pure", "--workers", "2", "--trace", "/dev/null"], "--trace logs one process"),
    (["campaign"], "Missing argument"),
    (["run", "pure", "--examples", "many"], "many"),
    (["gate", "pure", "--floor", "0"], "not in the range"),
    (["parity", "--pairs", "-1"], "not in the range"),
    (["gate", "nobody"], "no candidate 'nobody'"),
    (["gate", "pure", "--corpus", "nothing"], "nothing"),
    (["replay", "nowhere.case.msgpack"], "nowhere.case.msgpack"),
    (["explain", "README.md"], "not a case file"),
    (["report", "no-such-run"], "no-such-run"),
    (["fixtures", "show", "graphs/line/nothing"], "graphs/line/nothing"),
    (["bench", "pure", "--workload", "nothing"], "nothing"),
    (["parity", "--examples", "0"], "must be at least 1"),
]


@pytest.mark.parametrize(
    ("arguments", "words"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG]
)
def test_wrong_use_is_reported_in_words_with_code_2(arguments: list[str], words: str) -> None:
    done = parity_kit(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_workspace_the_next_step_is_named(tmp_path: Path) -> None:
    done = parity_kit("run", "pure", cwd=tmp_path)
    assert done.returncode == 2
    assert "no parity.toml" in done.stderr
    assert "--workspace" in done.stderr


def small_workspace(base: Path, settings: bytes) -> None:
    """A workspace that has the bundled engine and the committed fixtures."""
    (base / "parity.toml").write_bytes(settings)
    for name in ("fixtures", "candidates", "generators"):
        (base / name).symlink_to(ROOT / name, target_is_directory=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "pure", "--suite", "codec", "--examples", "1"],
        ["parity", "--pairs", "0"],
        ["bench", "pure", "--quick"],
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, arguments: list[str]) -> None:
    small_workspace(tmp_path, b'ours = ["pure"]')
    (tmp_path / "reports").write_text("a file where a folder should be")
    done = parity_kit(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert str(tmp_path / "reports") in done.stderr
    assert "next:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [(b"ours = []", "lists no candidate"), (b'ours = ["\xe9"]', "is not UTF-8: byte 9 is 0xe9")],
)
def test_settings_that_name_nothing_are_reported(
    tmp_path: Path, settings: bytes, words: str
) -> None:
    small_workspace(tmp_path, settings)
    done = parity_kit("parity", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert str(tmp_path / "parity.toml") in done.stderr
    assert not (tmp_path / "reports").exists()


def test_a_run_that_is_stopped_says_what_is_left_of_it(tmp_path: Path) -> None:
    small_workspace(tmp_path, b"")
    with started("run", "pure", "--examples", "100000", cwd=tmp_path) as running:
        assert running.stdout is not None
        assert any("equal" in line for line in running.stdout), "it ended too soon"
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=20)
    assert running.returncode == 130
    (folder,) = (tmp_path / "reports").iterdir()
    assert f"parity-kit report {folder.name}" in stderr
    assert f"parity-kit run --resume {folder.name}" in stderr
    assert parity_kit("report", folder.name, cwd=tmp_path).returncode == 0


def test_a_candidate_that_breaks_down_throughout_could_not_be_judged(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    folder = tmp_path / "candidates" / "broken"
    folder.mkdir(parents=True)
    (folder / "candidate.toml").write_text(
        'name = "broken"\ntitle = "Broken"\nkind = "python"\nlanguage = "Python"\n'
        f'object = "from_fixtures:FailsThroughout"\npath = "{ROOT / "tests/unit/engines"}"\n'
    )
    done = parity_kit("run", "broken", "--suite", "codec", "--examples", "2", cwd=tmp_path)
    assert done.returncode == 3, done.stdout
    name = re.search(r"lockstep/codec/[0-9a-f]{12}", done.stdout)
    assert name, done.stdout
    error = f"failed on case {name[0]}: RuntimeError: no codec at 1704067200"
    lines = done.stdout.splitlines()
    assert f"broken ✕ crashed: 2 of 2 cases, first {name[0]}: {error}" in lines
    assert f"    crashed {error} (2 times)" in lines
    (raised,) = [line for line in lines if "raise RuntimeError(" in line]
    assert raised.startswith("      │ ")
    assert not any(line.strip() in ("reference", "candidate") for line in lines)
    assert "␊" not in done.stdout
    assert "wire" not in done.stdout, "the kit's own frames say nothing about an engine"


CLAIMS_ONLY = """
from parity_kit.contract import Description, Level, SubjectKind, UnsupportedSubjectError


class Engine:
    def describe(self):
        return Description("idle", "1", "Python", {SubjectKind.CODEC: Level.BYTES})

    def open(self, subject, pins):
        raise UnsupportedSubjectError("not yet")

    def measure(self, case, loops):
        raise UnsupportedSubjectError("not yet")
"""


def test_a_subject_that_is_claimed_and_never_compared_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").touch()
    folder = tmp_path / "candidates" / "idle"
    folder.mkdir(parents=True)
    (folder / "idle.py").write_text(CLAIMS_ONLY)
    (folder / "candidate.toml").write_text(
        'name = "idle"\ntitle = "Idle"\nkind = "python"\nlanguage = "Python"\n'
        'object = "idle:Engine"\n'
    )
    suites = ("--suite", "codec", "--suite", "channel")
    done = parity_kit("run", "idle", *suites, "--examples", "2", cwd=tmp_path)
    assert done.returncode == 3, done.stdout
    assert "codec is claimed, and 0 of 2 cases were compared" in done.stdout
    assert "idle ? unknown: 0 of 4 cases compared" in done.stdout
    assert "channel is claimed" not in done.stdout


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A case file in which the candidate's side was changed by hand."""
    subject = Subject(SubjectKind.CHANNEL, {"class": "LastValue", "type": "int"})
    operations = (Operation("update", {"values": [1]}), Operation("get"))
    case = Case(CaseId("by-hand"), subject, operations)
    ours = run(Engine(), case)
    path = tmp_path / "by-hand.case.msgpack"
    CaseFile(case, "pure", ours, (ours[0], Returned(2))).write(path)
    return path


def test_explain_names_the_place_and_gives_a_script(kept: Path) -> None:
    done = parity_kit("explain", str(kept))
    assert done.returncode == 0
    assert "operation 1 (get): value" in done.stdout
    assert "langgraph has 1 (positive fixint)" in done.stdout
    assert "pure has 2 (positive fixint)" in done.stdout
    script = kept.with_suffix(".py")
    assert parity_kit("explain", str(kept), "--script", str(script)).returncode == 0
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "operation 1: get\n1" in shown.stdout


def test_explain_for_machines(kept: Path) -> None:
    explained = json.loads(parity_kit("explain", str(kept), "--json").stdout)
    assert explained["headline"].startswith("operation 1 (get): value")
    assert "from langgraph.channels import LastValue" in explained["script"]


def test_replay_runs_both_engines_again(kept: Path) -> None:
    done = parity_kit("replay", str(kept))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal" in done.stdout
    again = json.loads(parity_kit("replay", str(kept), "--json").stdout)
    assert again["verdict"] == "equal"
    assert again["reference"] == again["outcomes"]


def test_a_folder_called_generators_is_no_sign_of_corpora(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").write_text("", encoding="utf-8")
    (tmp_path / "generators").mkdir()
    (tmp_path / "generators" / "names.py").write_text("def names(): ...\n", encoding="utf-8")
    done = parity_kit("gate", "pure", "--corpus", "channels", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = parity_kit("fixtures", "build", cwd=tmp_path)
    assert done.returncode == 2
    assert "a generator needs `def cases()" in done.stderr
    assert not (tmp_path / "fixtures").exists()


def test_a_workspace_without_generators_builds_no_empty_corpora(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").write_text("", encoding="utf-8")
    done = parity_kit("fixtures", "build", cwd=tmp_path)
    assert done.returncode == 2
    assert "no corpora of its own" in done.stderr
    assert "generators/NAME.py" in done.stderr
    assert not (tmp_path / "fixtures").exists()
