"""Finds a candidate by its name and starts its engine."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from parity_kit.candidates import building, environment, manifest, variables
from parity_kit.candidates.cached import Progress
from parity_kit.candidates.manifest import (
    Candidate,
    CommandSetup,
    PipSetup,
    PythonSetup,
)
from parity_kit.candidates.workspace import BUNDLED, Workspace
from parity_kit.contract.errors import BadManifestError, UnknownCandidateError
from parity_kit.wire.host import RemoteEngine
from parity_kit.wire.kept import Launch
from parity_kit.wire.process import Watch

BUNDLED_ENGINE = BUNDLED / "candidates" / "pure"
"""The candidate bundled with the package."""

REFERENCE = "parity_kit.reference:Engine"
"""The engine that runs in a `pip` candidate's environment."""

_WATCHER: ContextVar[Watch | None] = ContextVar("watcher", default=None)

NOT_MADE = "environment not made yet"
"""What a candidate with requirements or a setup is missing before its first start."""


def readable(workspace: Workspace) -> tuple[list[Candidate], list[BadManifestError]]:
    """Return the candidates with a valid manifest, and the problems of the others."""
    good: list[Candidate] = []
    bad: list[BadManifestError] = []
    for folder in _folders(workspace):
        try:
            good.append(manifest.load(folder))
        except BadManifestError as error:
            bad.append(error)
    return good, bad


def find(workspace: Workspace, name: str) -> Candidate:
    """Return a candidate by its name; the bundled `pure` is known in every workspace.

    Raises:
        UnknownCandidateError: If the workspace has no candidate of that name.
        BadManifestError: If its manifest is invalid.
    """
    folders = {folder.name: folder for folder in (BUNDLED_ENGINE, *_folders(workspace))}
    folder = folders.get(name, workspace.candidates / name)
    if name in folders or (manifest.is_name(name) and folder.is_dir()):
        return manifest.load(folder)
    near = difflib.get_close_matches(name, folders, 1)
    raise UnknownCandidateError(
        f"no candidate {name!r}",
        where=str(workspace.candidates),
        hint=f"did you mean {near[0]!r}?" if near else f"candidates: {', '.join(sorted(folders))}",
    )


def start(
    candidate: Candidate,
    workspace: Workspace,
    on_progress: Progress | None = None,
    watch: Watch | None = None,
) -> RemoteEngine:
    """Return a candidate's engine, started and past its handshake; close it, or use `with`.

    `watch` gets the bytes that cross, and so does the watch of an enclosing `watched`.

    Raises:
        CandidateError: If its environment cannot be made, or it does not start.
    """
    emit = on_progress or _silent
    launch = launch_of(candidate, workspace, emit)
    emit(f"{candidate.name}: starting")
    watchers = [item for item in (watch, _WATCHER.get()) if item is not None]
    return RemoteEngine(launch, candidate.limits, _all(watchers)).connect()


@contextmanager
def watched(watch: Watch) -> Generator[None]:
    """Let `watch` get the bytes that cross between the kit and every engine started meanwhile."""
    token = _WATCHER.set(watch)
    try:
        yield
    finally:
        _WATCHER.reset(token)


def _all(watchers: Sequence[Watch]) -> Watch | None:
    if len(watchers) < 2:  # noqa: PLR2004  # none or one
        return watchers[0] if watchers else None

    def emit(kind: str, data: bytes) -> None:
        for watcher in watchers:
            watcher(kind, data)

    return emit


def missing(candidate: Candidate, workspace: Workspace) -> str:
    """Return what a candidate needs before it can start; an empty string if it is ready."""
    match candidate.setup:
        case PythonSetup():
            return ""
        case PipSetup() as setup:
            ready = environment.is_ready(environment.of_candidate(candidate, setup), workspace)
            return "" if ready else NOT_MADE
        case CommandSetup(command) as setup:
            if absent := building.absent(setup):
                hint = building.how_to_install(absent[0])
                return f"no program {absent[0]}: {hint}"
            if not building.is_ready(candidate, setup, workspace):
                return NOT_MADE
            name = building.filled(command[0], building.folder_of(candidate, setup, workspace))
            if _program(candidate, name):
                return ""
            exists = "/" in name and (candidate.folder / name).is_file()
            return f"{name} is not executable: chmod +x" if exists else f"no program {name}"


