"""The cases that failed in a campaign, kept in the workspace's cache: `run` tries them first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case
from parity_kit.contract.canonical import digest, pack
from parity_kit.contract.casefile import SUFFIX, CaseFile, parse_case
from parity_kit.contract.files import read_inside

MOST = 50
"""Cases kept for one candidate and suite; the newest stay."""


def keep_example(workspace: Workspace, suite: str, file: CaseFile) -> None:
    """Keep a failing case."""
    folder = _folder(workspace, file.candidate, suite)
    file.write(folder / f"{digest(pack(file.case.to_plain()))[:16]}{SUFFIX}")
    for path in _files(folder)[:-MOST]:
        path.unlink(missing_ok=True)


def example_names(workspace: Workspace, candidate: str, suite: str) -> list[str]:
    """Return the names of the cases that are kept, the newest first."""
    return [path.name for path in reversed(_files(_folder(workspace, candidate, suite)))]


def read_examples(
    workspace: Workspace, candidate: str, suite: str, names: Sequence[str]
) -> Sequence[Case]:
    """Return cases that are kept.

    Raises:
        BadFileError: If one cannot be read.
    """
    folder = _folder(workspace, candidate, suite)
    return [parse_case(read_inside(folder, name), folder / name).case for name in names]


def _folder(workspace: Workspace, candidate: str, suite: str) -> Path:
    return workspace.cache / "examples" / candidate / suite


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stat().st_mtime, path.name))
