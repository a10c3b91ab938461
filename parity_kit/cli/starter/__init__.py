"""Writes a workspace into a port's own repository: its rules, a candidate, a CI workflow.

Existing files are never changed, except for lines added to `.gitignore`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parity_kit import __version__
from parity_kit.candidates import scaffold
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.contract.files import write_atomically

WORKFLOW = Path(".github", "workflows", "parity.yml")
IGNORED = (".parity/", "reports/", "parity-cases/", "parity.sarif", "parity.xml")
"""Files that runs and the workflow's gate write."""

_HERE = Path(__file__).parent
_TOOLCHAINS = {
    "go": ("actions/setup-go@v5", "go-version: stable"),
    "java": ("actions/setup-java@v4", 'distribution: temurin, java-version: "21"'),
    "typescript": ("actions/setup-node@v4", 'node-version: "22"'),
}
"""The step that installs a language's toolchain, where GitHub's runners may lack it."""
_DEFAULTS = """    defaults:
      run:
        working-directory: "FOLDER"
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder of the workspace: `made`, `added to` or `kept`."""

    state: str
    path: Path


def usual_name(directory: Path) -> str:
    """Return a name for the candidate of a repository, after its folder."""
    name = re.sub(r"[^a-z0-9._-]+", "-", directory.resolve().name.lower()).strip("._-")
    return name or "my-port"


def begin(directory: Path, name: str, language: str) -> Iterator[Part]:
    """Write the missing parts of a workspace in `directory`, and yield every part.

    Raises:
        UsageError: If the candidate's name is invalid; nothing is written then.
    """
    workspace = Workspace(directory.resolve())
    scaffold.check(name, language)
    rules = (_HERE / "rules.toml").read_text(encoding="utf-8").replace("your-engine", name)
    yield _write(workspace.root / MARKER, rules)
    if (workspace.candidates / name).exists():
        yield Part("kept", workspace.candidates / name)
    else:
        yield Part("made", scaffold.new(workspace, name, language))
    repository = _repository(workspace.root)
    yield _write(repository / WORKFLOW, _workflow(workspace.root, repository, language))
    yield _ignore(workspace.root / ".gitignore")


def _repository(root: Path) -> Path:
    """Return the repository that contains a workspace: CI looks for workflows there."""
    return next((item for item in (root, *root.parents) if (item / ".git").exists()), root)


def _workflow(root: Path, repository: Path, language: str) -> str:
    toolchain = ""
    if language in _TOOLCHAINS:
        action, options = _TOOLCHAINS[language]
        toolchain = f"      - uses: {action}\n        with: {{{options}}}\n"
    elif language == scaffold.OTHER:
        toolchain = "      # Install your language's toolchain here, in a step of its own.\n"
    text = (_HERE / "workflow.yml").read_text(encoding="utf-8")
    folder = root.relative_to(repository).as_posix()
    inside = "" if folder == "." else folder
    values = {
        "defaults": _DEFAULTS.replace("FOLDER", inside) if inside else "",
        "toolchain": toolchain,
        "version": __version__,
        "prefix": f"{inside}/" if inside else "",
    }
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _write(path: Path, text: str) -> Part:
    if path.exists():
        return Part("kept", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    return Part("made", path)


def _ignore(path: Path) -> Part:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in IGNORED if line not in text.splitlines()]
    if not missing:
        return Part("kept", path)
    head = text if not text or text.endswith("\n") else f"{text}\n"
    write_atomically(path, head + "".join(f"{line}\n" for line in missing))
    return Part("added to" if text else "made", path)