_LOCATE = """
import os, pydoc, sys
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for name in sys.stdin.read().split():
    try:
        missing = pydoc.locate(name) is None
    except Exception:
        missing = True
    if missing:
        print(name, file=answer)
"""


def missing_types(candidate: Candidate, workspace: Workspace, names: Sequence[str]) -> list[str]:
    """Return the types that a candidate in Python cannot import; other kinds are not asked."""
    if not names or isinstance(candidate.setup, CommandSetup):
        return []
    launch = launch_of(candidate, workspace, _silent)
    done = subprocess.run(
        [launch.command[0], "-P", "-c", _LOCATE],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=False,
        cwd=launch.directory,
        env=launch.env,
    )
    return done.stdout.split()


def launch_of(candidate: Candidate, workspace: Workspace, on_progress: Progress) -> Launch:
    """Return how to start a candidate's engine, whose environment is made first.

    Raises:
        CandidateError: If its environment cannot be made.
    """
    match candidate.setup:
        case PythonSetup(reference, path):
            command = server_command(Path(sys.executable), reference)
            paths = [environment.kit_folder(workspace), path]
        case PipSetup(_, patch, path) as setup:
            recipe = environment.of_candidate(candidate, setup)
            python = environment.make(recipe, workspace, on_progress)
            command = server_command(python, REFERENCE, patch)
            paths = [environment.kit_folder(workspace), path]
        case CommandSetup(words) as setup:
            folder = building.make(candidate, setup, workspace, on_progress)
            command = tuple(building.filled(word, folder) for word in words)
            paths = [environment.kit_folder(workspace)]
            candidate = replace(candidate, env=building.in_place(candidate.env, folder))
    return Launch(
        candidate.name,
        command,
        candidate.folder,
        _environment(candidate, paths),
        _read_only(candidate, workspace),
    )


def _read_only(candidate: Candidate, workspace: Workspace) -> tuple[Path, ...]:
    """Return the folders that decide verdicts, or hold what others run."""
    kit = Path(environment.__file__).parents[1]
    folders = (workspace.root, candidate.folder.resolve(), workspace.cache, kit)
    return tuple(folder for folder in folders if folder.is_dir())


def server_command(python: Path, reference: str, patch: str | None = None) -> tuple[str, ...]:
    """Return the command that serves an engine's class, patched first, in an interpreter."""
    # -P keeps the working directory off the import path; the candidate's `path` is on it.
    command = (str(python), "-P", "-m", "parity_kit.wire.server", "--object", reference)
    return command if patch is None else (*command, "--patch", patch)


def _environment(candidate: Candidate, paths: list[Path]) -> Mapping[str, str]:
    """Return a candidate's variables: some of the user's, the kit's, and the manifest's over all.

    The user's `PYTHONPATH` comes after the kit and the candidate's `path`: stored values may be of
    the application's own types. The hash seed stays random, to find results that depend on it.
    """
    user = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # The candidate runs in its own folder, where a relative path would lead elsewhere.
    python_path = os.pathsep.join([*map(str, paths), *map(os.path.abspath, user)])
    own = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": python_path, **candidate.env}
    return variables.of_candidate(candidate.pass_env) | own


def _program(candidate: Candidate, name: str) -> str | None:
    return shutil.which(candidate.folder / name if "/" in name else name)


def _folders(workspace: Workspace) -> list[Path]:
    if not workspace.candidates.is_dir():
        return []
    folders = sorted(workspace.candidates.iterdir())
    # A broken link is a manifest too: one that cannot be read.
    return [folder for folder in folders if os.path.lexists(folder / manifest.FILE)]


def _silent(_: str) -> None:
    """Show no progress."""
