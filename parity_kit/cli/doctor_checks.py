"""What is here of all that the kit needs: each part looked at, with the next step where it lacks.

Nothing is started but one process for a moment, and neither LangGraph nor Hypothesis is imported.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parity_kit.candidates import launch
from parity_kit.candidates.environment import find_uv
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.contract.errors import ParityKitError
from parity_kit.corpora.folder import corpus_file, read_listed
from parity_kit.corpora.manifest import read_manifest
from parity_kit.gates.settings import Settings, read_settings

_OLDEST = (3, 11)
_LITTLE_SPACE = 2 << 30
"""Bytes below which an environment may not fit any more."""
_WRITE = "let this user write there, or name another workspace: --workspace DIR"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class State(StrEnum):
    """What was found of a part: `absent` is what the main job does without, `wrong` is not."""

    OK = "ok"
    ABSENT = "absent"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part looked at: what it is, its state, what was found, and the next step."""

    area: str
    part: str
    state: State
    found: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as a JSON object."""
        return {name: str(value) for name, value in asdict(self).items()}


def examine(workspace: Workspace | None) -> Iterator[Finding]:
    """Yield what is found, the kit first and the workspace, if there is one, last."""
    yield _python()
    yield from _packages()
    yield from _machine(workspace)
    if workspace is None:
        hint = "make this a workspace: parity-kit init; or name one: --workspace DIR"
        where = f"no {MARKER} in {Path.cwd()} or above"
        yield Finding("workspace", MARKER, State.WRONG, where, hint)
        return
    yield from _corpora(workspace)
    yield from _workspace(workspace)


def _error_finding(
    area: str, part: str, error: ParityKitError, state: State = State.WRONG
) -> Finding:
    """Return an error as a finding."""
    hint = error.hint or f"see {error.code} in: parity-kit docs errors"
    return Finding(area, part, state, f"{error.where}: {error.problem}", hint)


def _python() -> Finding:
    text = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info[:2] >= _OLDEST:
        return Finding("kit", "python", State.OK, text)
    oldest = ".".join(map(str, _OLDEST))
    return Finding("kit", "python", State.WRONG, text, f"Parity Kit needs Python {oldest} or later")


def _packages() -> Iterator[Finding]:
    """Hold each distribution that the kit requires against what it asks of its version."""
    from packaging.requirements import Requirement  # only here

    try:
        asked = [Requirement(require) for require in metadata.requires("parity-kit") or ()]
    except metadata.PackageNotFoundError:
        text, hint = "the kit runs without being installed", "pip install parity-kit"
        yield Finding("kit", "packages", State.ABSENT, text, hint)
        return
    needed = [
        requirement
        for requirement in asked
        if requirement.marker is None or requirement.marker.evaluate()
    ]
    wrong = [requirement for requirement in map(lacking, needed) if requirement]
    kit = metadata.version("parity-kit")
    if wrong:
        hint = "pip install --upgrade parity-kit (in a checkout: make setup)"
        yield Finding("kit", "packages", State.WRONG, "; ".join(wrong), hint)
    else:
        text = f"parity-kit {kit} and {len(needed)} packages as it asks for them"
        yield Finding("kit", "packages", State.OK, text)


def lacking(asked: Any) -> str:
    """Return what is not as a requirement asks, or nothing."""
    try:
        installed = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        return f"{asked.name} is missing"
    fits = asked.specifier.contains(installed, prereleases=True)
    return "" if fits else f"{asked.name} is {installed}, not {asked.specifier}"


def _machine(workspace: Workspace | None) -> Iterator[Finding]:
    from parity_kit.reference.postgres_server import missing  # only here

    area = "machine"
    problem, _, hint = missing().partition(": ")
    state = State.ABSENT if problem else State.OK
    yield Finding(area, "PostgreSQL", state, problem or "server and driver are here", hint)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = find_spec("playwright") is not None
    if browser and driver:
        yield Finding(area, "browser", State.OK, f"{browser}, for the tests of the page")
    else:
        text = "no playwright" if browser else f"no {', '.join(BROWSERS[:-1])} or {BROWSERS[-1]}"
        hint = "only tests of the page need it: pip install playwright, apt install chromium"
        yield Finding(area, "browser", State.ABSENT, text, hint)
    yield _cage()
    installer = find_uv()
    if installer is None:
        hint = "environments are made by pip then, and slowly: pip install uv"
        yield Finding(area, "uv", State.ABSENT, "is not installed", hint)
    else:
        yield Finding(area, "uv", State.OK, installer)
    yield _disk(workspace.root if workspace else Path.cwd())


def _cage() -> Finding:
    """Start a process as candidates are started, and see what it is kept from."""
    from parity_kit.wire.kept import KeptProcess, Launch  # only here
    from parity_kit.wire.limits import Limits  # the same

    area, part = "machine", "cage for candidates"
    order = Launch("doctor", (sys.executable, "-S", "-c", ""), Path(__file__).parent, os.environ)
    try:
        kept = KeptProcess(order, Limits())
    except ParityKitError as error:
        return _error_finding(area, part, error)
    kept.end()
    if gaps := kept.cage.gaps():
        hint = "judge candidates that you do not trust on Linux with namespaces, or in a container"
        return Finding(area, part, State.ABSENT, gaps, hint)
    return Finding(area, part, State.OK, kept.cage.in_words())


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    text = f"{free / (1 << 30):.1f} GiB free"
    if free >= _LITTLE_SPACE:
        return Finding("machine", "disk", State.OK, text)
    hint = "environments of candidates take up to 2 GiB: remove .parity/ or old runs in reports/"
    return Finding("machine", "disk", State.ABSENT, text, hint)


def _corpora(workspace: Workspace) -> Iterator[Finding]:
    area, part = "fixtures", "corpora"
    try:
        manifest = read_manifest(workspace.fixtures)
        for name, entry in manifest.corpora.items():
            read_listed(corpus_file(workspace.fixtures, name), entry)
    except ParityKitError as error:
        yield _error_finding(area, part, error)
        return
    origin = "of this workspace" if workspace.has_own_corpora else "that the kit brings"
    cases = sum(entry.cases for entry in manifest.corpora.values())
    text = (
        f"{cases:,} cases in {len(manifest.corpora)} corpora {origin}, as the manifest lists them"
    )
    yield Finding(area, part, State.OK, text)
    try:
        manifest.check_oracle(_installed(manifest.oracle), platform.python_implementation())
    except ParityKitError as error:
        yield _error_finding(area, "oracle", error)
    else:
        text = f"LangGraph {manifest.oracle.get('langgraph', '?')}, which made the corpora"
        yield Finding(area, "oracle", State.OK, text)


def _installed(wanted: Mapping[str, str]) -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in wanted:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # the manifest's check names it
    return versions


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    area = "workspace"
    try:
        settings = read_settings(workspace)
    except ParityKitError as error:
        yield _error_finding(area, MARKER, error)
        return
    if settings.ours:
        text = f"{workspace.root / MARKER}: ours are {', '.join(settings.ours)}"
        yield Finding(area, MARKER, State.OK, text)
    else:
        text = f"{workspace.root / MARKER} lists no candidate under `ours`"
        hint = 'name some: ours = ["NAME"]; until then name one: parity-kit run NAME'
        yield Finding(area, MARKER, State.WRONG, text, hint)
    made = [path for path in (workspace.cache / "environments").glob("*") if path.is_dir()]
    runs = sum(1 for _ in workspace.reports.glob("*/journal.jsonl"))
    text = f"{len(made)} environments in {workspace.cache}, {runs} runs in {workspace.reports}"
    writable = [
        workspace.root,
        *(item for item in (workspace.cache, workspace.reports) if item.exists()),
    ]
    if locked := [str(path) for path in writable if not os.access(path, os.W_OK)]:
        yield Finding(
            area, "folders", State.WRONG, f"{', '.join(locked)} cannot be written", _WRITE
        )
    else:
        yield Finding(area, "folders", State.OK, text)
    yield from _candidates(workspace, settings)


def _candidates(workspace: Workspace, settings: Settings) -> Iterator[Finding]:
    """Look at each candidate; one that is not among `ours` keeps nothing from running."""
    area = "candidates"
    good, bad = launch.readable(workspace)
    known = {candidate.name: candidate for candidate in good}
    for name in sorted(set(settings.ours) - known.keys()):
        try:
            bundled = launch.find(workspace, name)
            known[bundled.name] = bundled
        except ParityKitError as error:
            yield _error_finding(area, name, error)
    for error in bad:
        name = Path(error.where.partition(": ")[0]).parent.name
        if name not in settings.ours:
            yield _error_finding(area, name, error, State.ABSENT)
    for name, candidate in sorted(known.items()):
        lacks = launch.missing(candidate, workspace)
        if not lacks:
            yield Finding(area, name, State.OK, f"{candidate.title}, {candidate.language}: ready")
        elif lacks == launch.NOT_MADE:
            hint = f"its first start makes it, or: parity-kit candidates check {name}"
            yield Finding(area, name, State.ABSENT, lacks, hint)
        else:
            text, _, hint = lacks.partition(": ")
            state = State.WRONG if name in settings.ours else State.ABSENT
            yield Finding(area, name, state, text, hint)
