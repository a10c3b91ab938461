"""Ctrl-C at any moment: exit code 130, no traceback, nothing left over, and how to resume."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from command_line import started

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.cli import interrupts
from parity_kit.cli.lifecycle import Run
from parity_kit.contract.events import RunStarted
from parity_kit.report.ci.files import Wanted

ROOT = find_workspace(Path(__file__)).root
SEED = 7
COMMANDS = {
    "gate": ("gate", "pure", "--suite", "codec=100", "--workers", "2"),
    "run": ("run", "pure", "--examples", "30"),
    "matrix": ("matrix", "pure"),
    "parity": ("parity", "--examples", "5", "--pairs", "0"),
}


def make_workspace(root: Path) -> Path:
    (root / "parity.toml").write_text('ours = ["pure"]\n', encoding="utf-8")
    (root / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)
    (root / "generators").symlink_to(ROOT / "generators", target_is_directory=True)
    return root


def interrupted(workspace: Path, arguments: tuple[str, ...], after: float) -> None:
    """Interrupt a command after so many seconds, and check what it leaves."""
    with started(*arguments, cwd=workspace) as running:
        time.sleep(after)
        process = psutil.Process(running.pid)
        family = process.children(recursive=True) if running.poll() is None else []
        began = running.poll() is None
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    moment = f"{' '.join(arguments)} after {after:.2f} s: {running.returncode}\n{out}{err}"
    if not began or running.returncode in {0, 1}:
        return  # it had ended, or was about to
    # The interpreter itself is interrupted before the kit's first line.
    assert running.returncode in {130, -signal.SIGINT}, moment
    if running.returncode == 130:
        assert "Traceback" not in err, moment
        assert "Exception ignored" not in err, moment
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, (moment, alive, gone)
    for folder in (workspace / "reports").glob("*"):
        lines = (folder / "journal.jsonl").read_bytes()
        assert b"\n" in lines, (moment, "a folder is left of a run that had not begun")
        assert f"parity-kit {arguments[0]} --resume {folder.name}" in err, moment
        shutil.rmtree(folder)


def moments(count: int, until: float) -> list[float]:
    rng = random.Random(SEED)
    return [until * (number + rng.random()) / count for number in range(count)]


@pytest.mark.parametrize("name", ["run", "gate"])
def test_an_interrupt_ends_a_command_cleanly(tmp_path: Path, name: str) -> None:
    workspace = make_workspace(tmp_path)
    for after in moments(2, 4.0):
        interrupted(workspace, COMMANDS[name], after)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_an_interrupt_at_any_of_four_moments_ends_a_command_cleanly(
    tmp_path: Path, name: str
) -> None:
    workspace = make_workspace(tmp_path)
    for after in moments(4, 15.0):
        interrupted(workspace, COMMANDS[name], after)


def test_an_interrupt_that_is_sent_twice_is_one(tmp_path: Path) -> None:
    """As `timeout -s INT` does it: to the process, and to its group."""
    with started(*COMMANDS["run"], cwd=make_workspace(tmp_path)) as running:
        time.sleep(4)
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert err.endswith("interrupted\n")


def test_an_interrupt_that_became_another_error_says_how_to_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parity.toml").touch()
    asked = {"command": "run"}
    started = RunStarted("", "1", {}, {}, 0, ["pure"], [], asked, {})
    happened: Callable[[], bool] = lambda: True  # noqa: E731  # typed, for the monkeypatch
    monkeypatch.setattr(interrupts, "happened", happened)
    with (
        pytest.raises(OSError, match="a closed pipe"),
        Run(Workspace(tmp_path), started, Wanted(), label="pure"),
    ):
        raise OSError("a closed pipe")
    assert "to resume:    parity-kit run --resume " in capsys.readouterr().err
