"""Instructions a call: by difference, only where outcomes are equal, skipped by name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Self

import pytest

from parity_kit.bench import instructions
from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Returned
from parity_kit.contract.errors import UsageError

# Starting takes 7000 instructions, the first call 500, and every other one 30.
VALGRIND = """#!{python}
import os, sys
assert "--cache-sim=no" in sys.argv and os.environ["PYTHONHASHSEED"] == "0"
sys.stderr.write(f"==1== I   refs:      {{7500 + 30 * (int(sys.argv[-1]) - 1):,}}\\n")
sys.exit({code})
"""


class _Answering:
    """An engine that answers every case with the same."""

    def __init__(self, *outcomes: Any) -> None:
        self._outcomes = outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, _: object) -> tuple[Any, ...]:
        return self._outcomes


def _count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *answer: Any, code: int = 0
) -> list[instructions.Count]:
    valgrind = tmp_path / "valgrind"
    valgrind.write_text(VALGRIND.format(python=sys.executable, code=code), encoding="utf-8")
    valgrind.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(instructions, "in_process", _Answering)

    def start(*_: object, **__: object) -> _Answering:
        return _Answering(*answer)

    monkeypatch.setattr(instructions, "start", start)
    workspace = Workspace(tmp_path)
    return instructions.count(workspace, find(workspace, "pure"), ["sequential-5"], print)


def test_starting_and_the_first_call_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _count(tmp_path, monkeypatch) == [instructions.Count("sequential-5", 30, 30)]


def test_nothing_is_counted_where_outcomes_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = _count(tmp_path, monkeypatch, Returned(1))
    assert (row.reference, row.candidate, row.detail) == (None, None, "the outcomes differ")


def test_a_failing_cachegrind_is_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="cachegrind ended with 3 on sequential-5"):
        _count(tmp_path, monkeypatch, code=3)


def test_without_valgrind_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    workspace = Workspace(tmp_path)
    with pytest.raises(UsageError, match="no program valgrind"):
        instructions.count(workspace, find(workspace, "pure"), [], print)
