"""The kit as its users have it: a wheel of this tree in a fresh environment, far from the tree.

docs/tutorial.md is followed word by word; its blocks are commands (`sh`), what they print (`text`,
where times and widths may differ and `…` stands for some lines) and functions to put into the
engine (`python`).
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import readme_renderer.markdown

from tests.support.followed import Shell, blocks, not_printed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
ENGINE = "my-port/candidates/my-port/engine.py"
CLEAN = {
    name: text
    for name, text in os.environ.items()
    if not name.startswith(("GIT", "PARITY_KIT")) and name not in {"PYTHONPATH", "VIRTUAL_ENV"}
} | {"NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of this tree, and what installs it: `uv` has the rest in its cache."""

    uv: str
    folder: Path

    @property
    def install(self) -> list[str]:
        """`parity-kit` is this wheel, whatever an index or the cache has of that name."""
        chosen = ("--overrides", str(self.folder / "overrides.txt"))
        again = ("--refresh-package", "parity-kit")
        return [self.uv, "pip", "install", "--quiet", *chosen, *again]


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=CLEAN)


def must_run(subject: str, *command: str) -> None:
    """Run what needs a network or a full cache; skip where there is neither."""
    done = run(*command)
    if done.returncode:
        pytest.skip(f"{subject} is not possible here: {' '.join(done.stderr.split())[-300:]}")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    try:
        import uv  # noqa: PLC0415  # whether it is there is what is asked

        program = uv.find_uv_bin()
    except (ImportError, FileNotFoundError):
        pytest.skip("uv is missing")
    folder = tmp_path_factory.mktemp("wheel")
    # The wheel is made from the source distribution, so that both are tried.
    build = (program, "build", "--quiet", "--out-dir", str(folder), str(ROOT))
    must_run("building a wheel", *build)
    (built,) = folder.glob("*.whl")
    (folder / "overrides.txt").write_text(f"parity-kit @ {built.as_uri()}\n", encoding="utf-8")
    return Wheel(program, folder)


