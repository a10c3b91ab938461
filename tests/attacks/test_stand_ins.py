"""A file that is there and cannot be read is an error: nothing else stands in for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity_kit import runs
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract.errors import BadFileError, BadManifestError, UsageError
from parity_kit.contract.files import is_there
from parity_kit.corpora.imported import read_imported
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.reach import read_reach
from parity_kit.gates.settings import read_settings
from parity_kit.judging.ledger import read_ledger
from parity_kit.report.write import read_data

KINDS: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a directory": os.mkdir,
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}
READERS: dict[str, Callable[[Path], Any]] = {
    "fixtures/MANIFEST.json": lambda root: read_manifest(Workspace(root).fixtures),
    "parity.toml": lambda root: read_settings(find_workspace(root)),
    "fixtures/REACH.json": lambda root: read_reach(root / "fixtures"),
    ".parity/imported/own/MANIFEST.json": lambda root: read_imported(Workspace(root), "own"),
    ".parity/trusted-types": lambda root: Workspace(root).trusted_types,
    "expected.toml": read_ledger,
    "journal.jsonl": runs.load,
    "./journal.jsonl": read_data,
    "report.json": read_data,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", READERS)
def test_nothing_stands_in_for_a_file_that_cannot_be_read(
    tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / "parity.toml").touch()
    root = tmp_path / "inner"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    KINDS[kind](path)
    with pytest.raises((BadFileError, BadManifestError)) as caught:
        READERS[name](root)
    assert str(path) in str(caught.value)


def test_nothing_stands_in_for_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "fixtures").touch()
    with pytest.raises(UsageError, match="cannot be read: not a directory"):
        read_manifest(Workspace(tmp_path).fixtures)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_does_not_tell_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "fixtures").mkdir(mode=0)
    with pytest.raises(BadFileError, match="permission denied"):
        is_there(tmp_path / "fixtures" / "MANIFEST.json")
