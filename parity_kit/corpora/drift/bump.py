"""Moving the oracle to another release, step by step; what stopped goes on where it was.

    pins         every file that holds them; the committed corpora are first kept as a baseline
    environment  the kit's own, brought to the new pins
    corpora      all corpora and their reach, built again
    masks        what changes between two runs, measured again
    pairs        what a search can cover, measured again

A bump in progress lies in the cache (`BUMP.json`), so that the same command goes on with it. Each
step may run twice. From `environment` on, only child processes load LangGraph.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Cached, Progress
from parity_kit.candidates.environment import find_uv
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.contract.events import ReleaseCompared
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.drift.baselines import Origin, folder_of, origin_of
from parity_kit.corpora.drift.pins import PROJECT, Pins, committed_pins, holders, resolve, rewrite
from parity_kit.corpora.drift.recipes import baseline_name, baseline_recipe
from parity_kit.corpora.drift.release import compare_folders
from parity_kit.corpora.folder import read_corpora

_STATE = "BUMP.json"
_LAST_LINES = 8


@dataclass(slots=True)
class Bump:
    """A bump in progress: the pins on both sides, and the seconds of the steps that are done."""

    before: dict[str, str]
    after: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    rewritten: list[str] = field(default_factory=list[str])
    skipped: dict[CorpusName, str] = field(default_factory=dict[CorpusName, str])

    @property
    def versions(self) -> tuple[str, str]:
        """LangGraph's version before and after."""
        return self.before["langgraph"], self.after["langgraph"]


def planned(workspace: Workspace, requirements: Sequence[str]) -> Bump:
    """Return the bump to requirements: the one that was stopped, or a new one; writes nothing.

    Raises:
        UsageError: If the workspace does not hold the oracle's pins, has uncommitted changes where
            a bump writes, was stopped on the way to something else, or nothing satisfies the
            requirements.
    """
    state = _state(workspace)
    if state.is_file():
        bump = Bump(**json.loads(state.read_text(encoding="utf-8")))
        if all(_is_met(requirement, bump.after) for requirement in requirements):
            return bump
        raise UsageError(
            f"a bump to langgraph=={bump.versions[1]} was stopped and is not done",
            where=str(state),
            hint="finish it with its own command; or go back: git checkout ., remove that file, "
            "and make setup",
        )
    before = committed_pins(workspace)
    if not (workspace.root / PROJECT).is_file() or not holders(workspace, before):
        raise UsageError(
            "this workspace does not pin the oracle, it uses the kit's",
            where=str(workspace.root),
            hint="bump it in a clone of Parity Kit; a port names another release in parity.toml: "
            '[oracle] langgraph = "VERSION"',
        )
    _check_clean(workspace)
    return Bump(before, resolve(workspace, before, requirements))


def carry_out(workspace: Workspace, bump: Bump, emit: Progress) -> None:
    """Take the steps of a bump that are not done yet.

    Raises:
        KitError: If one fails. What was done stays done, and the same bump goes on from there.
    """
    steps: dict[str, Callable[[], object]] = {
        "pins": lambda: _move_pins(workspace, bump),
        "environment": lambda: _update_environment(workspace, bump, emit),
        "corpora": lambda: _build_corpora(workspace, bump),
        "masks": lambda: _run(workspace, "parity_kit", "fixtures", "masks"),
        "pairs": lambda: _run(workspace, "parity_kit.search.calibration"),
    }
    for name, step in steps.items():
        if name not in bump.seconds:
            emit(f"{name} …")
            started = time.perf_counter()
            step()
            bump.seconds[name] = round(time.perf_counter() - started, 1)
            _save(workspace, bump)


def finish(workspace: Workspace) -> None:
    """Forget a bump that is done."""
    _state(workspace).unlink(missing_ok=True)