@pytest.fixture(scope="module")
def home(wheel: Wheel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, with an environment in `.venv` that the wheel is installed in."""
    folder = tmp_path_factory.mktemp("home")
    environment = folder / ".venv"
    must_run(
        "an environment", wheel.uv, "venv", "--quiet", "--python", sys.executable, str(environment)
    )
    python = str(environment / "bin" / "python")
    must_run("installing the wheel", *wheel.install, "--python", python, "parity-kit")
    return folder


def shell_at(home: Path, wheel: Wheel) -> Shell:
    if shutil.which("git") is None:
        pytest.skip("git is missing")
    path = f"{Path(sys.executable).parent}:{CLEAN['PATH']}"
    shell = Shell(home, {**CLEAN, "PATH": path})
    # The words stay `pip install parity-kit`; what is installed is the wheel of this tree.
    install = f'{shlex.join(wheel.install)} --python "$(command -v python3)"'
    shell.run(f'pip() {{ test "$1" = install && shift && {install} "$@"; }}')
    return shell


def replaced(module: str, block: str) -> str:
    """Return a module with a block's functions in place of its own, and its imports at the top."""
    for node in ast.parse(block).body:
        source = f"{ast.get_source_segment(block, node)}\n"
        lines = module.splitlines(keepends=True)
        if isinstance(node, ast.FunctionDef):
            parsed = ast.parse(module).body
            own = {node.name: node for node in parsed if isinstance(node, ast.FunctionDef)}
            if old := own.get(node.name):
                lines[old.lineno - 1 : old.end_lineno] = [source]
            else:
                lines.insert(own["encode"].lineno - 1, f"{source}\n\n")
        else:
            assert isinstance(node, ast.Import)
            top = next(at for at, line in enumerate(lines) if line.startswith("from parity_kit"))
            lines.insert(top, f"{source}\n")
        module = "".join(lines)
    return module


@pytest.mark.slow
def test_the_tutorial_works_word_by_word(tmp_path: Path, wheel: Wheel) -> None:
    shell, printed = shell_at(tmp_path, wheel), ""
    followed: list[str] = []
    try:
        for number, language, text in blocks(PAGE):
            followed.append(language)
            if language == "sh":
                printed = shell.run(text)
            elif language == "text":
                line = not_printed(text, printed)
                assert not line, f"line {number}: {line!r} is not in:\n{printed}"
            else:
                assert language == "python", f"line {number}: nobody follows {language!r}"
                engine = tmp_path / ENGINE
                module = replaced(engine.read_text(encoding="utf-8"), text)
                engine.write_text(module, encoding="utf-8")
    finally:
        shell.close()
    assert (followed.count("python"), followed[-1]) == (2, "text")
    verdicts = [text[0] for _, language, text in blocks(PAGE) if language == "text"]
    assert [verdict for verdict in verdicts if verdict in "?≠✓"] == ["?", "≠", "✓"]


@pytest.mark.slow
def test_nothing_of_the_tree_is_needed(home: Path) -> None:
    kit = str(home / ".venv" / "bin" / "parity-kit")
    where = run(
        str(home / ".venv/bin/python"), "-c", "import parity_kit as k; print(k.__file__)", cwd=home
    )
    assert where.stdout.startswith(str(home / ".venv"))
    port = home / "port"
    port.mkdir()
    outputs: dict[str, str] = {}
    for name, code, words in [
        ("begin", 0, ["init", "port", "--language", "python"]),
        ("gate", 1, ["gate", "--json"]),
        ("pure", 0, ["gate", "pure", "--corpus", "channels", "--corpus", "savers", "--json"]),
        ("check", 0, ["candidates", "check", "port", "--json"]),
        ("new", 0, ["candidates", "new", "another", "--language", "go"]),
        ("list", 0, ["fixtures", "list", "--json"]),
        ("masks", 2, ["fixtures", "masks"]),
        ("docs", 0, ["docs", "tutorial"]),
        ("show", 0, ["fixtures", "show", "graphs/line/invoke", "--script"]),
        ("search", 0, ["run", "pure", "--suite", "codec", "--examples", "5"]),
    ]:
        done = run(kit, *words, cwd=port)
        assert done.returncode == code, f"{name}: {done.stdout}{done.stderr}"
        outputs[name] = done.stdout
    manifest = json.loads((ROOT / "fixtures" / "MANIFEST.json").read_text(encoding="utf-8"))
    listed = {corpus["name"]: corpus["cases"] for corpus in json.loads(outputs["list"])["corpora"]}
    assert listed == {name: corpus["cases"] for name, corpus in manifest["corpora"].items()}
    assert json.loads(outputs["pure"])["compared"] == listed["channels"] + listed["savers"]
    assert outputs["docs"] == PAGE
    assert "import langgraph" in outputs["show"] or "from langgraph" in outputs["show"]


def test_the_readme_renders_on_a_package_index(wheel: Wheel) -> None:
    (built,) = wheel.folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(metadata).decode()
    page = readme_renderer.markdown.render(text.partition("\n\n")[2])
    assert page is not None
    assert "<h1" in page
    assert "parity-kit docs tutorial" in page
    assert "<img" not in page
    addresses = re.findall(r'href="([^"]*)"', page)
    assert addresses
    assert all(address.startswith(("https://", "#")) for address in addresses), addresses


@pytest.mark.slow
def test_the_whole_path_works_from_a_wheel(home: Path) -> None:
    workspace = home / "whole"
    workspace.mkdir()
    (workspace / "parity.toml").write_text('ours = ["pure"]\n', encoding="utf-8")
    kit = str(home / ".venv" / "bin" / "parity-kit")
    done = run(kit, "parity", "--examples", "10", "--pairs", "0", "--json", cwd=workspace)
    output = json.loads(done.stdout)
    assert Path(output["report"]).is_file()
    assert output["candidates"]["pure"]["compared"] > 5000
    for words in (["fixtures", "check", "channels"], ["matrix", "pure"]):
        assert run(kit, *words, cwd=workspace).returncode == 0
