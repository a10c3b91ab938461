"""The oracle's pins: the exact versions that shape a stored byte, and the files that hold them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from parity_kit.candidates.environment import find_uv
from parity_kit.candidates.workspace import MANIFEST, Workspace
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.manifest import read_manifest

PROJECT = "pyproject.toml"

Pins = Mapping[str, str]
"""Versions by distribution."""

_HOLDERS = (PROJECT, "candidates/*/candidate.toml", "candidates/*/requirements.txt")
_EXACT = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.!+]+)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LAST_LINES = 8


def committed_pins(workspace: Workspace) -> dict[str, str]:
    """Return the versions that made the committed corpora, those of single corpora included."""
    manifest = read_manifest(workspace.fixtures)
    pins = dict(manifest.oracle)
    for entry in manifest.corpora.values():
        pins.update(entry.needs)
    return dict(sorted(pins.items()))


def committed_on(workspace: Workspace) -> str:
    """Return the day on which the manifest was committed last; nothing outside of git."""
    command = ["git", "log", "-1", "--format=%cs", "--", MANIFEST]
    try:
        done = subprocess.run(
            command, cwd=workspace.fixtures, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip()


def resolve(workspace: Workspace, pins: Pins, requirements: Iterable[str]) -> dict[str, str]:
    """Return what `pip install -U` makes of the pins with some of them required exactly.

    LangGraph stays at its pin unless it is among the requirements; all other pins are loosened.

    Raises:
        UsageError: If a requirement is not an exact version of a pinned distribution, or nothing
            satisfies them all; the error quotes the resolver.
    """
    wanted = {"langgraph": pins["langgraph"]}
    for requirement in requirements:
        matched = _EXACT.fullmatch(requirement.strip())
        if matched is None or matched[1] not in pins:
            raise UsageError(
                f"not an exact version of a part of the oracle: {requirement!r}",
                hint=f"name one of {', '.join(pins)}, like langgraph==1.2.24",
            )
        wanted[matched[1]] = matched[2]
    exact = [f"{name}=={version}" for name, version in wanted.items()]
    loose = [name for name in pins if name not in wanted]
    output = _compile([*exact, *loose, *_other_dependencies(workspace, pins)], exact)
    resolved = {match[1]: match[2] for match in _EXACT.finditer(output)}
    return {name: resolved[name] for name in pins}


def _other_dependencies(workspace: Workspace, pins: Pins) -> list[str]:
    """Return the kit's own dependencies that are no pins: the oracle must live beside them."""
    content: dict[str, Any] = tomllib.loads((workspace.root / PROJECT).read_text(encoding="utf-8"))
    project = content["project"]
    listed = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    names = {line: _NAME.match(line) for line in listed}
    return [line for line, name in names.items() if name is None or name[0] not in pins]


def _compile(requirements: Sequence[str], exact: Sequence[str]) -> str:
    uv = find_uv()
    if uv is None:
        raise KitError("uv is missing, which resolves requirements", hint="pip install uv")
    command = [uv, "pip", "compile", "--quiet", "--no-annotate", "--no-header", "--upgrade"]
    done = subprocess.run(
        [*command, "--python", sys.executable, "-"],
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        quoted = "".join(
            f"\n    {line}" for line in done.stderr.strip().splitlines()[-_LAST_LINES:]
        )
        raise UsageError(
            f"nothing satisfies {', '.join(exact)}; uv:{quoted}",
            hint="check the version, and that the package index is reachable; nothing was changed",
        )
    return done.stdout


def holders(workspace: Workspace, pins: Pins) -> dict[Path, int]:
    """Return the files that hold these pins, with the number of lines that do."""
    files = (path for pattern in _HOLDERS for path in sorted(workspace.root.glob(pattern)))
    held = {path: len(_pinned(pins).findall(path.read_text(encoding="utf-8"))) for path in files}
    return {path: count for path, count in held.items() if count}


def rewrite(workspace: Workspace, before: Pins, after: Pins) -> list[Path]:
    """Replace pins in the files that hold them; return those that changed.

    An older release among the candidates keeps its own pins and follows the oracle in the rest.
    """
    changed = {name: version for name, version in before.items() if after[name] != version}
    rewritten = list(holders(workspace, changed))
    for path in rewritten:
        text = path.read_text(encoding="utf-8")
        new = _pinned(changed).sub(lambda match: f"{match[1]}=={after[match[1]]}", text)
        write_atomically(path, new)
    return rewritten


def _pinned(pins: Pins) -> re.Pattern[str]:
    exact = "|".join(f"{re.escape(f'{name}=={version}')}" for name, version in pins.items())
    return re.compile(rf"(?<![\w.-])(?={exact or '(?!)'}(?![\w.]))([\w.-]+)==[\w.!+]+")
