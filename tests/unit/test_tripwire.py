"""`parity-kit bench --against`: base and head in one session, on one host."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parity_kit.bench import begun, results
from parity_kit.bench.base import find_base
from parity_kit.bench.results import Pairs
from parity_kit.bench.statistics import Pair
from parity_kit.bench.tripwire import Trip, judge
from parity_kit.candidates import manifest
from parity_kit.candidates.workspace import Workspace
from parity_kit.cli import cli
from parity_kit.contract.errors import ExitCode, UsageError

NAME = "port"
ENGINE = "from parity_kit.reference import Engine\n"
SLOW = (
    "import time\n"
    "from parity_kit.reference import Engine as Reference\n"
    "class Engine(Reference):\n"
    "    def measure(self, case, loops):\n"
    "        return 3 * super().measure(case, loops)\n"
)


def _candidate(root: Path, source: str, name: str = NAME) -> Path:
    folder = root / "candidates" / name
    folder.mkdir(parents=True)
    (root / "parity.toml").write_text(f'ours = ["{NAME}"]\n', encoding="utf-8")
    (folder / "engine_of_port.py").write_text(source, encoding="utf-8")
    (folder / "candidate.toml").write_text(
        f'name = "{name}"\ntitle = "port"\nkind = "python"\nlanguage = "Python"\n'
        'object = "engine_of_port:Engine"\n',
        encoding="utf-8",
    )
    return folder


def _pairs(*ratios: float) -> Pairs:
    """Pairs in which the head takes so many times as long as the base."""
    return Pairs({number: Pair(1.0, ratio) for number, ratio in enumerate(ratios)})


@pytest.mark.parametrize(
    ("head", "control", "trip"),
    [
        ([1.3, 1.4, 1.35, 1.31, 1.5, 1.33], [1.0] * 6, Trip.SLOWER),
        ([1.3, 1.4, 1.35, 1.31, 1.5, 1.33], [1.0, 0.7, 1.4, 1.1, 1.0, 1.0], Trip.NOISY),
        ([1.3, 1.4, 1.35, 1.31, 1.5, 1.33], [], Trip.NOISY),
        ([1.2, 1.4, 1.35, 1.31, 1.5, 1.33], [1.0] * 6, Trip.UNDECIDED),
        ([1.1, 1.2, 1.15, 1.24, 1.0, 0.9], [1.0] * 6, Trip.WITHIN),
        ([0.5] * 6, [1.0] * 6, Trip.WITHIN),
        ([3.0] * 5, [1.0] * 6, Trip.UNDECIDED),
        ([], [1.0] * 6, Trip.NOT_COMPARABLE),
    ],
)
def test_only_an_interval_wholly_beyond_the_tolerance_trips(
    head: list[float], control: list[float], trip: Trip
) -> None:
    assert judge("work", _pairs(*head), _pairs(*control), 0.25).trip is trip


def test_a_base_is_a_candidate_a_folder_a_workspace_or_a_git_ref(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "here")
    head = manifest.load(_candidate(workspace.root, ENGINE))
    there = _candidate(tmp_path / "there", ENGINE)
    git = shutil.which("git") or pytest.skip("git is missing")
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"], ["tag", "v1"]):
        subprocess.run([git, *identity, *arguments], cwd=workspace.root, check=True)

    assert find_base(workspace, head, NAME) == head.folder
    assert find_base(workspace, head, str(there)) == there
    assert find_base(workspace, head, str(there.parents[1])) == there
    of_tag = find_base(workspace, head, "v1")
    assert of_tag.is_relative_to(workspace.cache)
    assert manifest.load(of_tag).setup != head.setup
    with pytest.raises(UsageError, match="no candidate, folder or git ref 'v2'"):
        find_base(workspace, head, "v2")


def test_an_earlier_session_is_no_base(tmp_path: Path) -> None:
    head = manifest.load(_candidate(tmp_path, ENGINE))
    (tmp_path / "session.json").touch()

    with pytest.raises(UsageError, match="another moment and perhaps of another host"):
        find_base(Workspace(tmp_path), head, str(tmp_path))


def test_a_base_that_would_run_the_heads_code_is_refused(tmp_path: Path) -> None:
    head = manifest.load(_candidate(tmp_path / "here", ENGINE))
    there = _candidate(tmp_path / "there", ENGINE)
    (there / "engine_of_port.py").unlink()

    with pytest.raises(UsageError, match="would both run the installed one"):
        find_base(Workspace(tmp_path / "here"), head, str(there))


def _bench(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bench", *arguments], standalone_mode=False)


@pytest.mark.slow
def test_base_and_head_are_measured_in_one_session_on_one_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begun, "VALUE_SECONDS", 0.002)
    monkeypatch.setattr(results, "MAX_STEAL", 1.0)
    here, there = tmp_path / "here", tmp_path / "there"
    _candidate(here, SLOW)
    _candidate(there, ENGINE)
    where = ["--workspace", str(here), "--workload", "channels-binop"]

    result = _bench(*where, "--against", str(there), "--pairs", "1", "--json")
    output = json.loads(result.stdout)
    (row,) = output["rows"]

    assert (result.return_value, row["trip"]) == (ExitCode.PARITY, "undecided"), "one pair"
    assert row["measured"]["ratio"] > 1.5
    session = Path(output["folder"]) / "session.json"
    moved = json.loads(session.read_text("utf-8")) | {"host": "another"}
    session.write_text(json.dumps(moved), encoding="utf-8")
    resumed = _bench(*where[:2], "--resume", output["folder"])
    assert isinstance(resumed.exception, UsageError)
    assert "began on another host" in str(resumed.exception)
