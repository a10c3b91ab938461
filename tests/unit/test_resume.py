"""A run that is killed goes on and ends in the report of one that nobody disturbed.

Left out of the comparison are times (`seconds`, `start_seconds`) and the run's name, which is when
it began; nothing else is.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from parity_kit.candidates.manifest import load
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.parity import command as parity
from parity_kit.cli.run import command as run
from parity_kit.contract.errors import BadFileError, UsageError
from parity_kit.contract.events import event_from_json
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.resume import made_of
from parity_kit.report.write import write_data

ROOT = Path(__file__).parents[2]
ENGINES = Path(__file__).parent / "engines"
TIMES = {"seconds", "start_seconds"}
SEED = 20


def make_workspace(root: Path, *corpora: str) -> Path:
    """A workspace of its own corpora, with `pure`, and a candidate that is one byte off."""
    (root / "parity.toml").write_text('ours = ["pure"]\nothers = ["off"]\n', encoding="utf-8")
    (root / "fixtures").mkdir()
    content = json.loads((ROOT / "fixtures" / "MANIFEST.json").read_text(encoding="utf-8"))
    content["corpora"] = {name: content["corpora"][name] for name in corpora}
    (root / "fixtures" / "MANIFEST.json").write_text(json.dumps(content), encoding="utf-8")
    (root / "generators").mkdir()
    for name in corpora:
        shutil.copy(ROOT / "fixtures" / f"{name}.msgpack", root / "fixtures")
    for path in (ROOT / "generators").glob("*.py"):
        if path.name.startswith("_") or path.stem in corpora:
            shutil.copy(path, root / "generators")
    folder = root / "candidates" / "off"
    folder.mkdir(parents=True)
    (folder / "candidate.toml").write_text(
        'name = "off"\ntitle = "One byte off"\nkind = "python"\nlanguage = "Python"\n'
        f'object = "from_fixtures:OneByteOff"\npath = "{ENGINES}"\n'
        f'[env]\nPARITY_KIT_TEST_FIXTURES = "{root / "fixtures"}"\n',
        encoding="utf-8",
    )
    return root


def untimed(value: Any) -> Any:
    """Return a report's content without what may differ."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: untimed(entry) for key, entry in fields.items() if key not in TIMES}
    return (
        [untimed(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
    )


def report_of(folder: Path) -> dict[str, Any]:
    report = untimed(write_data(folder))
    del report["run"]["name"]
    return report


def invoke(command: Any, workspace: Path, *arguments: str) -> Result:
    words = [*arguments, "--workspace", str(workspace), "--json"]
    return CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)


class Undisturbed:
    """A run that nobody stops: its arguments, its journal and its report."""

    def __init__(self, workspace: Path, command: Any, *arguments: str) -> None:
        self.workspace, self.command = workspace, command
        self.result = invoke(command, workspace, *arguments)
        (self.folder,) = (workspace / "reports").iterdir()
        self.journal = (self.folder / "journal.jsonl").read_bytes()
        self.report = report_of(self.folder)
        self.lines = self.journal.splitlines(keepends=True)
        self.files = {path: path.read_bytes() for path in (self.folder / "cases").glob("*")}

    def cut_to(self, size: int) -> Path:
        """Leave of the run what it had written when its journal had so many bytes."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        (self.folder / "journal.jsonl").write_bytes(self.journal[:size])
        (self.folder / "cases").mkdir()
        for path, content in self.files.items():  # a file is written before the line that names it
            if path.name.encode() in self.journal[:size]:
                path.write_bytes(content)
        return self.folder

    def resume(self) -> Result:
        return invoke(self.command, self.workspace, "--resume", self.folder.name)


ARGUMENTS = ("--suite", "corpora", "--suite", "codec", "--suite", "channel", "--examples", "10")


@pytest.fixture(scope="module", params=["pure", "off"])
def undisturbed(
    request: pytest.FixtureRequest, tmp_path_factory: Any, some_corpora: Callable[..., object]
) -> Undisturbed:
    workspace = make_workspace(tmp_path_factory.mktemp("space"))
    some_corpora(workspace, "channels", "savers", every=8)
    return Undisturbed(workspace, run, request.param, *ARGUMENTS)


def cuts(undisturbed: Undisturbed, count: int) -> Iterator[int]:
    """Yield seeded places in the journal: in the midst of lines, and the ends of some."""
    rng = random.Random(SEED)
    first = len(undisturbed.lines[0])
    for _ in range(count):
        yield rng.randrange(first, len(undisturbed.journal))
    for index in rng.sample(range(1, len(undisturbed.lines)), count):
        yield sum(map(len, undisturbed.lines[:index]))


def test_wherever_the_journal_ends_the_report_is_the_same(undisturbed: Undisturbed) -> None:
    for size in cuts(undisturbed, 1):
        folder = undisturbed.cut_to(size)
        again = undisturbed.resume()
        assert again.return_value == undisturbed.result.return_value, again.output
        assert "resuming; already judged: " in again.output
        assert report_of(folder) == undisturbed.report, f"the journal was cut at {size}"
        names = [path.name for path in (folder / "cases").glob("*")]
        files = [
            divergence["file"] for divergence in undisturbed.report["candidates"][0]["divergences"]
        ]
        assert sorted(f"cases/{name}" for name in names) == sorted(files)


def test_what_was_judged_is_not_judged_again(undisturbed: Undisturbed) -> None:
    size = len(undisturbed.journal) - len(undisturbed.lines[-1])
    folder = undisturbed.cut_to(size)
    undisturbed.resume()
    lines = (folder / "journal.jsonl").read_bytes().splitlines()
    again = [json.loads(line) for line in lines[len(undisturbed.lines) - 1 :]]
    # Times tell what was only told again: they are the first leg's to the last digit.
    before = [json.loads(line) for line in undisturbed.lines]
    assert again[1:-1] == before[1:-1]


def test_a_last_line_that_was_cut_off_does_not_spoil_what_comes_after(
    undisturbed: Undisturbed,
) -> None:
    folder = undisturbed.cut_to(len(undisturbed.journal) // 2)
    undisturbed.resume()
    for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        event_from_json(json.loads(line))


@pytest.mark.slow
def test_the_whole_path_is_resumed_too(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "channels")
    path = Undisturbed(workspace, parity, "--examples", "3", "--pairs", "0")
    assert path.report["candidates"][1]["divergences"]
    for size in cuts(path, 2):
        folder = path.cut_to(size)
        assert path.resume().return_value == path.result.return_value
        assert report_of(folder) == path.report, f"the journal was cut at {size}"


@pytest.mark.parametrize("undisturbed", ["pure"], indirect=True)
def test_a_failure_that_was_seen_before_the_run_was_stopped_is_not_forgotten(
    undisturbed: Undisturbed,
) -> None:
    """A case that failed and now passes is flaky, on whichever side of the interruption."""
    failed = next(line for line in undisturbed.lines if b'"CaseJudged"' in line)
    line = json.loads(failed) | {"verdict": "divergent", "reached": "none", "said": "it differed"}
    folder = undisturbed.cut_to(len(undisturbed.lines[0]))
    with (folder / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(line) + "\n")
    assert undisturbed.resume().return_value == 1
    (divergence,) = report_of(folder)["candidates"][0]["divergences"]
    assert (divergence["case"], divergence["verdict"]) == (line["case"], "flaky")
    assert "it differed; run again: equal" in divergence["headline"]


@pytest.mark.parametrize("undisturbed", ["off"], indirect=True)
def test_a_run_is_resumed_only_as_what_it_was(undisturbed: Undisturbed) -> None:
    folder = undisturbed.cut_to(len(undisturbed.journal) // 2)
    workspace, name = undisturbed.workspace, folder.name
    before = (folder / "journal.jsonl").read_bytes()
    with pytest.raises(UsageError, match="is not a run of `parity-kit parity`"):
        invoke(parity, workspace, "--resume", name)
    with pytest.raises(UsageError, match="examples was given when the run began"):
        invoke(run, workspace, "--resume", name, "--examples", "7")
    with pytest.raises(BadFileError, match="no run 'another'"):
        invoke(run, workspace, "--resume", "another")
    changed = workspace / "candidates" / "off" / "more.py"
    changed.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be resumed: off changed since it began"):
        undisturbed.resume()
    changed.unlink()
    settings = workspace / "parity.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\n# looked at again\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"parity.toml changed since it began"):
        undisturbed.resume()
    settings.write_text(text, encoding="utf-8")
    assert (folder / "journal.jsonl").read_bytes() == before


def test_a_candidate_is_known_by_all_that_its_manifest_points_at(tmp_path: Path) -> None:
    workspace, folder = Workspace(tmp_path), tmp_path / "candidates" / "mine"
    source = tmp_path / "source"
    for item in (folder, source / "__pycache__"):
        item.mkdir(parents=True)
    (source / "engine.py").write_text("1", encoding="utf-8")
    head = 'name = "mine"\ntitle = "Mine"\nlanguage = "Python"\nkind = "python"\n'
    where = 'object = "engine:Engine"\npath = "../../source"\n'
    (folder / "candidate.toml").write_text(head + where, encoding="utf-8")

    def known() -> str:
        return made_of(workspace, [load(folder)])["mine"]

    first = known()
    (source / "__pycache__" / "engine.pyc").write_text("made", encoding="utf-8")
    (source / "notes.txt").write_text("of no interest", encoding="utf-8")
    assert known() == first
    (source / "engine.py").write_text("2", encoding="utf-8")
    assert known() not in {first, ""}
    second = known()
    (folder / "expected.toml").write_text("", encoding="utf-8")
    assert known() not in {first, second}


def test_a_run_that_never_began_has_nothing_to_go_on_from(undisturbed: Undisturbed) -> None:
    undisturbed.cut_to(20)
    with pytest.raises(BadFileError, match="was stopped before it began"):
        undisturbed.resume()


def kit(workspace: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "parity_kit", *arguments]
    return subprocess.Popen(
        command, cwd=workspace, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def killed(workspace: Path, arguments: tuple[str, ...], after: float) -> float:
    """Kill a run so many seconds after its start, or sooner if it ends by then; return when."""
    while True:
        shutil.rmtree(workspace / "reports", ignore_errors=True)
        running = kit(workspace, "run", *arguments)
        try:
            running.wait(timeout=after)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            return after
        after /= 2


def resumed(workspace: Path, arguments: tuple[str, ...]) -> tuple[Path, str]:
    """Go on with the run that was killed, and return its folder and where it stood.

    One that was killed before its journal's first line is begun anew: there is nothing of it.
    """
    journals = (workspace / "reports").glob("*/journal.jsonl")
    if begun := [journal for journal in journals if b"\n" in journal.read_bytes()]:
        state = f"at {begun[0].stat().st_size} bytes"
        again = kit(workspace, "run", "--resume", begun[0].parent.name)
    else:
        state = "before it began"
        shutil.rmtree(workspace / "reports", ignore_errors=True)
        again = kit(workspace, "run", *arguments)
    assert again.wait(timeout=600) in {0, 1}
    (folder,) = (workspace / "reports").iterdir()
    return folder, state


def undisturbed_times(workspace: Path, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Return how long a run takes to its journal's first line, and to its end."""
    started = time.monotonic()
    running = kit(workspace, "run", *arguments)
    began = 0.0
    while running.poll() is None:
        if not began and any((workspace / "reports").glob("*/journal.jsonl")):
            began = time.monotonic() - started
        time.sleep(0.005)
    assert running.returncode in {0, 1}
    return began, time.monotonic() - started


def survives(workspace: Path, arguments: tuple[str, ...], moments: int) -> None:
    """Kill a run at seeded moments, spread over what it takes undisturbed."""
    began, took = undisturbed_times(workspace, arguments)
    (folder,) = (workspace / "reports").iterdir()
    expected = report_of(folder)
    rng = random.Random(SEED)
    early = 0.9 * began  # what is killed before this has nothing to go on from
    for number in range(moments):
        # One moment in each part of equal length: seeded, and spread.
        after = early + (took - early) * (number + rng.random()) / moments
        after = killed(workspace, arguments, after)
        folder, state = resumed(workspace, arguments)
        message = f"killed after {after:.2f} of {took:.2f} s, {state}"
        print(message)  # noqa: T201  # shown if it fails, and by -s
        assert report_of(folder) == expected, message


@pytest.mark.slow
def test_a_run_of_the_corpora_survives_being_killed(tmp_path: Path) -> None:
    survives(make_workspace(tmp_path, "channels"), ("off", "--suite", "corpora"), 3)


@pytest.mark.slow
def test_a_whole_run_survives_being_killed(
    tmp_path: Path, some_corpora: Callable[..., object]
) -> None:
    workspace = make_workspace(tmp_path)
    some_corpora(workspace, *read_manifest(ROOT / "fixtures").corpora, every=5)
    survives(workspace, ("pure", "--examples", "20"), 3)
