"""`candidates new`: a folder that works at once, in each language whose toolchain is here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parity_kit import workspace
from parity_kit.candidates import building, launch, scaffold
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.errors import ExitCode, UsageError
from parity_kit.workspace import Workspace

SPACE = workspace.find(Path(__file__))
ROOT, FIXTURES = SPACE.root, SPACE.fixtures
FIRST_CODEC = Path(__file__).parent / "engines" / "first_codec.py"
SLOW = {"java", "rust"}
NAME = "a-port.2"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    (tmp_path / "parity.toml").touch()
    (tmp_path / "fixtures").symlink_to(FIXTURES)
    return Workspace(tmp_path)


def parity_kit(space: Workspace, *arguments: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "parity_kit", *arguments, "--json"],
        cwd=space.root,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "null")


@pytest.mark.parametrize(
    "language",
    [
        pytest.param(each, marks=pytest.mark.slow) if each in SLOW else each
        for each in scaffold.languages()
    ],
)
def test_a_new_candidate_works_at_once(space: Workspace, language: str) -> None:
    scaffold.new(space, NAME, language)
    setup = launch.find(space, NAME).setup
    if isinstance(setup, CommandSetup) and (absent := building.absent(setup)):
        pytest.skip(f"no {', '.join(absent)} on this machine")
    code, said = parity_kit(space, "candidates", "check", NAME)
    (checked,) = said["candidates"]
    assert (code, checked["error"], checked["says"]["name"]) == (0, None, NAME)
    results = {each["result"] for each in checked["checks"]}
    assert results == {"ok", "unsupported"}
    code, said = parity_kit(space, "gate", NAME, "--corpus", "msgpack")
    assert code == ExitCode.PARITY
    assert said["gates"][0]["verdicts"].keys() == {"equal", "unsupported"}


@pytest.mark.parametrize("language", scaffold.languages())
def test_the_readme_says_what_comes_next(space: Workspace, language: str) -> None:
    readme = (scaffold.new(space, NAME, language) / "README.md").read_text(encoding="utf-8")
    assert f"parity-kit candidates check {NAME}" in readme
    assert f"parity-kit gate {NAME} --corpus msgpack" in readme


def test_there_is_a_template_for_each_language_that_the_help_names() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "parity_kit", "candidates", "new", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for language in scaffold.languages():
        assert language in done.stdout


@pytest.mark.parametrize(
    ("name", "language", "problem"),
    [
        ("taken", "python", "there is a candidate 'taken' already"),
        ("Mine", "python", "'Mine' cannot be a candidate's name"),
        ("../mine", "python", "cannot be a candidate's name"),
        ("", "python", "cannot be a candidate's name"),
        ("mine", "cobol", "no template for 'cobol'"),
        ("mine", "..", "no template for '..'"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(
    space: Workspace, name: str, language: str, problem: str
) -> None:
    folder = scaffold.new(space, "taken", "python")
    before = sorted(space.root.rglob("*"))
    (folder / "engine.py").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        scaffold.new(space, name, language)
    assert sorted(space.root.rglob("*")) == before
    assert (folder / "engine.py").read_text(encoding="utf-8") == "mine\n"


def test_a_first_codec_passes_with_the_lines_that_the_guide_says(space: Workspace) -> None:
    """The template, its `decode` and `encode` filled in: the corpus `msgpack` is equal."""
    written = FIRST_CODEC.read_text(encoding="utf-8")
    functions = written[written.index("def decode(") :]
    file = scaffold.new(space, NAME, "python") / "engine.py"
    engine = file.read_text(encoding="utf-8")
    start, end = engine.index("def decode("), engine.index("class Codec:")
    engine = f"{engine[:start]}{functions}\n\n{engine[end:]}"
    engine = engine.replace("import Plain\n", "import Ext, Plain\nfrom typing import Any\n")
    engine = engine.replace(
        "from parity_kit.contract", "import ormsgpack\nfrom parity_kit.contract", 1
    )
    file.write_text(engine, encoding="utf-8")
    code, said = parity_kit(space, "gate", NAME, "--corpus", "msgpack")
    verdicts = said["gates"][0]["verdicts"]
    assert (code, verdicts["equal"]) == (ExitCode.PARITY, 372)
    lines = sum(1 for line in functions.splitlines() if line.strip())
    guide = " ".join((ROOT / "docs" / "candidates.md").read_text(encoding="utf-8").split())
    assert f"| Python | {lines} | 372 |" in guide
