"""What people read is true: every link and anchor leads somewhere, every command exists.

Read are README, CONTRIBUTING, the changelog, docs/, and the READMEs of candidates and templates.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from command_line import parity_kit
from markdown_it import MarkdownIt
from markdown_it.token import Token

from parity_kit.cli import cli

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "site_hooks.py"
CASE_FILE = ROOT / "fixtures/regressions/nested-run-times-out-and-keeps-its-answer.case.msgpack"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("candidates/*/README.md")),
    *sorted(ROOT.glob("parity_kit/candidates/templates/*/README.md")),
]
SHELLS = {"sh", "console", "indented"}
PROGRAMS = {
    ".",
    "cd",
    "dask",
    "echo",
    "eval",
    "git",
    "grep",
    "make",
    "mkdir",
    "node",
    "parity-kit",
    "pip",
    "pytest",
    "python3",
    "sed",
    "touch",
}
"""What a shell block may begin a line with; kit, make and pytest are looked into."""

NOT_RUN = {
    r"^fixtures (build|check (?!--loss)|masks)": "rebuilds every corpus, in a minute or more",
    r"^fixtures (diff|import)|--loss|imported:": "needs a database or another release",
    r"^fixtures show --blob": "needs a row of a database",
    r"^report |--resume|^claims RUN": "needs a run",
    r"^claims --file": "needs a file of one's own",
    r"^run (?!pure$)|^parity|^campaign|^bench |^selftest": "takes minutes",
    r"^relay --at-once": "waits for two processes; tests/property/test_writers.py runs it",
    r"^upstream": "runs LangGraph's tests for minutes",
    r"^conformance": "needs an environment; tests/unit/test_conformance.py runs it",
    r"^app |recordings": "needs an application; tests/unit/test_app.py runs one",
    r"langgraph| rust|pure-inside": "needs another toolchain or environment",
    r"your-engine": "is in a template; tests/unit/test_new_candidate.py runs those",
}
"""Commands that are parsed and not run, and why. All others with their arguments are run."""
SLOW = re.compile(r"explain|gate|ledger|matrix|replay|run")
STANDS_FOR = {
    "CANDIDATE": "pure",
    "CASE": "graphs/line/invoke",
    "CORPUS": "channels",
    "FILE": "case.msgpack",
    "L": "go",
    "NAME": "my-port",
    "TEXT": "topic",
}
"""What a test puts in place of the names that a page leaves to its reader."""


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code in a page: a block with its language, or inline code without one."""

    page: str
    line: int
    text: str
    language: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def tokens(file: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def links(file: Path) -> Iterator[str]:
    for token in tokens(file):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                yield str(target)


def headings(file: Path) -> Iterator[str]:
    parsed = tokens(file)
    for opening, inline in pairwise(parsed):
        if opening.type == "heading_open":
            yield "".join(child.content for child in inline.children or [])


def on_a_code_host(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def on_the_site(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def code(file: Path) -> Iterator[Code]:
    """Yield the blocks and the inline code of a page."""
    line = 0
    for token in tokens(file):
        line = token.map[0] + 1 if token.map else line
        if token.type in {"fence", "code_block"}:
            language = token.info if token.type == "fence" else "indented"
            yield Code(name(file), line, token.content, language)
        for child in token.children or []:
            if child.type == "code_inline":
                yield Code(name(file), line, child.content)


def lines(block: Code) -> Iterator[str]:
    """Yield the lines of a shell block that are typed."""
    for line in block.text.splitlines():
        typed = {
            "sh": bool(line.strip()) and not line.startswith("#"),
            "console": line.startswith("$ "),
            "indented": line.startswith("parity-kit "),
        }
        if typed.get(block.language or ""):
            yield line.removeprefix("$ ")


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each simple command of a shell line; a comment ends it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if set(word) <= set("();<>|&"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


def mentions() -> Iterator[tuple[Code, list[str], bool]]:
    """Yield each `parity-kit …`: its words, and whether they are complete, as in a block."""
    for file in PAGES:
        for piece in code(file):
            if piece.language in SHELLS:
                for line in lines(piece):
                    for words in simple_commands(line.replace("$(", "$( ")):
                        if words[:1] == ["parity-kit"]:
                            yield piece, words[1:], True
            elif piece.language is None or piece.language in {"yaml", "groovy"}:
                for call in re.findall(r"\bparity-kit ([a-z-][^'\"`\n)]*)", piece.text):
                    words = [word.split("|")[0].rstrip("….") for word in call.split()]
                    yield piece, words, piece.language is not None


def resolved(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """Return the command that words begin with, its context, and the other words."""
    command: click.Command = cli
    context = click.Context(cli, info_name="parity-kit")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        chosen = command.get_command(context, words[0])
        assert chosen is not None, f"no command {words[0]!r}"
        context = click.Context(chosen, info_name=words[0], parent=context)
        command, words = chosen, words[1:]
    return command, context, words


def check(words: list[str], *, complete: bool) -> None:
    """Check that a command, each of its options and each choice exist; run nothing."""
    command, context, rest = resolved(words)
    given, extra, _ = command.make_parser(context).parse_args(list(rest))
    if isinstance(command, click.Group):
        assert not complete or rest or command.invoke_without_command, "a group is no command"
        return
    assert not extra, f"too many arguments: {extra}"
    for parameter in command.params:
        value = given.get(parameter.name or "")
        if complete and parameter.required:
            assert value, f"{parameter.name} is missing"
        if isinstance(parameter.type, click.Choice):
            for choice in [value] if isinstance(value, str) else value or []:
                known = choice.isupper() or choice in parameter.type.choices
                assert known, f"{parameter.name} cannot be {choice!r}"


def site() -> Any:
    spec = importlib.util.spec_from_file_location("site_hooks", SITE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", PAGES, ids=name)
def test_links_and_anchors_lead_somewhere(file: Path) -> None:
    places = site().places()
    for link in links(file):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), f"{link}: there is no {target}"
        if name(file) in places:
            assert name(target) in places or target.suffix == ".png", f"{link}: not on the site"
        if anchor:
            assert anchor in map(on_a_code_host, headings(target)), f"{link}: no such heading"
            assert anchor in map(on_the_site, headings(target)), f"{link}: the site names it anew"


def test_files_that_pages_name_exist() -> None:
    folders = "parity_kit|tests|generators|docs|reports|candidates/pure|candidates/fast-langgraph"
    for file in PAGES:
        if file.is_relative_to(ROOT / "parity_kit") or file.name == "CHANGELOG.md":
            continue  # templates name files of a port, a changelog those of its time
        for piece in code(file):
            path = re.fullmatch(rf"((?:{folders})/[\w./*-]+)", piece.text)
            if piece.language is None and path and not re.search(r"[A-Z]{3}", path[1]):
                assert list(ROOT.glob(path[1])), f"{piece}: there is no {path[1]}"


def test_every_corpus_is_described() -> None:
    page = (ROOT / "docs" / "fixture-format.md").read_text(encoding="utf-8")
    table = page.split("| corpus | holds |")[1].split("\n\n")[0]
    described = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(described) == sorted(file.stem for file in ROOT.glob("fixtures/*.index"))


def test_every_page_is_in_the_navigation_of_the_site_once() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r"([\w./-]+\.md)$", text, re.MULTILINE)
    assert sorted(listed) == sorted(page for page in site().places().values() if ".md" in page)


def test_every_command_exists_with_its_options() -> None:
    problems: list[str] = []
    for piece, words, complete in mentions():
        try:
            check(words, complete=complete)
        except (AssertionError, click.UsageError) as error:
            problems.append(f"{piece}: parity-kit {' '.join(words)}: {error}")
    assert not problems, "\n".join(problems)


def test_every_option_in_the_prose_exists() -> None:
    known = {"--help", "--lf", "--deselect"}

    def gather(command: click.Command) -> None:
        for parameter in command.params:
            known.update(parameter.opts, parameter.secondary_opts)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for subcommand in command.list_commands(context):
                chosen = command.get_command(context, subcommand)
                assert chosen is not None
                gather(chosen)

    gather(cli)
    plugin = (ROOT / "parity_kit" / "pytest_plugin.py").read_text(encoding="utf-8")
    known |= set(re.findall(r"--parity-[a-z]+", plugin))
    for file in PAGES:
        for piece in code(file):
            if piece.language is None and re.match(r"--[a-z]", piece.text):
                option = re.split(r"[ =]", piece.text)[0]
                assert option in known, f"{piece}: no command has {option}"


def test_every_block_names_its_language() -> None:
    for file in PAGES:
        for piece in code(file):
            assert piece.language != "", f"{piece}: a shell block is `sh`, other text `text`"


def test_shell_blocks_begin_with_programs_that_are_looked_into() -> None:
    targets = set(
        re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for file in PAGES:
        for piece in code(file):
            for line in lines(piece):
                program, *words = next(simple_commands(line)) or [""]
                assert program in PROGRAMS, f"{piece}: {line}"
                if program == "make":
                    assert words[0] in targets, f"{piece}: no target {words[0]}"


def with_arguments(words: list[str]) -> bool:
    """Whether inline code is a command to type, not one that is only mentioned."""
    command, _, rest = resolved(words)
    try:
        check(words, complete=True)
    except (AssertionError, click.UsageError):
        return False
    return bool(rest) or not any(
        isinstance(parameter, click.Argument) for parameter in command.params
    )


def typed() -> dict[str, str]:
    """Return each command that a page tells to type, and where; the tutorial has its own test."""
    commands: dict[str, str] = {}
    for piece, words, complete in mentions():
        is_narrative = piece.page in {"docs/tutorial.md", "CHANGELOG.md"}
        if not is_narrative and (complete or with_arguments(words)):
            replaced = [STANDS_FOR.get(word, word) for word in words]
            commands.setdefault(shlex.join(replaced), str(piece))
    return commands


def why_not_run(command: str) -> str:
    return next((why for how, why in NOT_RUN.items() if re.search(how, command)), "")


TYPED = typed()


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    for how in NOT_RUN:
        assert any(re.search(how, command) for command in TYPED), how


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A port's workspace with `my-port`, `pure` from this tree, a case file and a YAML case."""
    assert run(["init", "my-port", "--language", "python"], tmp_path).returncode == 0
    (tmp_path / "candidates" / "pure").symlink_to(ROOT / "candidates" / "pure")
    shutil.copy(CASE_FILE, tmp_path / STANDS_FOR["FILE"])
    case = next(block for block in code(ROOT / "docs/programs.md") if "script:" in block.text)
    (tmp_path / "ask.yaml").write_text(case.text, encoding="utf-8")
    return tmp_path


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GITHUB")]:
            patch.delenv(name)
        return parity_kit(*words, cwd=folder)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=[pytest.mark.slow] if SLOW.match(command) else [])
        for command in TYPED
        if not why_not_run(command)
    ],
)
def test_commands_run(command: str, workspace: Path) -> None:
    words = shlex.split(command)
    if words[:2] == ["candidates", "new"]:
        shutil.rmtree(workspace / "candidates" / "my-port")
    done = run(words, workspace)
    assert done.returncode in {0, 1}, f"{TYPED[command]}: {done.stdout}{done.stderr}"
