"""`parity-kit docs`: the pages that the package ships, and the hints that lead to them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import parity_kit
from parity_kit.cli import docs as docs_command
from parity_kit.cli.docs import command, page_names
from parity_kit.contract.errors import UsageError

PACKAGE = Path(parity_kit.__file__).parent
DOCS = PACKAGE.parent / "docs"


def printed(*arguments: str) -> str:
    return CliRunner().invoke(command, list(arguments), standalone_mode=False).stdout


def refused(page: str) -> UsageError:
    error = CliRunner().invoke(command, [page], standalone_mode=False).exception
    assert isinstance(error, UsageError)
    return error


def test_every_page_is_listed_with_its_title() -> None:
    titles = dict(re.split(r"  +", line, maxsplit=1) for line in printed().splitlines())
    assert titles.keys() == {file.stem for file in DOCS.glob("*.md")}
    assert titles["tutorial"] == "From pip install to a green gate"
    assert json.loads(printed("--json")) == [
        {"page": page, "title": title} for page, title in titles.items()
    ]


@pytest.mark.parametrize("name", ["ci", "ci.md", "docs/ci.md"])
def test_a_pipe_gets_the_markdown_of_a_page(name: str) -> None:
    markdown = (DOCS / "ci.md").read_text(encoding="utf-8")
    assert printed(name) == markdown
    assert json.loads(printed(name, "--json"))["markdown"] == markdown


def test_a_terminal_gets_formatted_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console  # noqa: PLC0415  # only this test draws

    terminal = Console(force_terminal=True, record=True, width=100)
    monkeypatch.setattr(docs_command, "console", lambda: terminal)
    printed("ci")
    text = terminal.export_text()
    assert "Gate a CI" in text
    assert "```" not in text


def test_an_unknown_page_names_close_ones() -> None:
    assert refused("tutorail").hint == "did you mean 'tutorial'?"
    assert refused("zzz").hint == "parity-kit docs"
    assert refused("../README").problem == "no documentation page '../README'"


def shown_strings(file: Path) -> Iterator[str]:
    """Yield the strings of a module that a user may see; only a command's docstring is its help."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        shown = file.parent.name == "cli" or id(node) not in docstrings
        if shown and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_hints_lead_to_pages_that_an_installed_package_has() -> None:
    named: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for text in shown_strings(file):
            assert not re.search(r"docs/[\w-]+\.md", text), f"{file}: {text!r}"
            named |= set(re.findall(r"parity-kit docs ([a-z-]+)", text))
    assert named >= {"ci", "candidates", "protocol"}
    assert named <= set(page_names())


def test_templates_lead_to_pages_that_an_installed_package_has() -> None:
    folder = PACKAGE / "candidates" / "templates"
    named: set[str] = set()
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".pyc":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"docs/[\w-]+\.md", text), file
            named |= set(re.findall(r"parity-kit docs ([a-z-]+)", text))
    assert named >= {"contract", "programs", "ledger"}
    assert named <= set(page_names())
