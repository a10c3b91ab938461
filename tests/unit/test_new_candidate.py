"""`candidates new`: a folder that works at once, in each language whose toolchain is here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import parity_kit

from parity_kit.candidates import building, launch, scaffold
from parity_kit.candidates.manifest import CommandSetup
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract.errors import ExitCode, UsageError

WORKSPACE = find_workspace(Path(__file__))
ROOT, FIXTURES = WORKSPACE.root, WORKSPACE.fixtures
FIRST_CODECS = Path(__file__).parent / "engines"
SLOW = {"java", "rust"}
NAME = "a-port.2"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "parity.toml").touch()
    (tmp_path / "fixtures").symlink_to(FIXTURES)
    return Workspace(tmp_path)


def reported(workspace: Workspace, *arguments: str) -> tuple[int, Any]:
    done = parity_kit(*arguments, "--json", cwd=workspace.root)
    return done.returncode, json.loads(done.stdout or "null")


def skip_without_its_toolchain(workspace: Workspace) -> None:
    setup = launch.find(workspace, NAME).setup
    if isinstance(setup, CommandSetup) and (absent := building.absent(setup)):
        pytest.skip(f"no {', '.join(absent)} on this machine")


@pytest.mark.parametrize(
    "language",
    [
        pytest.param(language, marks=pytest.mark.slow) if language in SLOW else language
        for language in scaffold.languages()
    ],
)
def test_a_new_candidate_works_at_once(workspace: Workspace, language: str) -> None:
    scaffold.new(workspace, NAME, language)
    skip_without_its_toolchain(workspace)
    code, report = reported(workspace, "candidates", "check", NAME)
    (checked,) = report["candidates"]
    assert (code, checked["error"], checked["says"]["name"]) == (0, None, NAME)
    results = {check["result"] for check in checked["checks"]}
    assert results == {"ok", "unsupported"}
    code, report = reported(workspace, "gate", NAME, "--corpus", "msgpack")
    assert code == ExitCode.PARITY
    assert report["gates"][0]["verdicts"].keys() == {"equal", "unsupported"}


@pytest.mark.parametrize("language", scaffold.languages())
def test_the_readme_says_what_comes_next(workspace: Workspace, language: str) -> None:
    readme = (scaffold.new(workspace, NAME, language) / "README.md").read_text(encoding="utf-8")
    assert f"parity-kit candidates check {NAME}" in readme
    assert f"parity-kit gate {NAME} --corpus msgpack" in readme


def test_there_is_a_template_for_each_language_that_the_help_names() -> None:
    done = parity_kit("candidates", "new", "--help")
    for language in scaffold.languages():
        assert language in done.stdout


@pytest.mark.parametrize(
    ("name", "language", "problem"),
    [
        ("taken", "python", "candidate 'taken' exists already"),
        ("Mine", "python", "'Mine' is not a valid name for a candidate"),
        ("../mine", "python", "is not a valid name for a candidate"),
        ("", "python", "is not a valid name for a candidate"),
        ("mine", "cobol", "no template for 'cobol'"),
        ("mine", "..", "no template for '..'"),
    ],
)
def test_what_cannot_be_made_is_reported_and_nothing_is_written(
    workspace: Workspace, name: str, language: str, problem: str
) -> None:
    folder = scaffold.new(workspace, "taken", "python")
    before = sorted(workspace.root.rglob("*"))
    (folder / "engine.py").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        scaffold.new(workspace, name, language)
    assert sorted(workspace.root.rglob("*")) == before
    assert (folder / "engine.py").read_text(encoding="utf-8") == "mine\n"


@dataclass(frozen=True, slots=True)
class Filled:
    """What an author writes over a template's `decode` and `encode`, and what else that needs."""

    language: str
    file: str
    first: str
    after: str | None
    imports: tuple[str, str]
    equal: int

    @property
    def functions(self) -> str:
        written = (FIRST_CODECS / f"first_codec{Path(self.file).suffix}").read_text("utf-8")
        return written[written.index(self.first) :]

    @property
    def row(self) -> str:
        lines = sum(1 for line in self.functions.splitlines() if line.strip())
        shown = {"typescript": "TypeScript"}.get(self.language, self.language.title())
        return f"| {shown} | {lines} | {self.equal} |"

    def write(self, folder: Path) -> None:
        engine = (folder / self.file).read_text(encoding="utf-8")
        start = engine.index(self.first)
        end = len(engine) if self.after is None else engine.index(self.after)
        engine = f"{engine[:start]}{self.functions}\n\n{engine[end:]}".replace(*self.imports, 1)
        (folder / self.file).write_text(engine, encoding="utf-8")


PYTHON_IMPORTS = "from typing import Any\nimport ormsgpack\n"
NODE_IMPORTS = 'import { Ext, pack, unpack } from "./msgpack.mjs";\n'
JAVA_IMPORTS = """\
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.MapValue;
"""
CODECS = (
    Filled(
        "python",
        "engine.py",
        "def decode(",
        "class Codec:",
        (
            "from parity_kit.contract import (",
            f"{PYTHON_IMPORTS}from parity_kit.contract import (\n    Ext,",
        ),
        372,
    ),
    Filled(
        "typescript",
        "engine.mjs",
        "function decode(",
        "/** The codec subject",
        ("import { Unsupported", f"{NODE_IMPORTS}import {{ Unsupported"),
        319,
    ),
    Filled("rust", "src/engine.rs", "fn decode(", None, ("", ""), 259),
    Filled(
        "go",
        "engine.go",
        "func decode(",
        None,
        ("package main\n", 'package main\n\nimport "strings"\n'),
        317,
    ),
    Filled(
        "java",
        "src/main/java/engine/Engine.java",
        "    private static Value decode(",
        "    private Engine() {}",
        ("import org.msgpack.value.MapValue;\n", JAVA_IMPORTS),
        319,
    ),
)


@pytest.mark.parametrize(
    "filled",
    [
        pytest.param(
            codec, id=codec.language, marks=[pytest.mark.slow] if codec.language in SLOW else []
        )
        for codec in CODECS
    ],
)
def test_a_first_codec_passes(workspace: Workspace, filled: Filled) -> None:
    """The template, its `decode` and `encode` filled in: the corpus `msgpack` is equal."""
    folder = scaffold.new(workspace, NAME, filled.language)
    skip_without_its_toolchain(workspace)
    filled.write(folder)
    code, report = reported(workspace, "gate", NAME, "--corpus", "msgpack")
    verdicts = report["gates"][0]["verdicts"]
    assert (code, verdicts.keys()) == (ExitCode.PARITY, {"equal", "unsupported"})
    assert verdicts["equal"] == filled.equal


def test_the_guide_says_how_many_lines_a_first_codec_takes() -> None:
    guide = " ".join((ROOT / "docs" / "candidates.md").read_text(encoding="utf-8").split())
    for codec in CODECS:
        assert codec.row in guide
