"""A candidate's manifest, `candidate.toml`, read strictly.

What is unknown, missing or of the wrong type gives a `BadManifestError` that names file and key.
`docs/candidates.md` lists the keys.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from parity_kit.contract import EngineName
from parity_kit.errors import BadManifestError

FILE = "candidate.toml"

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_OBJECT = re.compile(rf"{_DOTTED}:{_DOTTED}")


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
    """Requirements in an environment of their own, where the reference adapter runs.

    `patch` names the hook that runs before it: it engages the candidate and returns what counts.
    """

    requirements: tuple[str, ...]
    patch: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class CommandSetup:
    """A program that speaks the wire, started in the candidate's folder.

    `setup` is run once, in a copy of `files` (their names in the candidate's folder); `needs` names
    the programs that either asks for.
    """

    command: tuple[str, ...]
    setup: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


Setup: TypeAlias = PythonSetup | PipSetup | CommandSetup


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine under test, as its manifest says.

    `seconds` is its time for one answer; `claims` the file with what its authors say of it.
    """

    name: EngineName
    title: str
    kind: Kind
    language: str
    setup: Setup
    folder: Path
    description: str = ""
    seconds: float = 30.0
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    claims: Path | None = None


def is_name(text: str) -> bool:
    """Return whether a candidate may have this name."""
    return _NAME.fullmatch(text) is not None


def load(folder: Path) -> Candidate:
    """Return the candidate in a folder.

    Raises:
        BadManifestError: If its manifest is missing or breaks a rule.
    """
    file = folder / FILE
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadManifestError(
            f"cannot be read: {error.strerror}",
            where=str(file),
            hint="a candidate is a folder with a candidate.toml; see docs/candidates.md",
        ) from error
    except ValueError as error:
        raise BadManifestError(
            f"is not TOML: {error}", where=str(file), hint="docs/candidates.md has examples"
        ) from error
    table = _Table(file, data)
    name = table.text("name")
    if not is_name(name):
        raise table.wrong("name", f"{name!r} has other characters than a-z, 0-9, `-`, `_` and `.`")
    if name != folder.resolve().name:
        raise table.wrong(
            "name",
            f"{name!r} is not the name of its folder, {folder.resolve().name!r}",
            "let both be the same: a candidate is found by its folder",
        )
    kind = table.text("kind")
    if kind not in {*Kind}:
        raise table.wrong("kind", f"no kind {kind!r}", f"kinds are {', '.join(Kind)}")
    title, language = table.text("title"), table.text("language")
    description = table.text("description", "")
    limits = table.table("limits")
    seconds = limits.number("seconds", 30.0)
    limits.finish()
    env = table.texts_by_key("env")
    claims = table.file("claims", folder) if table.has("claims") else None
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
        seconds,
        env,
        claims,
    )


class _Table:
    """One table of a manifest; `finish` reports the keys nobody asked for."""

    def __init__(self, file: Path, data: Mapping[str, Any], prefix: str = "") -> None:
        self._file = file
        self._data = data
        self._prefix = prefix
        self._known: list[str] = []

    def wrong(self, key: str, problem: str, hint: str = "see docs/candidates.md") -> Exception:
        """Return the error for a key."""
        return BadManifestError(
            f"{problem}", where=f"{self._file}: key `{self._prefix}{key}`", hint=hint
        )

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; without a default it must be there and hold something."""
        value = self._get(key, str, "a string", default)
        if default is None and not value.strip():
            raise self.wrong(key, "is empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings that holds something."""
        values = cast("list[Any]", self._get(key, list, "a list of strings", None))
        if not values or not all(isinstance(each, str) and each for each in values):
            raise self.wrong(key, "must be a list of strings with at least one")
        return tuple(values)

    def number(self, key: str, default: float) -> float:
        """Return a number above 0."""
        value = self._get(key, (int, float), "a number", default)
        if isinstance(value, bool) or not 0 < value < float("inf"):
            raise self.wrong(key, f"must be a number above 0, not {value!r}")
        return float(value)

    def table(self, key: str) -> _Table:
        """Return a table, empty if it is not there."""
        data = self._get(key, dict, "a table", cast("dict[str, Any]", {}))
        return _Table(self._file, data, f"{self._prefix}{key}.")

    def texts_by_key(self, key: str) -> dict[str, str]:
        """Return a table of strings whose keys are free."""
        return self.table(key).all_texts()

    def all_texts(self) -> dict[str, str]:
        """Return every key of this table, each of which must be a string."""
        return {key: self.text(key, "") for key in self._data}

    def folder(self, key: str, base: Path) -> Path:
        """Return a folder, given relative to the manifest's."""
        folder = (base / self.text(key, ".")).resolve()
        if not folder.is_dir():
            raise self.wrong(key, f"no folder {folder}", "it is relative to candidate.toml")
        return folder

    def file(self, key: str, base: Path) -> Path:
        """Return a file, given relative to the manifest's folder."""
        file = (base / self.text(key)).resolve()
        if not file.is_file():
            raise self.wrong(key, f"no file {file}", "it is relative to candidate.toml")
        return file

    def files(self, key: str, base: Path) -> tuple[str, ...]:
        """Return the names of the files that a list of patterns matches, each at least one."""
        found: set[str] = set()
        for pattern in self.texts(key):
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise self.wrong(key, f"{pattern!r} leads out of the candidate's folder")
            files = {each for each in base.glob(pattern) if each.is_file()}
            if not files:
                raise self.wrong(key, f"no file {pattern!r}", "it is relative to candidate.toml")
            found |= {each.relative_to(base).as_posix() for each in files}
        return tuple(sorted(found))

    def object(self, key: str) -> str:
        """Return a reference `module:name`."""
        value = self.text(key)
        if not _OBJECT.fullmatch(value):
            raise self.wrong(key, f"{value!r} is not of the form `module:name`")
        return value

    def finish(self) -> None:
        """Report the first key that is not one of this table's."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"keys: {', '.join(self._known)}"
                raise self.wrong(key, "no such key here", hint)

    def has(self, key: str) -> bool:
        """Return whether a key is there, which makes it a known one."""
        self._known.append(key)
        return key in self._data

    def _get(self, key: str, kind: type[T] | tuple[type, ...], name: str, default: T | None) -> T:
        if not self.has(key):
            if default is not None:
                return default
            mistyped = difflib.get_close_matches(key, set(self._data) - set(self._known), 1)
            if mistyped:
                raise self.wrong(mistyped[0], "no such key here", f"did you mean `{key}`?")
            raise self.wrong(key, "is missing")
        value = self._data[key]
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be {name}, not {value!r}")
        return cast("T", value)


def _python(table: _Table, folder: Path) -> Setup:
    return PythonSetup(table.object("object"), table.folder("path", folder))


def _pip(table: _Table, folder: Path) -> Setup:
    patch = table.object("patch") if table.has("patch") else None
    return PipSetup(table.texts("requirements"), patch, table.folder("path", folder))


def _command(table: _Table, folder: Path) -> Setup:
    needs = table.texts("needs") if table.has("needs") else ()
    if not table.has("setup"):
        return CommandSetup(table.texts("command"), needs=needs)
    files = table.files("setup_files", folder)
    return CommandSetup(table.texts("command"), table.texts("setup"), files, needs)


_SETUPS = {Kind.PYTHON: _python, Kind.PIP: _pip, Kind.COMMAND: _command}
