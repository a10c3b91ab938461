"""An import that replaces another and is killed leaves the old corpus or the new one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract import Trace
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.imported import ImportWriter, read_imported
from parity_kit.corpora.manifest import MANIFEST

FIXTURES = Path(__file__).parents[2] / "fixtures"
KILLED = 9
_STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


def write(workspace: Workspace, traces: tuple[Trace, ...]) -> None:
    with ImportWriter(workspace.imported / "own", "own") as writer:
        for trace in traces:
            writer.add(trace)
        writer.finish({"types": []})


def killed_at(step: int, workspace: Workspace, traces: tuple[Trace, ...]) -> bool:
    """Write a corpus in a process that ends at a step on disk; return whether it came so far."""
    child = os.fork()
    if not child:
        steps = 0

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal steps
            if event in _STEPS and str(workspace.imported) in str(arguments[0]):
                steps += 1
                if steps == step:
                    os._exit(KILLED)

        sys.addaudithook(count)
        write(workspace, traces)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def test_a_kill_at_any_step_leaves_the_old_corpus_or_the_new_one(workspace: Workspace) -> None:
    (corpus,) = read_corpora(FIXTURES, ["channels"])
    old, new = corpus.traces[:3], corpus.traces[2:6]
    left: list[bool] = []
    step = 0
    while True:
        write(workspace, old)
        step += 1
        if not killed_at(step, workspace, new):
            break
        found = tuple(read_imported(workspace, "own").traces)
        assert found in (old, new), step
        left.append(found == new)
    assert set(left) == {False, True}
    assert left == sorted(left), "it changes once"
    assert tuple(read_imported(workspace, "own").traces) == new
    folder = workspace.imported / "own"
    assert len(list(folder.iterdir())) == 3, "no file of the corpus before is left"
    assert [path.name for path in workspace.imported.iterdir()] == ["own"]


def test_a_first_import_that_is_killed_is_no_corpus(workspace: Workspace) -> None:
    (corpus,) = read_corpora(FIXTURES, ["channels"])
    step = 0
    while killed_at(step := step + 1, workspace, corpus.traces[:2]):
        folder = workspace.imported / "own"
        if (folder / MANIFEST).exists():
            assert tuple(read_imported(workspace, "own").traces) == corpus.traces[:2]
            (folder / MANIFEST).unlink()
    assert step > 5


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_import_that_breaks_off_says_which_corpus_is_there(
    workspace: Workspace,
    database: Path,
    call: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    call("import", "--sqlite", database)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(ImportWriter, "finish", broken)
    args = ["import", "--sqlite", str(database), "--replace", "--workspace", str(workspace.root)]
    result = CliRunner().invoke(command, args, standalone_mode=False)
    assert result.exception is not None
    assert f"imported:own is as it was: {workspace.imported / 'own'}" in result.stderr
