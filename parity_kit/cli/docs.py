"""`parity-kit docs`: the documentation that the package ships, in the terminal."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from parity_kit.candidates.workspace import BUNDLED
from parity_kit.cli.common import console, json_option, print_json
from parity_kit.contract.errors import ExitCode, UsageError

FOLDER = BUNDLED / "docs"
"""The pages, one Markdown file each."""


def page_names() -> list[str]:
    """Return the name of every page, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def _complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    del ctx, parameter
    return [name for name in page_names() if name.startswith(typed)]


@click.command("docs")
@click.argument("page", required=False, shell_complete=_complete)
@json_option
def command(page: str | None, *, as_json: bool) -> int:
    """List the documentation pages, or print PAGE.

    A terminal shows the page formatted, a pipe gets its Markdown: parity-kit docs PAGE | less.
    """
    if page is None:
        _list(as_json=as_json)
    else:
        _show(_file(page), as_json=as_json)
    return ExitCode.PARITY


def _list(*, as_json: bool) -> None:
    titles = {name: _title(_file(name).read_text(encoding="utf-8")) for name in page_names()}
    if as_json:
        print_json([{"page": name, "title": title} for name, title in titles.items()])
        return
    width = max(len(name) for name in titles)
    for name, title in titles.items():
        click.echo(f"{name:<{width}}  {title}")
    click.echo("\nparity-kit docs PAGE prints a page", err=True)


def _show(file: Path, *, as_json: bool) -> None:
    text = file.read_text(encoding="utf-8")
    out = console()
    if as_json:
        print_json({"page": file.stem, "title": _title(text), "markdown": text})
    elif out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    else:
        click.echo(text, nl=False)


def _file(page: str) -> Path:
    """Return the file of a page, which its file name names too: `ci.md`."""
    name = page.removeprefix("docs/").removesuffix(".md")
    names = page_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "parity-kit docs"
        raise UsageError(f"no documentation page {page!r}", hint=hint)
    return FOLDER / f"{name}.md"


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ").replace("`", "")
