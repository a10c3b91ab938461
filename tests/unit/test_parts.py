"""Where an engine's time goes, part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_kit.bench.parts import measure
from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace

ROOT = Path(__file__).parents[2]
FAULTY = """
from parity_kit.contract import UnsupportedSubjectError
from parity_kit.reference import Engine as Reference

class Engine(Reference):
    def measure(self, case, loops):
        if case.subject.spec.get("saver"):
            raise UnsupportedSubjectError("no clock")
        return super().measure(case, loops)
"""


def test_every_part_of_an_equal_engine_has_its_time() -> None:
    workspace = Workspace(ROOT)
    parts = {part.name: part for part in measure(workspace, find(workspace, "pure"), print, 1)}

    assert [*parts] == ["compile", "run", "store", "serialize", "wire"]
    for name in ("compile", "run", "serialize"):
        assert (parts[name].reference or 0) > 0
        assert (parts[name].candidate or 0) > 0
    assert parts["store"].candidate is not None
    assert (parts["wire"].candidate or 0) > 0


@pytest.mark.slow
def test_a_part_that_is_not_timed_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "candidates" / "faulty"
    folder.mkdir(parents=True)
    (folder / "faulty_engine.py").write_text(FAULTY, encoding="utf-8")
    (folder / "candidate.toml").write_text(
        'name = "faulty"\ntitle = "faulty"\nkind = "python"\nlanguage = "Python"\n'
        'object = "faulty_engine:Engine"\n',
        encoding="utf-8",
    )
    workspace = Workspace(tmp_path)
    parts = {part.name: part for part in measure(workspace, find(workspace, "faulty"), print, 1)}

    assert (parts["store"].candidate, parts["store"].detail) == (None, "not timed: no clock")
    assert parts["run"].candidate is not None
