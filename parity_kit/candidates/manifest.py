"""A candidate's manifest, `candidate.toml`, read strictly.

An unknown, missing or invalid key raises a `BadManifestError` that names the file and the key.
`docs/candidates.md` lists the keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from parity_kit.candidates import variables
from parity_kit.candidates.limits import read_limits
from parity_kit.candidates.tables import Table, read_table
from parity_kit.contract import EngineName
from parity_kit.wire.limits import Limits

FILE = "candidate.toml"

_SEE = "parity-kit docs candidates"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Kind(StrEnum):
    """How a candidate is set up and started."""

    PYTHON = "python"
    PIP = "pip"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class PythonSetup:
    """A class that implements the contract, in the kit's own interpreter."""

    object: str
    path: Path


@dataclass(frozen=True, slots=True)
class PipSetup:
    """Requirements in their own environment, where the reference adapter runs.

    `patch` names a hook that runs first: it engages the candidate and returns call counters.
    `saver` names a function that returns a saver of the candidate's own, in an async context.
    """

    requirements: tuple[str, ...]
    patch: str | None
    path: Path
    saver: str | None = None


@dataclass(frozen=True, slots=True)
class CommandSetup:
    """A program that speaks the wire protocol, started beside links to what its folder holds.

    `setup` runs once, in a copy of `files` (names in the candidate's folder); `needs` lists the
    programs that `command` and `setup` require.
    """

    command: tuple[str, ...]
    setup: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


Setup: TypeAlias = PythonSetup | PipSetup | CommandSetup


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine under test, as described by its manifest.

    `claims` is the file with its authors' claims. `pass_env` names the user's variables that it
    gets beyond the usual ones.
    """

    name: EngineName
    title: str
    kind: Kind
    language: str
    setup: Setup
    folder: Path
    description: str = ""
    limits: Limits = field(default_factory=Limits)
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    claims: Path | None = None
    pass_env: tuple[str, ...] = ()


def is_name(text: str) -> bool:
    """Return whether this is a valid name for a candidate."""
    return _NAME.fullmatch(text) is not None


def load(folder: Path) -> Candidate:
    """Return the candidate in a folder.

    Raises:
        BadManifestError: If its manifest is missing or invalid.
    """
    table = read_table(folder / FILE, _SEE)
    name = table.text("name")
    if not is_name(name):
        raise table.wrong("name", f"{name!r} has characters other than a-z, 0-9, `-`, `_` and `.`")
    if name != folder.resolve().name:
        raise table.wrong(
            "name",
            f"{name!r} is not the name of its folder, {folder.resolve().name!r}",
            "use the folder's name: a candidate is found by its folder",
        )
    kind = table.text("kind")
    if kind not in {*Kind}:
        raise table.wrong("kind", f"unknown kind {kind!r}", f"use one of {', '.join(Kind)}")
    title, language = table.text("title"), table.text("language")
    description = table.text("description", "")
    limits = read_limits(table.table("limits"))
    env = _env(table.table("env"))
    claims = table.file("claims", folder) if table.has("claims") else None
    pass_env = _pass_env(table) if table.has("pass_env") else ()
    setup = _SETUPS[Kind(kind)](table, folder)
    table.finish()
    return Candidate(
        EngineName(name),
        title,
        Kind(kind),
        language,
        setup,
        folder,
        description,
        limits,
        env,
        claims,
        pass_env,
    )


def _env(table: Table) -> Mapping[str, str]:
    variables = table.all_texts()
    for name in variables:
        if not name or "=" in name or "\0" in name:
            raise table.wrong(name, f"{name!r} is not a name for a variable: remove `=` and NUL")
    return variables


def _pass_env(table: Table) -> tuple[str, ...]:
    names = table.texts("pass_env")
    for name in names:
        if name in variables.NEVER:
            problem = f"{name!r} names a file that steers the later steps of a CI job"
            raise table.wrong("pass_env", problem, "remove it: no candidate may write there")
    return names


def _python(table: Table, folder: Path) -> Setup:
    return PythonSetup(table.object("object"), table.folder("path", folder))


def _pip(table: Table, folder: Path) -> Setup:
    patch = table.object("patch") if table.has("patch") else None
    saver = table.object("saver") if table.has("saver") else None
    return PipSetup(table.texts("requirements"), patch, table.folder("path", folder), saver)


def _command(table: Table, folder: Path) -> Setup:
    needs = table.texts("needs") if table.has("needs") else ()
    if not table.has("setup"):
        return CommandSetup(table.texts("command"), needs=needs)
    files = table.files("setup_files", folder)
    return CommandSetup(table.texts("command"), table.texts("setup"), files, needs)


_SETUPS = {Kind.PYTHON: _python, Kind.PIP: _pip, Kind.COMMAND: _command}