def changed_cases(workspace: Workspace, bump: Bump) -> dict[CorpusName, tuple[Change, ...]]:
    """Return how the cases of each corpus differ between both releases."""
    old, new = (
        {corpus.name: corpus for corpus in read_corpora(folder)}
        for folder in (kept_folder(workspace, bump.before), workspace.fixtures)
    )
    listed = {name: changes(old.get(name), new.get(name)) for name in sorted({*old, *new})}
    return {name: found for name, found in listed.items() if found}


def changed_functions(workspace: Workspace, bump: Bump, emit: Progress) -> ReleaseCompared | str:
    """Return the functions that differ and how far cases run them, or why that is not known."""
    kept = kept_folder(workspace, bump.before)
    if (origin := origin_of(kept)) is not None:
        environment.make(origin.recipe, workspace, emit)
    return compare_folders(workspace, kept, workspace.fixtures, emit)


def kept_folder(workspace: Workspace, pins: Pins) -> Path:
    """Return where the corpora of the former oracle are kept, as a baseline."""
    return folder_of(workspace, baseline_name(pins["langgraph"]))


def _state(workspace: Workspace) -> Path:
    return workspace.cache / _STATE


def _save(workspace: Workspace, bump: Bump) -> None:
    _state(workspace).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(_state(workspace), json.dumps(asdict(bump), indent=2) + "\n")


def _is_met(requirement: str, pins: Pins) -> bool:
    name, _, version = requirement.strip().partition("==")
    return pins.get(name) == version


def _check_clean(workspace: Workspace) -> None:
    """Check that what a bump writes is committed, so that `git checkout` brings it back."""
    command = ["git", "status", "--porcelain", "--", PROJECT, "fixtures", "candidates"]
    done = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout.strip():
        raise UsageError(
            f"there are uncommitted changes where a bump writes: {done.stdout.split()[1]} …",
            where=str(workspace.root),
            hint="commit them first, so that the bump is a diff of its own",
        )


def _move_pins(workspace: Workspace, bump: Bump) -> None:
    kept = kept_folder(workspace, bump.before)
    kept.mkdir(parents=True, exist_ok=True)
    for pattern in ("*.msgpack", "*.index", "*.json"):
        for path in workspace.fixtures.glob(pattern):
            shutil.copy2(path, kept)
    release, *others = (f"{name}=={version}" for name, version in _langgraph_first(bump.before))
    recipe = baseline_recipe(release, others)
    Origin(f"oracle-{kept.name}", recipe.requirements).write(kept)
    _save(workspace, bump)
    bump.rewritten = [
        str(path.relative_to(workspace.root))
        for path in rewrite(workspace, bump.before, bump.after)
    ]


def _langgraph_first(pins: Pins) -> list[tuple[str, str]]:
    return sorted(pins.items(), key=lambda pin: (pin[0] != "langgraph", pin))


def _update_environment(workspace: Workspace, bump: Bump, emit: Progress) -> None:
    uv = find_uv() or "uv"
    pinned = [f"{name}=={version}" for name, version in bump.after.items()]
    installer = Cached("the kit's environment", {}, "the kit", "make setup")
    installer.run(
        [uv, "pip", "install", "--python", sys.executable, "--editable", ".", *pinned],
        emit,
        workspace.root,
    )


def _build_corpora(workspace: Workspace, bump: Bump) -> None:
    built: dict[str, Any] = json.loads(_run(workspace, "parity_kit", "fixtures", "build", "--json"))
    bump.skipped = built["skipped"]


def _run(workspace: Workspace, module: str, *arguments: str) -> str:
    """Run a module of the kit in a process of its own, which loads the LangGraph installed now."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=workspace.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LAST_LINES:]
        raise KitError(
            f"{' '.join((module, *arguments))} ended with exit code {done.returncode}"
            + "".join(f"\n    {line}" for line in lines),
            hint="mend it, then go on with the same command; the pins and the files stay as they "
            "are until then",
        )
    return done.stdout
