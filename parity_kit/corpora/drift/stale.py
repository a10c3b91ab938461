"""What still speaks of the former oracle after a bump: ledgers, versions in code, documents."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.corpora.drift.pins import Pins

_LEDGERS = ("expected.toml", "claims.toml")
_HISTORY = ("CHANGELOG.md", "fixtures/", "reports/")  # they speak of their own time


def ledgers(workspace: Workspace) -> list[str]:
    """Return the files with what candidates were measured to do, which only a run renews."""
    files = sorted(path for name in _LEDGERS for path in workspace.candidates.glob(f"*/{name}"))
    return [str(path.relative_to(workspace.root)) for path in files]


def mentions(workspace: Workspace, before: Pins, after: Pins) -> dict[str, list[int]]:
    """Return the lines of each tracked file that mention a version that is no longer the oracle's.

    LangGraph's version counts wherever it stands, another's only behind its name.
    """
    gone = {name: version for name, version in before.items() if after.get(name) != version}
    texts = [
        rf"(?<![\d.]){re.escape(version)}(?![\d.]*\d)"
        if name == "langgraph"
        else rf"(?<![\w-]){re.escape(name)}\W{{1,6}}{re.escape(version)}(?![\d.]*\d)"
        for name, version in gone.items()
    ]
    if not texts:
        return {}
    pattern = re.compile("|".join(texts))
    lines = {path: _matching(workspace.root / path, pattern) for path in _tracked(workspace)}
    return {path: numbers for path, numbers in lines.items() if numbers}


def _tracked(workspace: Workspace) -> Iterator[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607  # where git lies is the system's business
        cwd=workspace.root,
        capture_output=True,
        text=True,
        check=False,
    )
    for path in listed.stdout.split("\0"):
        if path and not path.startswith(_HISTORY):
            yield path


def _matching(path: Path, pattern: re.Pattern[str]) -> list[int]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [number for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
