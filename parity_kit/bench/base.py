"""The base that a candidate is measured against: another candidate, a folder, or a git ref."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from parity_kit.bench.begun import FILE
from parity_kit.candidates import manifest
from parity_kit.candidates.manifest import Candidate, PythonSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError
from parity_kit.contract.events import JOURNAL

_HINT = "name a candidate, a folder of one, a checkout of its workspace, or a git ref"


def find_base(workspace: Workspace, head: Candidate, base: str) -> Path:
    """Return the folder of the candidate that a head is measured against.

    `base` is a candidate of the workspace, the folder of one, that of a workspace, or a git ref.

    Raises:
        UsageError: If there is none, or it would run the head's code, or is an earlier session.
    """
    path = Path(base)
    if any((path / name).exists() for name in (FILE, JOURNAL)) or path.is_file():
        raise UsageError(
            f"{base} is an earlier session: its times are of another moment and perhaps of another "
            "host, and cannot be compared with new ones",
            hint=_HINT + "; both are measured now, in one session",
        )
    for folder in (workspace.candidates / base, path, path / "candidates" / head.name):
        if (folder / manifest.FILE).is_file():
            return _checked(folder.resolve(), head)
    checkout = _checkout(workspace, base)
    folder = checkout / "candidates" / head.name
    if not (folder / manifest.FILE).is_file():
        raise UsageError(f"{base} has no candidate {head.name}", where=str(checkout), hint=_HINT)
    return _checked(folder, head)


def _checked(folder: Path, head: Candidate) -> Path:
    """Refuse a base that would import the head's own code."""
    setup = manifest.load(folder).setup
    if isinstance(setup, PythonSetup) and folder != head.folder.resolve():
        package = setup.path / setup.object.partition(":")[0].partition(".")[0]
        if not (package.is_dir() or package.with_suffix(".py").is_file()):
            raise UsageError(
                f"the code of {setup.object} is not under {setup.path}: base and head would both "
                "run the installed one",
                where=str(folder / manifest.FILE),
                hint="point `path` of candidate.toml at the code",
            )
    return folder


def _checkout(workspace: Workspace, ref: str) -> Path:
    """Return the workspace as it is at a git ref, laid out in the cache."""
    commit = _git(
        workspace, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    )
    if not commit:
        raise UsageError(f"no candidate, folder or git ref {ref!r}", hint=_HINT)
    inside = _git(workspace, "rev-parse", "--show-prefix").decode().strip()
    sha = commit.decode().strip()
    folder = workspace.cache / "bases" / sha
    if not folder.is_dir():
        fresh = folder.with_suffix(".new")
        top = Path(_git(workspace, "rev-parse", "--show-toplevel").decode().strip())
        archive = _git(Workspace(top), "archive", "--format=tar", sha)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(fresh, filter="data")
        fresh.replace(folder)
    return folder / inside


def _git(workspace: Workspace, *arguments: str) -> bytes:
    """Return what git prints; nothing where it fails, or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607  # where git lies is the system's business
            cwd=workspace.root,
            capture_output=True,
            check=False,
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
